// cache::Cache in shared memory, a writer killed at every instruction: whatever is found afterwards
// is one of its values, and its set can be used again.
#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cache/cache.hpp"
#include "core/fd.hpp"
#include "support/single_step.hpp"

using tally::cache::Cache;
using tally::mem::Mapping;

namespace {

constexpr std::uint16_t kVictim = 7;
// One set, so that the writes below meet in it.
constexpr std::size_t kPairs = 3;

bool is_dead(std::uint16_t writer) {
  return writer == kVictim;
}

// The values that a key may have.
bool may_be(std::uint64_t key, std::uint64_t value) {
  return value == key * 100 || value == key * 100 + 1;
}

class World {
 public:
  World()
      : bytes_(Cache<3>::bytes_for(kPairs).value()),
        fd_(::memfd_create("tally-test", MFD_CLOEXEC)),
        memory_(map()),
        copy_(Mapping::anonymous(bytes_).value()),
        cache_(Cache<3>::over(memory_.bytes().first(bytes_)).value()) {
    for (std::uint64_t key = 1; key <= kPairs; ++key) cache_.put(key, key * 100);
  }
  [[nodiscard]] Cache<3>& cache() { return cache_; }

  [[nodiscard]] bool examine() {
    std::copy_n(memory_.data(), bytes_, copy_.data());
    auto left = Cache<3>::over(copy_.bytes().first(bytes_)).value();
    std::uint64_t value = 0;
    for (std::uint64_t key = 1; key <= kPairs + 1; ++key)
      if (left.get(key, value) && !may_be(key, value)) return false;
    locked_ += left.release_dead(is_dead);
    for (std::uint64_t key = 1; key <= kPairs + 1; ++key) {
      if (left.get(key, value) && !may_be(key, value)) return false;
      if (!left.put(key, key * 100) || !left.get(key, value) || value != key * 100) return false;
    }
    return true;
  }
  // At how many instructions the set was locked.
  [[nodiscard]] std::size_t locked() const { return locked_; }

 private:
  [[nodiscard]] Mapping map() const {
    REQUIRE(::ftruncate(fd_.get(), 4096) == 0);
    return Mapping::of_file(fd_.get(), bytes_).value();
  }

  std::size_t bytes_;
  tally::UniqueFd fd_;
  Mapping memory_;
  Mapping copy_;
  Cache<3> cache_;
  std::size_t locked_ = 0;
};

}  // namespace

TEST_SUITE_BEGIN("crash");

TEST_CASE("a writer killed while it puts and replaces and erases") {
  tally::test::skip_stepping_under_sanitizers();
  World world;
  const std::size_t steps = tally::test::step_through(
      [&] {
        world.cache().put(2, 201, kVictim);
        world.cache().put(kPairs + 1, (kPairs + 1) * 100, kVictim);
        world.cache().erase(1, kVictim);
      },
      [&] { return world.examine(); });
  CHECK(steps > 50);
  CHECK(world.locked() > 10);
}

TEST_SUITE_END();
