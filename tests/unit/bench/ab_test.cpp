#include "bench/ab.hpp"

#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "bench/random.hpp"

namespace bench = tally::bench;
using bench::Change;
using bench::Kind;
using bench::Side;

namespace {

// A machine whose speed wanders between runs and jolts now and then, with a clock of its own: each
// run takes a millisecond of it.
class NoisyMachine {
 public:
  NoisyMachine(double slowdown, double noise, std::uint64_t seed)
      : slowdown_(slowdown), noise_(noise), random_(seed) {}

  bench::Measure measure() {
    return [this](Side side) -> tally::Result<std::optional<bench::Readings>> {
      now_ns_ += 1'000'000;
      drift_ += 0.02 * (random_.uniform() - 0.5);
      double log = drift_ + noise_ * (random_.uniform() + random_.uniform() - 1);
      if (random_.below(12) == 0) log += 0.5;
      if (side == Side::b) log += std::log1p(slowdown_);
      return std::optional<bench::Readings>({{{"none", 1000 * std::exp(log)}}});
    };
  }

  bench::AbOptions options(std::uint64_t budget_ns) {
    bench::AbOptions options;
    options.budget_ns = budget_ns;
    options.now = [this] { return now_ns_; };
    return options;
  }

  [[nodiscard]] Change compare(std::uint64_t budget_ns = 2'000'000'000) {
    return bench::compare_ab({Kind::cost}, measure(), options(budget_ns)).value().change;
  }

 private:
  double slowdown_;
  double noise_;
  bench::Random random_;
  double drift_ = 0;
  std::uint64_t now_ns_ = 0;
};

// Answers from a table, for metrics whose values are to be exact.
bench::Measure constant(const bench::Readings& a, const bench::Readings& b) {
  return [a, b](Side side) -> tally::Result<std::optional<bench::Readings>> {
    return std::optional<bench::Readings>(side == Side::a ? a : b);
  };
}

bench::AbOptions counted(std::uint64_t& now_ns) {
  bench::AbOptions options;
  options.budget_ns = 1'000'000'000;
  options.now = [&now_ns] { return now_ns += 1'000'000; };
  return options;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a command does not differ from itself on a noisy machine") {
  int claims = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Change change = NoisyMachine(0, 0.05, seed).compare();
    if (change == Change::regression || change == Change::improvement) ++claims;
  }
  CHECK(claims == 0);
}

TEST_CASE("a slowdown well beyond the noise is found whichever side it is on") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CHECK(NoisyMachine(0.10, 0.03, seed).compare() == Change::regression);
    CHECK(NoisyMachine(-0.10, 0.03, seed).compare() == Change::improvement);
  }
}

TEST_CASE("a change below the floor is none") {
  NoisyMachine machine(0.02, 0.005, 3);
  bench::AbOptions options = machine.options(2'000'000'000);
  options.floor = 0.08;
  const auto result = bench::compare_ab({Kind::cost}, machine.measure(), options).value();
  CHECK(result.change == Change::none);
  CHECK(result.metrics[0].first.settled);
}

TEST_CASE("a budget that ends early is inconclusive and not none") {
  CHECK(NoisyMachine(0, 0.05, 1).compare(20'000'000) == Change::inconclusive);
  CHECK(NoisyMachine(5, 0.05, 1).compare(20'000'000) == Change::inconclusive);
}

TEST_CASE("a claim that the second batch does not confirm is no claim") {
  std::uint64_t now_ns = 0;
  std::size_t runs = 0;
  // B is slow for as long as the first batch takes: 12 warming and self runs, 20 runs of pairs.
  const bench::Measure fickle = [&](Side side) -> tally::Result<std::optional<bench::Readings>> {
    const bool slow = side == Side::b && ++runs <= 11;
    return std::optional<bench::Readings>({{{"none", slow ? 200.0 : 100.0}}});
  };
  const auto result = bench::compare_ab({Kind::cost}, fickle, counted(now_ns)).value();
  CHECK(result.metrics[0].first.change == Change::regression);
  REQUIRE(result.metrics[0].second);
  CHECK(result.metrics[0].second->change == Change::none);
  CHECK(result.change == Change::inconclusive);
}

TEST_CASE("more of a rate is an improvement") {
  std::uint64_t now_ns = 0;
  const auto more =
      bench::compare_ab({Kind::rate}, constant({{{"none", 10}}}, {{{"none", 20}}}), counted(now_ns))
          .value();
  CHECK(more.change == Change::improvement);
  CHECK(more.metrics[0].shown().worse == doctest::Approx(-std::log(2)));
  CHECK(more.metrics[0].median_b == 20);
}

TEST_CASE("only equal modes are compared") {
  std::uint64_t now_ns = 0;
  const auto apart = bench::compare_ab({Kind::cost}, constant({{{"near", 120}}}, {{{"far", 450}}}),
                                       counted(now_ns))
                         .value();
  CHECK(apart.change == Change::inconclusive);
  CHECK(apart.metrics[0].shown().pairs == 0);
  CHECK(apart.metrics[0].shown().unusable > 10);
  const auto both =
      bench::compare_ab({Kind::cost}, constant({{{"near", 120}, {"far", 450}}}, {{{"far", 900}}}),
                        counted(now_ns))
          .value();
  CHECK(both.change == Change::regression);
  CHECK(both.metrics[0].shown().worse == doctest::Approx(std::log(2)));
}

TEST_CASE("one bad metric among many makes a regression and the rest say their own") {
  std::uint64_t now_ns = 0;
  const bench::Readings a = {{{"none", 10}}, {{"none", 10}}, {{"none", 10}}};
  const bench::Readings b = {{{"none", 10}}, {{"none", 15}}, {{"none", 5}}};
  const auto result =
      bench::compare_ab({Kind::cost, Kind::cost, Kind::cost}, constant(a, b), counted(now_ns))
          .value();
  CHECK(result.change == Change::regression);
  CHECK(result.metrics[0].change == Change::none);
  CHECK(result.metrics[1].change == Change::regression);
  CHECK(result.metrics[2].change == Change::improvement);
}

TEST_CASE("orders alternate and the first is as asked") {
  for (const bool b_first : {false, true}) {
    std::uint64_t now_ns = 0;
    std::vector<Side> order;
    const bench::Measure record = [&](Side side) -> tally::Result<std::optional<bench::Readings>> {
      order.push_back(side);
      return std::optional<bench::Readings>({{{"none", 1.0}}});
    };
    bench::AbOptions options = counted(now_ns);
    options.b_first = b_first;
    const auto result = bench::compare_ab({Kind::cost}, record, options).value();
    REQUIRE(order.size() == 2 + 10 + 20);  // warming, five self pairs, ten pairs
    const Side first = b_first ? Side::b : Side::a;
    const Side second = b_first ? Side::a : Side::b;
    const std::vector<Side> pairs(order.begin() + 12, order.begin() + 18);
    CHECK(pairs == std::vector<Side>{first, second, second, first, first, second});
    CHECK(result.metrics[0].aa_pairs == 5 + 9);
    CHECK(result.change == Change::none);
  }
}

TEST_CASE("a stop and an error end the comparison at once") {
  std::uint64_t now_ns = 0;
  std::size_t runs = 0;
  const bench::Measure stopped = [&](Side) -> tally::Result<std::optional<bench::Readings>> {
    if (++runs == 20) return std::optional<bench::Readings>();
    return std::optional<bench::Readings>({{{"none", 1.0}}});
  };
  const auto partial = bench::compare_ab({Kind::cost}, stopped, counted(now_ns)).value();
  CHECK(partial.stopped);
  CHECK(runs == 20);
  CHECK(partial.change == Change::inconclusive);
  const bench::Measure broken = [](Side) -> tally::Result<std::optional<bench::Readings>> {
    return tally::fail(tally::Code::unavailable, "it broke");
  };
  const auto failed = bench::compare_ab({Kind::cost}, broken, counted(now_ns));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "it broke");
}
