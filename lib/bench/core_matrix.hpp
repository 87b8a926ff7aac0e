// How long a cache line takes from each processor to each other and back: the round trip of
// PingPong over all pairs, round by round, because on a virtual machine the host moves the
// processors meanwhile and a pair may be near in one round and far in the next.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/calibration.hpp"
#include "bench/statistics.hpp"
#include "core/clock.hpp"
#include "core/cpu.hpp"
#include "core/result.hpp"

namespace tally::bench {

struct CorePair {
  int a = 0;
  int b = 0;
  std::vector<double> round_trips_ns;  // one for each round in which both threads met
  std::size_t not_met = 0;
  std::string relation;  // "siblings", "package", "remote", empty when sysfs does not say

  [[nodiscard]] std::optional<Summary> summary() const { return summarize(round_trips_ns); }
  [[nodiscard]] std::size_t in_mode(Mode mode) const;
};

struct CoreMatrix {
  std::vector<int> cpus;
  std::vector<CorePair> pairs;  // every a < b, row by row
  bool fifo = true;             // the threads ran under SCHED_FIFO
};

struct CoreMatrixOptions {
  std::size_t rounds = 10;
  std::function<bool()> stop;                          // asked between pairs
  std::function<void(std::size_t measured)> progress;  // pairs times rounds so far
};

// How two processors stand to each other by what the kernel says of the host.
[[nodiscard]] std::string relation_of(const std::vector<core::LogicalCpu>& topology, int a, int b);

// Starts threads on the processors in turn; at least two processors. Errors: unavailable when one
// cannot be used.
[[nodiscard]] Result<CoreMatrix> measure_core_matrix(const std::vector<int>& cpus,
                                                     const core::TscCalibration& clock,
                                                     const CoreMatrixOptions& options);

}  // namespace tally::bench
