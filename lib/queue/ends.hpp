// Who is still at a queue inside one process, and how one end waits for the other. Each kind of
// queue holds one and says for itself what "ready" and "blocked" are.
#pragma once

#include <cstdint>

#include "queue/wait.hpp"

namespace tally::queue {

// How many threads use one end at once. `one` saves the exchange on the end's cursor.
enum class Users : std::uint8_t { one, many };

template <typename Wait, typename Atomics>
struct alignas(128) Ends {
  template <typename U>
  using Atomic = typename Atomics::template Atomic<U>;
  static constexpr bool kMaySleep = Wait::kPolicy == WaitPolicy::futex;

  // Where one side sleeps, and how many handles the other has.
  struct Side {
    Gate gate{};
    Atomic<std::uint32_t> publishers{1};
  };
  Side readers;  // consumers sleep, producers publish
  Side writers;  // producers sleep, consumers publish

  // Stores what the sleeper of `side` looks at, and wakes it where it may sleep.
  template <typename Value>
  static void publish(Side& side, Atomic<Value>& at, Value value) {
    if constexpr (kMaySleep) {
      Atomics::store_seq_cst(at, value);  // before the look for a sleeper (Gate)
      side.gate.wake_if_waiting(FutexScope::process);
    } else {
      Atomics::store_release(at, value);  // what it makes visible is written, or read, before
    }
  }

  static void join(Side& side) { Atomics::add(side.publishers, std::uint32_t{1}); }
  // The last handle's leaving is heard after everything that all of them published: the exchange
  // releases what this one did and hands on what those before it released.
  static void leave(Side& side) {
    Atomics::add(side.publishers, ~std::uint32_t{0});
    if constexpr (kMaySleep) side.gate.wake(FutexScope::process);
  }

  // No one publishes on this side any more.
  [[nodiscard]] static bool gone(const Side& side) {
    return Atomics::load_acquire(side.publishers) == 0;  // pairs with leave()
  }

  // Sleeps on `own` until `attempt` succeeds. `blocked` looks with seq_cst at what the publisher
  // stores; `other` is where this side publishes.
  template <typename Attempt, typename Blocked>
  static WaitResult wait(Side& own, Side& other, std::uint64_t deadline_ns, Attempt attempt,
                         Blocked blocked) {
    if (attempt()) return WaitResult::ok;
    other.gate.note_publisher();
    const WaitPlan plan = resolve(Wait::kPolicy);
    WaitLoop loop(plan.policy, deadline_ns, plan.spin_ns, own.gate.placement());
    for (;;) {
      // Once more after seeing the other side gone: it may have published in between.
      if (gone(own)) return attempt() ? WaitResult::ok : WaitResult::closed;
      const auto step = loop.next();
      if (step == WaitLoop::Step::sleep) {
        own.gate.sleep([&] { return blocked() && !gone(own); }, loop.wake_at_ns(),
                       FutexScope::process);
      }
      if (attempt()) return WaitResult::ok;
      if (step == WaitLoop::Step::expired) return WaitResult::timeout;
    }
  }
};

}  // namespace tally::queue
