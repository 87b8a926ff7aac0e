#include "ring/byte_consumer.hpp"

#include "ring/waiting.hpp"

namespace tally::ring {

Result<ByteConsumer> ByteConsumer::open(const std::string& name, Options options) {
  options.form = SlotForm::bytes;
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return ByteConsumer(std::move(region), options);
}

ByteConsumer::ByteConsumer(Region region, const Options& options)
    : region_(std::move(region)),
      area_(region_.area()),
      header_(&region_.header()),
      peer_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats),
      head_(granule_at(header_->head.load(std::memory_order_relaxed))),  // this side's own
      wait_(queue::resolve(options.wait)) {}

bool ByteConsumer::is_readable() const {
  ByteLook look = look_at(area_, head_);
  if (look.is == ByteLook::Is::pad) look = look_at(area_, look.end);
  if (look.is == ByteLook::Is::record) return true;
  if (look.is != ByteLook::Is::absent) region_.poison(PoisonReason::bad_length);
  return false;
}

PopResult ByteConsumer::wait_readable(std::uint64_t deadline_ns) {
  const auto readable = [this] { return is_readable(); };
  if (readable()) return PopResult::ok;
  bump(stats_->stalls, 1);
  const auto still_empty = [&] {
    // seq_cst, and why what it says is not asked: as SoleConsumer::wait_for_record().
    static_cast<void>(header_->tail.load(std::memory_order_seq_cst));
    return !readable();
  };
  return pop_result(wait_for(region_, header_->readers, wait_, deadline_ns, readable, still_empty));
}

void ByteConsumer::wake_writer() {
  // seq_cst: stored before the look for a sleeper (queue::Gate). It releases the bytes as well.
  header_->head.store(head_, std::memory_order_seq_cst);
  if (header_->writers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

std::uint64_t ByteConsumer::depth_records() const {
  const std::uint64_t in = region_.other().stats.records.load(std::memory_order_relaxed);
  const std::uint64_t out = stats_->records.load(std::memory_order_relaxed);
  return in > out ? in - out : 0;
}

}  // namespace tally::ring
