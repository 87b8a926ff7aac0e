// Where the level of a series changed: the split of a stretch of the series whose two sides differ
// most in the ranks of their values is a change point when a shuffled stretch hardly ever splits as
// well, and when the medians of both sides differ enough to matter. Then both sides are split
// again. The idea of E-divisive (Matteson and James, "A nonparametric approach for multiple change
// point analysis of multivariate data", 2014), with ranks for distances, so that single wild
// values move nothing. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tally::bench {

struct ChangePointOptions {
  double significance = 0.01;
  double min_change = 0.05;  // of the medians' ratio: 0.05 is 5 % up, or back down
  std::size_t permutations = 999;
  std::uint64_t seed = 1;
};

struct ChangePoint {
  std::size_t index = 0;  // of the first value of the new level
  double before = 0;      // medians of the levels on both sides, up to the next change points
  double after = 0;
  double p_value = 1;  // of the split that found it
};

// By rising index; fewer than ten values have none. The values are positive. The time taken grows
// with permutations x size for each change point.
[[nodiscard]] std::vector<ChangePoint> find_change_points(std::span<const double> values,
                                                          const ChangePointOptions& options = {});

}  // namespace tally::bench
