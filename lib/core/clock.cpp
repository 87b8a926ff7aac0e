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

double measure_ns_per_tick(int round_ms) {
  const std::uint64_t start_ns = read_clock(CLOCK_MONOTONIC_RAW);
  const std::uint64_t start_ticks = tsc_ticks();
  const std::uint64_t end_ns = start_ns + static_cast<std::uint64_t>(round_ms) * 1'000'000U;
  std::uint64_t now_ns = start_ns;
  while (now_ns < end_ns) now_ns = read_clock(CLOCK_MONOTONIC_RAW);
  return static_cast<double>(now_ns - start_ns) / static_cast<double>(tsc_ticks() - start_ticks);
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

  constexpr int kReads = 10'000;
  const std::uint64_t first = tsc_ticks();
  std::uint64_t previous = first;
  std::uint64_t step = ~std::uint64_t{0};
  for (int i = 0; i < kReads; ++i) {
    const std::uint64_t now = tsc_ticks();
    if (now != previous) step = std::min(step, now - previous);
    previous = now;
  }
  result.step_ticks = step;
  result.read_cost_ns = result.to_ns(previous - first) / kReads;
  result.invariant = tsc_is_invariant();
  return result;
}

}  // namespace tally::core
