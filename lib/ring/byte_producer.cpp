#include "ring/byte_producer.hpp"

#include "ring/waiting.hpp"

namespace tally::ring {

Result<ByteProducer> ByteProducer::open(const std::string& name, Options options) {
  options.form = SlotForm::bytes;
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return ByteProducer(std::move(region), options);
}

ByteProducer::ByteProducer(Region region, const Options& options)
    : region_(std::move(region)),
      area_(region_.area()),
      header_(&region_.header()),
      peer_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats),
      wait_(queue::resolve(options.wait)) {
  tail_ = recover_tail(area_, header_->tail.load(std::memory_order_relaxed));
  finished_ = tail_;
  lines_.begin_at(tail_);
  look_at_head();
  // Release: as in commit(), for what a killed predecessor committed without storing the cursor.
  header_->tail.store(tail_, std::memory_order_release);
}

void ByteProducer::wake_reader() {
  // seq_cst: stored before the look for a sleeper (queue::Gate).
  header_->tail.store(tail_, std::memory_order_seq_cst);
  if (header_->readers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

PushResult ByteProducer::wait_writable(std::size_t length, std::uint64_t deadline_ns) {
  if (length > area_.payload_bytes) return PushResult::too_large;
  const std::uint64_t span = ByteArea::span_of(length);
  const std::uint64_t end = start_for(tail_, span) + span;
  const auto has_room = [&] {
    look_at_head();
    return is_free_until(end);
  };
  const auto still_full = [&] {
    // seq_cst: read after this side said that it waits (queue::Gate).
    return header_->head.load(std::memory_order_seq_cst) == head_seen_;
  };
  return wait_for_room(region_, wait_, deadline_ns, has_room, still_full,
                       [this] { return is_head_wrong(); });
}

void ByteProducer::count_dropped(std::uint64_t records) {
  bump(stats_->dropped_new, records);
}

}  // namespace tally::ring
