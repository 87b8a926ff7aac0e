#include "bench/attribution.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "unit/bench/fake_root.hpp"

namespace bench = tally::bench;
using tally::test::FakeRoot;

namespace {

void put_host(const FakeRoot& root, int timer_on_2, int network, int steal_ticks, int idle_us) {
  root.put("proc/interrupts",
           "           CPU0       CPU2\n"
           " 24:          1         " +
               std::to_string(network) +
               "  IO-APIC   5-edge      eth0-rx\n"
               "LOC:        500        " +
               std::to_string(timer_on_2) +
               "   Local timer interrupts\n"
               "ERR:          0\n");
  root.put("proc/softirqs",
           "                    CPU0       CPU2\n"
           "          HI:          0          0\n"
           "       TIMER:        382       " +
               std::to_string(timer_on_2) + "\n");
  root.put("proc/stat", "cpu  1 2 3 4 5 6 7 99 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\ncpu2 1 2 3 4 5 6 7 " +
                            std::to_string(steal_ticks) + " 0 0\nintr 5\n");
  const std::string idle = "sys/devices/system/cpu/cpu2/cpuidle/";
  root.put(idle + "state0/name", "POLL\n");
  root.put(idle + "state0/usage", "7\n");
  root.put(idle + "state0/time", "70\n");
  root.put(idle + "state1/name", "C6\n");
  root.put(idle + "state1/usage", std::to_string(idle_us / 10) + "\n");
  root.put(idle + "state1/time", std::to_string(idle_us) + "\n");
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("what grew on a processor is named by falling count") {
  const FakeRoot root;
  put_host(root, 100, 10, 5, 1000);
  const auto before = bench::read_host_counts({0, 2}, root.path());
  put_host(root, 400, 12, 9, 3000);
  const auto after = bench::read_host_counts({0, 2}, root.path());
  const bench::Attribution found = bench::attribute(before, after, 2);
  REQUIRE(found.interrupts.has_value());
  REQUIRE(found.interrupts->size() == 2);
  CHECK(found.interrupts->at(0).name == "LOC");
  CHECK(found.interrupts->at(0).what == "Local timer interrupts");
  CHECK(found.interrupts->at(0).count == 300);
  CHECK(found.interrupts->at(1).name == "24");
  CHECK(found.interrupts->at(1).what == "IO-APIC 5-edge eth0-rx");
  CHECK(found.interrupts->at(1).count == 2);
  REQUIRE(found.softirqs->size() == 1);
  CHECK(found.softirqs->at(0).name == "TIMER");
  CHECK(found.steal_ns.value() ==
        4 * (1'000'000'000U / static_cast<unsigned long>(::sysconf(_SC_CLK_TCK))));
  REQUIRE(found.idle->size() == 1);
  CHECK(found.idle->at(0).name == "C6");
  CHECK(found.idle->at(0).entries == 200);
  CHECK(found.idle->at(0).time_ns == 2'000'000);

  // Nothing of that was on the other processor, which has no idle states either.
  const bench::Attribution other = bench::attribute(before, after, 0);
  CHECK(other.interrupts->empty());
  CHECK(other.steal_ns.value() == 0);
  CHECK_FALSE(other.idle.has_value());
}

TEST_CASE("a host that tells nothing leaves the attribution unknown") {
  const FakeRoot root;
  const auto counts = bench::read_host_counts({0}, root.path());
  const bench::Attribution found = bench::attribute(counts, counts, 0);
  CHECK_FALSE(found.interrupts.has_value());
  CHECK_FALSE(found.softirqs.has_value());
  CHECK_FALSE(found.steal_ns.has_value());
  CHECK_FALSE(found.idle.has_value());
}

TEST_CASE("tables that are none and lines that are odd are left out") {
  CHECK_FALSE(bench::parse_count_table("").has_value());
  CHECK_FALSE(bench::parse_count_table("no such head\n 1: 2\n").has_value());
  const auto table = bench::parse_count_table("CPU0 CPU1\n 1: 5\nMIS 3 4\n 2: 1 x\n 3: 8 9\n");
  REQUIRE(table.has_value());
  REQUIRE(table->size() == 1);
  CHECK(table->front().name == "3");
  CHECK(table->front().by_cpu.at(1) == 9);
  CHECK(table->front().what.empty());
}

TEST_CASE("a line that appears between two moments counts from zero") {
  bench::HostCounts before;
  before.interrupts.emplace();
  bench::HostCounts after;
  after.interrupts = bench::parse_count_table("CPU0\n 9: 4 new device\n");
  CHECK(bench::attribute(before, after, 0).interrupts->at(0).count == 4);
}

TEST_SUITE_END();
