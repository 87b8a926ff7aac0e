#include "core/cpu.hpp"

#include <doctest/doctest.h>
#include <vector>

namespace core = tally::core;

TEST_SUITE_BEGIN("core");

TEST_CASE("cpu lists are read in the forms that sysfs prints") {
  CHECK(core::parse_cpu_list("0-3,8\n").value() == std::vector<int>{0, 1, 2, 3, 8});
  CHECK(core::parse_cpu_list("").value().empty());
  CHECK(core::parse_cpu_list("(null)\n").value().empty());
  CHECK(core::parse_cpu_list("5").value() == std::vector<int>{5});
  for (const char* bad : {"3-1", "a", "1,,2", "1-", "-1", "1-99999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(core::parse_cpu_list(bad).has_value());
  }
}

TEST_CASE("cpu lists are written in their shortest form") {
  CHECK(core::format_cpu_list({}).empty());
  CHECK(core::format_cpu_list({8, 0, 1, 2, 2}) == "0-2,8");
}

TEST_SUITE_END();
