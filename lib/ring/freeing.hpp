// Of a ring of many consumers, what ring/mending.hpp does, written against the atomics that it is
// given: which words are looked at and stored, and in what order. Its own code is run under Relacy
// in tests/model/freeing_model.cpp. Any consumer; nothing is allocated.
#pragma once

#include <cstdint>

#include "core/atomics.hpp"
#include "ring/intent.hpp"

namespace tally::ring {

// Positions that one look goes through: each may ask the kernel, and the caller has a deadline.
inline constexpr std::uint64_t kMostAtOnce = 256;

struct Mended {
  std::uint64_t settled = 0;    // records, or such that a killed one had counted and not freed
  std::uint64_t of_others = 0;  // of these
  bool has_moved = false;       // the head
  bool is_busy = false;         // another process is at it and may not have come to all
};

// Header holds the words `head`, `taken` and, in `doubts`, `counted`, `position` and `settled`.
// Slots is SlotArea, or another with `capacity`, at(position).stamp and done(position).
template <typename Atomics, typename Header, typename Slots>
class BasicFreeing {
 public:
  BasicFreeing(Header& header, const Slots& slots) : header_(&header), slots_(&slots) {}

  // Moves the head over what is done with; whether it moved.
  bool free_done() {
    // An exchange, though it puts back what is there: of two which release one position each, the
    // one that comes to the head later finds the stamps of the other, and what it has taken, and
    // moves the head over both.
    std::uint64_t head = Atomics::add(header_->head, std::uint64_t{0});
    for (;;) {
      // Acquire pairs with Claim::take(). Nothing that is not taken is free: its consumer would
      // take what lies there in the next lap for it.
      const std::uint64_t taken = Atomics::load_acquire(header_->taken);
      if (head == taken || !is_done(head)) return false;
      std::uint64_t end = head + 1;
      while (end != taken && end - head < slots_->capacity && is_done(end)) ++end;
      // Release: the reads of the records are over before their slots are free. seq_cst: before the
      // look for a producer that sleeps (queue::Gate). Acquire where it fails: who loses finds what
      // the winner found.
      if (Atomics::exchange_if_seq_cst_or_acquire(header_->head, head, end)) return true;
    }
  }

  // free_done(), and what mend() of ring/mending.hpp does. `locks` says of a position whether it
  // is_claimed_by_living(), and has the lock of who counts, try_lock() and unlock(), which whoever
  // dies drops behind its last store.
  template <typename Locks>
  Mended mend(const Locks& locks, ClaimedRun given_up) {
    Mended mended;
    mended.has_moved = free_done();
    if (is_all_settled() && !is_left_by_dead(locks, head())) return mended;
    mended.is_busy = !locks.try_lock();
    if (mended.is_busy) return mended;
    settle(mended, given_up);
    for (std::uint64_t i = 0; i < kMostAtOnce; ++i) {
      const std::uint64_t position = head();
      if (!is_left_by_dead(locks, position)) break;
      count(position);
      settle(mended, given_up);
    }
    locks.unlock();
    return mended;
  }

 private:
  // Acquire pairs with the exchange in free_done(): what was before it was taken is seen as taken.
  [[nodiscard]] std::uint64_t head() const { return Atomics::load_acquire(header_->head); }

  // As has_unread() of ring/slot_area.hpp.
  [[nodiscard]] bool is_unread(std::uint64_t position) const {
    return Atomics::load_acquire(slots_->at(position).stamp) == position + 1;
  }
  // Acquire pairs with store_done() and SpmcConsumer::release(): what was read there is over.
  [[nodiscard]] bool is_done(std::uint64_t position) const {
    return Atomics::load_acquire(slots_->at(position).stamp) == slots_->done(position);
  }
  void store_done(std::uint64_t position) {
    // Release: before the exchange at the head in free_done().
    Atomics::store_release(slots_->at(position).stamp, slots_->done(position));
  }

  // Whether the position, which the head was at, was taken by one who no longer lives and had not
  // released it. The order of the looks is the proof: `taken`, then the intents and the locks, then
  // the stamp once more (ring/intent.hpp).
  template <typename Locks>
  [[nodiscard]] bool is_left_by_dead(const Locks& locks, std::uint64_t position) const {
    // Acquire pairs with Claim::take(): the intents of what was taken are seen.
    if (Atomics::load_acquire(header_->taken) == position) return false;
    if (!is_unread(position)) return false;
    if (locks.is_claimed_by_living(position)) return false;
    return is_unread(position);
  }

  // Whether nobody counted a record whose slot is not known to be free: who was killed in between,
  // and had been the last to find anything, left one that has yet to be told of.
  [[nodiscard]] bool is_all_settled() const {
    // Acquire pairs with settle_counted(): what is settled was counted before.
    const std::uint64_t settled = Atomics::load_acquire(header_->doubts.settled);
    return Atomics::load_relaxed(header_->doubts.counted) == settled;
  }

  // Pre: the lock is held. What was counted and, for all that this process knows, not freed.
  bool settle_counted() {
    auto& doubts = header_->doubts;
    // Acquire pairs with count(): the position is of this count.
    const std::uint64_t counted = Atomics::load_acquire(doubts.counted);
    if (counted == Atomics::load_relaxed(doubts.settled)) return false;
    const std::uint64_t position = Atomics::load_relaxed(doubts.position);
    if (is_unread(position)) store_done(position);
    // Release: the stamp comes before, of who is killed between the two as well.
    Atomics::store_release(doubts.settled, counted);
    return true;
  }

  // Pre: the lock is held and everything counted is settled.
  void count(std::uint64_t position) {
    auto& doubts = header_->doubts;
    Atomics::store_relaxed(doubts.position, position);
    // Release: who finds it counted finds the position. The lock orders the two for another holder;
    // of who is killed behind the count, its position is there because the compiler kept them so.
    Atomics::store_release(doubts.counted, Atomics::load_relaxed(doubts.settled) + 1);
  }

  // Pre: the lock is held.
  void settle(Mended& mended, ClaimedRun given_up) {
    if (settle_counted()) {
      ++mended.settled;
      const std::uint64_t position = Atomics::load_relaxed(header_->doubts.position);
      if (position - given_up.position >= given_up.count) ++mended.of_others;
    }
    if (free_done()) mended.has_moved = true;
  }

  Header* header_;
  const Slots* slots_;
};

}  // namespace tally::ring
