#include "ring/spmc_consumer.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/clock.hpp"
#include "ring/copy.hpp"
#include "ring/counters.hpp"
#include "ring/waiting.hpp"

namespace tally::ring {
namespace {

// How long one that leaves waits for another that frees what the dead left: that one may have
// passed the place at which this one still held something.
constexpr std::uint64_t kLeavePatienceNs = 1'000'000'000;

}  // namespace

Result<SpmcConsumer> SpmcConsumer::open(const std::string& name, Options options) {
  if (options.form != SlotForm::traded) options.form = SlotForm::shared_out;
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return SpmcConsumer(std::move(region), options);
}

SpmcConsumer::SpmcConsumer(Region region, const Options& options)
    : region_(std::move(region)),
      slots_(region_.slots()),
      header_(&region_.header()),
      stats_(&region_.own().stats),
      peer_may_sleep_(&region_.other().may_sleep),
      claim_(header_->taken, region_.own().intent),
      many_producers_(has_many_producers(region_.geometry().form)),
      wait_(queue::resolve(options.wait)) {
  look_after(true);  // of a predecessor that was killed
}

SpmcConsumer& SpmcConsumer::operator=(SpmcConsumer&& other) noexcept {
  if (this == &other) return *this;
  close();
  region_ = std::move(other.region_);
  slots_ = other.slots_;
  header_ = other.header_;
  stats_ = other.stats_;
  peer_may_sleep_ = other.peer_may_sleep_;
  claim_ = other.claim_;
  many_producers_ = other.many_producers_;
  idle_polls_ = other.idle_polls_;
  settled_ = other.settled_;
  found_in_doubt_ = other.found_in_doubt_;
  gone_unread_ = other.gone_unread_;
  wait_ = other.wait_;
  return *this;
}

// Who no longer says that it has claimed something is taken for dead in that.
void SpmcConsumer::close() {
  if (!region_.is_open()) return;
  if (region_.is_own()) {
    const ClaimedRun given_up = claim_.run();
    claim_.end();
    look_after_all(given_up, kLeavePatienceNs);
    // Relaxed: the locks order it before whoever leaves later.
    header_->doubts.told.fetch_add(settled_, std::memory_order_relaxed);
  }
  const Left left = region_.leave();
  found_in_doubt_ += left.in_doubt;
  gone_unread_ = left.unread;
}

std::uint64_t SpmcConsumer::committed_from(std::uint64_t position, std::uint64_t wanted) const {
  std::uint64_t count = 0;
  // Acquire, in has_unread(), pairs with the stamp of a producer's commit(): the record is whole.
  while (count < wanted && has_unread(slots_, position + count)) ++count;
  return count;
}

std::uint32_t SpmcConsumer::length_at(std::uint64_t position) const {
  return foreign(slots_.at(position).meta.length);
}

// The lengths are looked at behind the exchange: before it, the slot may be in a producer's hands
// again. What stays claimed of a ring that was given up concerns nobody.
std::uint64_t SpmcConsumer::take(std::uint64_t wanted) {
  const std::uint64_t count = claim_.take(
      wanted, [this](std::uint64_t at, std::uint64_t most) { return committed_from(at, most); });
  const std::uint64_t first = claim_.run().position;
  for (std::uint64_t position = first; position != first + count; ++position) {
    if (length_at(position) <= slots_.payload_bytes) [[likely]]
      continue;
    region_.poison(PoisonReason::bad_length);
    return 0;
  }
  return count;
}

std::size_t SpmcConsumer::peek(std::size_t wanted) {
  wanted = std::min<std::size_t>(wanted, slots_.capacity);
  std::uint64_t count = take(wanted);
  if (count == 0 && wanted != 0 && look_after(is_thorough_poll())) count = take(wanted);
  return count;
}

SpmcConsumer::Record SpmcConsumer::record(std::size_t index) const {
  SlotHeader& slot = slots_.at(claim_.run().position + index);
  // Clamped again: what is read now need not be what take() checked.
  return slots_.record(slot, std::min(foreign(slot.meta.length), slots_.payload_bytes));
}

void SpmcConsumer::release(std::size_t count) {
  const ClaimedRun run = claim_.run();
  count = std::min<std::size_t>(count, run.count);
  if (count == 0) return;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    SlotHeader& slot = slots_.at(run.position + i);
    bytes += std::min(foreign(slot.meta.length), slots_.payload_bytes);
    const bool last = i + 1 == count;
    if (last) stats_->last_record_ns.store(foreign(slot.meta.time_ns), std::memory_order_relaxed);
    // Release: the record is read before its slot is free, and the stamp is out before this side
    // comes to the head in free_done().
    slot.stamp.store(slots_.done(run.position + i), std::memory_order_release);
  }
  if (count == run.count) {
    claim_.end();
  } else {
    claim_.drop(count);
  }
  bump(stats_->records, count);
  count_batch(*stats_, count, bytes);
  note_depth(run.position + count);
  if (free_done(*header_, slots_)) wake_writers();
}

bool SpmcConsumer::try_pop(RecordMeta& meta, MutableByteView into) {
  if (peek(1) == 0) return false;
  SlotHeader& slot = slots_.at(claim_.run().position);
  const ShortFields fields(slot.meta);
  meta.sequence = foreign(slot.meta.sequence);
  meta.time_ns = foreign(slot.meta.time_ns);
  fields.store(meta);
  // Clamped again: what is read now need not be what take() checked.
  const std::uint32_t length = std::min(fields.length(), slots_.payload_bytes);
  meta.length = length;
  const std::size_t copied = std::min<std::size_t>(length, into.size());
  if (copied != 0) copy_payload(into.data(), slots_.payload(slot), copied);
  release(1);
  return true;
}

PopResult SpmcConsumer::pop_wait(RecordMeta& meta, MutableByteView into,
                                 std::uint64_t deadline_ns) {
  for (bool waited_once = false; !try_pop(meta, into); waited_once = true) {
    // Others may take each record that this end has waited for.
    if (waited_once && core::monotonic_ns() >= deadline_ns) return PopResult::timeout;
    const PopResult waited = wait_readable(deadline_ns);
    if (waited != PopResult::ok) return waited;
  }
  return PopResult::ok;
}

bool SpmcConsumer::is_there() const {
  if (claim_.run().count != 0) return true;
  // Acquire, both: the looks come in this order. A place that another consumer moves meanwhile says
  // nothing about what is behind it.
  for (std::uint64_t taken = header_->taken.load(std::memory_order_acquire);;) {
    if (has_unread(slots_, taken)) return true;
    const std::uint64_t now = header_->taken.load(std::memory_order_acquire);
    if (now == taken) return false;
    taken = now;
  }
}

// seq_cst, all: read after this side said that it waits (queue::Gate), in this order. A place that
// another consumer moves meanwhile says nothing about what is behind it.
bool SpmcConsumer::is_still_empty() const {
  const std::uint64_t taken = header_->taken.load(std::memory_order_seq_cst);
  // Many producers look for sleepers after each stamp, one producer after its tail, which its
  // stamps come before; what that says is not asked, as in SoleConsumer::wait_for_record().
  if (!many_producers_) static_cast<void>(header_->tail.load(std::memory_order_seq_cst));
  const std::uint64_t stamp = slots_.at(taken).stamp.load(std::memory_order_seq_cst);
  return !slots_.is_settled(stamp, taken) &&
         header_->taken.load(std::memory_order_seq_cst) == taken;
}

PopResult SpmcConsumer::wait_readable(std::uint64_t deadline_ns) {
  const auto readable = [this] {
    return is_there() || (look_after(is_thorough_poll()) && is_there());
  };
  if (region_.poisoned()) return PopResult::poisoned;  // perhaps by what is claimed
  if (readable()) return PopResult::ok;
  bump(stats_->stalls, 1);
  const auto still_empty = [this] { return !look_after(true) && is_still_empty(); };
  const Waited waited =
      wait_for(region_, header_->readers, wait_, deadline_ns, readable, still_empty);
  if (waited == Waited::ok || waited == Waited::poisoned) return pop_result(waited);
  // Nobody may be left who would commit: what is behind the gaps of the dead counts all the same.
  if (waited == Waited::timeout) {
    look_after(true);
  } else {
    look_after_all();
  }
  if (is_there()) return PopResult::ok;
  return region_.poisoned() ? PopResult::poisoned : pop_result(waited);
}

bool SpmcConsumer::is_thorough_poll() {
  // The look touches lines of others, 100 ns between cores each.
  constexpr std::uint32_t kThoroughPolls = 64;
  return idle_polls_++ % kThoroughPolls == 0;
}

// Consumers bring `taken` no further than a lap ahead of the head, and only over positions that
// were settled: what stands before it has its stamp, or that of a later lap. A peer that stored
// another one would have everybody wait for a position that no producer comes to, and what lies
// before it taken for the claims of the dead.
bool SpmcConsumer::has_right_place() {
  // Acquire, all: the looks come in this order. Where the head stood still, the two are of one
  // moment; where it moved, another look follows.
  const std::uint64_t head = header_->head.load(std::memory_order_acquire);
  const std::uint64_t taken = header_->taken.load(std::memory_order_acquire);
  const std::uint64_t stamp = slots_.at(taken - 1).stamp.load(std::memory_order_acquire);
  if (taken - head <= slots_.capacity && !is_before(stamp, taken)) [[likely]]
    return true;
  if (header_->head.load(std::memory_order_acquire) != head) return true;
  region_.poison(PoisonReason::bad_cursor);
  return false;
}

bool SpmcConsumer::look_after(bool thoroughly) {
  if (thoroughly && !has_right_place()) return false;
  const bool passed = many_producers_ && pass_gaps(thoroughly);
  if (!thoroughly) return passed;
  static_cast<void>(mend_some());
  return passed;
}

void SpmcConsumer::look_after_all(ClaimedRun given_up, std::uint64_t patience_ns) {
  const std::uint64_t until_ns = core::monotonic_ns() + patience_ns;
  // A peer that puts back what was freed holds nobody up for ever.
  std::uint64_t looks = slots_.capacity / kMostAtOnce + 2;
  while (looks > 0 && has_right_place()) {
    const bool passed = many_producers_ && pass_gaps(true);
    const Mended mended = mend_some(given_up);
    if (mended.is_busy && core::monotonic_ns() < until_ns) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    if (!passed && mended.settled == 0) break;
    --looks;
  }
}

Mended SpmcConsumer::mend_some(ClaimedRun given_up) {
  const Mended mended = mend(region_, given_up);
  settled_ += mended.settled;
  found_in_doubt_ += mended.of_others;
  if (mended.has_moved) wake_writers();
  return mended;
}

bool SpmcConsumer::pass_gaps(bool thoroughly) {
  std::uint64_t passed = 0;
  // Acquire, here and below: what is seen of a slot is of this lap or a later one.
  std::uint64_t taken = header_->taken.load(std::memory_order_acquire);
  for (std::uint64_t i = 0; i < kMostAtOnce; ++i) {
    // Acquire pairs with MpscProducer::commit().
    const std::uint64_t stamp = slots_.at(taken).stamp.load(std::memory_order_acquire);
    if (stamp == taken + 1) break;
    const bool given_up =
        stamp == slots_.done(taken) || (thoroughly && give_up_for_dead(taken, stamp));
    if (!given_up) break;
    // Nobody reads it, so that nobody has to say that it is claimed. Who loses goes on from where
    // another has come.
    if (header_->taken.compare_exchange_strong(taken, taken + 1, std::memory_order_seq_cst,
                                               std::memory_order_acquire)) {
      ++taken;
      ++passed;
    }
  }
  if (passed == 0) return false;
  // Behind the exchange: who is killed in between leaves a few uncounted, not counted twice.
  bump(stats_->tombstones, passed);
  if (free_done(*header_, slots_)) wake_writers();
  return true;
}

// The order of the looks is the proof: the stamp, `taken` (so that the stamp was of this lap), the
// tail, then the intents and the locks, then the stamp once more, which the exchange looks at
// (ring/intent.hpp). A stamp that was there once does not come back, so of several consumers one
// makes the exchange, and none of them makes it in a later lap.
bool SpmcConsumer::give_up_for_dead(std::uint64_t position, std::uint64_t stamp) {
  // Acquire, all: in this order.
  const auto is_next = [&] { return header_->taken.load(std::memory_order_acquire) == position; };
  if (!is_next()) return false;
  // Pairs with Claim::take(): the intents of what was claimed are seen.
  const std::uint64_t claimed = header_->tail.load(std::memory_order_acquire) - position;
  if (claimed == 0) return false;
  if (claimed > slots_.capacity) {
    if (is_next()) region_.poison(PoisonReason::bad_cursor);
    return false;
  }
  if (region_.is_claimed_by_living(Role::producer, position)) return false;
  return slots_.at(position).stamp.compare_exchange_strong(
      stamp, slots_.done(position), std::memory_order_seq_cst, std::memory_order_relaxed);
}

void SpmcConsumer::wake_writers() {
  // The head was stored with seq_cst before.
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0 &&
      header_->writers.wake_if_waiting(queue::FutexScope::host)) {
    bump(stats_->wakes, 1);
  }
}

void SpmcConsumer::note_depth(std::uint64_t taken) {
  // The producers' line is foreign: the depth is sampled once in this many records.
  constexpr std::uint64_t kDepthSample = 64;
  if (taken % kDepthSample != 0) return;
  std::atomic<std::uint64_t>& most = stats_->max_depth;
  const std::uint64_t now =
      std::min(header_->tail.load(std::memory_order_relaxed) - taken, slots_.capacity);
  if (now > most.load(std::memory_order_relaxed)) most.store(now, std::memory_order_relaxed);
}

std::uint64_t SpmcConsumer::depth() const {
  // Acquire, both: what was taken by now was committed before.
  const std::uint64_t taken = header_->taken.load(std::memory_order_acquire);
  const std::uint64_t tail = header_->tail.load(std::memory_order_acquire);
  if (static_cast<std::int64_t>(tail - taken) <= 0) return 0;
  return count_unread(slots_, taken, tail);
}

}  // namespace tally::ring
