#include "ring/mending.hpp"

namespace tally::ring {
namespace {

void store_done(const SlotArea& slots, std::uint64_t position) {
  // Release: before the exchange at the head in free_done().
  slots.at(position).stamp.store(slots.done(position), std::memory_order_release);
}

// Whether the position, which the head was at, was taken by one who no longer lives and had not
// released it. The order of the looks is the proof: `taken`, then the intents and the locks, then
// the stamp once more (ring/intent.hpp).
bool is_left_by_dead(const Region& region, const SlotArea& slots, std::uint64_t position) {
  // Acquire pairs with Claim::take(): the intents of what was taken are seen.
  if (region.header().taken.load(std::memory_order_acquire) == position) return false;
  if (!has_unread(slots, position)) return false;
  if (region.is_claimed_by_living(Role::consumer, position)) return false;
  return has_unread(slots, position);
}

// Whether nobody counted a record whose slot is not known to be free: who was killed in between,
// and had been the last to find anything, left one that has yet to be told of.
bool is_all_settled(const Doubts& doubts) {
  // Acquire pairs with settle_counted(): what is settled was counted before.
  const std::uint64_t settled = doubts.settled.load(std::memory_order_acquire);
  return doubts.counted.load(std::memory_order_relaxed) == settled;
}

// Pre: the lock is held. What was counted and, for all that this process knows, not freed.
bool settle_counted(Doubts& doubts, const SlotArea& slots) {
  // Acquire pairs with count(): the position is of this count.
  const std::uint64_t counted = doubts.counted.load(std::memory_order_acquire);
  if (counted == doubts.settled.load(std::memory_order_relaxed)) return false;
  const std::uint64_t position = doubts.position.load(std::memory_order_relaxed);
  if (has_unread(slots, position)) store_done(slots, position);
  // Release: the stamp comes before.
  doubts.settled.store(counted, std::memory_order_release);
  return true;
}

// Pre: the lock is held and everything counted is settled.
void count(Doubts& doubts, std::uint64_t position) {
  doubts.position.store(position, std::memory_order_relaxed);
  // Release: who finds it counted finds the position.
  doubts.counted.store(doubts.settled.load(std::memory_order_relaxed) + 1,
                       std::memory_order_release);
}

}  // namespace

bool free_done(Header& header, const SlotArea& slots) {
  // An exchange, though it puts back what is there: of two which release one position each, the one
  // that comes to the head later finds the stamps of the other, and what it has taken, and moves
  // the head over both.
  std::uint64_t head = header.head.fetch_add(0, std::memory_order_acq_rel);
  for (;;) {
    // Acquire pairs with Claim::take(). Nothing that is not taken is free: its consumer would take
    // what lies there in the next lap for it.
    const std::uint64_t taken = header.taken.load(std::memory_order_acquire);
    std::uint64_t end = head;
    // Acquire pairs with store_done() and SpmcConsumer::release(): what was read there is over.
    while (end != taken && end - head < slots.capacity &&
           slots.at(end).stamp.load(std::memory_order_acquire) == slots.done(end)) {
      ++end;
    }
    if (end == head) return false;
    // Release: the reads of the records are over before their slots are free. seq_cst: before the
    // look for a producer that sleeps (queue::Gate). Who loses finds what the winner found.
    if (header.head.compare_exchange_strong(head, end, std::memory_order_seq_cst)) return true;
  }
}

Mended mend(const Region& region, ClaimedRun given_up) {
  Header& header = region.header();
  const SlotArea slots = region.slots();
  Mended mended;
  mended.has_moved = free_done(header, slots);
  // Acquire pairs with the exchange in free_done().
  const auto head = [&] { return header.head.load(std::memory_order_acquire); };
  if (is_all_settled(header.doubts) && !is_left_by_dead(region, slots, head())) return mended;
  mended.is_busy = !region.try_lock_mending();
  if (mended.is_busy) return mended;
  const auto settle = [&] {
    if (settle_counted(header.doubts, slots)) {
      ++mended.settled;
      const std::uint64_t position = header.doubts.position.load(std::memory_order_relaxed);
      if (position - given_up.position >= given_up.count) ++mended.of_others;
    }
    if (free_done(header, slots)) mended.has_moved = true;
  };
  settle();
  for (std::uint64_t i = 0; i < kMostAtOnce; ++i) {
    const std::uint64_t position = head();
    if (!is_left_by_dead(region, slots, position)) break;
    count(header.doubts, position);
    settle();
  }
  region.unlock_mending();
  return mended;
}

}  // namespace tally::ring
