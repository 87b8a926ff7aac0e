// One set of the cache (cache/set.hpp) under Relacy: its own code, two writers and a reader. A pair
// belongs together when its value is ten times its key and more; whatever a reader finds must.
//
// cache_set_model           must find nothing
// cache_set_model publish   the word after a write is stored relaxed: the pairs are not seen
// cache_set_model payload   pairs are stored relaxed: a write is met and not noticed
// cache_set_model lock      the word is looked at and then stored: two writers at once
#include <string_view>

#include "cache/set.hpp"

#include "model/relacy_atomics.hpp"

namespace {

using tally::cache::Found;

enum class Fault { none, publish, payload, lock };

bool is_word(std::uint64_t value) {
  return value >= std::uint64_t{1} << 24U;  // a count of writes: no key or value is that large
}

template <Fault kFault>
struct Atomics : tally::test::RelacyAtomics<> {
  template <typename T>
  static void store_release(rl::atomic<T>& to, T value) {
    const Fault weak = is_word(value) ? Fault::publish : Fault::payload;
    to(RL_INFO).store(value, kFault == weak ? rl::mo_relaxed : rl::mo_release);
  }
  template <typename T>
  static bool exchange_if(rl::atomic<T>& in, T& expected, T desired) {
    if constexpr (kFault == Fault::lock) {
      if (in(RL_INFO).load(rl::mo_acquire) != expected) return false;
      in(RL_INFO).store(desired, rl::mo_release);
      return true;
    }
    return RelacyAtomics::exchange_if(in, expected, desired);
  }
};

constexpr std::uint64_t kKeys = 2;

template <Fault kFault>
struct SetTest : rl::test_suite<SetTest<kFault>, 3> {
  using Tested = tally::cache::Set<3, Atomics<kFault>>;
  Tested set;

  void before() {
    set.word(RL_INFO).store(0, rl::mo_relaxed);
    for (auto& key : set.keys) key(RL_INFO).store(0, rl::mo_relaxed);
    for (auto& value : set.values) value(RL_INFO).store(0, rl::mo_relaxed);
    for (auto& mark : set.used) mark(RL_INFO).store(0, rl::mo_relaxed);
    set.hand(RL_INFO).store(0, rl::mo_relaxed);
  }
  void after() {
    unsigned found = 0;
    for (std::uint64_t key = 1; key <= kKeys; ++key) {
      std::uint64_t value = 0;
      if (set.find(key, value) != Found::yes) continue;
      RL_ASSERT(value / 10 == key);
      ++found;
    }
    RL_ASSERT(found > 0);
  }

  // The first write of each goes to the same way, so that a reader meets a pair that is replaced.
  void write(std::uint64_t key, bool first) {
    for (;;) {
      const auto before = set.try_begin(static_cast<std::uint16_t>(key));
      if (before) {
        const unsigned valid = Tested::valid_of(*before);
        unsigned way = first ? 0 : set.way_of(key, valid);
        if (way == 3) way = set.victim(valid);
        set.replace(way, key, 10 * key + (first ? 1 : 2));
        set.finish(*before, valid | 1U << way);
        return;
      }
      rl::yield(1, RL_INFO);
    }
  }
  void thread(unsigned index) {
    if (index < kKeys) {
      write(index + 1, true);
      write(index + 1, false);
      return;
    }
    for (std::uint64_t look = 0; look < 4; ++look) {
      const std::uint64_t key = 1 + look % kKeys;
      std::uint64_t value = 0;
      if (set.find(key, value) == Found::yes) RL_ASSERT(value / 10 == key);
    }
  }
};

template <Fault kFault>
bool is_clean() {
  return tally::test::is_clean<SetTest<kFault>>(true, 30'000);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "none";
  if (fault == "publish") return is_clean<Fault::publish>() ? 1 : 0;
  if (fault == "payload") return is_clean<Fault::payload>() ? 1 : 0;
  if (fault == "lock") return is_clean<Fault::lock>() ? 1 : 0;
  return is_clean<Fault::none>() ? 0 : 1;
}
