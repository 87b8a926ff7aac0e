#include "bench/holm.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tally::bench {

double sign_test_p(std::size_t beyond, std::size_t count) {
  if (beyond == 0) return 1;
  // Terms of the binomial by their logarithms, since 2^-count leaves the range of a double.
  const auto n = static_cast<double>(count);
  double tail = 0;
  for (std::size_t k = beyond; k <= count; ++k) {
    const auto hits = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(hits + 1) - std::lgamma(n - hits + 1) -
                     n * std::log(2.0));
  }
  return std::min(1.0, tail);
}

double beyond_band_p(std::span<const double> values, double floor) {
  if (values.empty()) return 1;
  std::size_t above = 0;
  std::size_t below = 0;
  for (const double value : values) {
    if (value > floor) ++above;
    if (value < -floor) ++below;
  }
  return std::min(1.0, 2 * sign_test_p(std::max(above, below), values.size()));
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  const std::size_t count = p_values.size();
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(count);
  double largest = 0;
  for (std::size_t rank = 0; rank < count; ++rank) {
    const double scaled = p_values[order[rank]] * static_cast<double>(count - rank);
    largest = std::min(1.0, std::max(largest, scaled));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace tally::bench
