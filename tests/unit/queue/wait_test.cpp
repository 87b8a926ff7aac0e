#include "queue/wait.hpp"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

#include "core/atomics.hpp"
#include "core/clock.hpp"
#include "queue/ends.hpp"

using tally::core::monotonic_ns;
using tally::queue::FutexScope;
using tally::queue::Gate;
using tally::queue::Placement;
using tally::queue::WaitLoop;
using tally::queue::WaitPolicy;
using tally::queue::WaitResult;

namespace {

constexpr std::uint64_t kLongNs = 10'000'000'000;

// How often next() says `again` before it says something else; at most `most`.
std::size_t count_again(WaitLoop& loop, WaitLoop::Step& then, std::size_t most = 100'000) {
  std::size_t count = 0;
  while ((then = loop.next()) == WaitLoop::Step::again && count < most) ++count;
  return count;
}

// Whether somebody says within ten seconds that it waits at the gate.
bool comes_to_sleep(const Gate& gate) {
  const std::uint64_t deadline_ns = monotonic_ns() + kLongNs;
  while (gate.waiting == 0 && monotonic_ns() < deadline_ns) std::this_thread::yield();
  return gate.waiting != 0;
}

using Ends = tally::queue::Ends<tally::queue::FutexWait, tally::core::StdAtomics>;

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

TEST_CASE("who sleeps at a gate is woken long before its deadline") {
  Gate gate{};
  const std::uint64_t deadline_ns = monotonic_ns() + kLongNs;
  std::thread sleeper([&] { gate.sleep([] { return true; }, deadline_ns, FutexScope::process); });
  CHECK(comes_to_sleep(gate));
  CHECK(gate.wake_if_waiting(FutexScope::process));
  sleeper.join();
  CHECK(gate.epoch == 1);
  CHECK(monotonic_ns() < deadline_ns);
  CHECK_FALSE(gate.wake_if_waiting(FutexScope::process));
}

TEST_CASE("an end of a queue that sleeps is woken by an item and by the last that leaves") {
  Ends::Side own;
  Ends::Side other;
  std::atomic<std::uint32_t> item{0};
  const auto wait_for = [&](std::uint32_t wanted) {
    return Ends::wait(
        own, other, monotonic_ns() + kLongNs, [&] { return item.load() == wanted; },
        [&] { return item.load() != wanted; });
  };
  WaitResult got = WaitResult::timeout;
  std::thread takes([&] { got = wait_for(1); });
  CHECK(comes_to_sleep(own.gate));
  Ends::publish(own, item, 1U);
  takes.join();
  CHECK(got == WaitResult::ok);
  CHECK(own.gate.epoch == 1);
  std::thread hears([&] { got = wait_for(2); });
  CHECK(comes_to_sleep(own.gate));
  Ends::leave(own);
  hears.join();
  CHECK(got == WaitResult::closed);
  CHECK(own.gate.epoch == 2);
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
