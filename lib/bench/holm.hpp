// Tests without a model of the noise, and how many of them may be believed at once. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tally::bench {

// The sign test: the probability that at least `beyond` of `count` values lie beyond a limit when
// the median does not, at most 1. Exact (the upper tail of a binomial distribution with 1/2).
[[nodiscard]] double sign_test_p(std::size_t beyond, std::size_t count);

// Two-sided: how likely a sample is that lies so much on one side of the band -floor..floor when
// the median lies within. The smaller of both sides, doubled, at most 1; 1 without values.
[[nodiscard]] double beyond_band_p(std::span<const double> values, double floor);

// Holm, "A simple sequentially rejective multiple test procedure", 1979: the p-values adjusted so
// that comparing each with a level keeps the chance of any false claim in the family below it. In
// the order given; each at least the value itself and at most 1.
[[nodiscard]] std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace tally::bench
