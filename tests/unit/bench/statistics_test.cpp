#include "bench/statistics.hpp"

#include <array>
#include <doctest/doctest.h>
#include <vector>

namespace bench = tally::bench;
using bench::Kind;
using doctest::Approx;

TEST_SUITE_BEGIN("bench");

TEST_CASE("quantiles of known values") {
  const std::array<double, 5> values = {10, 20, 30, 40, 50};
  CHECK(bench::sorted_quantile(values, 0.0) == 10);
  CHECK(bench::sorted_quantile(values, 0.1) == Approx(14));
  CHECK(bench::sorted_quantile(values, 0.5) == 30);
  CHECK(bench::sorted_quantile(values, 0.9) == Approx(46));
  CHECK(bench::sorted_quantile(values, 1.0) == 50);
  CHECK(bench::sorted_quantile(std::array<double, 1>{7}, 0.9) == 7);
}

TEST_CASE("a summary does not depend on the order and ignores one wild value") {
  const auto summary = bench::summarize({9, 1, 5, 3, 1e9, 7, 4, 2, 6, 8, 10});
  REQUIRE(summary);
  CHECK(summary->median == 6);
  CHECK(summary->p10 == 2);
  CHECK(summary->p90 == 10);
  CHECK(summary->samples == 11);
  CHECK_FALSE(bench::summarize({}));
}

TEST_CASE("the ratio is of pairs and not of medians") {
  // The machine slows down threefold after the second pair; ours is always half of theirs.
  const std::vector<bench::Pair> pairs = {{10, 20}, {11, 22}, {30, 60}, {33, 66}, {31, 62}};
  CHECK(bench::ratios(pairs, Kind::cost).value().median == Approx(0.5));
}

TEST_CASE("below one always means ours is better") {
  const std::vector<bench::Pair> pairs = {{2, 1}, {4, 2}, {6, 3}};
  CHECK(bench::ratios(pairs, Kind::cost).value().median == Approx(2.0));
  CHECK(bench::ratios(pairs, Kind::rate).value().median == Approx(0.5));
  CHECK_FALSE(bench::ratios({}, Kind::cost));
}

TEST_SUITE_END();
