#include "bench/bootstrap.hpp"

#include <algorithm>
#include <vector>

#include "bench/random.hpp"
#include "bench/statistics.hpp"

namespace tally::bench {

namespace {

// The median of values[draws...], where the values are sorted: of the ranks that were drawn, the
// middle one. Counting the ranks is cheaper than sorting the values of each resample.
double median_of_draw(std::span<const double> sorted, std::vector<std::uint32_t>& times,
                      Random& random) {
  const std::size_t count = sorted.size();
  std::fill(times.begin(), times.end(), 0U);
  for (std::size_t i = 0; i < count; ++i) ++times[random.below(count)];
  const std::size_t lower_rank = (count - 1) / 2;
  const std::size_t upper_rank = count / 2;
  std::size_t seen = 0;
  std::size_t at = 0;
  while (seen + times[at] <= lower_rank) seen += times[at++];
  const double lower = sorted[at];
  while (seen + times[at] <= upper_rank) seen += times[at++];
  return (lower + sorted[at]) / 2;
}

}  // namespace

std::optional<Interval> bootstrap_median(std::span<const double> values,
                                         const BootstrapOptions& options) {
  if (values.empty() || options.resamples == 0) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint32_t> times(sorted.size());
  std::vector<double> medians(options.resamples);
  Random random(options.seed);
  for (double& median : medians) median = median_of_draw(sorted, times, random);
  std::sort(medians.begin(), medians.end());
  const double tail = (1 - options.confidence) / 2;
  return Interval{sorted_quantile(medians, tail), sorted_quantile(medians, 1 - tail)};
}

}  // namespace tally::bench
