#include "ring/broadcast_producer.hpp"

#include <utility>

#include "ring/waiting.hpp"

namespace tally::ring {

Result<BroadcastProducer> BroadcastProducer::open(const std::string& name, Options options) {
  options.form = SlotForm::broadcast;
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return BroadcastProducer(std::move(region));
}

BroadcastProducer::BroadcastProducer(Region region)
    : region_(std::move(region)),
      area_(region_.area()),
      header_(&region_.header()),
      reader_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats) {
  head_ = granule_at(header_->head.load(std::memory_order_relaxed));  // this side's own
  tail_ = recover_tail(area_, header_->tail.load(std::memory_order_relaxed));
  finished_ = tail_;
  number_ = next_number(area_, head_, tail_);
  stats_->records.store(number_, std::memory_order_relaxed);
  // Release: as in commit(), for what a killed predecessor published without storing the cursor.
  header_->tail.store(tail_, std::memory_order_release);
}

std::uint64_t BroadcastProducer::close() {
  if (!region_.is_open()) return 0;
  const std::uint64_t unseen =
      region_.is_own() ? region_.tell_unseen(oldest_place(*header_, area_).number) : 0;
  region_.leave();
  return unseen;
}

PushResult BroadcastProducer::make_room(std::uint64_t to) {
  if (region_.place() == Place::handed) {
    const Waited over = why_over(region_);
    if (over != Waited::ok) return push_result(over);
  }
  // An eighth more than is needed: see ring/broadcast.hpp.
  const std::uint64_t wanted = to + sizeof(std::uint64_t) - area_.capacity + area_.capacity / 8;
  while (is_before(head_, wanted) && head_ != tail_) {
    const ByteLook look = look_at(area_, head_);
    if (look.is == ByteLook::Is::absent || look.is == ByteLook::Is::broken) {
      // Nobody but this side writes there.
      region_.poison(PoisonReason::bad_length);
      return PushResult::poisoned;
    }
    head_ = look.end;
  }
  // Release: an inspector that sees it finds the record there. What is written over the records
  // before it comes after it by stores that release as well.
  header_->head.store(head_, std::memory_order_release);
  return is_free_until(to) ? PushResult::ok : PushResult::poisoned;
}

void BroadcastProducer::wake_readers() {
  // seq_cst: stored before the look for a sleeper (queue::Gate).
  header_->tail.store(tail_, std::memory_order_seq_cst);
  if (header_->readers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

}  // namespace tally::ring
