#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace tally::bench {

double sorted_quantile(std::span<const double> sorted, double q) {
  const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - std::floor(position);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

std::optional<Summary> summarize(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Summary{sorted_quantile(values, 0.5), sorted_quantile(values, 0.1),
                 sorted_quantile(values, 0.9), values.size()};
}

std::optional<Summary> ratios(std::span<const Pair> pairs, Kind kind) {
  std::vector<double> values;
  values.reserve(pairs.size());
  for (const Pair& pair : pairs)
    values.push_back(kind == Kind::cost ? pair.ours / pair.theirs : pair.theirs / pair.ours);
  return summarize(std::move(values));
}

}  // namespace tally::bench
