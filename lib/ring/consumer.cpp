#include "ring/consumer.hpp"

#include "ring/waiting.hpp"

namespace tally::ring {

Result<Consumer> Consumer::open(const std::string& name, const Options& options) {
  TALLY_CHECK(check_one_consumer(options));
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return Consumer(std::move(region), options);
}

Consumer::Consumer(Region region, const Options& options)
    : SoleConsumer(std::move(region), options),
      slots_(region_.slots()),
      many_(region_.geometry().form == SlotForm::claimed) {}

PopResult Consumer::pop_wait(RecordMeta& meta, MutableByteView into, std::uint64_t deadline_ns) {
  if (try_pop(meta, into)) return PopResult::ok;
  const PopResult waited = wait_readable(deadline_ns);
  if (waited == PopResult::ok && !try_pop(meta, into)) return PopResult::poisoned;
  return waited;
}

PopResult Consumer::wait_readable(std::uint64_t deadline_ns) {
  if (many_) return wait_behind_gaps(deadline_ns);
  return wait_for_record(deadline_ns, [this] { return is_readable(slots_.at(head_), head_); });
}

PopResult Consumer::wait_behind_gaps(std::uint64_t deadline_ns) {
  const auto readable = [this] {
    if (is_readable(slots_.at(head_), head_)) return true;
    return pass_gaps(is_thorough_poll()) && is_readable(slots_.at(head_), head_);
  };
  if (readable()) return PopResult::ok;
  bump(stats_->stalls, 1);
  const auto still_empty = [this] {
    // The tail says only what was claimed, and each producer stores its stamps with seq_cst.
    if (pass_gaps(true)) return false;
    // seq_cst: read after this side said that it waits (queue::Gate).
    return !slots_.is_settled(slots_.at(head_).stamp.load(std::memory_order_seq_cst), head_);
  };
  const Waited waited =
      wait_for(region_, header_->readers, wait_, deadline_ns, readable, still_empty);
  if (waited == Waited::ok || waited == Waited::poisoned) return pop_result(waited);
  // Nobody may be left who would commit: what is behind the gaps of the dead counts all the same.
  while (pass_gaps(true)) {
  }
  if (is_readable(slots_.at(head_), head_)) return PopResult::ok;
  return region_.poisoned() ? PopResult::poisoned : pop_result(waited);
}

bool Consumer::is_thorough_poll() {
  // An exchange on the tail takes its line back from whoever looked at it, 100 ns between cores.
  constexpr std::uint32_t kThoroughPolls = 64;
  return idle_polls_++ % kThoroughPolls == 0;
}

// One that was claimed, has no stamp and will get none. The order of the looks is the proof: the
// tail, then the intents and the locks, then the stamp once more (ring/intent.hpp).
bool Consumer::is_abandoned(std::uint64_t position) {
  // Acquire pairs with MpscProducer::claim(): the intents of what was claimed are seen.
  const std::uint64_t claimed = header_->tail.load(std::memory_order_acquire) - position;
  if (claimed == 0) return false;
  if (claimed > slots_.capacity) {
    region_.poison(PoisonReason::bad_cursor);
    return false;
  }
  if (region_.is_claimed_by_living(Role::producer, position)) return false;
  // Acquire pairs with MpscProducer::commit().
  const std::uint64_t stamp = slots_.at(position).stamp.load(std::memory_order_acquire);
  return !slots_.is_settled(stamp, position);
}

bool Consumer::pass_gaps(bool thoroughly) {
  // Each of them asks the kernel: what was passed is to be free soon, and the caller has a
  // deadline.
  constexpr std::uint64_t kMostAtOnce = 256;
  std::uint64_t head = head_;
  for (; head - head_ < kMostAtOnce; ++head) {
    // Acquire pairs with MpscProducer::commit().
    const std::uint64_t stamp = slots_.at(head).stamp.load(std::memory_order_acquire);
    if (stamp == head + 1) break;
    const bool given_up = slots_.is_settled(stamp, head);
    if (!given_up && (!thoroughly || !is_abandoned(head))) break;
  }
  if (head == head_) return false;
  const std::uint64_t passed = head - head_;
  peeked_ = 0;
  publish_head(head);
  // Behind the head: who is killed in between leaves a few uncounted, not counted twice.
  bump(stats_->tombstones, passed);
  return true;
}

bool Consumer::pop_behind_gaps(RecordMeta& meta, MutableByteView into) {
  return pass_gaps(is_thorough_poll()) && take_next(meta, into);
}

std::size_t Consumer::peek_behind_gaps(std::size_t wanted) {
  peeked_ = 0;
  if (wanted == 0 || !pass_gaps(is_thorough_poll())) return 0;
  while (peeked_ < std::min<std::size_t>(wanted, slots_.capacity) &&
         is_readable(slots_.at(head_ + peeked_), head_ + peeked_)) {
    ++peeked_;
  }
  return peeked_;
}

std::uint64_t Consumer::depth() const {
  if (many_) return count_unread(slots_, head_, header_->tail.load(std::memory_order_relaxed));
  return recover_tail(slots_, stored_tail()) - head_;
}

std::uint64_t Consumer::dropped_by_producer() const {
  return region_.dropped_by_producers();
}

}  // namespace tally::ring
