#include "bench/holm.hpp"

#include <doctest/doctest.h>
#include <vector>

namespace bench = tally::bench;
using doctest::Approx;

TEST_SUITE_BEGIN("bench");

TEST_CASE("the textbook example of Holm") {
  // Four hypotheses at 0.01, 0.04, 0.03 and 0.005: times 3, 1, 2 and 4, and never falling.
  const auto adjusted = bench::holm_adjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  REQUIRE(adjusted.size() == 4);
  CHECK(adjusted[0] == Approx(0.03));
  CHECK(adjusted[1] == Approx(0.06));
  CHECK(adjusted[2] == Approx(0.06));
  CHECK(adjusted[3] == Approx(0.02));
}

TEST_CASE("Holm leaves a single value alone and never exceeds one") {
  CHECK(bench::holm_adjusted(std::vector<double>{0.2})[0] == Approx(0.2));
  CHECK(bench::holm_adjusted({}).empty());
  for (const double p : bench::holm_adjusted(std::vector<double>{0.5, 0.9, 0.7})) CHECK(p == 1);
}

TEST_CASE("the sign test is exact") {
  CHECK(bench::sign_test_p(0, 10) == 1);
  CHECK(bench::sign_test_p(10, 10) == Approx(1.0 / 1024));
  CHECK(bench::sign_test_p(9, 10) == Approx(11.0 / 1024));
  CHECK(bench::sign_test_p(8, 10) == Approx(56.0 / 1024));
  CHECK(bench::sign_test_p(5000, 10000) == Approx(0.504).epsilon(0.001));
  CHECK(bench::sign_test_p(10000, 10000) >= 0);
}

TEST_CASE("values within the band speak for neither side") {
  const std::vector<double> above(10, 0.05);
  CHECK(bench::beyond_band_p(above, 0.01) == Approx(2.0 / 1024));
  CHECK(bench::beyond_band_p(above, 0.06) == 1);
  CHECK(bench::beyond_band_p(std::vector<double>(10, -0.05), 0.01) == Approx(2.0 / 1024));
  CHECK(bench::beyond_band_p({}, 0.01) == 1);
}
