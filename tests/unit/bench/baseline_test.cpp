#include "bench/baseline.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace bench = tally::bench;
using bench::Change;
using doctest::Approx;

namespace {

bench::ResultLine result(const char* name, double median, double spread = 1,
                         const char* unit = "ns", const char* mode = "none") {
  bench::ResultLine made;
  made.name = name;
  made.unit = unit;
  made.mode = mode;
  made.numbers = {{"median", median}, {"p10", median / spread}, {"p90", median * spread}};
  return made;
}

bench::Baseline sample() {
  bench::Baseline baseline;
  baseline.name = "v1";
  baseline.time_ns = 1'700'000'000'000'000'000U;
  baseline.version = "0.1.0";
  baseline.host = {"Some CPU", "6.1", "performance", "tsc", "KVMKVMKVM", "t0002", 4};
  baseline.lines = {R"({"schema":"tally.bench.result/1","case":"a","unit":"ns","median":10})",
                    R"({"schema":"tally.bench.result/1","case":"b","unit":"ns","median":20})"};
  return baseline;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a baseline that was written reads back") {
  const auto read = bench::parse_baseline(bench::encode_baseline(sample()), "f").value();
  CHECK(read.name == "v1");
  CHECK(read.time_ns == sample().time_ns);
  CHECK(read.version == "0.1.0");
  CHECK(read.host == sample().host);
  CHECK(read.lines == sample().lines);
  REQUIRE(read.results.size() == 2);
  CHECK(read.results[1].number("median") == 20);
}

TEST_CASE("a baseline that was changed or cut anywhere is refused") {
  const std::string whole = bench::encode_baseline(sample());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(bench::parse_baseline(whole.substr(0, size), "f").has_value());
  std::string changed = whole;
  changed.replace(changed.find("\"median\":10"), 11, "\"median\":11");
  const auto refused = bench::parse_baseline(changed, "f");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "f is damaged: its checksum is another");
  for (const char* other : {"", "words\n", "{}\n", "[1]\nx\n",
                            "{\"schema\":\"tally.bench.result/1\",\"case\":\"a\"}\n"})
    CHECK(bench::parse_baseline(other, "f").error().message == "f is not a baseline");
}

TEST_CASE("names are file names and nothing else") {
  for (const char* good : {"v1", "main-2026.11", "A_b"}) CHECK(bench::check_baseline_name(good));
  for (const char* bad : {"", ".hidden", "-x", "a/b", "..", "a b", "\xc3\xa4"})
    CHECK(bench::check_baseline_name(bad).error().code == tally::Code::usage);
  CHECK_FALSE(bench::check_baseline_name(std::string(65, 'a')));
}

TEST_CASE("changes count beyond the floor and in the direction of the unit") {
  const auto change = [](const bench::ResultLine& before, const bench::ResultLine& now) {
    return bench::compare_with_baseline({before}, {now}, 0.15).at(0).change;
  };
  CHECK(change(result("a", 100), result("a", 110)) == Change::none);
  CHECK(change(result("a", 100), result("a", 120)) == Change::regression);
  CHECK(change(result("a", 120), result("a", 100)) == Change::improvement);
  CHECK(change(result("a", 100, 1, "op/s"), result("a", 120, 1, "op/s")) == Change::improvement);
  CHECK(change(result("a", 120, 1, "op/s"), result("a", 100, 1, "op/s")) == Change::regression);
}

TEST_CASE("the floor grows with the spread of either side") {
  const auto rows = bench::compare_with_baseline({result("a", 100, 1.5)}, {result("a", 140)}, 0.15);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].floor == Approx(0.5));
  CHECK(rows[0].ratio.value() == Approx(1.4));
  CHECK(rows[0].change == Change::none);
  CHECK(bench::compare_with_baseline({result("a", 100, 1.5)}, {result("a", 160)}, 0.15)[0].change ==
        Change::regression);
}

TEST_CASE("what one side lacks is inconclusive and modes are cases of their own") {
  const auto rows = bench::compare_with_baseline(
      {result("a", 1), result("b", 120, 1, "ns", "near"), result("c", 1, 1, "ns")},
      {result("b", 450, 1, "ns", "far"), result("c", 1, 1, "op/s"), result("d", 1)}, 0.15);
  REQUIRE(rows.size() == 5);
  for (const bench::BaselineRow& row : rows) {
    CHECK(row.change == Change::inconclusive);
    CHECK_FALSE(row.ratio);
  }
  CHECK(rows[1].mode == "far");
  CHECK_FALSE(rows[1].before);
  CHECK(rows[2].mode == "near");
  CHECK_FALSE(rows[2].now);
}
