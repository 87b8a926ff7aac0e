// What the machine was doing around a slice of a benchmark. On virtual machines the host moves the
// virtual processors, and the round trip between two of them jumps between modes that last from
// seconds to minutes; a figure of two threads means nothing without the mode it was taken in. So
// each slice stands between two calibrations, and one whose calibrations disagree is discarded and
// counted. Slices of one thread are bracketed likewise by a chain of multiplications, which shows a
// changed clock rate and stolen time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/clock.hpp"

namespace tally::bench {

// Where the two processors stood: `none` for slices of one thread.
enum class Mode { none, near, far };
[[nodiscard]] const char* mode_name(Mode mode);

// A round trip up to this is near. Measured modes are 70 ns (two threads of a core), 120 ns (one
// cache) and 450 ns and more (through the interconnect).
inline constexpr double kNearLimitNs = 250;
[[nodiscard]] Mode classify_round_trip(double round_trip_ns);

// Two calibrations agree when the larger is at most a quarter above the smaller.
inline constexpr double kAgreement = 1.25;
[[nodiscard]] bool calibrations_agree(double before_ns, double after_ns);

// Two cache lines, each written by one side. Both sides call round_trips() with the same counts;
// side 0 returns the median over batches of a round trip's duration in ns, side 1 returns 0.
class PingPong {
 public:
  static constexpr std::size_t kBatches = 32;
  static constexpr std::size_t kTripsPerBatch = 32;

  [[nodiscard]] double round_trips(std::size_t side, const core::TscCalibration& clock);

 private:
  double ping(const core::TscCalibration& clock);
  void pong();

  // 128 bytes apart, because processors fetch lines in pairs.
  alignas(128) std::atomic<std::uint64_t> ping_{0};
  alignas(128) std::atomic<std::uint64_t> pong_{0};
  // Positions, each touched by its own side only.
  alignas(128) std::uint64_t sent_ = 0;
  alignas(128) std::uint64_t answered_ = 0;
};

// Duration in ns of one step of a chain of dependent multiplications, the fastest of five tries.
[[nodiscard]] double multiply_chain_ns(const core::TscCalibration& clock);

// Everything known about one slice.
struct Slice {
  std::size_t threads = 1;
  bool started = true;  // false when the threads did not meet in time
  double calibration_before_ns = 0;
  double calibration_after_ns = 0;
  double counter_ns = 0;    // duration by the time-stamp counter
  double monotonic_ns = 0;  // duration by CLOCK_MONOTONIC
  std::uint64_t operations = 1;
  std::optional<double> figure = {};  // of an operation, where it is not its duration

  [[nodiscard]] double cost_ns() const {
    return figure ? *figure : counter_ns / static_cast<double>(operations);
  }
  [[nodiscard]] Mode mode() const;
};

enum class Verdict { kept, not_started, clock_disagrees, straddles };

// Whether a slice counts. The two clocks must agree within 1 %.
[[nodiscard]] Verdict judge(const Slice& slice);

}  // namespace tally::bench
