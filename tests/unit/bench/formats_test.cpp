// Results in and out: JSON lines, CSV, google-benchmark.
#include <cmath>
#include <doctest/doctest.h>
#include <string>

#include "bench/csv.hpp"
#include "bench/google.hpp"
#include "bench/import.hpp"
#include "bench/result.hpp"

namespace bench = tally::bench;
namespace json = tally::json;

namespace {

bench::CaseResult sample() {
  bench::CaseResult result;
  result.name = "queue.mpmc.pair";
  result.unit = "ns";
  result.ours = bench::Summary{12.5, 11.25, 20, 40};
  result.seed = 50.43;
  result.calibration_ns = 120;
  result.mode = bench::Mode::near;
  result.peers = {{"rte_ring", 25, 0.5}, {"boost", std::nullopt, std::nullopt}};
  result.peers[0].pairs = 30;
  result.peers[0].limit = true;
  result.notes = {"peer boost: \"gone\", it says"};
  return result;
}

json::Value google_of(const bench::CaseResult& result) {
  return json::parse(bench::to_google_benchmark(std::span(&result, 1), "tally-bench")).value();
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a result line comes back as it was written") {
  const std::string text = bench::to_json(sample());
  CHECK(bench::to_json(bench::read_result(json::parse(text).value()).value()) == text);
  bench::CaseResult timed = sample();
  timed.clock.emplace();
  timed.clock->ns_per_tick = 0.385;
  timed.clock->step_ticks = 26;
  timed.clock->read_cost_ns = 18.5;
  timed.counters = bench::CounterReport{
      100, {{"cycles", 12.5, 0.5, true, ""}, {"instructions", std::nullopt, 1, false, "no PMU"}}};
  const std::string timed_text = bench::to_json(timed);
  CHECK(bench::to_json(bench::read_result(json::parse(timed_text).value()).value()) == timed_text);
  bench::CaseResult empty;
  empty.name = "none";
  empty.notes = {"not measured: no counter"};
  const std::string null_text = bench::to_json(empty);
  CHECK(bench::to_json(bench::read_result(json::parse(null_text).value()).value()) == null_text);
}

TEST_CASE("a result of another program may have no more than its case") {
  const auto read = [](const char* text) { return bench::read_result(json::parse(text).value()); };
  const auto least = read(R"({"schema":"tally.bench.result/1","case":"a","median":3})");
  REQUIRE(least);
  CHECK(least->name == "a");
  CHECK(least->ours.value().median == 3);
  CHECK(least->unit == "ns");
  CHECK(least->mode == bench::Mode::none);
  CHECK(least->peers.empty());
  CHECK_FALSE(read(R"({"schema":"tally.bench.result/1"})"));
  CHECK_FALSE(read(R"({"schema":"tally.bench.hop/1","case":"a"})"));
  CHECK_FALSE(read(R"({"schema":"tally.bench.result/1","case":"a","mode":"odd"})"));
  CHECK_FALSE(read(R"({"schema":"tally.bench.result/1","case":"a","median":1,"samples":-1})"));
  CHECK_FALSE(read(R"({"schema":"tally.bench.result/1","case":"a","notes":[1]})"));
}

TEST_CASE("rows of CSV quote what they must") {
  CHECK(bench::csv_row({"a", "", "b,c", "d\"e", "f\ng"}) == "a,,\"b,c\",\"d\"\"e\",\"f\ng\"\n");
  CHECK(bench::csv_number(0.1) == "0.1");
  CHECK(bench::csv_number(std::nullopt).empty());
  CHECK(bench::csv_number(std::nan("")).empty());
}

TEST_CASE("a result is a row of ours and one of each peer in CSV") {
  CHECK(bench::to_csv(sample()) ==
        "queue.mpmc.pair,near,ours,ns,12.5,11.25,20,40,,50.43,120,"
        "\"peer boost: \"\"gone\"\", it says\"\n"
        "queue.mpmc.pair,near,rte_ring,ns,25,,,,0.5,,,\n"
        "queue.mpmc.pair,near,boost,ns,,,,,,,,\n");
}

TEST_CASE("a result is an iteration of google benchmark and so is each peer") {
  const json::Value document = google_of(sample());
  CHECK(bench::looks_like_google_benchmark(document));
  const auto& entries = *document.array_at("benchmarks").value();
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].string_at("name").value() == "queue.mpmc.pair/near");
  CHECK(entries[0].string_at("run_type").value() == "iteration");
  CHECK(entries[0].number_at("real_time").value() == 12.5);
  CHECK(entries[0].number_at("cpu_time").value() == 12.5);
  CHECK(entries[0].string_at("time_unit").value() == "ns");
  CHECK(entries[0].int_at("iterations").value() == 40);
  CHECK(entries[0].number_at("p90").value() == 20);
  CHECK(entries[1].string_at("name").value() == "queue.mpmc.pair/near/peer:rte_ring");
  CHECK(entries[1].number_at("ratio").value() == 0.5);
  CHECK(entries[2].bool_at("error_occurred").value());
  const json::Value* context = document.find("context");
  for (const char* key : {"date", "host_name", "executable", "num_cpus", "mhz_per_cpu",
                          "cpu_scaling_enabled", "caches", "load_avg", "library_build_type"})
    CHECK_MESSAGE(context->find(key) != nullptr, key);
}

TEST_CASE("a rate is the time of one operation in google benchmark") {
  bench::CaseResult result = sample();
  result.unit = "1/s";
  result.ours->median = 2e6;
  const json::Value document = google_of(result);
  const auto& entry = document.array_at("benchmarks").value()->front();
  CHECK(entry.number_at("real_time").value() == 500);
  CHECK(entry.number_at("items_per_second").value() == 2e6);
}

TEST_CASE("repetitions of google benchmark become the samples of a result") {
  const auto results = bench::from_google_benchmark(json::parse(R"({"context":{},"benchmarks":[
            {"name":"BM_a","run_name":"BM_a","run_type":"iteration",
             "real_time":1.5,"time_unit":"us"},
            {"name":"BM_b","run_type":"iteration","real_time":7},
            {"name":"BM_a","run_name":"BM_a","run_type":"iteration",
             "real_time":2.5,"time_unit":"us"},
            {"name":"BM_a_mean","run_name":"BM_a","run_type":"aggregate","aggregate_name":"mean",
             "real_time":9,"time_unit":"us"},
            {"name":"BM_c_median","run_name":"BM_c","run_type":"aggregate",
             "aggregate_name":"median","real_time":3,"time_unit":"ms"},
            {"name":"BM_d","error_occurred":true,"error_message":"no device"}]})")
                                                        .value())
                           .value();
  REQUIRE(results.size() == 4);
  CHECK(results[0].name == "BM_a");
  CHECK(results[0].ours->median == 2000);
  CHECK(results[0].ours->samples == 2);
  CHECK(results[1].ours->median == 7);
  CHECK(results[2].ours->median == 3e6);
  CHECK(std::isnan(results[2].ours->p10));
  CHECK(bench::to_json(results[2]).find("\"p10\":null") != std::string::npos);
  CHECK_FALSE(results[3].ours.has_value());
  CHECK(results[3].notes[0] == "not measured: no device");
}

TEST_CASE("google benchmark entries that lack something are refused with their name") {
  const auto words = [](const char* entry) {
    const std::string text = std::string(R"({"context":{},"benchmarks":[)") + entry + "]}";
    return bench::from_google_benchmark(json::parse(text).value()).error().message;
  };
  CHECK(words(R"({"real_time":1})") == "member 'name' is missing");
  CHECK(words(R"({"name":"a"})") == "member 'real_time' is missing");
  CHECK(words(R"({"name":"a","real_time":1,"time_unit":"min"})") ==
        "a: time_unit 'min' is unknown");
}

TEST_CASE("what a text is shows in its content") {
  const auto import = [](const std::string& text) { return bench::import_text(text, "x", {}); };
  CHECK(import("# times\n5 70\n6 80\n")->recordings[0].latency.count() == 2);
  CHECK(import("{\"time_ns\":5,\"latency_ns\":70}\n")->recordings[0].name == "x");
  CHECK(import(bench::to_json(sample()) + "\n" + bench::to_json(sample()))->results.size() == 2);
  CHECK(import("{\n \"context\": {},\n \"benchmarks\": []\n}")->results.empty());
  const std::string recording = bench::to_json(import("5 70\n")->recordings[0]);
  CHECK(import(recording + "\n" + recording)->recordings.size() == 2);
  CHECK(import("").error().message == "nothing in it");
  CHECK(import("hello").error().message == "neither JSON nor a log nor measurements");
  CHECK(import("{\"schema\":\"tally.stats/1\"}").error().message ==
        "schema tally.stats/1 cannot be read here");
  CHECK(import("{}").error().message == "JSON of an unknown kind");
  CHECK(import("# only words\n").error().message == "neither JSON nor a log nor measurements");
  CHECK(import("#[Histogram log]\n").error().message == "a log without an interval");
}

TEST_SUITE_END();
