// The depot of mem/depot.hpp under Relacy: its own code, with every interleaving tried and every
// stale value that the C++ memory model allows. What a magazine holds is a plain variable, so that
// two holders, or one that does not see what the last one wrote, are a data race.
//
// depot_model           must find nothing
// depot_model shelve    the magazine's word is stored relaxed: a claim by the word alone races
// depot_model list      the bits are looked at and then stored: a magazine is lost
// depot_model claim     the word is looked at and then stored: two holders
#include <array>
#include <optional>
#include <string_view>

#include "mem/depot.hpp"

#include "model/relacy_atomics.hpp"

namespace {

using tally::mem::Depot;
using tally::mem::kShelves;
using tally::mem::Shelf;

enum class Fault { none, shelve, list, claim };

template <Fault kFault>
struct Atomics : tally::test::RelacyAtomics<> {
  template <typename T>
  static void store_release(rl::atomic<T>& to, T value) {
    to(RL_INFO).store(value, kFault == Fault::shelve ? rl::mo_relaxed : rl::mo_release);
  }
  template <typename T>
  static void set_bits(rl::atomic<T>& in, T bits) {
    if constexpr (kFault == Fault::list) {
      const T seen = in(RL_INFO).load(rl::mo_relaxed);
      in(RL_INFO).store(seen | bits, rl::mo_release);
      return;
    }
    RelacyAtomics::set_bits(in, bits);
  }
  template <typename T>
  static bool exchange_if(rl::atomic<T>& in, T& expected, T desired) {
    if constexpr (kFault == Fault::claim && sizeof(T) == sizeof(std::uint32_t)) {
      const T seen = in(RL_INFO).load(rl::mo_acquire);
      if (seen != expected) return false;
      in(RL_INFO).store(desired, rl::mo_release);
      return true;
    }
    return RelacyAtomics::exchange_if(in, expected, desired);
  }
};

constexpr std::uint32_t kMagazines = 2;
constexpr unsigned kThreads = 3;

template <Fault kFault>
struct DepotTest : rl::test_suite<DepotTest<kFault>, kThreads> {
  using Tested = Depot<Atomics<kFault>>;
  std::array<typename Tested::Word, kMagazines> words;
  std::array<typename Tested::Bits, kShelves> maps;
  std::array<rl::var<unsigned>, kMagazines> contents;
  Tested depot;
  std::array<unsigned, kThreads> taken{};

  void before() {
    for (auto& map : maps) map(RL_INFO).store(0, rl::mo_relaxed);
    depot = Tested(words.data(), maps.data(), kMagazines);
    for (std::uint32_t i = 0; i < kMagazines; ++i) {
      contents[i](RL_INFO).store(0);
      depot.shelve(i, Shelf::full);
    }
  }
  // Nothing is lost, no use of a magazine was undone by another, and every bit is there.
  void after() {
    unsigned uses = 0;
    for (std::uint32_t i = 0; i < kMagazines; ++i) {
      uses += contents[i](RL_INFO).load();
      RL_ASSERT(depot.holder(i) < kShelves);
      RL_ASSERT(depot.is_listed(i, static_cast<Shelf>(depot.holder(i))));
    }
    RL_ASSERT(uses == taken[0] + taken[1] + taken[2]);
  }

  void use(unsigned thread, std::uint32_t magazine, Shelf shelf) {
    contents[magazine](RL_INFO).store(contents[magazine](RL_INFO).load() + 1);
    ++taken[thread];
    depot.shelve(magazine, shelf);
  }
  void thread(unsigned index) {
    const std::uint32_t tag = Tested::kFirstTag + index;
    for (int turn = 0; turn < 2; ++turn) {
      const std::uint32_t full = depot.try_take(Shelf::full, tag);
      if (full != Tested::kNone) use(index, full, Shelf::empty);
      // One of the threads does without the bits, as a member does that needs an empty one.
      const std::uint32_t empty = index == 0 ? depot.try_take_unlisted(Shelf::empty, tag)
                                             : depot.try_take(Shelf::empty, tag);
      if (empty != Tested::kNone) use(index, empty, Shelf::full);
    }
  }
};

template <Fault kFault>
bool is_clean() {
  return tally::test::is_clean<DepotTest<kFault>>(true, 30'000);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "none";
  if (fault == "shelve") return is_clean<Fault::shelve>() ? 1 : 0;
  if (fault == "list") return is_clean<Fault::list>() ? 1 : 0;
  if (fault == "claim") return is_clean<Fault::claim>() ? 1 : 0;
  return is_clean<Fault::none>() ? 0 : 1;
}
