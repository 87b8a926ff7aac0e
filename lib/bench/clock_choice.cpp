#include "bench/clock_choice.hpp"

#include <fmt/format.h>

namespace tally::bench {

namespace {

std::string objection(const core::TscCalibration& measured, const Environment& host) {
  if (!measured.invariant) return "the time-stamp counter is not invariant";
  if (host.clocksources && (" " + *host.clocksources + " ").find(" tsc ") == std::string::npos)
    return fmt::format(
        "the kernel does not take the time-stamp counter for a clock source, only {}",
        host.clocksources->empty() ? "none" : *host.clocksources);
  if (measured.spread > kMaxClockSpread)
    return fmt::format("the time-stamp counter's rate varied by {:.2f} % while it was measured",
                       measured.spread * 100);
  return {};
}

}  // namespace

ClockChoice choose_clock(const core::TscCalibration& measured, const Environment& host) {
  ClockChoice choice{measured, objection(measured, host)};
  if (!choice.reason.empty()) choice.clock = core::monotonic_calibration();
  return choice;
}

const char* clock_name(const core::TscCalibration& clock) {
  return clock.monotonic_instead ? "clock_gettime" : "tsc";
}

std::string describe(const core::TscCalibration& clock) {
  std::string text =
      fmt::format("clock: {}, steps of {:.1f} ns, {:.1f} ns a reading", clock_name(clock),
                  clock.to_ns(clock.step_ticks), clock.read_cost_ns);
  if (!clock.monotonic_instead)
    text +=
        fmt::format(", {:.6f} ns a tick within {:.4f} %", clock.ns_per_tick, clock.spread * 100);
  return text;
}

}  // namespace tally::bench
