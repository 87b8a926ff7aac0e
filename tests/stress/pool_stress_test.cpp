// Threads on one pool: no block is held twice, and none is lost.
#include <array>
#include <atomic>
#include <cstdint>
#include <doctest/doctest.h>
#include <memory>
#include <thread>
#include <vector>

#include "mem/pool.hpp"
#include "support/time_limit.hpp"

using tally::mem::Pool;
using tally::mem::PoolMember;

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kBlocks = 900;
constexpr int kRounds = 300;

// Takes and gives back changing amounts, so that magazines are exchanged all the time. Returns how
// often a block was somebody else's. `most`: blocks at once.
std::uint64_t churn(Pool& pool, std::size_t number, std::size_t most) {
  std::uint64_t wrong = 0;
  for (int round = 0; round < kRounds; ++round) {
    PoolMember member = pool.join().value();
    std::vector<std::uint32_t> held;
    const std::size_t wanted = 1 + (static_cast<std::size_t>(round) * 37 + number * 101) % most;
    while (held.size() < wanted) {
      const std::uint32_t index = member.try_get();
      if (index == PoolMember::kNone) break;
      // Plain bytes: a block of two holders is a data race too.
      auto* const word = reinterpret_cast<std::uint64_t*>(member.data(index));
      *word = number;
      held.push_back(index);
    }
    for (const std::uint32_t index : held) {
      auto* const word = reinterpret_cast<std::uint64_t*>(member.data(index));
      if (*word != number) ++wrong;
      member.put(index);
    }
  }
  return wrong;
}

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("threads that come and go never hold the same block") {
  const tally::test::TimeLimit limit;
  // With two magazines in hand, and with ten, of which three go and come at once.
  for (const std::size_t blocks : {kBlocks, 10 * kBlocks}) {
    Pool pool = Pool::create({64, blocks, kThreads}).value();
    std::atomic<std::uint64_t> wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] { wrong += churn(pool, i, blocks / 3); });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(pool.available() == blocks);
  }
}

TEST_CASE("blocks got by one thread and put by another all come back") {
  const tally::test::TimeLimit limit;
  constexpr std::uint32_t kItems = 50'000;
  constexpr std::size_t kSlots = 64;
  Pool pool = Pool::create({64, kBlocks, 2}).value();
  // A block for each slot, or kNone: the simplest hand-over there is.
  std::array<std::atomic<std::uint32_t>, kSlots> slots;
  for (auto& slot : slots) slot = PoolMember::kNone;
  std::thread getter([&] {
    PoolMember member = pool.join().value();
    for (std::uint32_t i = 0; i < kItems; ++i) {
      std::uint32_t index = PoolMember::kNone;
      while ((index = member.try_get()) == PoolMember::kNone) std::this_thread::yield();
      *reinterpret_cast<std::uint32_t*>(member.data(index)) = i;
      while (slots[i % kSlots].load() != PoolMember::kNone) std::this_thread::yield();
      slots[i % kSlots] = index;
    }
  });
  std::uint32_t wrong = 0;
  {
    PoolMember member = pool.join().value();
    for (std::uint32_t i = 0; i < kItems; ++i) {
      std::uint32_t index = PoolMember::kNone;
      while ((index = slots[i % kSlots].exchange(PoolMember::kNone)) == PoolMember::kNone)
        std::this_thread::yield();
      if (*reinterpret_cast<std::uint32_t*>(member.data(index)) != i) ++wrong;
      member.put(index);
    }
  }
  getter.join();
  CHECK(wrong == 0);
  CHECK(pool.available() == kBlocks);
}

TEST_SUITE_END();
