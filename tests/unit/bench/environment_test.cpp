#include "bench/environment.hpp"

#include <doctest/doctest.h>

#include "unit/bench/fake_root.hpp"

namespace bench = tally::bench;
using tally::test::FakeRoot;

TEST_SUITE_BEGIN("bench");

TEST_CASE("the environment is read from a host") {
  const FakeRoot root;
  root.put("proc/cpuinfo",
           "processor\t: 0\nmodel name\t: Test CPU 3000\nflags\t\t: fpu avx2 hypervisor lm\n");
  root.put("proc/loadavg", "1.25 0.50 0.10 2/300 4242\n");
  root.put("proc/sys/kernel/sched_rt_runtime_us", "-1\n");
  root.put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  root.put("sys/devices/system/cpu/isolated", "(null)\n");
  root.put("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  root.put("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet \n");
  const bench::Environment host = bench::probe_environment(root.path());
  CHECK(host.cpu_model == "Test CPU 3000");
  CHECK(host.virtual_machine);
  CHECK(host.load_average.value() == doctest::Approx(1.25));
  CHECK(host.rt_runtime_us.value() == -1);
  CHECK(host.governor.value() == "powersave");
  CHECK(host.isolated_cpus.value().empty());
  CHECK(host.clocksource.value() == "tsc");
  CHECK(host.clocksources.value() == "tsc hpet");
  CHECK_FALSE(host.idle_governor.has_value());
  CHECK(host.cpus >= 1);
  CHECK_FALSE(host.kernel.empty());
}

TEST_CASE("a host that tells nothing leaves everything unknown") {
  const FakeRoot root;
  const bench::Environment host = bench::probe_environment(root.path());
  CHECK(host.cpu_model.empty());
  CHECK_FALSE(host.virtual_machine);
  CHECK_FALSE(host.governor.has_value());
  CHECK_FALSE(host.load_average.has_value());
}

TEST_SUITE_END();
