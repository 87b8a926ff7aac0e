#include "bench/samples.hpp"

#include <doctest/doctest.h>
#include <string>

using tally::bench::SampleLine;
using tally::bench::SampleReader;

namespace {

std::string words_of(const std::string& text, SampleLine plain = SampleLine::latency) {
  SampleReader reader(plain);
  auto read = reader.feed(text);
  if (read) read = reader.finish();
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == tally::Code::bad_data);
  return read.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("lines of every form are counted whatever the pieces they come in") {
  const std::string text =
      "# a comment\n\n1000 50\n  1010,\t60 \r\n{\"time_ns\":1020,\"latency_ns\":70}\n"
      "{ \"latency_ns\": 80, \"time_ns\": 1030, \"more\": [] }\n"
      "{\"sent_ns\":1040,\"received_ns\":1130}\n900 100";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    CAPTURE(piece);
    SampleReader reader(SampleLine::latency);
    for (std::size_t at = 0; at < text.size(); at += piece)
      REQUIRE(reader.feed(std::string_view(text).substr(at, piece)).has_value());
    REQUIRE(reader.finish().has_value());
    CHECK(reader.latency().count() == 6);
    CHECK(reader.latency().min() == 50);
    CHECK(reader.latency().max() == 100);
    CHECK(reader.latency().sum_ns() == 50 + 60 + 70 + 80 + 90 + 100);
    CHECK(reader.lines() == 8);
    CHECK(reader.early() == 1);
    CHECK(reader.grid().start_ns() == 1000);
    CHECK(reader.duration_ns() == 40);
  }
}

TEST_CASE("two times make a latency") {
  SampleReader reader(SampleLine::two_times);
  REQUIRE(reader.feed("5000000000 5000000120\n").has_value());
  CHECK(reader.latency().max() == 120);
  CHECK(words_of("5 4\n", SampleLine::two_times) ==
        "line 1: received at 4, before it was sent at 5");
}

TEST_CASE("a malformed line is named with its number and its text") {
  CHECK(words_of("1 2\n3\n") == "line 2: '3' is not two whole numbers");
  CHECK(words_of("1 2\n3 x") == "line 2: '3 x' is not two whole numbers");
  CHECK(words_of("12") == "line 1: '12' is not two whole numbers");
  CHECK(words_of("1 2 3") == "line 1: '1 2 3' is not two whole numbers");
  CHECK(words_of("1 -2") == "line 1: '1 -2' is not two whole numbers");
  CHECK(words_of("1 2.5") == "line 1: '1 2.5' is not two whole numbers");
  CHECK(words_of("1 18446744073709551616") ==
        "line 1: '1 18446744073709551616' is not two whole numbers");
  CHECK(words_of("\x1b[31mred") == "line 1: '?[31mred' is not two whole numbers");
  CHECK(words_of("{\"time_ns\":1}") == "line 1: member 'latency_ns' is no whole number");
  CHECK(words_of("{\"time_ns\":1,\"latency_ns\":-2}") ==
        "line 1: member 'latency_ns' is no whole number");
  CHECK(words_of("{\"time_ns\":1,").starts_with("line 1: not JSON"));
  CHECK(words_of("1 2\n" + std::string(300'000, '7')).starts_with("line 2: "));
}

TEST_SUITE_END();
