// Freeing and mending of ring/freeing.hpp under Relacy: its own code and that of ring/claim.hpp
// (relacy_atomics.hpp), with consumers that take, read and release the records of a ring of two
// slots, as SpmcConsumer does, and a producer that writes over what is free.
//
// A consumer dies before one of its stores: with a claim, at the head, or between two of the steps
// under the lock of who counts. Its locks fall behind all that it stored, as the kernel drops them.
// A slot that is free while somebody reads it is a data race. The head never passes what is not
// done with. In the end all is free, and each record was delivered once or counted as in doubt
// once.
//
// freeing_model CASE         must find nothing. CASE is living: two consumers, and nobody mends, so
//                            that each position is freed by those who release; gaps: the same, and
//                            a position that its producer gave up; dying: three consumers, two of
//                            which may die, and all mend
// freeing_model CASE FAULT   must find it (Planted), for the pairs in CMakeLists.txt
//
// That the head is moved by a seq_cst exchange is for a producer that sleeps, of whom there is none
// here. Of the other orders in that header nothing is found where they are relaxed. `counted`,
// `settled` and the position are ordered by the lock for whoever holds it, and by the stamp and the
// exchange at the head for who does not: their releases keep the compiler from storing them in
// another order than the one in which a process may be killed, which no thread of a model is;
// "late" is what they prevent. The stamps that is_left_by_dead() reads tell by their value alone,
// and so does `taken` in free_done().
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "planted.hpp"
#include "ring/claim.hpp"
#include "ring/freeing.hpp"
#include "ring_slots.hpp"

namespace {

using tally::ring::is_intended;
using tally::ring::Mended;
using tally::test::kBegin;
using tally::test::kEnd;
using tally::test::kItems;
using tally::test::kSlots;
using tally::test::Position;
using tally::test::Slot;
using tally::test::Slots;
using tally::test::Word;

enum class Planted {
  nothing,
  released,      // who releases stores the stamp relaxed
  left,          // who frees for the dead stores it relaxed
  stamp,         // free_done() reads it relaxed
  load,          // the exchange that puts back what is there is a load
  add_acquires,  // it does not release
  add_releases,  // it does not acquire
  moved,         // the exchange that moves the head does not release
  loser,         // where it fails, it reads relaxed
  place,         // the head is read relaxed by who looks for what the dead left
  taken,         // so is `taken`
  second,        // the stamp is not looked at again
  late,          // the position is stored behind the count
  death,         // what who dies did is not ordered before its locks fall
  lock,          // two may count at once
};
Planted planted = Planted::nothing;

rl::memory_order acquire_unless(Planted fault) {
  return planted == fault ? rl::mo_relaxed : rl::mo_acquire;
}

constexpr Position kGap = kBegin + 2;
bool has_gap = false;

struct Header {
  Word head;
  Word taken;
  struct {
    Word counted;
    Word position;
    Word settled;
  } doubts;
};

// What is no word of the ring: for deaths, faults and assertions. One thread of the machine runs
// all those of a search, so that it needs no order.
struct Running {
  unsigned stores_left = 0;         // until it dies; 0 is never
  unsigned locked_stores_left = 0;  // the same, of those under the lock
  bool has_lock = false;
  bool is_freeing = false;       // the head was exchanged last, and not read
  std::optional<Position> left;  // nobody who lives has it; its stamp was not looked at since
  Position doubted = 0;          // what it stored as the position
};
struct Fate {
  bool is_delivered = false;
  bool is_doubted = false;
  bool is_passed = false;  // of a gap

  [[nodiscard]] bool is_decided() const { return is_delivered || is_doubted || is_passed; }
};
constexpr unsigned kMostThreads = 4;
Header* header = nullptr;
std::array<Running, kMostThreads> running;
std::array<Fate, kItems> fates;

Running& own() {
  return running[rl::thread_index()];
}
Fate& fate(Position position) {
  return fates[position - kBegin];
}

struct Died {};
// Before each store. Nobody else runs between the throw and the handler.
void may_die() {
  const auto is_last = [](unsigned& left) { return left != 0 && --left == 0; };
  if (is_last(own().stores_left) || (own().has_lock && is_last(own().locked_stores_left))) {
    throw Died();
  }
}

struct DyingAtomics : tally::test::RelacyAtomics<> {
  static Position load_acquire(const Word& from) {
    const std::optional<Position> left = std::exchange(own().left, std::nullopt);
    if (left && planted == Planted::second) return *left + 1;
    return from(RL_INFO).load(is_weak_load(from) ? rl::mo_relaxed : rl::mo_acquire);
  }
  static void store_relaxed(Word& position, Position value) {
    may_die();
    own().doubted = value;
    if (planted != Planted::late) position(RL_INFO).store(value, rl::mo_relaxed);
  }
  static void store_release(Word& to, Position value) {
    may_die();
    to(RL_INFO).store(value, is_weak_store(to) ? rl::mo_relaxed : rl::mo_release);
    if (&to != &header->doubts.counted) return;
    Fate& doubted = fate(own().doubted);
    RL_ASSERT(!doubted.is_decided());
    doubted.is_doubted = true;
    if (planted != Planted::late) return;
    may_die();
    header->doubts.position(RL_INFO).store(own().doubted, rl::mo_relaxed);
  }
  static Position add(Word& head, Position value) {
    may_die();
    own().is_freeing = true;
    if (planted == Planted::load) return head(RL_INFO).load(rl::mo_acquire);
    const rl::memory_order order = planted == Planted::add_acquires   ? rl::mo_acquire
                                   : planted == Planted::add_releases ? rl::mo_release
                                                                      : rl::mo_acq_rel;
    return head(RL_INFO).fetch_add(value, order);
  }
  static bool exchange_if_seq_cst(Word& taken, Position& expected, Position desired) {
    may_die();
    return RelacyAtomics::exchange_if_seq_cst(taken, expected, desired);
  }
  static bool exchange_if_seq_cst_or_acquire(Word& head, Position& expected, Position desired) {
    may_die();
    const auto order = planted == Planted::moved ? rl::mo_acquire : rl::mo_seq_cst;
    if (!head(RL_INFO).compare_exchange_strong(expected, desired, order,
                                               acquire_unless(Planted::loser))) {
      return false;
    }
    for (Position at = expected; at != desired; ++at) RL_ASSERT(fate(at).is_decided());
    return true;
  }

 private:
  static bool is_weak_load(const Word& from) {
    bool& is_freeing = own().is_freeing;
    if (&from == &header->head) {
      is_freeing = false;
      return planted == Planted::place;
    }
    if (&from == &header->taken) return planted == Planted::taken && !is_freeing;
    if (&from == &header->doubts.settled) is_freeing = false;
    return planted == Planted::stamp && is_freeing;
  }
  // Faults of intents are those of claim_model.cpp.
  static bool is_weak_store(const Word& to) {
    const bool is_doubt = &to == &header->doubts.counted || &to == &header->doubts.settled;
    return planted == Planted::left && own().has_lock && !is_doubt;
  }
};
using Claim = tally::ring::BasicClaim<DyingAtomics>;
using Freeing = tally::ring::BasicFreeing<DyingAtomics, Header, Slots>;

// Threads 0 to kConsumers - 1 consume, the last one produces.
template <typename Suite, unsigned kConsumers>
struct FreeingTest : rl::test_suite<Suite, int{kConsumers} + 1> {
  Header words;
  std::array<Slot, kSlots> memory;
  std::array<Word, kConsumers> intents;
  std::array<Word, kConsumers> lives;  // 1: its lock is held
  Word mending;                        // 1: so is that of who counts
  Slots slots;

  void before() {
    for (Word* word : {&words.head, &words.taken}) (*word)(RL_INFO).store(kBegin, rl::mo_relaxed);
    for (Word* word :
         {&words.doubts.counted, &words.doubts.position, &words.doubts.settled, &mending}) {
      (*word)(RL_INFO).store(0, rl::mo_relaxed);
    }
    for (Word& intent : intents) intent(RL_INFO).store(0, rl::mo_relaxed);
    for (Word& life : lives) life(RL_INFO).store(1, rl::mo_relaxed);
    slots.memory = &memory;
    for (Position at = kBegin; at != kBegin + kSlots; ++at) {
      slots.at(at).stamp(RL_INFO).store(at, rl::mo_relaxed);
      slots.at(at).cell(RL_INFO).store(0);
    }
    header = &words;
    running = {};
    fates = {};
  }
  void after() {
    RL_ASSERT(words.head(RL_INFO).load(rl::mo_relaxed) == kEnd);
    Position doubted = 0;
    for (const Fate& each : fates) {
      RL_ASSERT(each.is_decided());
      doubted += each.is_doubted ? 1U : 0U;
    }
    RL_ASSERT(words.doubts.counted(RL_INFO).load(rl::mo_relaxed) == doubted);
    RL_ASSERT(words.doubts.settled(RL_INFO).load(rl::mo_relaxed) == doubted);
  }

  void produce() {
    for (Position at = kBegin; at != kEnd;) {
      if (at - words.head(RL_INFO).load(rl::mo_acquire) == kSlots) {
        rl::yield(1, RL_INFO);
        continue;
      }
      const bool is_gap = has_gap && at == kGap;
      if (!is_gap) slots.at(at).cell(RL_INFO).store(at);
      slots.at(at).stamp(RL_INFO).store(is_gap ? slots.done(at) : at + 1, rl::mo_release);
      ++at;
    }
  }

  [[nodiscard]] bool is_all_taken() { return words.taken(RL_INFO).load(rl::mo_relaxed) == kEnd; }
  [[nodiscard]] bool is_all_free() { return words.head(RL_INFO).load(rl::mo_relaxed) == kEnd; }
  [[nodiscard]] Position take(Claim& claim, Position wanted) {
    return claim.take(wanted, [this](Position taken, Position most) {
      Position count = 0;
      while (count < most &&
             slots.at(taken + count).stamp(RL_INFO).load(rl::mo_acquire) == taken + count + 1) {
        ++count;
      }
      return count;
    });
  }
  // As SpmcConsumer::release(), of one at a time.
  void release_first(Claim& claim) {
    const Position at = claim.run().position;
    RL_ASSERT(slots.at(at).cell(RL_INFO).load() == at);
    may_die();
    const auto order = planted == Planted::released ? rl::mo_relaxed : rl::mo_release;
    slots.at(at).stamp(RL_INFO).store(slots.done(at), order);
    RL_ASSERT(!fate(at).is_decided());
    fate(at).is_delivered = true;
    if (claim.run().count == 1) {
      claim.end();
    } else {
      claim.drop(1);
    }
    static_cast<void>(Freeing(words, slots).free_done());
  }
};

struct Living : FreeingTest<Living, 2> {
  // As SpmcConsumer::pass_gaps().
  void pass_gap() {
    Position taken = words.taken(RL_INFO).load(rl::mo_acquire);
    if (slots.at(taken).stamp(RL_INFO).load(rl::mo_acquire) != slots.done(taken)) return;
    if (!DyingAtomics::exchange_if_seq_cst(words.taken, taken, taken + 1)) return;
    RL_ASSERT(!fate(taken).is_decided());
    fate(taken).is_passed = true;
    static_cast<void>(Freeing(words, slots).free_done());
  }
  void thread(unsigned index) {
    if (index == 2) return produce();
    Claim claim(words.taken, intents[index]);
    for (Position wanted = 1 + index; !is_all_taken(); wanted = 3 - wanted) {
      for (Position count = take(claim, wanted); count != 0; --count) release_first(claim);
      if (has_gap) pass_gap();
      rl::yield(1, RL_INFO);
    }
  }
};

struct Dying : FreeingTest<Dying, 3> {
  // As Region::is_claimed_by_living() and its lock.
  struct Locks {
    Dying* ring;

    [[nodiscard]] bool is_claimed_by_living(Position position) const {
      for (unsigned i = 0; i < 3; ++i) {
        const Position intent = ring->intents[i](RL_INFO).load(rl::mo_acquire);
        if (!is_intended(intent, position)) continue;
        if (ring->lives[i](RL_INFO).load(acquire_unless(Planted::death)) != 0) return true;
      }
      own().left = position;
      return false;
    }
    [[nodiscard]] bool try_lock() const {
      Position expected = 0;
      const bool is_free =
          ring->mending(RL_INFO).compare_exchange_strong(expected, 1, rl::mo_acquire);
      own().has_lock = is_free || planted == Planted::lock;
      return own().has_lock;
    }
    void unlock() const {
      may_die();
      own().has_lock = false;
      ring->mending(RL_INFO).store(0, rl::mo_release);
    }
  };

  Mended mend() { return Freeing(words, slots).mend(Locks{this}, {}); }
  // The last one looks until all that is taken is free and counted, as who leaves last.
  void consume(unsigned index) {
    Claim claim(words.taken, intents[index]);
    Mended mended;
    const auto is_over = [&] {
      if (index != 2) return is_all_taken();
      return is_all_free() && mended.settled == 0 && !mended.is_busy;
    };
    for (Position wanted = 1 + index % 2; !is_over(); wanted = 3 - wanted) {
      Position count = take(claim, wanted);
      for (; count != 0; --count) release_first(claim);
      mended = mend();
    }
  }
  void thread(unsigned index) {
    if (index == 3) return produce();
    constexpr unsigned kStores = 12;
    constexpr unsigned kLockedStores = 9;
    if (index != 2) {
      if (rl::rand(2) == 0) {
        own().stores_left = rl::rand(kStores);
      } else {
        own().locked_stores_left = rl::rand(kLockedStores);
      }
    }
    bool is_dead = false;
    try {
      consume(index);
    } catch (const Died&) {
      is_dead = true;
    }
    if (!is_dead) return;
    if (own().has_lock) mending(RL_INFO).store(0, rl::mo_release);
    own().has_lock = false;
    lives[index](RL_INFO).store(0, rl::mo_release);
  }
};

std::optional<bool> search(std::string_view name) {
  has_gap = name == "gaps";
  if (name == "living") return tally::test::is_clean<Living>(true, 40'000);
  // What these find takes more switches of threads than a search of all gets to.
  if (has_gap) return tally::test::is_clean<Living>(false, 200'000);
  if (name == "dying") return tally::test::is_clean<Dying>(false, 200'000);
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  return tally::test::search_planted(argc, argv, planted,
                                     {{"released", Planted::released},
                                      {"left", Planted::left},
                                      {"stamp", Planted::stamp},
                                      {"load", Planted::load},
                                      {"add_acquires", Planted::add_acquires},
                                      {"add_releases", Planted::add_releases},
                                      {"moved", Planted::moved},
                                      {"loser", Planted::loser},
                                      {"place", Planted::place},
                                      {"taken", Planted::taken},
                                      {"second", Planted::second},
                                      {"late", Planted::late},
                                      {"death", Planted::death},
                                      {"lock", Planted::lock}},
                                     search);
}
