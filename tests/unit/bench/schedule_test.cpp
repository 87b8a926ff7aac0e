#include "bench/schedule.hpp"

#include <cmath>
#include <doctest/doctest.h>
#include <vector>

using tally::bench::Schedule;

TEST_SUITE_BEGIN("bench");

TEST_CASE("a fixed schedule does not drift") {
  Schedule schedule = Schedule::fixed(3.0);
  CHECK(schedule.due_ns() == 0);
  schedule.advance();
  CHECK(schedule.due_ns() == 333'333'333);
  while (schedule.index() < 3'000'000) schedule.advance();
  CHECK(schedule.due_ns() == doctest::Approx(1e15).epsilon(1e-12));
}

TEST_CASE("a poisson schedule has the mean and the spread of its kind") {
  constexpr int kArrivals = 200'000;
  Schedule schedule = Schedule::poisson(1000.0, 7);
  std::uint64_t last_ns = 0;
  double sum = 0;
  double squares = 0;
  int beyond_mean = 0;
  for (int i = 0; i < kArrivals; ++i) {
    REQUIRE(schedule.due_ns() >= last_ns);
    const auto distance = static_cast<double>(schedule.due_ns() - last_ns);
    last_ns = schedule.due_ns();
    sum += distance;
    squares += distance * distance;
    beyond_mean += distance > 1e6 ? 1 : 0;
    schedule.advance();
  }
  const double mean = sum / kArrivals;
  CHECK(mean == doctest::Approx(1e6).epsilon(0.02));
  // The standard deviation of exponential distances is their mean, and 1/e of them exceed it.
  CHECK(std::sqrt(squares / kArrivals - mean * mean) == doctest::Approx(1e6).epsilon(0.03));
  CHECK(static_cast<double>(beyond_mean) / kArrivals ==
        doctest::Approx(std::exp(-1.0)).epsilon(0.02));
}

TEST_CASE("the same seed gives the same arrivals and another others") {
  Schedule one = Schedule::poisson(50.0, 1);
  Schedule same = Schedule::poisson(50.0, 1);
  Schedule other = Schedule::poisson(50.0, 2);
  int differing = 0;
  for (int i = 0; i < 100; ++i) {
    CHECK(one.due_ns() == same.due_ns());
    differing += one.due_ns() != other.due_ns() ? 1 : 0;
    one.advance();
    same.advance();
    other.advance();
  }
  CHECK(differing > 90);
}

TEST_SUITE_END();
