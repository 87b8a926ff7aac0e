#include "core/clock.hpp"

#include <algorithm>
#include <cpuid.h>
#include <ctime>
#include <vector>

namespace tally::core {
namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

struct Reading {
  std::uint64_t ns = 0;
  std::uint64_t ticks = 0;
};

// Both clocks at one moment: of several tries the one in which least time passed around the reading
// of the kernel's clock, because an interruption there is an error of the rate.
Reading read_both() {
  constexpr int kTries = 8;
  Reading best;
  std::uint64_t narrowest = ~std::uint64_t{0};
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = tsc_ticks();
    const std::uint64_t ns = read_clock(CLOCK_MONOTONIC_RAW);
    const std::uint64_t width = tsc_ticks() - before;
    if (width >= narrowest) continue;
    narrowest = width;
    best = {ns, before + width / 2};
  }
  return best;
}

double measure_ns_per_tick(int round_ms) {
  const Reading start = read_both();
  const std::uint64_t end_ns = start.ns + static_cast<std::uint64_t>(round_ms) * 1'000'000U;
  while (read_clock(CLOCK_MONOTONIC_RAW) < end_ns) {
  }
  const Reading end = read_both();
  return static_cast<double>(end.ns - start.ns) / static_cast<double>(end.ticks - start.ticks);
}

void measure_readings(TscCalibration& clock) {
  constexpr int kReads = 10'000;
  const std::uint64_t first = clock.ticks();
  std::uint64_t previous = first;
  std::uint64_t step = ~std::uint64_t{0};
  for (int i = 0; i < kReads; ++i) {
    const std::uint64_t now = clock.ticks();
    if (now != previous) step = std::min(step, now - previous);
    previous = now;
  }
  clock.step_ticks = step;
  clock.read_cost_ns = clock.to_ns(previous - first) / kReads;
}

bool tsc_is_invariant() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & (1U << 8U)) != 0;
}

}  // namespace

std::uint64_t monotonic_ns() {
  return read_clock(CLOCK_MONOTONIC);
}
std::uint64_t realtime_ns() {
  return read_clock(CLOCK_REALTIME);
}

TscCalibration calibrate_tsc(int rounds, int round_ms) {
  TscCalibration result;
  std::vector<double> rates;
  rates.reserve(static_cast<std::size_t>(rounds));
  for (int i = 0; i < rounds; ++i) rates.push_back(measure_ns_per_tick(round_ms));
  std::sort(rates.begin(), rates.end());
  result.ns_per_tick = rates[rates.size() / 2];
  result.spread = (rates.back() - rates.front()) / result.ns_per_tick;

  measure_readings(result);
  result.invariant = tsc_is_invariant();
  return result;
}

TscCalibration monotonic_calibration() {
  TscCalibration result;
  result.ns_per_tick = 1;
  result.monotonic_instead = true;
  measure_readings(result);
  return result;
}

}  // namespace tally::core
