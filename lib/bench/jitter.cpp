#include "bench/jitter.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <sys/prctl.h>

namespace tally::bench {

namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

timespec timespec_of(std::uint64_t ns) {
  return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

// False when a signal cut the sleep short.
bool sleep_until(std::uint64_t time_ns) {
  const timespec until = timespec_of(time_ns);
  return ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == 0;
}

// One shift: readings until `end`, every gap at or above the threshold noted.
void spin_until(std::uint64_t end, std::uint64_t threshold, const core::TscCalibration& clock,
                SpinResult& result) {
  const std::uint64_t begin = clock.ticks();
  std::uint64_t last = begin;
  std::uint64_t readings = 0;
  while (last < end) {
    const std::uint64_t now = clock.ticks();
    const std::uint64_t gap = now - last;
    last = now;
    ++readings;
    if (gap < threshold) [[likely]]
      continue;
    const auto gap_ns = static_cast<std::uint64_t>(clock.to_ns(gap));
    result.gaps.record(gap_ns);
    result.lost_ns += gap_ns;
    result.grid.record(core::monotonic_ns(), gap_ns);
    // What it took to write this down is not of the machine's making.
    last = clock.ticks();
  }
  result.spun_ns += static_cast<std::uint64_t>(clock.to_ns(last - begin));
  result.readings += readings;
}

}  // namespace

Shift shift_of(Policy policy, std::optional<std::int64_t> rt_runtime_us,
               std::optional<std::int64_t> rt_period_us) {
  constexpr std::uint64_t kShiftNs = 100'000'000;
  if (policy == Policy::other) return {kShiftNs, 0};
  double allowed = 0.95;
  const std::int64_t period_us = rt_period_us.value_or(1'000'000);
  if (rt_runtime_us && *rt_runtime_us >= 0 && period_us > 0)
    allowed =
        std::min(allowed, static_cast<double>(*rt_runtime_us) / static_cast<double>(period_us));
  const auto spin_ns = static_cast<std::uint64_t>(0.8 * allowed * static_cast<double>(kShiftNs));
  return {spin_ns, kShiftNs - spin_ns};
}

void measure_spin(const SpinOptions& options, const core::TscCalibration& clock,
                  SpinResult& result) {
  const auto ticks_of = [&](std::uint64_t ns) {
    return static_cast<std::uint64_t>(static_cast<double>(ns) / clock.ns_per_tick);
  };
  const std::uint64_t threshold = std::max<std::uint64_t>(1, ticks_of(options.threshold_ns));
  const ThreadUsage before = thread_usage();
  const std::uint64_t end_ns = core::monotonic_ns() + options.duration_ns;
  for (std::uint64_t now_ns = core::monotonic_ns(); now_ns < end_ns;
       now_ns = core::monotonic_ns()) {
    if (options.stop && options.stop()) break;
    const std::uint64_t spin_ns = std::min(options.shift.spin_ns, end_ns - now_ns);
    spin_until(clock.ticks() + ticks_of(spin_ns), threshold, clock, result);
    if (options.shift.pause_ns != 0) sleep_until(core::monotonic_ns() + options.shift.pause_ns);
  }
  result.usage = thread_usage() - before;
}

void measure_wake(const WakeOptions& options, WakeResult& result) {
  const int slack = ::prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
  result.timer_slack_ns = slack > 0 ? static_cast<std::uint64_t>(slack) : 0;
  const std::uint64_t interval_ns = std::max<std::uint64_t>(1, options.interval_ns);
  const ThreadUsage before = thread_usage();
  const std::uint64_t start_ns = core::monotonic_ns();
  const std::uint64_t end_ns = start_ns + options.duration_ns;
  for (std::uint64_t due_ns = start_ns + interval_ns; due_ns <= end_ns;) {
    if (options.stop && options.stop()) break;
    if (!sleep_until(due_ns)) continue;
    const std::uint64_t now_ns = core::monotonic_ns();
    result.latency.record(now_ns - due_ns);
    result.grid.record(now_ns, now_ns - due_ns);
    const std::uint64_t passed = (now_ns - due_ns) / interval_ns;
    result.missed += passed;
    due_ns += (passed + 1) * interval_ns;
  }
  result.usage = thread_usage() - before;
}

}  // namespace tally::bench
