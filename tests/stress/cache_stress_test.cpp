// Threads that read and write one small cache: no value is ever found under another key.
#include <array>
#include <atomic>
#include <cstdint>
#include <doctest/doctest.h>
#include <thread>
#include <vector>

#include "cache/cache.hpp"
#include "support/time_limit.hpp"

using tally::cache::Cache;

namespace {

// A value says which key it belongs to, in both of its halves.
std::uint64_t value_for(std::uint64_t key, std::uint64_t turn) {
  return (turn << 8U | key) * 0x1'0000'0001U;
}
bool belongs(std::uint64_t value, std::uint64_t key) {
  return (value & 0xffU) == key && value >> 32U == (value & 0xffff'ffffU);
}

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("readers beside writers find whole pairs") {
  const tally::test::TimeLimit limit;
  constexpr std::uint64_t kKeys = 24;
  constexpr std::uint64_t kTurns = 20'000;
  auto cache = Cache<3>::create(6).value();
  std::atomic<int> writing{2};
  std::array<std::atomic<std::uint64_t>, 2> hits{};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint16_t writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&, writer] {
      for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
        const std::uint64_t key = (turn * 7 + writer) % kKeys;
        if (turn % 16 == 15) {
          cache.erase(key, writer);
        } else {
          cache.put(key, value_for(key, turn), writer);
        }
      }
      --writing;
    });
  }
  for (auto& mine : hits) {
    threads.emplace_back([&] {
      // Whoever ran only before the first write goes on until it finds what is left there.
      for (std::uint64_t turn = 0; writing > 0 || turn < kTurns || mine == 0; ++turn) {
        std::uint64_t value = 0;
        if (!cache.get(turn % kKeys, value)) continue;
        ++mine;
        if (!belongs(value, turn % kKeys)) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(hits[0] > 0);
  CHECK(hits[1] > 0);
}

TEST_SUITE_END();
