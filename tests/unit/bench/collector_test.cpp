#include "bench/collector.hpp"

#include <doctest/doctest.h>

namespace bench = tally::bench;
using bench::Mode;
using bench::Slice;
using bench::Verdict;
using doctest::Approx;

namespace {

Slice two_threads(double before_ns, double after_ns, double cost_ns) {
  Slice slice;
  slice.threads = 2;
  slice.calibration_before_ns = before_ns;
  slice.calibration_after_ns = after_ns;
  slice.operations = 1000;
  slice.counter_ns = cost_ns * 1000;
  slice.monotonic_ns = slice.counter_ns;
  return slice;
}

Slice one_thread(double cost_ns) {
  Slice slice = two_threads(1.2, 1.2, cost_ns);
  slice.threads = 1;
  return slice;
}

const std::vector<bench::PeerFigure> kPeer = {{"peer", {}, {}, {}, {}, 0, false}};

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("round trips are near or far") {
  CHECK(bench::classify_round_trip(70) == Mode::near);
  CHECK(bench::classify_round_trip(120) == Mode::near);
  CHECK(bench::classify_round_trip(250) == Mode::near);
  CHECK(bench::classify_round_trip(251) == Mode::far);
  CHECK(bench::classify_round_trip(470) == Mode::far);
}

TEST_CASE("calibrations agree within a quarter in either order") {
  CHECK(bench::calibrations_agree(120, 130));
  CHECK(bench::calibrations_agree(100, 125));
  CHECK(bench::calibrations_agree(125, 100));
  CHECK_FALSE(bench::calibrations_agree(100, 126));
  CHECK_FALSE(bench::calibrations_agree(70, 120));
  CHECK_FALSE(bench::calibrations_agree(120, 460));
  CHECK_FALSE(bench::calibrations_agree(0, 0));
}

TEST_CASE("each reason to discard a slice is found") {
  CHECK(bench::judge(two_threads(120, 125, 5)) == Verdict::kept);
  CHECK(bench::judge(two_threads(120, 460, 5)) == Verdict::straddles);
  CHECK(bench::judge(two_threads(240, 260, 5)) == Verdict::straddles);
  CHECK(bench::judge(one_thread(5)) == Verdict::kept);

  Slice late = two_threads(120, 120, 5);
  late.started = false;
  CHECK(bench::judge(late) == Verdict::not_started);

  Slice skewed = two_threads(120, 120, 5);
  skewed.monotonic_ns *= 1.02;
  CHECK(bench::judge(skewed) == Verdict::clock_disagrees);
}

TEST_CASE("discarded slices are counted and go into no figure") {
  bench::Collector collector(1);
  for (std::size_t round = 0; round < 10; ++round) {
    collector.add(round, 0, two_threads(120, 120, 5));
    collector.add(round, 0, two_threads(120, 460, 5000));
  }
  Slice late = two_threads(120, 120, 9000);
  late.started = false;
  collector.add(10, 0, late);
  CHECK(collector.taken() == 21);
  CHECK(collector.kept(0) == 10);
  CHECK(collector.discarded().straddles == 10);
  CHECK(collector.discarded().not_started == 1);
  CHECK(collector.discarded().total() == 11);

  bench::CaseResult result;
  collector.figures(Mode::near, bench::Kind::cost, {}, result);
  REQUIRE(result.ours);
  CHECK(result.ours->p90 == Approx(5));
  CHECK(result.ours->samples == 10);
}

TEST_CASE("the round trip of the calibration is a limit with pairs of its own") {
  bench::Collector collector(1);
  collector.add(0, 0, two_threads(120, 120, 130));
  collector.add(1, 0, two_threads(100, 100, 130));
  collector.add(2, 0, two_threads(460, 460, 500));
  const bench::PeerFigure near = collector.calibration_as_limit(Mode::near);
  CHECK(near.limit);
  CHECK(near.name == "calibration");
  CHECK(near.median.value() == Approx(110));
  CHECK(near.pairs == 2);
  CHECK(near.ratio_p90.value() < 1.3);
}

TEST_CASE("modes are kept apart and pairs are of one round and one mode") {
  bench::Collector collector(2);
  for (std::size_t round = 0; round < 6; ++round) {
    const double trip = round < 3 ? 120 : 460;
    collector.add(round, 0, two_threads(trip, trip, round < 3 ? 10 : 40));
    if (round != 1) collector.add(round, 1, two_threads(trip, trip, round < 3 ? 20 : 160));
  }
  // In round 6 the mode changes between ours and theirs: no pair.
  collector.add(6, 0, two_threads(120, 120, 10));
  collector.add(6, 1, two_threads(460, 460, 1e6));

  CHECK(collector.modes() == std::vector<Mode>{Mode::near, Mode::far});
  bench::CaseResult near;
  collector.figures(Mode::near, bench::Kind::cost, kPeer, near);
  CHECK(near.ours->median == Approx(10));
  CHECK(near.calibration_ns.value() == Approx(120));
  CHECK(near.peers.at(0).median.value() == Approx(20));
  CHECK(near.peers.at(0).ratio.value() == Approx(0.5));
  bench::CaseResult far;
  collector.figures(Mode::far, bench::Kind::cost, kPeer, far);
  CHECK(far.ours->median == Approx(40));
  CHECK(far.peers.at(0).ratio.value() == Approx(0.25));
}

TEST_CASE("a rate is operations a second and its ratio still favours the smaller cost") {
  bench::Collector collector(2);
  for (std::size_t round = 0; round < 3; ++round) {
    collector.add(round, 0, one_thread(10));
    collector.add(round, 1, one_thread(20));
  }
  bench::CaseResult result;
  collector.figures(Mode::none, bench::Kind::rate, kPeer, result);
  CHECK(result.ours->median == Approx(1e8));
  CHECK(result.peers.at(0).median.value() == Approx(5e7));
  CHECK(result.peers.at(0).ratio.value() == Approx(0.5));
}

TEST_CASE("a peer without a slice has neither figure nor ratio") {
  bench::Collector collector(2);
  collector.add(0, 0, one_thread(10));
  bench::CaseResult result;
  collector.figures(Mode::none, bench::Kind::cost, kPeer, result);
  CHECK_FALSE(result.peers.at(0).median);
  CHECK_FALSE(result.peers.at(0).ratio);
}

TEST_SUITE_END();
