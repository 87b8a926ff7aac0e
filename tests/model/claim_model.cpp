// Claims of ring/claim.hpp under Relacy: its own code (relacy_atomics.hpp), and that of
// ring/freeing.hpp, with two that claim and one at the other end of a ring of two slots. Whoever
// finds a position claimed and not dealt with looks as Consumer::is_abandoned() and
// is_left_by_dead() do: at the cursor, then at the intents, then at the stamp once more. Everybody
// lives here, so that it must find an owner or the stamp. Each end is searched by itself;
// give_up_for_dead(), of rings of many at both, is not in it. Those that die are in
// freeing_model.cpp.
//
// claim_model END            must find nothing; END is producers or consumers, the one of many
// claim_model END end        an intent is taken back relaxed: must be caught
// claim_model END exchange   the exchange is relaxed, so that the intent may be seen after it: must
//                            be caught
// claim_model END late       the intent is stored after the exchange: must be caught
// claim_model END torn       two may claim one position: must be caught
// claim_model END cursor     who looks reads the cursor relaxed: must be caught
// claim_model END look       who looks reads the intents relaxed: must be caught
//
// That the intent of a later run is stored with release is not tried: Relacy goes by C++11, where
// what a thread stores in one place after a release, though relaxed, is ordered as that release.
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
using tally::test::kBegin;
using tally::test::kEnd;
using tally::test::kItems;
using tally::test::kSlots;
using tally::test::Position;
using tally::test::Slot;
using tally::test::Slots;
using tally::test::Word;

enum class Planted { nothing, end, exchange, late, torn, cursor, look };
Planted planted = Planted::nothing;

rl::memory_order acquire_unless(Planted fault) {
  return planted == fault ? rl::mo_relaxed : rl::mo_acquire;
}

constexpr unsigned kThreads = 3;
std::array<Position, kThreads> held_back;  // the intent that each has yet to store, or 0

struct Torn : tally::test::NoFault {
  static bool torn_exchange() { return planted == Planted::torn; }
};
struct ClaimAtomics : tally::test::RelacyAtomics<Torn> {
  static void store_release(Word& intent, Position word) {
    if (planted == Planted::late && word != 0) {
      held_back[rl::thread_index()] = word;
      return;
    }
    const bool is_weak = planted == Planted::end && word == 0;
    intent(RL_INFO).store(word, is_weak ? rl::mo_relaxed : rl::mo_release);
  }
  static bool exchange_if_seq_cst(Word& cursor, Position& expected, Position desired) {
    if (planted == Planted::exchange) {
      return cursor(RL_INFO).compare_exchange_strong(expected, desired, rl::mo_relaxed,
                                                     rl::mo_relaxed);
    }
    return RelacyAtomics::exchange_if_seq_cst(cursor, expected, desired);
  }
};
using Claim = tally::ring::BasicClaim<ClaimAtomics>;

struct Words {
  Word taken;  // the cursor that the claims are taken off, of producers the tail
  Word head;   // what is before it is free
};
using Freeing = tally::ring::BasicFreeing<ClaimAtomics, Words, Slots>;

// What both ends do with a ring; threads 0 and 1 are those that claim.
template <typename Suite>
struct ClaimTest : rl::test_suite<Suite, kThreads> {
  Words words;
  std::array<Word, 2> intents;
  std::array<Slot, kSlots> slots;

  void before() {
    words.taken(RL_INFO).store(kBegin, rl::mo_relaxed);
    words.head(RL_INFO).store(kBegin, rl::mo_relaxed);
    for (Word& intent : intents) intent(RL_INFO).store(0, rl::mo_relaxed);
    for (Position at = kBegin; at != kBegin + kSlots; ++at) {
      stamp(at)(RL_INFO).store(at, rl::mo_relaxed);
      cell(at)(RL_INFO).store(0);
    }
    held_back = {};
  }

  Word& stamp(Position at) { return slots[at % kSlots].stamp; }
  rl::var<Position>& cell(Position at) { return slots[at % kSlots].cell; }
  [[nodiscard]] Position stamp_at(Position at) { return stamp(at)(RL_INFO).load(rl::mo_acquire); }
  static Position committed(Position at) { return at + 1; }

  // What is held back is stored once something is claimed.
  template <typename Available>
  Position take(Claim& claim, unsigned index, Position wanted, Available available) {
    held_back[index] = 0;
    const Position count = claim.take(wanted, available);
    if (held_back[index] != 0 && count != 0) {
      intents[index](RL_INFO).store(held_back[index], rl::mo_release);
    }
    return count;
  }

  // Whether the cursor stands there: nobody has claimed the position.
  bool is_unclaimed(Position at) {
    return words.taken(RL_INFO).load(acquire_unless(Planted::cursor)) == at;
  }
  // Whether the intent of one of the living names the position.
  bool has_owner(Position at) {
    return std::any_of(intents.begin(), intents.end(), [at](Word& intent) {
      return is_intended(intent(RL_INFO).load(acquire_unless(Planted::look)), at);
    });
  }
};

// Two producers, as MpscProducer, and a consumer.
struct Producers : ClaimTest<Producers> {
  bool is_committed(Position at) { return stamp_at(at) == committed(at); }

  void produce(unsigned index) {
    Claim claim(words.taken, intents[index]);
    const auto room = [&](Position tail, Position wanted) {
      const Position used = tail - words.head(RL_INFO).load(rl::mo_acquire);
      return std::min({wanted, used <= kSlots ? kSlots - used : 0, kEnd - tail});
    };
    for (Position wanted = 1 + index; words.taken(RL_INFO).load(rl::mo_relaxed) != kEnd;
         wanted = 3 - wanted) {
      const Position count = take(claim, index, wanted, room);
      const Position first = claim.run().position;
      for (Position at = first; at != first + count; ++at) {
        cell(at)(RL_INFO).store(at);
        stamp(at)(RL_INFO).store(committed(at), rl::mo_release);
      }
      if (count != 0) claim.end();
      rl::yield(1, RL_INFO);
    }
  }
  void consume() {
    for (Position at = kBegin; at != kEnd;) {
      if (is_committed(at)) {
        RL_ASSERT(cell(at)(RL_INFO).load() == at);
        words.head(RL_INFO).store(++at, rl::mo_release);
        continue;
      }
      // As is_abandoned(), which comes here with a stamp that is not committed.
      RL_ASSERT(is_unclaimed(at) || has_owner(at) || is_committed(at));
      rl::yield(1, RL_INFO);
    }
  }
  void thread(unsigned index) {
    if (index == 2) {
      consume();
    } else {
      produce(index);
    }
  }
};

// Two consumers, as SpmcConsumer, and a producer.
struct Consumers : ClaimTest<Consumers> {
  std::array<bool, kItems> is_delivered{};  // the checker's own: one thread runs all of a search

  void before() {
    ClaimTest::before();
    is_delivered = {};
  }
  bool is_unread(Position at) { return stamp_at(at) == committed(at); }

  void produce() {
    for (Position at = kBegin; at != kEnd;) {
      if (at - words.head(RL_INFO).load(rl::mo_acquire) == kSlots) {
        rl::yield(1, RL_INFO);
        continue;
      }
      cell(at)(RL_INFO).store(at);
      stamp(at)(RL_INFO).store(committed(at), rl::mo_release);
      ++at;
    }
  }
  // Reads one of its run. The first of two is released by itself.
  void release_first(Claim& claim) {
    const Position at = claim.run().position;
    RL_ASSERT(!std::exchange(is_delivered[at - kBegin], true));
    RL_ASSERT(cell(at)(RL_INFO).load() == at);
    stamp(at)(RL_INFO).store(at + kSlots, rl::mo_release);
    if (claim.run().count == 1) {
      claim.end();
    } else {
      claim.drop(1);
    }
    Freeing(words, Slots{&slots}).free_done();
  }
  void look_at_head() {
    // As is_left_by_dead(), look by look.
    const Position at = words.head(RL_INFO).load(rl::mo_acquire);
    if (is_unclaimed(at) || !is_unread(at)) return;
    RL_ASSERT(has_owner(at) || !is_unread(at));
  }
  void consume(unsigned index) {
    Claim claim(words.taken, intents[index]);
    const auto unread = [this](Position taken, Position wanted) {
      Position count = 0;
      while (count < wanted && is_unread(taken + count)) ++count;
      return count;
    };
    for (Position wanted = 1 + index; words.taken(RL_INFO).load(rl::mo_relaxed) != kEnd;
         wanted = 3 - wanted) {
      Position count = take(claim, index, wanted, unread);
      for (; count != 0; --count) release_first(claim);
      look_at_head();
      rl::yield(1, RL_INFO);
    }
  }
  void thread(unsigned index) {
    if (index == 2) {
      produce();
    } else {
      consume(index);
    }
  }
};

constexpr unsigned kInterleavings = 40'000;

std::optional<bool> search(std::string_view end) {
  if (end == "producers") return tally::test::is_clean<Producers>(true, kInterleavings);
  if (end == "consumers") return tally::test::is_clean<Consumers>(true, kInterleavings);
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  return tally::test::search_planted(argc, argv, planted,
                                     {{"end", Planted::end},
                                      {"exchange", Planted::exchange},
                                      {"late", Planted::late},
                                      {"torn", Planted::torn},
                                      {"cursor", Planted::cursor},
                                      {"look", Planted::look}},
                                     search);
}
