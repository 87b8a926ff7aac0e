// Rounds of killing, replacing, stopping and continuing the ends of a ring in processes of their
// own.
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <doctest/doctest.h>
#include <memory>
#include <random>
#include <thread>

#include "core/clock.hpp"
#include "support/child.hpp"

namespace tally::test {

inline constexpr std::uint64_t kPatienceNs = 60'000'000'000;

// How many rounds: some dozens, unless TALLY_RING_ROUNDS says otherwise.
inline std::uint64_t rounds() {
  const char* const asked = std::getenv("TALLY_RING_ROUNDS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 60;
}

// Waits for the `count`th end to be open, as the ledger counts them; false after a minute.
template <typename Any>
bool wait_ready(const Any& ledger, std::uint64_t count) {
  const std::uint64_t until_ns = core::monotonic_ns() + kPatienceNs;
  while (ledger.ready < count) {
    if (core::monotonic_ns() > until_ns) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return true;
}

// Starts each end by start(index). Then one of them is stopped for a while, and now and then
// another is killed meanwhile and started again, round after round; before_round() is called in
// each. How often one was killed. All of them run in the end.
template <typename Any, std::size_t kEnds, typename Start, typename BeforeRound>
std::uint64_t kill_and_stop_some(Any& ledger, std::array<std::unique_ptr<Child>, kEnds>& ends,
                                 std::uint64_t seed, const Start& start,
                                 const BeforeRound& before_round) {
  for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = start(i);
  std::uint64_t opened = ends.size();
  REQUIRE(wait_ready(ledger, opened));
  std::mt19937_64 random(seed);
  const auto pause = [&] {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
  };
  for (std::uint64_t round = 0; round < rounds(); ++round) {
    before_round();
    pause();
    const std::size_t stopped = random() % ends.size();
    const std::size_t killed = random() % ends.size();
    const bool stops = random() % 2 == 0;
    if (stops) ends[stopped]->send(SIGSTOP);
    if (stops) pause();
    if (random() % 3 != 0) {
      ends[killed]->kill_and_reap();
      ends[killed] = start(killed);
      REQUIRE(wait_ready(ledger, ++opened));
    }
    if (stops && stopped != killed) pause();
    ends[stopped]->send(SIGCONT);
  }
  return opened - ends.size();
}

}  // namespace tally::test
