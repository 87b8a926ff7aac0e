#include "bench/peer_table.hpp"

#include <doctest/doctest.h>

namespace bench = tally::bench;

namespace {

bench::PeerFigure peer(const char* name, double median, double ratio, bool limit) {
  return {name, median, ratio, ratio - 0.1, ratio + 0.1, 20, limit};
}

bench::CaseResult sample() {
  bench::CaseResult result;
  result.name = "queue.spsc.rtt8";
  result.unit = "ns";
  result.mode = bench::Mode::near;
  result.ours = bench::Summary{130, 125, 140, 20};
  result.seed = 260;
  result.peers = {peer("slow", 300, 0.43, false),
                  peer("quick", 150, 0.87, false),
                  peer("calibration", 120, 1.08, true),
                  {"absent", {}, {}, {}, {}, 0, false}};
  return result;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("the best peer is the hardest to beat and a limit is no peer") {
  const bench::CaseResult result = sample();
  CHECK(bench::best_peer(result)->name == "quick");
  CHECK(bench::nearest_limit(result)->name == "calibration");
  CHECK(bench::best_peer(bench::CaseResult{}) == nullptr);
}

TEST_CASE("a row of the table has the figures and their spread") {
  CHECK(bench::peer_table_row(sample()) ==
        "queue.spsc.rtt8                ns       130  near  quick                150   0.87   "
        "0.77..0.97  calibration    1.08        260   0.50\n");
}

TEST_CASE("what was not measured is a dash and columns stand where they stood") {
  bench::CaseResult result;
  result.name = "ring.none";
  result.unit = "ns";
  const std::string row = bench::peer_table_row(result);
  CHECK(row.size() == bench::peer_table_head().size());
  CHECK(row.starts_with("ring.none                      ns         -  none  -"));
}
