#include "cache/cache.hpp"

#include <cstdint>
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/fd.hpp"

using tally::Code;
using tally::cache::Cache;
using tally::mem::Mapping;

namespace {

// Keys without pattern (SplitMix64).
std::uint64_t random_key(std::uint64_t number) {
  std::uint64_t z = (number + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
  return z ^ z >> 31U;
}

template <unsigned kWays>
std::size_t found_of(const Cache<kWays>& cache, std::uint64_t count) {
  std::size_t found = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t value = 0;
    if (!cache.get(random_key(i), value)) continue;
    CHECK(value == i);
    ++found;
  }
  return found;
}

template <unsigned kWays>
Cache<kWays> make_cache(std::size_t pairs) {
  return Cache<kWays>::create(pairs).value();
}

// A set as a writer leaves it that is killed in the middle.
template <unsigned kWays>
void die_writing(Mapping& memory, std::uint16_t writer) {
  auto* const set = reinterpret_cast<tally::cache::Set<kWays>*>(memory.data());
  REQUIRE(set->try_begin(writer).has_value());
}

using Three = std::integral_constant<unsigned, 3>;
using Seven = std::integral_constant<unsigned, 7>;

}  // namespace

TEST_SUITE_BEGIN("cache");

TEST_CASE_TEMPLATE("what was put is found until it is erased", Ways, Three, Seven) {
  auto cache = make_cache<Ways::value>(100);
  std::uint64_t value = 7;
  CHECK_FALSE(cache.get(0, value));
  CHECK(value == 7);
  CHECK(cache.put(0, 1));
  CHECK(cache.put(~0ULL, 2));
  CHECK(cache.get(0, value));
  CHECK(value == 1);
  CHECK(cache.get(~0ULL, value));
  CHECK(value == 2);
  CHECK(cache.put(0, 3));
  CHECK(cache.get(0, value));
  CHECK(value == 3);
  CHECK(cache.erase(0));
  CHECK_FALSE(cache.get(0, value));
  CHECK(cache.erase(0));
  CHECK(cache.get(~0ULL, value));
}

TEST_CASE("a single set holds as many pairs as it has ways") {
  auto cache = make_cache<3>(1);
  CHECK(cache.capacity() == 3);
  for (std::uint64_t key = 0; key < 3; ++key) cache.put(key, key);
  std::uint64_t value = 0;
  for (std::uint64_t key = 0; key < 3; ++key) CHECK(cache.get(key, value));
  cache.put(3, 3);
  std::size_t found = 0;
  for (std::uint64_t key = 0; key < 4; ++key) found += cache.get(key, value) ? 1U : 0U;
  CHECK(found == 3);
  CHECK(cache.get(3, value));
}

TEST_CASE("a pair that is read stays when others are put") {
  auto cache = make_cache<7>(7);
  std::uint64_t value = 0;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    CHECK(cache.put(key, key));
    if (key > 0) CHECK(cache.get(0, value));
  }
}

TEST_CASE("filled to a third nearly all keys are kept and with more ways more") {
  constexpr std::uint64_t kKeys = 20'000;
  auto three = make_cache<3>(3 * kKeys);
  auto seven = make_cache<7>(3 * kKeys);
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    three.put(random_key(i), i);
    seven.put(random_key(i), i);
  }
  // By powers of two the fill is 20 % and 17 %.
  const std::size_t kept_three = found_of(three, kKeys);
  const std::size_t kept_seven = found_of(seven, kKeys);
  CHECK(kept_three > kKeys * 97 / 100);
  CHECK(kept_seven > kKeys * 99 / 100);
}

TEST_CASE("keys that count up in steps spread over all sets") {
  for (const std::uint64_t step : {1ULL, 64ULL, 4096ULL, 1ULL << 32U, 1ULL << 50U}) {
    auto cache = make_cache<3>(3 * 1024);
    for (std::uint64_t i = 0; i < 1024; ++i) cache.put(i * step, i);
    std::size_t found = 0;
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < 1024; ++i) found += cache.get(i * step, value) ? 1U : 0U;
    CHECK(found > 900);
  }
}

TEST_CASE("a second mapping of the memory is the same cache") {
  const std::size_t bytes = Cache<3>::bytes_for(1000).value();
  const tally::UniqueFd fd(::memfd_create("tally-test", MFD_CLOEXEC));
  REQUIRE(fd);
  REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(bytes)) == 0);
  const Mapping here = Mapping::of_file(fd.get(), bytes).value();
  const Mapping there = Mapping::of_file(fd.get(), bytes).value();
  auto ours = Cache<3>::over(here.bytes().first(bytes)).value();
  auto theirs = Cache<3>::over(there.bytes().first(bytes)).value();
  ours.put(5, 50, 1);
  std::uint64_t value = 0;
  CHECK(theirs.get(5, value));
  CHECK(value == 50);
  CHECK(theirs.erase(5, 2));
  CHECK_FALSE(ours.get(5, value));
}

TEST_CASE("memory that is no cache is refused") {
  CHECK(Cache<3>::create(0).error().code == Code::usage);
  CHECK(Cache<3>::create(~std::size_t{0}).error().code == Code::usage);
  const Mapping memory = Mapping::anonymous(4096).value();
  CHECK(Cache<3>::over(memory.bytes()).has_value());
  CHECK(Cache<3>::over(memory.bytes().first(63)).error().code == Code::usage);
  CHECK(Cache<3>::over(memory.bytes().first(192)).error().code == Code::usage);
  CHECK(Cache<3>::over(memory.bytes().subspan(8, 64)).error().code == Code::usage);
  CHECK(Cache<7>::over(memory.bytes().first(64)).error().code == Code::usage);
}

TEST_CASE("the set of a dead writer is emptied and that of a living one is left alone") {
  const std::size_t bytes = Cache<3>::bytes_for(3).value();
  Mapping memory = Mapping::anonymous(bytes).value();
  auto cache = Cache<3>::over(memory.bytes().first(bytes)).value();
  cache.put(1, 10);
  die_writing<3>(memory, 77);
  std::uint64_t value = 0;
  CHECK_FALSE(cache.get(1, value));
  CHECK_FALSE(cache.put(1, 11));
  CHECK_FALSE(cache.erase(1));
  std::vector<std::uint16_t> asked;
  CHECK(cache.release_dead([&](std::uint16_t writer) {
    asked.push_back(writer);
    return false;
  }) == 0);
  CHECK(asked == std::vector<std::uint16_t>{77});
  CHECK_FALSE(cache.put(1, 11));
  CHECK(cache.release_dead([](std::uint16_t writer) { return writer == 77; }) == 1);
  CHECK(cache.release_dead([](std::uint16_t) { return true; }) == 0);
  CHECK_FALSE(cache.get(1, value));
  CHECK(cache.put(1, 12));
  CHECK(cache.get(1, value));
  CHECK(value == 12);
}

TEST_SUITE_END();
