#include "bench/result.hpp"

#include <doctest/doctest.h>

namespace bench = tally::bench;

TEST_SUITE_BEGIN("bench");

TEST_CASE("a result line has every key of the contract in its order") {
  bench::CaseResult result;
  result.name = "queue.mpmc.pair";
  result.unit = "ns";
  result.ours = bench::Summary{4.5, 4.25, 5.75, 120};
  result.seed = 50.43;
  result.calibration_ns = 1.25;
  result.peers.push_back({"rte_ring", 5.5, 0.82, 0.8, 0.9, 12, false});
  result.peers.push_back({"absent", {}, {}, {}, {}, 0, true});
  result.notes.emplace_back("a \"note\"");
  CHECK(bench::to_json(result) ==
        R"({"schema":"tally.bench.result/1","case":"queue.mpmc.pair","unit":"ns","median":4.5,)"
        R"("p10":4.25,"p90":5.75,"samples":120,"seed":50.43,"calibration_ns":1.25,"mode":"none",)"
        R"("peers":[{"name":"rte_ring","median":5.5,"ratio":0.82,"ratio_p10":0.8,)"
        R"("ratio_p90":0.9,"pairs":12},)"
        R"({"name":"absent","median":null,"ratio":null,"ratio_p10":null,"ratio_p90":null,)"
        R"("pairs":0,"limit":true}],"notes":["a \"note\""]})");
}

TEST_CASE("what was not measured is null and says why") {
  bench::CaseResult result;
  result.name = "ring.shm.rtt8";
  result.unit = "ns";
  result.notes.emplace_back("not measured: needs 2 processors, this process may use 1");
  CHECK(bench::to_json(result) ==
        R"({"schema":"tally.bench.result/1","case":"ring.shm.rtt8","unit":"ns","median":null,)"
        R"("p10":null,"p90":null,"samples":0,"seed":null,"calibration_ns":null,"mode":"none",)"
        R"("peers":[],"notes":["not measured: needs 2 processors, this process may use 1"]})");
}

TEST_CASE("the table is as printed") {
  bench::CaseResult result;
  result.name = "queue.spsc.pair";
  result.unit = "ns";
  result.ours = bench::Summary{1.987, 1.5, 1234.5, 200};
  result.mode = bench::Mode::near;
  result.peers.push_back({"boost", 1.11, 1.79, 1.7, 1.8, 9, false});
  result.notes.emplace_back("partial");
  CHECK(bench::table_head() ==
        "case                         unit  mode     median        p10        p90 samples       "
        "seed\n");
  CHECK(bench::to_text(result) ==
        "queue.spsc.pair                ns  near       1.99       1.50       1234     200          "
        "-\n"
        "  boost                                       1.11  ratio 1.79\n"
        "  note: partial\n");
}

TEST_SUITE_END();
