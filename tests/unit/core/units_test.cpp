#include "core/units.hpp"

#include <array>
#include <doctest/doctest.h>

#include "core/suggest.hpp"

namespace core = tally::core;
using tally::Code;

TEST_SUITE_BEGIN("core");

TEST_CASE("durations carry a unit") {
  CHECK(core::parse_duration_ns("250us").value() == 250'000);
  CHECK(core::parse_duration_ns("1.5s").value() == 1'500'000'000);
  CHECK(core::parse_duration_ns("0").value() == 0);
  CHECK(core::parse_duration_ns("0.000000001s").value() == 1);
  CHECK(core::parse_duration_ns("2h").value() == 7'200'000'000'000);
  for (const char* bad : {"", "5", "s", "-1s", "1.s", "1.0000000001s", "1 s", "1sec",
                          "18446744073709551615h", "99999999999999999999s"}) {
    CAPTURE(bad);
    const auto parsed = core::parse_duration_ns(bad);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Code::usage);
  }
}

TEST_CASE("sizes are plain or carry a unit") {
  CHECK(core::parse_size_bytes("4096").value() == 4096);
  CHECK(core::parse_size_bytes("64KiB").value() == 65536);
  CHECK(core::parse_size_bytes("2MB").value() == 2'000'000);
  CHECK_FALSE(core::parse_size_bytes("2 MiB").has_value());
  CHECK_FALSE(core::parse_size_bytes("17179869184GiB").has_value());
  CHECK_FALSE(core::parse_size_bytes("KiB").has_value());
}

TEST_CASE("counts keep to their range") {
  CHECK(core::parse_count("7", 0, 7).value() == 7);
  CHECK_FALSE(core::parse_count("8", 0, 7).has_value());
  CHECK_FALSE(core::parse_count("7x", 0, 9).has_value());
  CHECK_FALSE(core::parse_count("", 0, 9).has_value());
}

TEST_CASE("durations print with three digits") {
  CHECK(core::format_duration(0) == "0 ns");
  CHECK(core::format_duration(999) == "999 ns");
  CHECK(core::format_duration(4'063) == "4.06 us");
  CHECK(core::format_duration(29'100'000) == "29.1 ms");
  CHECK(core::format_duration(999'999) == "1.00 ms");
  CHECK(core::format_duration(61'000'000'000) == "61.0 s");
}

TEST_CASE("edit distance counts swaps as one") {
  CHECK(core::edit_distance("", "abc") == 3);
  CHECK(core::edit_distance("slots", "slots") == 0);
  CHECK(core::edit_distance("solts", "slots") == 1);
  CHECK(core::edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("only a close word is suggested") {
  static constexpr std::array<std::string_view, 3> kWords{"slots", "bytes", "full"};
  CHECK(core::closest("slot", kWords) == "slots");
  CHECK(core::closest("byets", kWords) == "bytes");
  CHECK(core::closest("colour", kWords).empty());
  CHECK(core::closest("f", kWords).empty());
  CHECK(core::did_you_mean("ful", kWords, "no") == "did you mean full?");
  CHECK(core::did_you_mean("zzz", kWords, "no") == "no");
}

TEST_SUITE_END();
