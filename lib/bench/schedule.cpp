#include "bench/schedule.hpp"

#include <cmath>

namespace tally::bench {

namespace {

constexpr double kNsPerSecond = 1e9;

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

Schedule::Schedule(double per_second, bool poisson, std::uint64_t seed)
    : interval_ns_(kNsPerSecond / per_second), poisson_(poisson), state_(seed) {
  if (poisson_) arrival_ns_ = exponential();
}

Schedule Schedule::fixed(double per_second) {
  return {per_second, false, 0};
}

Schedule Schedule::poisson(double per_second, std::uint64_t seed) {
  return {per_second, true, seed};
}

double Schedule::exponential() {
  // 53 random bits as a number above 0 and at most 1, so that its logarithm is finite.
  constexpr double kScale = 1.0 / 9007199254740992.0;
  const double uniform = static_cast<double>((next_random(state_) >> 11U) + 1) * kScale;
  return -std::log(uniform) * interval_ns_;
}

std::uint64_t Schedule::due_ns() const {
  // Fixed times are products, not sums: nothing adds up over a long run.
  return static_cast<std::uint64_t>(poisson_ ? arrival_ns_
                                             : static_cast<double>(index_) * interval_ns_);
}

void Schedule::advance() {
  ++index_;
  if (poisson_) arrival_ns_ += exponential();
}

}  // namespace tally::bench
