#include "bench/clock_choice.hpp"

#include <doctest/doctest.h>

namespace bench = tally::bench;
namespace core = tally::core;

namespace {

core::TscCalibration sound_counter() {
  core::TscCalibration measured;
  measured.ns_per_tick = 0.4;
  measured.spread = 0.00001;
  measured.step_ticks = 26;
  measured.read_cost_ns = 20;
  measured.invariant = true;
  return measured;
}

bench::Environment host_with(const char* clocksources) {
  bench::Environment host;
  host.clocksources = clocksources;
  return host;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a sound counter is used and described") {
  const bench::ClockChoice choice =
      bench::choose_clock(sound_counter(), host_with("kvm-clock tsc acpi_pm"));
  CHECK(choice.reason.empty());
  CHECK_FALSE(choice.clock.monotonic_instead);
  CHECK(bench::describe(choice.clock) ==
        "clock: tsc, steps of 10.4 ns, 20.0 ns a reading, 0.400000 ns a tick within 0.0010 %");
  CHECK(bench::choose_clock(sound_counter(), {}).reason.empty());
}

TEST_CASE("a counter that is not invariant is replaced") {
  core::TscCalibration measured = sound_counter();
  measured.invariant = false;
  const bench::ClockChoice choice = bench::choose_clock(measured, host_with("tsc"));
  CHECK(choice.reason == "the time-stamp counter is not invariant");
  CHECK(choice.clock.monotonic_instead);
}

TEST_CASE("a counter that the kernel found unstable is replaced") {
  const bench::ClockChoice choice = bench::choose_clock(sound_counter(), host_with("hpet acpi_pm"));
  CHECK(choice.reason ==
        "the kernel does not take the time-stamp counter for a clock source, only hpet acpi_pm");
  CHECK(choice.clock.monotonic_instead);
  // Not a part of another word.
  CHECK_FALSE(bench::choose_clock(sound_counter(), host_with("tsc-early hpet")).reason.empty());
}

TEST_CASE("a counter whose rate varies is replaced") {
  core::TscCalibration measured = sound_counter();
  measured.spread = 0.02;
  const bench::ClockChoice choice = bench::choose_clock(measured, host_with("tsc"));
  CHECK(choice.reason == "the time-stamp counter's rate varied by 2.00 % while it was measured");
}

TEST_CASE("the clock that stands in counts nanoseconds and knows its step and cost") {
  const core::TscCalibration clock = core::monotonic_calibration();
  CHECK(clock.to_ns(1000) == 1000);
  CHECK(clock.step_ticks >= 1);
  CHECK(clock.read_cost_ns > 0);
  const std::uint64_t before = core::monotonic_ns();
  const std::uint64_t ticks = clock.ticks();
  CHECK(ticks >= before);
  CHECK(ticks <= core::monotonic_ns());
  CHECK(bench::describe(clock).find("clock: clock_gettime, steps of ") == 0);
}

TEST_SUITE_END();
