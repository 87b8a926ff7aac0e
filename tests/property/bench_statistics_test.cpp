// The statistics of comparisons under any values.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <vector>

#include "bench/bootstrap.hpp"
#include "bench/change_points.hpp"
#include "bench/holm.hpp"

namespace bench = tally::bench;

namespace {

std::vector<double> shares_of(const std::vector<std::uint16_t>& numbers) {
  std::vector<double> shares;
  for (const std::uint16_t number : numbers) shares.push_back(number / 65535.0);
  return shares;
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("Holm keeps the order of p values and is between them and Bonferroni") {
  CHECK(rc::check([](const std::vector<std::uint16_t>& numbers) {
    const std::vector<double> p_values = shares_of(numbers);
    const std::vector<double> adjusted = bench::holm_adjusted(p_values);
    RC_ASSERT(adjusted.size() == p_values.size());
    const auto count = static_cast<double>(p_values.size());
    for (std::size_t i = 0; i < p_values.size(); ++i) {
      RC_ASSERT(adjusted[i] >= p_values[i]);
      RC_ASSERT(adjusted[i] <= std::min(1.0, p_values[i] * count));
      for (std::size_t j = 0; j < p_values.size(); ++j)
        RC_ASSERT(p_values[i] > p_values[j] || adjusted[i] <= adjusted[j]);
    }
  }));
}

TEST_CASE("a bootstrap interval lies among the values and turns with their sign") {
  CHECK(rc::check([](const std::vector<std::uint16_t>& numbers) {
    RC_PRE(!numbers.empty());
    const std::vector<double> values = shares_of(numbers);
    const bench::BootstrapOptions options{0.99, 200, 1};
    const auto interval = bench::bootstrap_median(values, options);
    RC_ASSERT(interval.has_value());
    RC_ASSERT(interval->low <= interval->high);
    RC_ASSERT(interval->low >= *std::min_element(values.begin(), values.end()));
    RC_ASSERT(interval->high <= *std::max_element(values.begin(), values.end()));
    std::vector<double> shuffled(values.rbegin(), values.rend());
    const auto again = bench::bootstrap_median(shuffled, options);
    RC_ASSERT(again->low == interval->low);
    RC_ASSERT(again->high == interval->high);
  }));
}

TEST_CASE("change points rise and do not depend on the unit") {
  CHECK(rc::check([](const std::vector<std::uint8_t>& numbers, std::uint8_t step) {
    // A step in the middle, so that there is something to find in some of the cases.
    std::vector<double> values;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      values.push_back(100.0 + numbers[i] % 8 + (i > numbers.size() / 2 ? step : 0));
    bench::ChangePointOptions options;
    options.permutations = 199;
    const auto found = bench::find_change_points(values, options);
    for (double& value : values) value *= 1024;
    const auto scaled = bench::find_change_points(values, options);
    RC_ASSERT(scaled.size() == found.size());
    std::size_t last = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      RC_ASSERT(found[i].index > last);
      RC_ASSERT(found[i].index < values.size());
      RC_ASSERT(scaled[i].index == found[i].index);
      RC_ASSERT(std::abs(std::log(found[i].after / found[i].before)) >= std::log(1.049));
      last = found[i].index;
    }
  }));
}
