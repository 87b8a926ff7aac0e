// What both sides of every kind of ring do while they wait for the other: the rhythm of the wait
// policy, the sleep on a gate, and the look at what became of the other side.
#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "queue/wait.hpp"
#include "ring/counters.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"

namespace tally::ring {

// What a wait for another process ends in when a stop was asked for before: "it was taken".
[[nodiscard]] Error stopped_before(const std::string& event);

// Why there is nothing more to wait for, or ok. Asks the kernel about the other side (0.5 us).
[[nodiscard]] Waited why_over(const Region& region);

// Waits until ready() by the plan, up to `deadline_ns` of CLOCK_MONOTONIC. `unchanged` says, after
// a seq_cst load of what the other side stores last, whether ready() is false still
// (queue::Gate). over() says why there is nothing more to wait for, as why_over(). What the other
// side did before it went counts: ready() is asked once more after its end was noticed.
template <typename Ready, typename Unchanged, typename Over>
[[nodiscard]] Waited wait_for(const Region& region, queue::Gate& gate, const queue::WaitPlan& plan,
                              std::uint64_t deadline_ns, Ready ready, Unchanged unchanged,
                              Over over) {
  if (ready()) return Waited::ok;
  queue::WaitLoop loop(plan.policy, deadline_ns, plan.spin_ns);
  for (;;) {
    const auto step = loop.next();
    if (step == queue::WaitLoop::Step::sleep &&
        gate.sleep(unchanged, loop.wake_at_ns(), queue::FutexScope::host)) {
      bump(region.own().stats.sleeps, 1);
    }
    if (ready()) return Waited::ok;
    if (step == queue::WaitLoop::Step::again) continue;
    if (const Waited why = over(); why != Waited::ok) {
      return why != Waited::poisoned && ready() ? Waited::ok : why;
    }
    // Once more: over() may have found that who was waited for is dead, and no longer does.
    if (step == queue::WaitLoop::Step::expired) return ready() ? Waited::ok : Waited::timeout;
  }
}
template <typename Ready, typename Unchanged>
[[nodiscard]] Waited wait_for(const Region& region, queue::Gate& gate, const queue::WaitPlan& plan,
                              std::uint64_t deadline_ns, Ready ready, Unchanged unchanged) {
  return wait_for(region, gate, plan, deadline_ns, ready, unchanged,
                  [&] { return why_over(region); });
}

// The same of a producer, for room. A consumer that stored a head outside of what was published
// gives the ring up.
template <typename Room, typename StillFull, typename HeadIsWrong>
[[nodiscard]] PushResult wait_for_room(const Region& region, const queue::WaitPlan& plan,
                                       std::uint64_t deadline_ns, Room room, StillFull still_full,
                                       HeadIsWrong head_is_wrong) {
  const auto ready = [&] { return room() || head_is_wrong(); };
  const Waited waited =
      wait_for(region, region.header().writers, plan, deadline_ns, ready, still_full);
  if (!head_is_wrong()) return push_result(waited);
  region.poison(PoisonReason::bad_cursor);
  return PushResult::poisoned;
}

}  // namespace tally::ring
