#include <cmath>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "ab_measure.hpp"
#include "ab_report.hpp"
#include "core/clock.hpp"
#include "json/value.hpp"

namespace tool = tally::bench_tool;
namespace bench = tally::bench;
using tally::Code;
using tool::Words;

namespace {

constexpr const char* kLines =
    "{\"schema\":\"tally.bench.result/1\",\"case\":\"c\",\"unit\":\"ns\",\"mode\":\"near\","
    "\"median\":120,\"p90\":null}\n"
    "words between\n"
    "{\"schema\":\"tally.bench.result/1\",\"case\":\"c\",\"unit\":\"ns\",\"mode\":\"far\","
    "\"median\":450}\n"
    "{\"schema\":\"tally.bench.result/1\",\"case\":\"r\",\"unit\":\"Mmsg/s\",\"median\":7}\n";

}  // namespace

TEST_SUITE_BEGIN("tally-bench");

TEST_CASE("the first dashes end command A and B has the rest") {
  const auto commands = tool::split_commands({"a", "-x", "--", "b", "--", "c"}).value();
  CHECK(commands.a == Words{"a", "-x"});
  CHECK(commands.b == Words{"b", "--", "c"});
}

TEST_CASE("a missing command is refused by its letter") {
  CHECK(tool::split_commands({"--", "b"}).error().message == "command A is empty");
  CHECK(tool::split_commands({"a", "--"}).error().message == "command B is empty");
  CHECK(tool::split_commands({"a", "b"}).error().message ==
        "no -- and second command behind the first");
  CHECK(tool::split_commands({"", "--", "b"}).error().code == Code::usage);
}

TEST_CASE("metrics are the wall time or fields of cases") {
  const auto none = tool::parse_metrics({}).value();
  REQUIRE(none.size() == 1);
  CHECK(none[0].name() == "wall_ns");
  const auto two = tool::parse_metrics({"queue.spsc.rtt8:median", "wall"}).value();
  REQUIRE(two.size() == 2);
  CHECK(two[0].case_name == "queue.spsc.rtt8");
  CHECK(two[0].field == "median");
  CHECK(two[1].is_wall());
  for (const char* word : {"median", ":median", "case:", ""})
    CHECK(tool::parse_metrics({word}).error().code == Code::usage);
  CHECK(tool::parse_metrics({"a:b", "a:b"}).error().message.find("twice") != std::string::npos);
}

TEST_CASE("readings carry modes and units and leave out what is null") {
  auto metrics = tool::parse_metrics({"c:median", "c:p90", "r:median", "wall"}).value();
  const auto readings = tool::read_metrics(metrics, {1500, kLines}, {"cmd"}).value();
  REQUIRE(readings.size() == 4);
  REQUIRE(readings[0].size() == 2);
  CHECK(readings[0][0].mode == "near");
  CHECK(readings[0][1].value == 450);
  CHECK(readings[1].empty());
  CHECK(metrics[2].unit == "Mmsg/s");
  CHECK(readings[3][0].value == 1500);
  auto absent = tool::parse_metrics({"d:median"}).value();
  const auto refused = tool::read_metrics(absent, {1, kLines}, {"cmd"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::bad_data);
  CHECK(refused.error().message == "'cmd' printed no result line of case d");
}

TEST_CASE("a report holds what a reader needs to compute it again") {
  tool::AbReport report;
  report.commands = {{"old"}, {"new", "--fast"}};
  report.metrics = tool::parse_metrics({}).value();
  report.options.seed = 7;
  bench::MetricResult metric;
  metric.change = bench::Change::regression;
  metric.first = {12,
                  1,
                  std::log(1.5),
                  {std::log(1.4), std::log(1.6)},
                  std::log(1.02),
                  std::log(1.03),
                  0.001,
                  bench::Change::regression,
                  true};
  metric.second = metric.first;
  metric.aa_pairs = 9;
  metric.median_a = 1e6;
  report.result.metrics = {metric};
  report.result.change = bench::Change::regression;
  const auto line = tally::json::parse(tool::to_json(report)).value();
  CHECK(line.string_at("schema").value() == "tally.bench.ab/1");
  CHECK(line.string_at("verdict").value() == "regression");
  CHECK(line.number_at("ratio").value() == doctest::Approx(1.5));
  CHECK(line.number_at("floor").value() == doctest::Approx(0.03));
  CHECK(line.number_at("smallest_effect").value() == doctest::Approx(0.02));
  CHECK(line.int_at("pairs").value() == 12);
  CHECK(line.int_at("seed").value() == 7);
  CHECK(line.array_at("interval").value()->size() == 2);
  CHECK(line.array_at("metrics").value()->size() == 1);
  CHECK(line.find("metrics")->as_array()->front().find("median_b")->is_null());
  const std::string text = tool::to_text(report);
  CHECK(text.find("regression\n") == 0);
  CHECK(text.find("B is +50.00 % (+40.00 % to +60.00 %), floor 3.00 %, 12 pairs") !=
        std::string::npos);
  CHECK(text.find("smallest effect this host can see now: 2.00 %") != std::string::npos);
}

TEST_CASE("what could not be compared is null and says why") {
  tool::AbReport report;
  report.metrics = tool::parse_metrics({"c:median"}).value();
  bench::MetricResult metric;
  metric.first.unusable = 4;
  report.result.metrics = {metric};
  const auto line = tally::json::parse(tool::to_json(report)).value();
  CHECK(line.string_at("verdict").value() == "inconclusive");
  CHECK(line.find("ratio")->is_null());
  CHECK(line.find("interval")->is_null());
  const auto notes = report.notes();
  REQUIRE(notes.size() == 2);
  CHECK(notes[0] == "c:median: 4 pairs without a value in the same mode on both sides");
  CHECK(notes[1] == "c:median: the budget ended after 0 pairs, 10 are needed");
}

TEST_CASE("a second batch that was cut short leaves the figures of the first") {
  tool::AbReport report;
  report.metrics = tool::parse_metrics({}).value();
  bench::MetricResult metric;
  metric.first.pairs = 12;
  metric.first.worse = std::log(2);
  metric.first.change = bench::Change::regression;
  metric.second.emplace();
  metric.second->pairs = 3;
  report.result.metrics = {metric};
  CHECK(&report.result.metrics[0].shown() == &report.result.metrics[0].first);
  REQUIRE(report.notes().size() == 1);
  CHECK(report.notes()[0] ==
        "wall_ns: the budget ended after 3 pairs of the second batch, 10 are needed");
  CHECK(tool::to_text(report).find("first batch said") == std::string::npos);
  report.result.metrics[0].second->pairs = 20;
  report.result.metrics[0].second->change = bench::Change::none;
  CHECK(report.notes()[0] == "wall_ns: the second batch did not confirm the first");
  CHECK(tool::to_text(report).find("the first batch said regression: +100.00 %") !=
        std::string::npos);
}

TEST_CASE("commands are compared by what they print") {
  const auto printing = [](const char* value) {
    return Words{"sh", "-c",
                 std::string("echo '{\"schema\":\"tally.bench.result/1\",\"case\":\"c\","
                             "\"unit\":\"op/s\",\"median\":") +
                     value + "}'"};
  };
  auto metrics = tool::parse_metrics({"c:median"}).value();
  bench::AbOptions options;
  options.budget_ns = 20'000'000'000;
  options.now = tally::core::monotonic_ns;
  const auto slower =
      tool::compare_commands({printing("100"), printing("50")}, metrics, {}, options).value();
  CHECK(slower.change == bench::Change::regression);
  CHECK(slower.metrics[0].shown().worse == doctest::Approx(std::log(2)));
  const auto failing = tool::compare_commands({printing("100"), {"false"}}, metrics, {}, options);
  REQUIRE_FALSE(failing);
  CHECK(failing.error().message == "command B: 'false' ended with status 1");
}
