// How a thread waits for the other side of a queue or ring, in one process or across two.
//
//   spin    pauses and looks again: lowest latency (about 0.1 us between two cores), burns a core
//   yield   gives the core away between looks: for peers that share one
//   futex   spins for a while, then sleeps in the kernel: a wake costs 3 us on the same core and
//           tens of microseconds across cores of a virtual machine
//
// A spin on the core that the peer needs keeps the peer from running, so each side notes on the
// gate where it was last seen when it waits or wakes, which are the slow paths: spin becomes yield,
// and futex sleeps at once, where the two were last seen on one core.
//
// Only a side whose peer may sleep pays for waking it: one sequentially consistent store a
// publication, about 2 ns.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/clock.hpp"
#include "core/threads.hpp"

namespace tally::queue {

enum class WaitPolicy : std::uint8_t { spin, yield, futex, automatic };

inline constexpr std::uint64_t kForeverNs = UINT64_MAX;
inline constexpr std::uint64_t kSpinBeforeSleepNs = 20'000;
// Longest sleep before the waiter looks whether its peer still lives. A peer that is killed cannot
// wake anybody.
inline constexpr std::uint64_t kLookIntervalNs = 10'000'000;

// Whether a futex is reached from one process only; the kernel's key is cheaper then.
enum class FutexScope : std::uint8_t { process, host };

// Sleeps while `word` holds `expected`, until woken, interrupted or `deadline_ns`
// (CLOCK_MONOTONIC).
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t deadline_ns,
                FutexScope scope);
void futex_wake_all(std::atomic<std::uint32_t>& word, FutexScope scope);

// Where a peer was last seen running. Two threads of one core are other cores here: a pause leaves
// the units to the other one.
enum class Placement : std::uint8_t { unknown, same_core, other_core };

// The number of the processor this thread runs on, a moment ago.
[[nodiscard]] std::uint32_t this_cpu();

// Where one side sleeps until the other has published. Protocol, with C for the cursor that the
// publisher advances (both orders are needed: each side writes its word before it reads the
// other's, and all four accesses are seq_cst, so at least one of them sees the other):
//   publisher: C.store(new, seq_cst);      if (waiting.load(seq_cst)) wake()
//   sleeper:   waiting.store(1, seq_cst);  if (C.load(seq_cst) is still old) sleep
struct alignas(64) Gate {
  std::atomic<std::uint32_t> waiting;
  std::atomic<std::uint32_t> epoch;
  // Where the publisher was last seen: 1 + the number of its processor, 0 for never. A hint.
  std::atomic<std::uint32_t> publisher_cpu;

  // Publisher, when it wakes somebody or waits itself; 15 ns.
  void note_publisher() {
    const std::uint32_t cpu = this_cpu() + 1;
    if (publisher_cpu.load(std::memory_order_relaxed) == cpu) return;  // the line stays where it is
    publisher_cpu.store(cpu, std::memory_order_relaxed);
  }
  // Sleeper: where the publisher is, seen from here.
  [[nodiscard]] Placement placement() const {
    const std::uint32_t peer = publisher_cpu.load(std::memory_order_relaxed);
    if (peer == 0) return Placement::unknown;
    return peer == this_cpu() + 1 ? Placement::same_core : Placement::other_core;
  }

  // Publisher, after its seq_cst store. Returns whether somebody was waiting.
  bool wake_if_waiting(FutexScope scope) {
    if (waiting.load(std::memory_order_seq_cst) == 0) [[likely]]
      return false;
    wake(scope);
    return true;
  }
  void wake(FutexScope scope) {
    note_publisher();
    waiting.store(0, std::memory_order_relaxed);
    // Release: a sleeper that finds the new epoch also finds what was published before it.
    epoch.fetch_add(1, std::memory_order_release);
    futex_wake_all(epoch, scope);
  }
  // Sleeper. `still_empty` looks at the cursor with seq_cst. Returns whether it slept.
  template <typename StillEmpty>
  bool sleep(StillEmpty still_empty, std::uint64_t deadline_ns, FutexScope scope) {
    // Acquire pairs with the fetch_add of wake().
    const std::uint32_t seen = epoch.load(std::memory_order_acquire);
    waiting.store(1, std::memory_order_seq_cst);
    if (!still_empty()) return false;
    futex_wait(epoch, seen, deadline_ns, scope);
    return true;
  }
};

// The rhythm of one wait: call next() after each failed attempt and do what it says.
class WaitLoop {
 public:
  enum class Step : std::uint8_t {
    again,    // it has paused; try again
    look,     // see whether the peer lives, then try again
    sleep,    // sleep on the gate until wake_at_ns(), look, then try again
    expired,  // the deadline has passed; try once more and give up
  };

  // `policy` is not `automatic` (see resolve()); `deadline_ns` is CLOCK_MONOTONIC; `peer` is what
  // the gate says (Gate::placement()).
  WaitLoop(WaitPolicy policy, std::uint64_t deadline_ns, std::uint64_t spin_ns = kSpinBeforeSleepNs,
           Placement peer = Placement::unknown)
      : policy_(policy),
        peer_(peer),
        spin_ns_(peer == Placement::same_core ? 0 : spin_ns),
        deadline_ns_(deadline_ns) {}

  [[nodiscard]] Step next();
  [[nodiscard]] std::uint64_t wake_at_ns() const { return wake_at_ns_; }

 private:
  // The clock costs as much as a pause, so a spinning wait reads it once in this many.
  static constexpr std::uint32_t kPausesPerClock = 32;
  static constexpr std::uint64_t kSpinLookNs = 1'000'000;

  WaitPolicy policy_;
  Placement peer_;
  std::uint64_t spin_ns_;
  std::uint64_t deadline_ns_;
  std::uint64_t started_ns_ = 0;
  std::uint64_t looked_ns_ = 0;
  std::uint64_t wake_at_ns_ = 0;
  std::uint32_t pauses_ = 0;
};

// What a thread of this process should do: `automatic` becomes futex, the spin before the sleep
// only where the peer can run at the same time.
struct WaitPlan {
  WaitPolicy policy = WaitPolicy::futex;
  std::uint64_t spin_ns = kSpinBeforeSleepNs;
  [[nodiscard]] bool may_sleep() const { return policy == WaitPolicy::futex; }
};
[[nodiscard]] WaitPlan resolve(WaitPolicy policy);

// How a queue inside one process waits, chosen when its type is named: only FutexWait makes the
// other side pay for looking after sleepers.
struct SpinWait {
  static constexpr WaitPolicy kPolicy = WaitPolicy::spin;
};
struct YieldWait {
  static constexpr WaitPolicy kPolicy = WaitPolicy::yield;
};
struct FutexWait {
  static constexpr WaitPolicy kPolicy = WaitPolicy::futex;
};

enum class WaitResult : std::uint8_t {
  ok,
  timeout,
  closed,     // the other side has left; a consumer hears it after the last item
  peer_dead,  // the other side was killed, which only a ring between processes can see
};

}  // namespace tally::queue
