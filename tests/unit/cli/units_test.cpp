#include "cli/units.hpp"

#include <doctest/doctest.h>

namespace cli = tally::cli;

TEST_SUITE_BEGIN("cli");

TEST_CASE("values with a unit print as the shortest spelling that reads back") {
  for (const char* text : {"0s", "1ns", "1500us", "3ms", "1s", "90s", "999ns"}) {
    CHECK(cli::to_text(cli::parse_duration(text).value()) == text);
  }
  for (const char* text : {"0", "1", "1023", "1KiB", "1025", "64KiB", "2MiB", "1GiB"}) {
    CHECK(cli::to_text(cli::parse_size(text).value()) == text);
  }
}

TEST_CASE("what has no unit or a strange one is a usage error") {
  CHECK(cli::parse_duration("3").error().code == tally::Code::usage);
  CHECK(cli::parse_size("3K").error().code == tally::Code::usage);
}

TEST_SUITE_END();
