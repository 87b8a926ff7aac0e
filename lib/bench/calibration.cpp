#include "bench/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tally::bench {

const char* mode_name(Mode mode) {
  switch (mode) {
    case Mode::near:
      return "near";
    case Mode::far:
      return "far";
    case Mode::none:
      break;
  }
  return "none";
}

Mode classify_round_trip(double round_trip_ns) {
  return round_trip_ns <= kNearLimitNs ? Mode::near : Mode::far;
}

bool calibrations_agree(double before_ns, double after_ns) {
  const auto [low, high] = std::minmax(before_ns, after_ns);
  return low > 0 && high <= low * kAgreement;
}

double PingPong::round_trips(std::size_t side, const core::TscCalibration& clock) {
  if (side == 0) return ping(clock);
  pong();
  return 0;
}

double PingPong::ping(const core::TscCalibration& clock) {
  std::array<double, kBatches> durations{};
  std::uint64_t begin = clock.ticks();
  for (double& duration : durations) {
    for (std::size_t trip = 0; trip < kTripsPerBatch; ++trip) {
      ++sent_;
      // Release and acquire pair with the other side's load and store of the same line; nothing but
      // the position itself is passed.
      ping_.store(sent_, std::memory_order_release);
      while (pong_.load(std::memory_order_acquire) != sent_) {
      }
    }
    const std::uint64_t end = clock.ticks();
    duration = clock.to_ns(end - begin) / kTripsPerBatch;
    begin = end;
  }
  std::nth_element(durations.begin(), durations.begin() + kBatches / 2, durations.end());
  return durations[kBatches / 2];
}

void PingPong::pong() {
  for (std::size_t trip = 0; trip < kBatches * kTripsPerBatch; ++trip) {
    ++answered_;
    // Pairs with the store of the position in ping().
    while (ping_.load(std::memory_order_acquire) != answered_) {
    }
    pong_.store(answered_, std::memory_order_release);
  }
}

double multiply_chain_ns(const core::TscCalibration& clock) {
  constexpr std::uint64_t kSteps = 2048;
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;  // odd, so that the chain never becomes 0
  double fastest = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    std::uint64_t value = clock.ticks() | 1U;
    const std::uint64_t begin = clock.ticks();
    for (std::uint64_t step = 0; step < kSteps; ++step) {
      value *= kFactor;
      __asm__ volatile("" : "+r"(value));  // each step stays a step
    }
    const double duration = clock.to_ns(clock.ticks() - begin) / kSteps;
    fastest = attempt == 0 ? duration : std::min(fastest, duration);
  }
  return fastest;
}

Mode Slice::mode() const {
  return threads < 2 ? Mode::none : classify_round_trip(calibration_before_ns);
}

Verdict judge(const Slice& slice) {
  constexpr double kClockTolerance = 0.01;
  if (!slice.started) return Verdict::not_started;
  if (std::abs(slice.counter_ns - slice.monotonic_ns) > kClockTolerance * slice.monotonic_ns)
    return Verdict::clock_disagrees;
  if (!calibrations_agree(slice.calibration_before_ns, slice.calibration_after_ns) ||
      (slice.threads >= 2 && classify_round_trip(slice.calibration_before_ns) !=
                                 classify_round_trip(slice.calibration_after_ns)))
    return Verdict::straddles;
  return Verdict::kept;
}

}  // namespace tally::bench
