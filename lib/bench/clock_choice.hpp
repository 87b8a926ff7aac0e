// Which clock times the slices. The time-stamp counter costs half of what CLOCK_MONOTONIC costs and
// is finer, but only where it counts at one rate on all processors at all times. Where it does not,
// the kernel's clock stands in, and the reason is said.
#pragma once

#include <string>

#include "bench/environment.hpp"
#include "core/clock.hpp"

namespace tally::bench {

// The rate may differ this much between the measurements of one calibration. A sound counter stays
// below 0.01 %.
inline constexpr double kMaxClockSpread = 0.005;

struct ClockChoice {
  core::TscCalibration clock;
  std::string reason;  // why the counter is not used, empty when it is
};

// The counter is refused when it is not invariant (CPUID 80000007H), when the kernel does not list
// it among its clock sources, which it does after its watchdog found it unstable
// (Documentation/admin-guide/kernel-parameters.txt, tsc=), and when its rate varied while it was
// measured. Any thread.
[[nodiscard]] ClockChoice choose_clock(const core::TscCalibration& measured,
                                       const Environment& host);

// "tsc" or "clock_gettime".
[[nodiscard]] const char* clock_name(const core::TscCalibration& clock);

// "clock: tsc, steps of 10.0 ns, 18.6 ns a reading, rate within 0.001 %".
[[nodiscard]] std::string describe(const core::TscCalibration& clock);

}  // namespace tally::bench
