#include "ring/broadcast_producer.hpp"

#include <utility>

#include "core/clock.hpp"
#include "ring/waiting.hpp"

namespace tally::ring {
namespace {

// A look at who lives costs half a microsecond, and a full ring is looked at every few tens of
// nanoseconds by who spins.
constexpr std::uint64_t kAskAgainNs = 20'000;

}  // namespace

Result<BroadcastProducer> BroadcastProducer::open(const std::string& name, Options options) {
  options.form = SlotForm::broadcast;
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return BroadcastProducer(std::move(region), options);
}

BroadcastProducer::BroadcastProducer(Region region, const Options& options)
    : region_(std::move(region)),
      area_(region_.area()),
      header_(&region_.header()),
      reader_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats),
      head_(granule_at(header_->head.load(std::memory_order_relaxed))),  // this side's own
      milestones_(area_.capacity, head_),
      gated_(full_of(options) != Full::drop_old),
      wait_(queue::resolve(options.wait)) {
  tail_ = recover_tail(area_, header_->tail.load(std::memory_order_relaxed));
  finished_ = tail_;
  lines_.begin_at(tail_);
  number_ = next_number(area_, head_, tail_);
  for (std::uint64_t at = head_; is_before(at, tail_);) {
    milestones_.note(at);
    const ByteLook look = look_at(area_, at);
    if (look.is == ByteLook::Is::absent || look.is == ByteLook::Is::broken) break;
    at = look.end;
  }
  stats_->records.store(number_, std::memory_order_relaxed);
  // As in commit(), for what a killed predecessor published without storing the cursor. seq_cst:
  // before any look at the readers, as ReaderGate says.
  header_->tail.store(tail_, std::memory_order_seq_cst);
  told_ = tail_;
}

std::uint64_t BroadcastProducer::close() {
  if (!region_.is_open()) return 0;
  const std::uint64_t unseen =
      region_.is_own() ? region_.tell_unseen(oldest_place(*header_, area_).number) : 0;
  region_.leave();
  return unseen;
}

PushResult BroadcastProducer::make_room(std::uint64_t to) {
  if (!gated_ && region_.place() == Place::handed) {
    const Waited over = why_over(region_);
    if (over != Waited::ok) return push_result(over);
  }
  PushResult made = give_up_before(to);
  if (made == PushResult::full && is_time_to_ask()) {
    const Waited over = ask_who_lives(to);
    if (over != Waited::ok) return push_result(over);
    made = give_up_before(to);
  }
  if (made == PushResult::full) bump(stats_->stalls, 1);
  return made;
}

bool BroadcastProducer::is_time_to_ask() {
  const std::uint64_t now_ns = core::monotonic_ns();
  if (now_ns - asked_ns_ < kAskAgainNs) return false;
  asked_ns_ = now_ns;
  return true;
}

Waited BroadcastProducer::ask_who_lives(std::uint64_t to) {
  if (region_.place() == Place::handed) return why_over(region_);
  if (region_.poisoned()) return Waited::poisoned;
  bump(stats_->passed_readers, gate_.pass_dead(region_, least_head(to)));
  return Waited::ok;
}

// The tail is told only where it is what limits: a store that has to be seen before the look costs
// as much as several records.
std::uint64_t BroadcastProducer::give_up_limit(std::uint64_t wanted) {
  if (!gated_) return tail_;
  const std::uint64_t limit = gate_.slowest(region_, head_, told_);
  if (limit != told_ || told_ == tail_ || !is_before(limit, wanted)) return limit;
  // seq_cst: stored before the look at the readers, as ReaderGate says.
  header_->tail.store(tail_, std::memory_order_seq_cst);
  told_ = tail_;
  return gate_.slowest(region_, head_, told_);
}

PushResult BroadcastProducer::give_up_before(std::uint64_t to) {
  // An eighth more than is needed: see ring/broadcast.hpp.
  const std::uint64_t least = least_head(to);
  const std::uint64_t wanted = least + area_.capacity / 8;
  limit_ = give_up_limit(wanted);
  const std::uint64_t before = head_;
  head_ = milestones_.go_on(head_, wanted, limit_);
  // What the next milestone is too far for, record by record.
  while (is_before(head_, least) && head_ != tail_) {
    const ByteLook look = look_at(area_, head_);
    if (look.is == ByteLook::Is::absent || look.is == ByteLook::Is::broken) {
      // Nobody but this side writes there.
      region_.poison(PoisonReason::bad_length);
      return PushResult::poisoned;
    }
    if (is_before(limit_, look.end)) break;
    head_ = look.end;
  }
  // Release: an inspector that sees it finds the record there. What is written over the records
  // before it comes after it by stores that release as well. Readers look here with every record.
  if (head_ != before) header_->head.store(head_, std::memory_order_release);
  if (is_free_until(to)) return PushResult::ok;
  return gated_ ? PushResult::full : PushResult::poisoned;
}

PushResult BroadcastProducer::wait_writable(std::size_t length, std::uint64_t deadline_ns) {
  length += kNumberBytes;
  if (length > area_.payload_bytes) return PushResult::too_large;
  const std::uint64_t span = ByteArea::span_of(length);
  const std::uint64_t end = start_for(span) + span;
  PushResult made = PushResult::ok;
  const auto has_room = [&] {
    made = is_free_until(end) ? PushResult::ok : give_up_before(end);
    return made != PushResult::full;
  };
  // Not whether the limit is too low: one in the middle of a record, which a broken reader stored,
  // is of no use beyond the record's beginning.
  const auto still_full = [&] { return gate_.slowest(region_, head_, told_) == limit_; };
  const auto why_no_longer = [&] { return ask_who_lives(end); };
  const Waited waited =
      wait_for(region_, header_->writers, wait_, deadline_ns, has_room, still_full, why_no_longer);
  return waited == Waited::ok ? made : push_result(waited);
}

void BroadcastProducer::count_dropped(std::uint64_t records) {
  bump(stats_->dropped_new, records);
}

void BroadcastProducer::wake_readers() {
  // seq_cst: stored before the look for a sleeper (queue::Gate).
  header_->tail.store(tail_, std::memory_order_seq_cst);
  told_ = tail_;
  if (header_->readers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

}  // namespace tally::ring
