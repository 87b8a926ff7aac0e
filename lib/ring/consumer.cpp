#include "ring/consumer.hpp"

#include "ring/waiting.hpp"

namespace tally::ring {

Result<Consumer> Consumer::open(const std::string& name, const Options& options) {
  TALLY_CHECK(check_fixed(options));
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return Consumer(std::move(region), options);
}

Consumer::Consumer(Region region, const Options& options)
    : region_(std::move(region)),
      slots_(region_.slots()),
      header_(&region_.header()),
      peer_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats),
      head_(header_->head.load(std::memory_order_relaxed)),  // this side's own
      wait_(queue::resolve(options.wait)) {}

PopResult Consumer::pop_wait(RecordMeta& meta, MutableByteView into, std::uint64_t deadline_ns) {
  if (try_pop(meta, into)) return PopResult::ok;
  const PopResult waited = wait_readable(deadline_ns);
  if (waited == PopResult::ok && !try_pop(meta, into)) return PopResult::poisoned;
  return waited;
}

PopResult Consumer::wait_readable(std::uint64_t deadline_ns) {
  const auto readable = [this] { return is_readable(slots_.at(head_), head_); };
  if (readable()) return PopResult::ok;
  bump(stats_->stalls, 1);
  const auto still_empty = [this] {
    // seq_cst: read after this side said that it waits (queue::Gate).
    return header_->tail.load(std::memory_order_seq_cst) == head_;
  };
  return pop_result(wait_for(region_, header_->readers, wait_, deadline_ns, readable, still_empty));
}

void Consumer::wake_writer() {
  // seq_cst: stored before the look for a sleeper (queue::Gate). It releases the slots as well.
  header_->head.store(head_, std::memory_order_seq_cst);
  if (header_->writers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

void Consumer::note_depth() {
  std::atomic<std::uint64_t>& most = stats_->max_depth;
  const std::uint64_t now = std::min(depth(), slots_.capacity);
  if (now > most.load(std::memory_order_relaxed)) most.store(now, std::memory_order_relaxed);
}

std::uint64_t Consumer::depth() const {
  return header_->tail.load(std::memory_order_relaxed) - head_;
}

std::uint64_t Consumer::dropped_by_producer() const {
  return region_.other().stats.dropped_new.load(std::memory_order_relaxed);
}

}  // namespace tally::ring
