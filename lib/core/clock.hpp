// Clocks. Nanoseconds of CLOCK_MONOTONIC are the time that records and rings carry, because they
// mean the same in every process of a host; the time-stamp counter is for intervals inside one
// thread.
#pragma once

#include <cstdint>
#include <x86intrin.h>

namespace tally::core {

// CLOCK_MONOTONIC, and CLOCK_REALTIME since 1970. About 25 ns each.
[[nodiscard]] std::uint64_t monotonic_ns();
[[nodiscard]] std::uint64_t realtime_ns();

// The counter with earlier instructions finished. About 20 ns; steps of 10 ns on some hosts.
[[nodiscard]] inline std::uint64_t tsc_ticks() {
  unsigned core = 0;
  return __rdtscp(&core);
}

// What the counter is worth on this host, measured against CLOCK_MONOTONIC_RAW.
struct TscCalibration {
  double ns_per_tick = 0;
  double spread = 0;             // (largest - smallest) / median over the measurements
  std::uint64_t step_ticks = 0;  // smallest non-zero difference seen between two readings
  double read_cost_ns = 0;       // mean cost of one ticks()
  bool invariant = false;        // CPUID 80000007H: counts at one rate in all power states
  // The counter is not to be trusted: ticks are nanoseconds of CLOCK_MONOTONIC.
  bool monotonic_instead = false;

  [[nodiscard]] std::uint64_t ticks() const {
    return monotonic_instead ? monotonic_ns() : tsc_ticks();
  }
  [[nodiscard]] double to_ns(std::uint64_t ticks) const {
    return static_cast<double>(ticks) * ns_per_tick;
  }
};

// Takes `rounds` measurements of `round_ms` milliseconds each, spinning.
[[nodiscard]] TscCalibration calibrate_tsc(int rounds = 5, int round_ms = 10);

// The stand-in for a counter that is not to be trusted: CLOCK_MONOTONIC, with its step and cost.
[[nodiscard]] TscCalibration monotonic_calibration();

}  // namespace tally::core
