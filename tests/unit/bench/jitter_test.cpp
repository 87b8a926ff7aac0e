#include "bench/jitter.hpp"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <sched.h>
#include <thread>

#include "bench/core_matrix.hpp"
#include "bench/team.hpp"
#include "support/skip.hpp"

namespace bench = tally::bench;
namespace core = tally::core;
using tally::Code;

TEST_SUITE_BEGIN("bench");

TEST_CASE("a spinning thread under FIFO pauses below the throttle") {
  constexpr std::uint64_t kMs = 1'000'000;
  CHECK(bench::shift_of(bench::Policy::other, 950'000, 1'000'000).pause_ns == 0);
  const bench::Shift usual = bench::shift_of(bench::Policy::fifo, 950'000, 1'000'000);
  CHECK(usual.spin_ns == 76 * kMs);
  CHECK(usual.pause_ns == 24 * kMs);
  const bench::Shift tight = bench::shift_of(bench::Policy::fifo, 100'000, 1'000'000);
  CHECK(tight.spin_ns == 8 * kMs);
  CHECK(tight.pause_ns == 92 * kMs);
  // Without a throttle the fair server of newer kernels still wants its share.
  CHECK(bench::shift_of(bench::Policy::fifo, -1, 1'000'000).spin_ns == 76 * kMs);
  CHECK(bench::shift_of(bench::Policy::fifo, std::nullopt, std::nullopt).spin_ns == 76 * kMs);
}

TEST_CASE("gaps at and above the threshold are counted and no others") {
  const core::TscCalibration clock = core::calibrate_tsc(1, 2);
  bench::SpinOptions options;
  options.duration_ns = 20'000'000;
  options.shift = bench::shift_of(bench::Policy::other, {}, {});
  options.threshold_ns = 5'000;
  bench::SpinResult result;
  bench::measure_spin(options, clock, result);
  CHECK(result.readings > 1000);
  CHECK(result.spun_ns >= 19'000'000);
  CHECK(result.lost_ns <= result.spun_ns);
  if (result.gaps.count() != 0) CHECK(result.gaps.min() >= 4'990);
}

TEST_CASE("a pause of the measurement is no gap") {
  const core::TscCalibration clock = core::calibrate_tsc(1, 2);
  bench::SpinOptions options;
  options.duration_ns = 30'000'000;
  options.threshold_ns = 3'000'000'000;
  options.shift = {1'000'000, 5'000'000};
  bench::SpinResult result;
  bench::measure_spin(options, clock, result);
  CHECK(result.gaps.count() == 0);
  CHECK(result.usage.voluntary >= 1);
}

TEST_CASE("a stop ends both measures at once") {
  const core::TscCalibration clock = core::calibrate_tsc(1, 2);
  bench::SpinOptions spin;
  spin.duration_ns = 3'600'000'000'000;
  spin.shift = bench::shift_of(bench::Policy::other, {}, {});
  spin.stop = [] { return true; };
  bench::SpinResult gaps;
  bench::measure_spin(spin, clock, gaps);
  CHECK(gaps.readings == 0);
  bench::WakeOptions wake;
  wake.duration_ns = spin.duration_ns;
  wake.stop = spin.stop;
  bench::WakeResult late;
  bench::measure_wake(wake, late);
  CHECK(late.latency.count() == 0);
}

TEST_CASE("every appointment is kept late or missed") {
  bench::WakeOptions options;
  options.duration_ns = 50'000'000;
  options.interval_ns = 1'000'000;
  bench::WakeResult result;
  bench::measure_wake(options, result);
  CHECK(result.latency.count() >= 1);
  CHECK(result.latency.min() >= 1);
  // The last appointment may be so late that those it skipped lie beyond the end.
  CHECK(result.latency.count() + result.missed >= 50);
  CHECK(result.timer_slack_ns >= 1);
}

TEST_CASE("placed threads run where they are told or not at all") {
  const auto cpus = bench::allowed_cpus();
  std::vector<int> seen(cpus.size(), -1);
  REQUIRE(bench::run_placed({cpus, bench::Policy::other, 0}, [&](std::size_t index) {
            seen[index] = ::sched_getcpu();
          }).has_value());
  CHECK(seen == cpus);

  std::atomic<int> begun{0};
  const auto refused = bench::run_placed({{cpus.front(), 100'000}, bench::Policy::other, 0},
                                         [&](std::size_t) { ++begun; });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::unavailable);
  CHECK(begun == 0);
}

TEST_CASE("the owner is called while placed threads run") {
  int calls = 0;
  REQUIRE(bench::run_placed(
              {{bench::allowed_cpus().front()}, bench::Policy::other, 0},
              [](std::size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(350)); },
              [&] { ++calls; })
              .has_value());
  CHECK(calls >= 1);
}

TEST_CASE("usage of a thread tells sleeps") {
  const bench::ThreadUsage before = bench::thread_usage();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const bench::ThreadUsage grown = bench::thread_usage() - before;
  CHECK(grown.voluntary >= 1);
  CHECK(grown.voluntary < 1000);
}

TEST_CASE("processors are siblings or of one package or remote") {
  const std::vector<core::LogicalCpu> topology = {
      {0, 0, 0, 0, {0, 4}}, {1, 1, 0, 0, {1}}, {4, 0, 0, 0, {0, 4}}, {8, 0, 1, 1, {8}}};
  CHECK(bench::relation_of(topology, 0, 4) == "siblings");
  CHECK(bench::relation_of(topology, 0, 1) == "package");
  CHECK(bench::relation_of(topology, 1, 8) == "remote");
  CHECK(bench::relation_of(topology, 1, 9).empty());
}

TEST_CASE("the matrix has every pair once with its modes") {
  auto cpus = bench::allowed_cpus();
  if (cpus.size() < 2) tally::test::skip("needs two processors");
  cpus.resize(2);
  bench::CoreMatrixOptions options;
  options.rounds = 3;
  std::size_t last = 0;
  options.progress = [&](std::size_t measured) { last = measured; };
  const auto matrix = bench::measure_core_matrix(cpus, core::calibrate_tsc(1, 2), options);
  REQUIRE(matrix.has_value());
  REQUIRE(matrix->pairs.size() == 1);
  const bench::CorePair& pair = matrix->pairs.front();
  CHECK(pair.round_trips_ns.size() + pair.not_met == 3);
  CHECK(pair.in_mode(bench::Mode::near) + pair.in_mode(bench::Mode::far) ==
        pair.round_trips_ns.size());
  CHECK(last == 3);
  options.stop = [] { return true; };
  const auto stopped = bench::measure_core_matrix(cpus, core::calibrate_tsc(1, 2), options);
  CHECK_FALSE(stopped->pairs.front().summary().has_value());
}

TEST_SUITE_END();
