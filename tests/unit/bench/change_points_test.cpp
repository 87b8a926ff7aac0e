#include "bench/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "bench/random.hpp"

namespace bench = tally::bench;
using doctest::Approx;

namespace {

// Levels of so many values each, with noise of a few percent and a wild value now and then.
std::vector<double> levels(const std::vector<double>& means, std::size_t each, double noise,
                           std::uint64_t seed) {
  bench::Random random(seed);
  std::vector<double> values;
  for (const double mean : means)
    for (std::size_t i = 0; i < each; ++i) {
      double value = mean * (1 + noise * (random.uniform() + random.uniform() - 1));
      if (random.below(20) == 0) value *= 3;
      values.push_back(value);
    }
  return values;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("one known change is found where it is") {
  const auto found = bench::find_change_points(levels({100, 110}, 30, 0.03, 1));
  REQUIRE(found.size() == 1);
  CHECK(found[0].index >= 29);
  CHECK(found[0].index <= 31);
  CHECK(found[0].before == Approx(100).epsilon(0.02));
  CHECK(found[0].after == Approx(110).epsilon(0.02));
  CHECK(found[0].p_value <= 0.01);
}

TEST_CASE("several known changes are found in their order") {
  const auto found = bench::find_change_points(levels({100, 130, 100, 70}, 25, 0.04, 2));
  REQUIRE(found.size() == 3);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto expected = static_cast<double>(25 * (i + 1));
    CHECK(static_cast<double>(found[i].index) == Approx(expected).epsilon(0.08));
  }
  CHECK(found[1].before == Approx(130).epsilon(0.03));
  CHECK(found[2].after == Approx(70).epsilon(0.03));
}

TEST_CASE("noise alone has hardly ever a change") {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    found += bench::find_change_points(levels({100}, 40, 0.2, seed)).empty() ? 0 : 1;
  CHECK(found <= 5);
}

TEST_CASE("a change too small to matter is left out whatever its significance") {
  const auto values = levels({100, 103}, 60, 0.01, 3);
  CHECK(bench::find_change_points(values).empty());
  bench::ChangePointOptions fine;
  fine.min_change = 0.02;
  CHECK(bench::find_change_points(values, fine).size() == 1);
}

TEST_CASE("short and constant series have no change") {
  CHECK(bench::find_change_points({}).empty());
  CHECK(bench::find_change_points(std::vector<double>{1, 1, 1, 9, 9, 9, 9}).empty());
  CHECK(bench::find_change_points(std::vector<double>(50, 7.0)).empty());
}

TEST_CASE("six and six values that do not overlap are enough") {
  const auto found = bench::find_change_points(
      std::vector<double>{10, 11, 10, 12, 11, 10, 20, 21, 20, 22, 21, 22});
  REQUIRE(found.size() == 1);
  CHECK(found[0].index == 6);
  CHECK(found[0].before == 10.5);
  CHECK(found[0].after == 21);
}

TEST_CASE("one wild value is no change") {
  auto values = levels({100}, 30, 0.02, 5);
  values[12] = 5000;
  CHECK(bench::find_change_points(values).empty());
}
