#include "bench/runner.hpp"

#include <algorithm>
#include <atomic>
#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <vector>

#include "core/threads.hpp"
#include "support/skip.hpp"

namespace bench = tally::bench;
namespace core = tally::core;
using tally::Code;
using tally::Result;

namespace {

// Adds up; a wrong one says that it is.
class Counting final : public bench::Subject {
 public:
  explicit Counting(bool healthy) : healthy_(healthy) {}
  void run(std::size_t side, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations; ++i) {
      ++done_[side];
      __asm__ volatile("" ::: "memory");
    }
    multiple_ = multiple_ && operations % 8 == 0;
  }
  [[nodiscard]] std::uint64_t granularity() const override { return 8; }
  [[nodiscard]] bool healthy() const override { return healthy_ && multiple_; }

 private:
  bool healthy_;
  std::atomic<bool> multiple_{true};
  std::uint64_t done_[2] = {0, 0};
};

bench::Case counting_case(bool healthy) {
  bench::Case definition;
  definition.name = "test.counting";
  definition.seed = 3.5;
  definition.make = [healthy]() -> Result<std::unique_ptr<bench::Subject>> {
    return std::make_unique<Counting>(healthy);
  };
  return definition;
}

bench::RunOptions quick() {
  bench::RunOptions options;
  options.rounds = 3;
  options.slice_ns = 100'000;
  options.budget_ns = 5'000'000'000;
  return options;
}

bool has_note(const bench::CaseResult& result, const std::string& part) {
  return std::any_of(result.notes.begin(), result.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a team runs the job once on each thread that is asked for") {
  const auto cpus = bench::choose_cpus();
  REQUIRE_FALSE(cpus.empty());
  auto team = bench::Team::start(cpus).value();
  std::atomic<int> calls{0};
  std::atomic<std::size_t> sides{0};
  for (int i = 0; i < 50; ++i)
    team->run(cpus.size(), [&](std::size_t side) {
      ++calls;
      sides += side;
    });
  CHECK(calls == 50 * static_cast<int>(cpus.size()));
  CHECK(sides == 50 * (cpus.size() - 1));
  team->run(1, [&](std::size_t side) { CHECK(side == 0); });
}

TEST_CASE("a team on a processor that is not there is an error") {
  CHECK(bench::Team::start({100'000}).error().code == Code::unavailable);
}

TEST_CASE("a meeting that one party misses is called off for all") {
  bench::Meeting meeting(2);
  CHECK_FALSE(meeting.wait(1000));
  CHECK_FALSE(meeting.wait(1000));
  bench::Meeting alone(1);
  CHECK(alone.wait(0));
}

TEST_CASE("a case is measured with its peers or says why not") {
  auto team = bench::Team::start(bench::choose_cpus()).value();
  const auto clock = core::calibrate_tsc(1, 2);
  bench::Case definition = counting_case(true);
  definition.peers.push_back({"twin", definition.make});
  definition.peers.push_back({"broken", []() -> Result<std::unique_ptr<bench::Subject>> {
                                return tally::fail(Code::unavailable, "no such device");
                              }});
  const auto results = bench::run_case(definition, *team, clock, quick());
  REQUIRE(results.has_value());
  REQUIRE(results->size() == 1);
  const bench::CaseResult& result = results->front();
  CHECK(result.name == "test.counting");
  CHECK(result.seed == 3.5);
  CHECK(has_note(result, "peer broken could not be made: no such device"));
  if (result.ours) {
    CHECK(result.ours->samples >= 1);
    CHECK(result.ours->median > 0);
    CHECK(result.peers.size() == 1);
  } else {
    CHECK(has_note(result, "not measured"));
  }
}

TEST_CASE("a case of more threads than processors says so") {
  auto team = bench::Team::start({bench::choose_cpus().front()}).value();
  bench::Case definition = counting_case(true);
  definition.threads = 2;
  const auto results =
      bench::run_case(definition, *team, core::calibrate_tsc(1, 2), quick()).value();
  REQUIRE(results.size() == 1);
  CHECK_FALSE(results.front().ours);
  CHECK(has_note(results.front(), "not measured: needs 2 processors, this process may use 1"));
}

TEST_CASE("slices are as long as asked for whatever the figure is") {
  // A figure of 0 taken for a duration would make a slice of a hundred million operations.
  class Figure final : public bench::Subject {
   public:
    explicit Figure(std::uint64_t& most) : most_(most) {}
    void run(std::size_t /*side*/, std::uint64_t operations) override {
      most_ = std::max(most_, operations);
      for (std::uint64_t i = 0; i < operations; ++i) core::cpu_relax();
    }
    [[nodiscard]] std::optional<double> figure() const override { return 0; }

   private:
    std::uint64_t& most_;
  };
  auto team = bench::Team::start(bench::choose_cpus()).value();
  const auto clock = core::calibrate_tsc(3, 2);
  std::uint64_t most = 0;
  bench::Case definition = counting_case(true);
  definition.make = [&most]() -> Result<std::unique_ptr<bench::Subject>> {
    return std::make_unique<Figure>(most);
  };
  const auto results = bench::run_case(definition, *team, clock, quick());
  REQUIRE(results);
  CHECK(results->front().ours->median == 0);
  CHECK(most < 10'000'000);
}

TEST_CASE("a subject that answers wrongly gives no figure") {
  auto team = bench::Team::start(bench::choose_cpus()).value();
  const auto results =
      bench::run_case(counting_case(false), *team, core::calibrate_tsc(1, 2), quick());
  REQUIRE_FALSE(results.has_value());
  CHECK(results.error().code == Code::internal);
  CHECK(results.error().message.find("test.counting") != std::string::npos);
}

TEST_CASE("a stop gives what there is marked partial") {
  auto team = bench::Team::start(bench::choose_cpus()).value();
  bench::RunOptions options = quick();
  options.stop = [] { return true; };
  const auto results =
      bench::run_case(counting_case(true), *team, core::calibrate_tsc(1, 2), options).value();
  REQUIRE(results.size() == 1);
  CHECK(has_note(results.front(), "partial"));
}

TEST_CASE("both sides of a round trip end") {
  const auto cpus = bench::choose_cpus();
  if (cpus.size() < 2) tally::test::skip("needs two processors");
  auto team = bench::Team::start(cpus).value();
  const auto clock = core::calibrate_tsc(1, 2);
  bench::PingPong ping_pong;
  double trip_ns = -1;
  team->run(2, [&](std::size_t side) {
    const double mine = ping_pong.round_trips(side, clock);
    if (side == 0) trip_ns = mine;
  });
  CHECK(trip_ns > 0);
}

TEST_SUITE_END();
