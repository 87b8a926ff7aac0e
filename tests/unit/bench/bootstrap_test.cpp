#include "bench/bootstrap.hpp"

#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "bench/random.hpp"
#include "bench/statistics.hpp"

namespace bench = tally::bench;
using doctest::Approx;

TEST_SUITE_BEGIN("bench");

TEST_CASE("the interval of equal values is a point and of none there is none") {
  const auto point = bench::bootstrap_median(std::vector<double>(7, 2.5), {});
  REQUIRE(point);
  CHECK(point->low == 2.5);
  CHECK(point->high == 2.5);
  CHECK_FALSE(bench::bootstrap_median({}, {}));
}

TEST_CASE("a seed gives the same interval again and another one nearly the same") {
  std::vector<double> values;
  bench::Random random(9);
  for (int i = 0; i < 101; ++i) values.push_back(random.uniform());
  const auto once = bench::bootstrap_median(values, {0.99, 4000, 1});
  const auto again = bench::bootstrap_median(values, {0.99, 4000, 1});
  const auto other = bench::bootstrap_median(values, {0.99, 4000, 2});
  CHECK(once->low == again->low);
  CHECK(once->high == again->high);
  CHECK(other->low == Approx(once->low).epsilon(0.2));
  CHECK(other->high == Approx(once->high).epsilon(0.2));
}

TEST_CASE("the interval is that of the exact order statistics") {
  // The bootstrap median of 1..n is at or below k when at least half of the draws are: for 101
  // values the 0.5 % point of that binomial is the 38th value, and the 99.5 % point the 64th.
  std::vector<double> values;
  for (int i = 1; i <= 101; ++i) values.push_back(i);
  const auto interval = bench::bootstrap_median(values, {0.99, 20000, 1});
  CHECK(interval->low == Approx(38).epsilon(0.03));
  CHECK(interval->high == Approx(64).epsilon(0.03));
}

TEST_CASE("an interval of 99 percent holds the true median about as often") {
  bench::Random random(4);
  int held = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 25; ++i) values.push_back(-std::log(1 - random.uniform()));
    const auto interval = bench::bootstrap_median(values, {0.99, 500, 1});
    if (interval->low <= std::log(2) && std::log(2) <= interval->high) ++held;
  }
  CHECK(held >= 970);
}

TEST_CASE("the middle of an even number of values lies between them") {
  const auto two = bench::bootstrap_median(std::vector<double>{1, 3}, {0.4, 4000, 1});
  CHECK(two->low == 2.0);  // half of the resamples hold both
  CHECK(two->high == 2.0);
}

TEST_CASE("numbers from a seed are the published ones and stay in their range") {
  // The first outputs of SplitMix64 from 1234567, as its authors' reference code prints them.
  bench::Random reference(1234567);
  CHECK(reference.next() == 6457827717110365317U);
  CHECK(reference.next() == 3203168211198807973U);
  bench::Random random(1);
  std::vector<int> hits(5);
  for (int i = 0; i < 5000; ++i) ++hits[random.below(5)];
  for (const int count : hits) CHECK(count > 800);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform();
    CHECK(value >= 0);
    CHECK(value < 1);
  }
}
