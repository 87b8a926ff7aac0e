#include "ring/producer.hpp"

#include "ring/waiting.hpp"

namespace tally::ring {

Result<Producer> Producer::open(const std::string& name, const Options& options) {
  TALLY_CHECK(check_one_producer(options));
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return Producer(std::move(region), options);
}

Producer::Producer(Region region, const Options& options)
    : region_(std::move(region)),
      slots_(region_.slots()),
      header_(&region_.header()),
      peer_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats),
      full_(full_of(options)),
      wait_(queue::resolve(options.wait)) {
  tail_ = recover_tail(slots_, header_->tail.load(std::memory_order_relaxed));
  look_at_head();
  // Release: as in publish_tail(), for what a killed predecessor committed without storing the
  // cursor.
  header_->tail.store(tail_, std::memory_order_release);
}

void Producer::wake_reader() {
  // seq_cst: stored before the look for a sleeper (queue::Gate).
  header_->tail.store(tail_, std::memory_order_seq_cst);
  if (header_->readers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

PushResult Producer::push(const RecordMeta& meta, ByteView payload, std::uint64_t deadline_ns) {
  if (payload.size() > slots_.payload_bytes) return PushResult::too_large;
  if (try_push(meta, payload)) return PushResult::ok;
  if (full_ == Full::drop_new) {
    count_dropped(1);
    return region_.poisoned() ? PushResult::poisoned : PushResult::dropped;
  }
  const PushResult waited = wait_writable(deadline_ns);
  if (waited != PushResult::ok) return waited;
  return try_push(meta, payload) ? PushResult::ok : PushResult::timeout;
}

PushResult Producer::wait_writable(std::uint64_t deadline_ns) {
  const auto has_room = [this] {
    look_at_head();
    return known_room() > 0;
  };
  const auto still_full = [this] {
    // seq_cst: read after this side said that it waits (queue::Gate).
    return tail_ - header_->head.load(std::memory_order_seq_cst) >= slots_.capacity;
  };
  return wait_for_room(region_, wait_, deadline_ns, has_room, still_full,
                       [this] { return is_head_wrong(); });
}

void Producer::count_dropped(std::uint64_t records) {
  bump(stats_->dropped_new, records);
}

std::uint64_t Producer::depth() const {
  return tail_ - header_->head.load(std::memory_order_relaxed);
}

}  // namespace tally::ring
