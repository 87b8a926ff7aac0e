#include "bench/kernel_text.hpp"

#include <doctest/doctest.h>

namespace bench = tally::bench;

TEST_SUITE_BEGIN("bench");

TEST_CASE("stolen time is the eighth column of a line of one processor") {
  const auto steal = bench::parse_steal_ticks(
      "cpu  1 2 3 4 5 6 7 99 0 0\n"
      "cpu0 1 2 3 4 5 6 7 80 0 0\n"
      "cpu12 1 2 3 4 5 6 7 90\n"
      "cpu3 1 2 3\n"
      "cpu4 1 2 3 4 5 6 7 x\n"
      "cpux 1 2 3 4 5 6 7 8\n"
      "intr 5\n");
  CHECK(steal == std::map<int, std::uint64_t>{{0, 80}, {12, 90}});
  CHECK(bench::parse_steal_ticks("").empty());
}

TEST_CASE("the delay of a run queue is the second number of schedstat") {
  CHECK(bench::parse_run_delay_ns("100 250 7\n") == 250);
  CHECK(bench::parse_run_delay_ns("100 250\n") == 250);
  CHECK_FALSE(bench::parse_run_delay_ns("100\n").has_value());
  CHECK_FALSE(bench::parse_run_delay_ns("100 -5 7\n").has_value());
  CHECK_FALSE(bench::parse_run_delay_ns("100 99999999999999999999 7\n").has_value());
  CHECK_FALSE(bench::parse_run_delay_ns("").has_value());
}

TEST_CASE("a value of cpuinfo belongs to a whole name") {
  constexpr const char* kText = "vmx flags\t: ept\nflags\t\t: fpu tsc\nmodel name\t: A B\nodd\n";
  CHECK(bench::cpuinfo_value(kText, "flags") == "fpu tsc");
  CHECK(bench::cpuinfo_value(kText, "model name") == "A B");
  CHECK(bench::cpuinfo_value(kText, "odd").empty());
  CHECK(bench::cpuinfo_value(kText, "model").empty());
}

TEST_CASE("an event of a processor has an event and a mask and nothing else") {
  CHECK(bench::parse_event_config("event=0x00,umask=0x4") == 0x400U);
  CHECK(bench::parse_event_config("event=60") == 60U);
  CHECK_FALSE(bench::parse_event_config("event=0x1ff").has_value());
  CHECK_FALSE(bench::parse_event_config("event=0x0,frontend=0x80").has_value());
  CHECK_FALSE(bench::parse_event_config("event").has_value());
  CHECK_FALSE(bench::parse_event_config("event=0x").has_value());
}

TEST_SUITE_END();
