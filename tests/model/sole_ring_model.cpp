// A ring of one producer and one consumer under Relacy: the orders of ring/sole_producer.hpp,
// ring/sole_consumer.hpp, of the slots of ring/lean_slots.hpp and ring/slot_area.hpp, and of
// queue::Gate, carried out here access by access, for that code works on memory that processes
// share. Kills and successors are in takeover.pml, and the gate's steps in gate.pml; here is what a
// weaker order lets a processor do.
//
// The consumer follows the stamps, so that it is ahead of the cursor at times, and its last look
// before it sleeps is at a stamp, which is not sequentially consistent. A wake that is lost is a
// livelock: who sleeps waits for the epoch for ever. A slot that is written while it is read, or
// read before it is written, is a data race.
//
// sole_ring_model HOW          must find nothing; HOW is spin, where nobody may sleep, or sleep,
//                              where both do whenever there is nothing to do
// sole_ring_model HOW FAULT    must find it (Planted)
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "planted.hpp"
#include "ring_slots.hpp"

namespace {

using tally::test::kBegin;
using tally::test::kEnd;
using tally::test::kSlots;
using tally::test::Position;
using tally::test::Slot;
using tally::test::Word;

enum class Planted {
  nothing,
  stamped,  // the stamp is stored relaxed
  read,     // and read relaxed
  freed,    // the head is stored relaxed
  room,     // and read relaxed by a producer that looks for room
  cursor,   // the cursor is stored with release, where somebody may sleep
  asleep,   // who sleeps says so with release
  sleeper,  // the publisher's look for a sleeper acquires only
  tail,     // the last look before the sleep is at the stamp alone
  second,   // there is no such look
  epoch,    // who wakes stores nothing that the sleeper would find
};
Planted planted = Planted::nothing;
bool may_sleep = false;

rl::memory_order unless(Planted fault, rl::memory_order order, rl::memory_order weaker) {
  return planted == fault ? weaker : order;
}

// queue::Gate.
struct Gate {
  Word waiting;
  Word epoch;

  void begin() {
    waiting(RL_INFO).store(0, rl::mo_relaxed);
    epoch(RL_INFO).store(0, rl::mo_relaxed);
  }
  void wake_if_waiting() {
    const auto look = unless(Planted::sleeper, rl::mo_seq_cst, rl::mo_acquire);
    if (waiting(RL_INFO).load(look) == 0) return;
    waiting(RL_INFO).store(0, rl::mo_relaxed);
    if (planted != Planted::epoch) epoch(RL_INFO).fetch_add(1, rl::mo_release);
  }
  // The kernel compares the word with what was seen and sleeps in one step.
  template <typename StillEmpty>
  void sleep(StillEmpty still_empty) {
    const Position seen = epoch(RL_INFO).load(rl::mo_acquire);
    waiting(RL_INFO).store(1, unless(Planted::asleep, rl::mo_seq_cst, rl::mo_release));
    if (planted != Planted::second && !still_empty()) return;
    while (epoch(RL_INFO).load(rl::mo_acquire) == seen) rl::yield(1, RL_INFO);
  }
};

struct SoleRing : rl::test_suite<SoleRing, 2> {
  Word tail;
  Word head;
  std::array<Slot, kSlots> slots;
  Gate readers;
  Gate writers;

  void before() {
    tail(RL_INFO).store(kBegin, rl::mo_relaxed);
    head(RL_INFO).store(kBegin, rl::mo_relaxed);
    readers.begin();
    writers.begin();
    for (Position at = kBegin; at != kBegin + kSlots; ++at) {
      slots[at % kSlots].stamp(RL_INFO).store(at - kSlots + 1, rl::mo_relaxed);
      slots[at % kSlots].cell(RL_INFO).store(0);
    }
  }

  // LeanProducer::put() and commit(), one record and then two at a time: each is stamped, and the
  // cursor is stored once.
  void produce() {
    Position batch = 1;
    for (Position at = kBegin; at != kEnd; batch = 3 - batch) {
      wait_writable(at);
      const Position room = kSlots - (at - head_seen_);
      const Position end = at + std::min({batch, room, kEnd - at});
      for (; at != end; ++at) {
        slots[at % kSlots].cell(RL_INFO).store(at);
        const auto stamped = unless(Planted::stamped, rl::mo_release, rl::mo_relaxed);
        slots[at % kSlots].stamp(RL_INFO).store(at + 1, stamped);
      }
      const auto published = may_sleep ? rl::mo_seq_cst : rl::mo_release;
      tail(RL_INFO).store(at, unless(Planted::cursor, published, rl::mo_release));
      if (may_sleep) readers.wake_if_waiting();
    }
  }
  void wait_writable(Position at) {
    const auto is_full = [&] {
      head_seen_ = head(RL_INFO).load(unless(Planted::room, rl::mo_acquire, rl::mo_relaxed));
      return at - head_seen_ == kSlots;
    };
    while (is_full()) {
      pause(writers, [&] { return head(RL_INFO).load(rl::mo_seq_cst) == head_seen_; });
    }
  }

  // SoleConsumer::wait_for_record() and free_slots().
  void consume() {
    for (Position at = kBegin; at != kEnd; ++at) {
      const auto is_readable = [&] {
        const auto read = unless(Planted::read, rl::mo_acquire, rl::mo_relaxed);
        return slots[at % kSlots].stamp(RL_INFO).load(read) == at + 1;
      };
      while (!is_readable()) {
        pause(readers, [&] {
          if (planted != Planted::tail) static_cast<void>(tail(RL_INFO).load(rl::mo_seq_cst));
          return !is_readable();
        });
      }
      RL_ASSERT(slots[at % kSlots].cell(RL_INFO).load() == at);
      const auto freed = may_sleep ? rl::mo_seq_cst : rl::mo_release;
      head(RL_INFO).store(at + 1, unless(Planted::freed, freed, rl::mo_relaxed));
      if (may_sleep) writers.wake_if_waiting();
    }
  }

  template <typename StillEmpty>
  void pause(Gate& gate, StillEmpty still_empty) {
    if (may_sleep) {
      gate.sleep(still_empty);
    } else {
      rl::yield(1, RL_INFO);
    }
  }

  void thread(unsigned index) {
    if (index == 0) {
      produce();
    } else {
      consume();
    }
  }

 private:
  Position head_seen_ = kBegin;
};

constexpr unsigned kInterleavings = 200'000;

std::optional<bool> search(std::string_view how) {
  may_sleep = how == "sleep";
  if (!may_sleep && how != "spin") return std::nullopt;
  return tally::test::is_clean<SoleRing>(true, kInterleavings);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::test::search_planted(argc, argv, planted,
                                     {{"stamped", Planted::stamped},
                                      {"read", Planted::read},
                                      {"freed", Planted::freed},
                                      {"room", Planted::room},
                                      {"cursor", Planted::cursor},
                                      {"asleep", Planted::asleep},
                                      {"sleeper", Planted::sleeper},
                                      {"tail", Planted::tail},
                                      {"second", Planted::second},
                                      {"epoch", Planted::epoch}},
                                     search);
}
