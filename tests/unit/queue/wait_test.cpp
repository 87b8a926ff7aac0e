#include "queue/wait.hpp"

#include <doctest/doctest.h>

#include "core/clock.hpp"

using tally::core::monotonic_ns;
using tally::queue::FutexScope;
using tally::queue::Gate;
using tally::queue::Placement;
using tally::queue::WaitLoop;
using tally::queue::WaitPolicy;

namespace {

constexpr std::uint64_t kLongNs = 10'000'000'000;

// How often next() says `again` before it says something else; at most `most`.
std::size_t count_again(WaitLoop& loop, WaitLoop::Step& then, std::size_t most = 100'000) {
  std::size_t count = 0;
  while ((then = loop.next()) == WaitLoop::Step::again && count < most) ++count;
  return count;
}

}  // namespace

TEST_SUITE_BEGIN("queue");

TEST_CASE("a gate knows where its publisher was last seen") {
  Gate gate{};
  CHECK(gate.placement() == Placement::unknown);
  gate.publisher_cpu.store(1 + 4095, std::memory_order_relaxed);  // no host has so many
  CHECK(gate.placement() == Placement::other_core);
  // This thread may be moved between the two looks, but not always.
  bool same = false;
  for (int i = 0; i < 1000 && !same; ++i) {
    gate.note_publisher();
    same = gate.placement() == Placement::same_core;
  }
  CHECK(same);
}

TEST_CASE("waking notes where the waker is") {
  Gate gate{};
  CHECK_FALSE(gate.wake_if_waiting(FutexScope::process));
  CHECK(gate.placement() == Placement::unknown);
  gate.wake(FutexScope::process);
  CHECK(gate.placement() != Placement::unknown);
}

TEST_CASE("the sleep comes after a spin unless the peer shares the core") {
  auto then = WaitLoop::Step::again;
  WaitLoop apart(WaitPolicy::futex, monotonic_ns() + kLongNs, 1'000'000, Placement::other_core);
  CHECK(count_again(apart, then) > 0);
  CHECK(then == WaitLoop::Step::sleep);
  WaitLoop together(WaitPolicy::futex, monotonic_ns() + kLongNs, 1'000'000, Placement::same_core);
  CHECK(count_again(together, then) == 0);
  CHECK(then == WaitLoop::Step::sleep);
}

TEST_CASE("a spin never sleeps and looks after its peer wherever that is") {
  for (const auto peer : {Placement::unknown, Placement::same_core, Placement::other_core}) {
    auto then = WaitLoop::Step::again;
    WaitLoop loop(WaitPolicy::spin, monotonic_ns() + kLongNs, 0, peer);
    count_again(loop, then, 10'000'000);
    CHECK(then == WaitLoop::Step::look);
  }
}

TEST_SUITE_END();
