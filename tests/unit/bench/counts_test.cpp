#include "bench/counts.hpp"

#include <doctest/doctest.h>

#include "bench/callgrind.hpp"

namespace bench = tally::bench;
using tally::Code;

namespace {

bench::Counts sample() {
  return {{"12.2.0", "-O2", "2.36", "0.2.0", "valgrind-3.19.0"},
          {{"pool.lifo.64", 21}, {"scalar.mul", 525.125}}};
}

std::string refusal(const std::string& text) {
  const auto counts = bench::parse_counts(text);
  return counts ? "" : counts.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("counts come back from their file the same") {
  const auto counts = bench::parse_counts(bench::to_text(sample())).value();
  CHECK(counts.origin == sample().origin);
  CHECK(counts.instructions == sample().instructions);
}

TEST_CASE("what is no file of counts is refused with its line") {
  const std::string good = bench::to_text(sample());
  CHECK(refusal("") == "the file is empty");
  CHECK(refusal("{}\n").starts_with("line 1: "));
  CHECK(refusal(R"({"schema":"tally.bench.counts/2"})") ==
        "line 1: the schema is tally.bench.counts/2");
  CHECK(refusal(good + "{\n").starts_with("line 4: "));
  CHECK(refusal(good + R"({"case":"x","instructions":0})") ==
        "line 4: instructions are not above 0");
  CHECK(refusal(good + R"({"case":"scalar.mul","instructions":1})") ==
        "line 4: the case has a line before");
}

TEST_CASE("a change beyond the limit matters in both directions and a new case does") {
  bench::Counts found = sample();
  found.instructions = {{"pool.lifo.64", 21.2}, {"scalar.mul", 500}, {"queue.new", 3}};
  const auto changes = bench::compare_counts(sample(), found);
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].name == "pool.lifo.64");
  CHECK_FALSE(changes[0].matters(0.01));
  CHECK(changes[1].name == "queue.new");
  CHECK(changes[1].matters(0.01));
  CHECK(changes[2].relative() < -0.04);
  CHECK(changes[2].matters(0.01));
}

TEST_CASE("fields that differ are named") {
  bench::CountsOrigin other = sample().origin;
  CHECK(bench::differing_fields(sample().origin, other).empty());
  other.compiler = "13";
  other.libc = "2.40";
  CHECK(bench::differing_fields(sample().origin, other) == "compiler, libc");
}

TEST_CASE("a part of callgrind is read by its label and its total") {
  const std::string part =
      "# callgrind format\nversion: 1\ndesc: Trigger: Client Request: scalar.mul 64\n\n"
      "events: Ir\nsummary: 4015\n\nfn=(1) main\n0 4015\n\ntotals: 4015\n";
  const auto slice = bench::parse_callgrind(part).value().value();
  CHECK(slice.case_name == "scalar.mul");
  CHECK(slice.operations == 64);
  CHECK(slice.instructions == 4015);
}

TEST_CASE("the part of the end of the program is no slice and a broken one is an error") {
  CHECK_FALSE(bench::parse_callgrind("desc: Trigger: Program termination\ntotals: 0\n").value());
  CHECK(bench::parse_callgrind("desc: Trigger: Client Request: x 64\n").error().code ==
        Code::bad_data);
  CHECK(bench::parse_callgrind("desc: Trigger: Client Request: x\ntotals: 1\n").error().code ==
        Code::bad_data);
  CHECK(bench::parse_callgrind("desc: Trigger: Client Request: x -1\ntotals: 1\n").error().code ==
        Code::bad_data);
}
