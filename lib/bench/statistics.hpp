// Statistics of slices. Medians and other order statistics only: a mean over slices of a shared
// machine describes its neighbours.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tally::bench {

// Whether less is better (a duration) or more is (a rate).
enum class Kind { cost, rate };

struct Summary {
  double median = 0;
  // Not a number for figures of another program that gave a median alone.
  double p10 = 0;
  double p90 = 0;
  std::size_t samples = 0;
};

// The share `q` (0 to 1) of sorted values, interpolated linearly between neighbours (type 7 of
// Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996). Not for an empty span.
[[nodiscard]] double sorted_quantile(std::span<const double> sorted, double q);

// Sorts its own copy. Empty when there is no value.
[[nodiscard]] std::optional<Summary> summarize(std::vector<double> values);

// One value of ours and one of a peer's, taken right after each other.
struct Pair {
  double ours = 0;
  double theirs = 0;
};

// Over pairs, ours / theirs for a cost and theirs / ours for a rate, so that below 1 always means
// ours is better. Pairs cancel what the machine did to both. Empty without pairs.
[[nodiscard]] std::optional<Summary> ratios(std::span<const Pair> pairs, Kind kind);

}  // namespace tally::bench
