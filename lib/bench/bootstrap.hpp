// An interval for the median of a few values, whatever their distribution, by drawing samples from
// the sample: the percentile interval of Efron and Tibshirani, "An Introduction to the Bootstrap",
// 1993, chapter 13. Pure; allocates a few times the size of the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tally::bench {

struct Interval {
  double low = 0;
  double high = 0;
};

struct BootstrapOptions {
  double confidence = 0.99;
  std::size_t resamples = 4000;
  std::uint64_t seed = 1;
};

// Empty without values. The same values and options give the same interval everywhere.
[[nodiscard]] std::optional<Interval> bootstrap_median(std::span<const double> values,
                                                       const BootstrapOptions& options);

}  // namespace tally::bench
