// The two faces of a processor's noise. A spinning thread reads the clock without pause, and a gap
// between two readings is time that something else took: an interrupt, another thread, the
// hypervisor. A sleeping thread is woken at an appointed time, and how late it is shows the timer,
// the way out of the idle state and the scheduler.
//
// Each function works on the calling thread, which run_placed() has put on its processor, and
// returns what it has when `stop` says so. Nothing is allocated while it measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "bench/placed.hpp"
#include "core/clock.hpp"
#include "hist/grid.hpp"
#include "hist/histogram.hpp"

namespace tally::bench {

// How a thread that spins shares its processor. Spinning without end under SCHED_FIFO runs into the
// throttle that keeps 5 % of each second for others (Documentation/scheduler/sched-rt-group.rst;
// since Linux 6.8 the fair server does the same, throttle or not), and the gap of 50 ms that
// follows is of our own making. So such a thread pauses, and a pause is no gap.
struct Shift {
  std::uint64_t spin_ns = 0;
  std::uint64_t pause_ns = 0;  // 0: never
};
// `rt_runtime_us` and `rt_period_us` are the throttle's, empty when not known and -1 when off. Four
// fifths of what is allowed are used.
[[nodiscard]] Shift shift_of(Policy policy, std::optional<std::int64_t> rt_runtime_us,
                             std::optional<std::int64_t> rt_period_us);

struct SpinOptions {
  std::uint64_t duration_ns = 1'000'000'000;  // pauses included
  std::uint64_t threshold_ns = 1'000;         // gaps from here on count
  Shift shift;
  std::function<bool()> stop;
};

struct SpinResult {
  hist::Histogram gaps;        // at the threshold and above
  std::uint64_t spun_ns = 0;   // without the pauses
  std::uint64_t lost_ns = 0;   // the sum of the gaps
  std::uint64_t readings = 0;  // of the clock
  ThreadUsage usage;
  hist::Grid grid{core::monotonic_ns()};  // gaps over time
  [[nodiscard]] double lost_share() const {
    return spun_ns == 0 ? 0 : static_cast<double>(lost_ns) / static_cast<double>(spun_ns);
  }
};

void measure_spin(const SpinOptions& options, const core::TscCalibration& clock,
                  SpinResult& result);

struct WakeOptions {
  std::uint64_t duration_ns = 1'000'000'000;
  std::uint64_t interval_ns = 500'000;
  std::function<bool()> stop;
};

struct WakeResult {
  hist::Histogram latency;           // from the appointed time to the first reading of the clock
  std::uint64_t missed = 0;          // appointments that passed while an earlier one was late
  std::uint64_t timer_slack_ns = 0;  // how late the kernel may be on purpose, prctl(2)
  ThreadUsage usage;
  hist::Grid grid{core::monotonic_ns()};  // latency over time
};

// Absolute times of CLOCK_MONOTONIC by clock_nanosleep(2), as cyclictest does it: an appointment
// that has passed already is left out and counted.
void measure_wake(const WakeOptions& options, WakeResult& result);

}  // namespace tally::bench
