// The stamped algorithm: one side of a bounded queue whose slots each carry a 64-bit stamp beside
// the item (Vyukov's bounded queue; positions instead of sequence numbers that wrap). The memory is
// handed in, so that the same code runs in queue/queue.hpp and under a model checker
// (tests/model/stamped_model.cpp).
//
// With p a position that maps to the slot:
//   stamp == p             free for the item of position p
//   stamp == p + 1         the item of position p is there
//   stamp == p + capacity  the item of position p has been taken, or was given up (a tombstone)
// A side that waits polls only the line it is about to use, and a consumer that finds a stamp
// beyond its own position while the cursor still stands there knows a tombstone: nobody else can
// have taken that position.
//
//   * Positions only ever grow and every comparison is a difference, so the wrap at 2^64 is like
//     any other step.
//   * Many users take a run of positions by one exchange on the cursor, after they have seen that
//     every slot of the run is ready. Nobody can unready it meanwhile but who moved the cursor.
//   * Between the exchange and the stamps a user holds everybody up. Inside one process nobody dies
//     alone; among processes see ring/intent.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/atomics.hpp"
#include "core/threads.hpp"
#include "queue/ends.hpp"

namespace tally::queue {

enum class Role : std::uint8_t { producer, consumer };

// Positions [position, position + count) that belong to one user.
struct Run {
  std::uint64_t position = 0;
  std::size_t count = 0;
};

// One side. Slots: capacity() (a power of two, at least 2), at(position), the Slot that the
// position maps to, whose member `stamp` this is about, and prefetch(position), which may fetch
// slots that a consumer who stands at `position` comes to soon. Publisher: publish(stamp, value)
// stores with release, and wakes who sleeps.
template <Role kRole, Users kUsers, typename Slots, typename Publisher, typename Atomics>
class Stamped {
 public:
  using Cursor = typename Atomics::template Atomic<std::uint64_t>;
  using Slot = typename Slots::Slot;

  Stamped(Cursor& cursor, Slots slots, Publisher publisher)
      : cursor_(&cursor),
        slots_(slots),
        publisher_(publisher),
        position_(Atomics::load_relaxed(cursor)) {}

  // Takes the longest ready run of at most `wanted` positions; count is 0 when there is none. With
  // one user the run is only looked at, and taken again by the next call unless finish() moved on.
  // With many it is this user's from now on: finish() all of it, or the others wait forever.
  Run take(std::size_t wanted) {
    if constexpr (kUsers == Users::one) {
      const std::size_t count = ready_run_of_one(wanted);  // moves position_ over tombstones
      return {position_, count};
    } else {
      return take_of_many(wanted);
    }
  }

  // Hands the first `count` positions of a run to the other side, in order, and with many users
  // gives up the rest: those become tombstones (producer) or count as read (consumer).
  void finish(Run run, std::size_t count) {
    if constexpr (kRole == Role::consumer) slots_.prefetch(run.position + run.count);
    for (std::size_t i = 0; i < count; ++i) hand_over(run.position + i);
    if constexpr (kUsers == Users::one) {
      advance(run.position + count);
    } else {
      for (std::size_t i = count; i < run.count; ++i) {
        const std::uint64_t position = run.position + i;
        publisher_.publish(slots_.at(position).stamp, position + slots_.capacity());
      }
    }
  }

  // A run of one: where it lies, and the stamp that finish_one() leaves there. No slot when there
  // is none.
  struct One {
    Slot* slot = nullptr;
    std::uint64_t handed_over = 0;
  };
  // take(1) and finish(run, 1), for whoever moves an item at a time. Whatever follows from the
  // position is worked out before the exchange on the cursor, which no later load overtakes.
  [[gnu::always_inline]] One take_one() {
    const Slots slots = slots_;
    Cursor& cursor = *cursor_;
    std::uint64_t position = kUsers == Users::one ? position_ : Atomics::load_relaxed(cursor);
    const One one{&slots.at(position), handed_over(position, slots)};
    if (Atomics::load_acquire(one.slot->stamp) != position + kReady) [[unlikely]]
      return take_one_late(0);  // acquire: as in stamp_at()
    if constexpr (kRole == Role::consumer) slots.prefetch(position + 1);
    if constexpr (kUsers == Users::many) {
      if (!Atomics::exchange_if(cursor, position, position + 1)) [[unlikely]]
        return take_one_late(1);
    }
    return one;
  }
  void finish_one(One one) {
    publisher_.publish(one.slot->stamp, one.handed_over);
    if constexpr (kUsers == Users::one) advance(position_ + 1);
  }

  // Whether the next position is not ready and no tombstone either: it may be slept on. seq_cst:
  // after this side said that it waits (Gate).
  [[nodiscard]] bool is_blocked() {
    const std::uint64_t position = next();
    const std::uint64_t stamp = Atomics::load_seq_cst(slots_.at(position).stamp);
    return is_before(stamp, position + kReady);
  }

  [[nodiscard]] Slots& slots() { return slots_; }
  [[nodiscard]] std::uint64_t next() const {
    if constexpr (kUsers == Users::one) return position_;
    return Atomics::load_relaxed(*cursor_);
  }
  // Positions given up by producers and skipped by this consumer.
  [[nodiscard]] std::uint64_t tombstones() const { return tombstones_; }

 private:
  // What a ready stamp is above its position.
  static constexpr std::uint64_t kReady = kRole == Role::producer ? 0 : 1;

  static bool is_before(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(a - b) < 0;
  }
  // Acquire pairs with hand_over() on the other side: the item is written, or its reads are over.
  std::uint64_t stamp_at(std::uint64_t position) {
    return Atomics::load_acquire(slots_.at(position).stamp);
  }
  static std::uint64_t handed_over(std::uint64_t position, const Slots& slots) {
    return position + (kRole == Role::producer ? 1 : slots.capacity());
  }
  void hand_over(std::uint64_t position) {
    publisher_.publish(slots_.at(position).stamp, handed_over(position, slots_));
  }
  void advance(std::uint64_t position) {
    position_ = position;
    // Release: who sees the cursor finds the stamps.
    Atomics::store_release(*cursor_, position);
  }
  std::size_t ready_from(std::uint64_t position, std::size_t wanted) {
    std::size_t count = 0;
    while (count < wanted && stamp_at(position + count) == position + count + kReady) ++count;
    return count;
  }

  std::size_t ready_run_of_one(std::size_t wanted) {
    for (;;) {
      const std::size_t count = ready_from(position_, wanted);
      if (count != 0 || wanted == 0 || !is_tombstone(position_)) [[likely]]
        return count;
      advance(position_ + 1);
      ++tombstones_;
    }
  }

  // Apart from take_one(), so that the quick way stays small enough to be inlined. `failures`: lost
  // exchanges so far.
  [[gnu::noinline]] One take_one_late(unsigned failures) {
    Run run;
    if constexpr (kUsers == Users::one) {
      run = take(1);
    } else {
      back_off(failures);
      run = take_of_many(1, failures);
    }
    if (run.count == 0) return {};
    return {&slots_.at(run.position), handed_over(run.position, slots_)};
  }

  Run take_of_many(std::size_t wanted, unsigned failures = 0) {
    std::uint64_t position = Atomics::load_relaxed(*cursor_);
    while (wanted != 0) {
      Run run{position, ready_from(position, wanted)};
      const bool ready = run.count != 0;
      if (!ready) {
        const std::uint64_t now = Atomics::load_relaxed(*cursor_);
        if (now != position) {
          position = now;
          continue;
        }
        if (!is_tombstone(position)) break;
        run.count = 1;
      }
      // Nothing needs its order: the stamps order the items, and what is_tombstone() reads of the
      // cursor.
      if (Atomics::exchange_if(*cursor_, position, position + run.count)) [[likely]] {
        if (ready) return run;
        ++tombstones_;
        position += run.count;
        continue;
      }
      back_off(++failures);
    }
    return {position, 0};
  }

  // The cursor is read after the stamp: had another user taken this position, its exchange would
  // have come before the stamp that was seen, and so be seen too.
  bool is_tombstone(std::uint64_t position) {
    if constexpr (kRole == Role::producer) return false;
    const std::uint64_t stamp = stamp_at(position);
    return is_before(position + kReady, stamp) && next() == position;
  }

  // Whoever lost the exchange leaves the lines to the winner for a while: it does several in a row
  // then, which costs both less than taking turns.
  static void back_off(unsigned failures) {
    for (unsigned i = 0; i < failures && i < kMostPauses; ++i) core::cpu_relax();
  }
  static constexpr unsigned kMostPauses = 8;

  Cursor* cursor_;
  [[no_unique_address]] Slots slots_;
  [[no_unique_address]] Publisher publisher_;
  std::uint64_t position_;  // of the one user
  std::uint64_t tombstones_ = 0;
};

}  // namespace tally::queue
