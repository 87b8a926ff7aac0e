#include "bench/result_line.hpp"

#include <doctest/doctest.h>
#include <string>

#include "bench/result.hpp"

namespace bench = tally::bench;

TEST_SUITE_BEGIN("bench");

TEST_CASE("a line that was written reads back") {
  bench::CaseResult written;
  written.name = "queue.spsc.rtt8";
  written.unit = "ns";
  written.ours = bench::Summary{110.5, 100, 120, 42};
  written.mode = bench::Mode::near;
  const auto read = bench::parse_result_line(bench::to_json(written)).value();
  REQUIRE(read);
  CHECK(read->name == "queue.spsc.rtt8");
  CHECK(read->unit == "ns");
  CHECK(read->mode == "near");
  CHECK(read->number("median") == 110.5);
  CHECK(read->number("samples") == 42);
  CHECK_FALSE(read->number("seed"));
  CHECK_FALSE(read->number("case"));
}

TEST_CASE("other schemas are no results and other texts are errors") {
  CHECK_FALSE(bench::parse_result_line(R"({"schema":"tally.bench.hop/1","case":"x"})").value());
  CHECK_FALSE(bench::parse_result_line(R"({"case":"x"})").value());
  CHECK_FALSE(bench::parse_result_line("[1,2]").has_value());
  CHECK_FALSE(bench::parse_result_line("not json").has_value());
  CHECK_FALSE(bench::parse_result_line(R"({"schema":"tally.bench.result/1"})").has_value());
  CHECK_FALSE(
      bench::parse_result_line(R"({"schema":"tally.bench.result/1","case":""})").has_value());
}

TEST_CASE("a text of results is read whole or refused with the line") {
  const std::string line = R"({"schema":"tally.bench.result/1","case":"a","median":1})";
  CHECK(bench::parse_results(line + "\n\n" + line, "f").value().size() == 2);
  const auto foreign = bench::parse_results(line + "\n{}\n", "f");
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().message == "f:2: not a line of schema tally.bench.result/1");
  CHECK(bench::parse_results(line + "\n{\n", "f").error().message.find("f:2: ") == 0);
  CHECK(bench::parse_results(" \n", "f").error().message == "f: no result line");
}

TEST_CASE("a unit with a slash is a rate") {
  CHECK(bench::kind_of_unit("Mmsg/s") == bench::Kind::rate);
  CHECK(bench::kind_of_unit("ns") == bench::Kind::cost);
}
