// tally-bench doctor: what this host does to figures.
#include "cli/doctor.hpp"

#include <fmt/format.h>

#include "bench/clock_choice.hpp"
#include "bench/counters.hpp"
#include "bench/environment.hpp"
#include "commands.hpp"

namespace tally::bench_tool {

namespace {

using cli::Finding;
using State = cli::Finding::State;

Finding processors(const bench::Environment& host) {
  const std::string found = fmt::format("{} of {}", host.cpus, host.cpu_model);
  if (host.cpus >= 2) return {"processors", State::good, found, "", ""};
  return {"processors", State::missing, found, "cases of two threads cannot be measured",
          "taskset -c 0,1 tally-bench run"};
}

Finding machine(const bench::Environment& host) {
  if (!host.virtual_machine) return {"machine", State::good, "not virtual", "", ""};
  return {"machine", State::note, "virtual",
          "the host moves processors about: round trips are near or far", ""};
}

Finding scheduling(const bench::Environment& host) {
  if (host.fifo_permitted) return {"SCHED_FIFO", State::good, "permitted", "", ""};
  return {"SCHED_FIFO", State::missing, "not permitted",
          "slices share their processor with others: medians up to 50 times too high",
          "sudo setcap cap_sys_nice+ep \"$(command -v tally-bench)\""};
}

Finding throttle(const bench::Environment& host) {
  if (!host.rt_runtime_us) return {"real-time throttle", State::note, "unknown", "", ""};
  const std::string found = fmt::format("{} us a second", *host.rt_runtime_us);
  if (*host.rt_runtime_us < 0) return {"real-time throttle", State::good, "off", "", ""};
  return {"real-time throttle", State::good, found + ", slices stay below it", "", ""};
}

Finding clock_source(const bench::Environment& host) {
  const std::string found = host.clocksource.value_or("unknown");
  if (found == "tsc") return {"clock source", State::good, found, "", ""};
  return {"clock source", State::note, found, "a reading of the clock may cost a microsecond",
          "cat /sys/devices/system/clocksource/clocksource0/available_clocksource"};
}

Finding counter(const bench::Environment& host) {
  const bench::ClockChoice choice = bench::choose_clock(core::calibrate_tsc(3, 5), host);
  const core::TscCalibration& clock = choice.clock;
  const std::string found = fmt::format("steps of {:.1f} ns, {:.1f} ns a reading",
                                        clock.to_ns(clock.step_ticks), clock.read_cost_ns);
  if (choice.reason.empty()) return {"time-stamp counter", State::good, found, "", ""};
  return {"time-stamp counter", State::note, choice.reason,
          "slices are timed by clock_gettime: " + found, ""};
}

Finding performance_counters() {
  const bench::CounterSet counters;
  if (counters.has_hardware())
    return {"performance counters", State::good, "cycles and instructions can be counted", "", ""};
  const bool forbidden = counters.hardware_reason().starts_with("not permitted");
  return {"performance counters", State::note, counters.hardware_reason(),
          "run --counters counts faults, switches and migrations alone",
          forbidden ? "sudo sysctl kernel.perf_event_paranoid=1" : ""};
}

Finding governor(const bench::Environment& host) {
  if (!host.governor) return {"frequency governor", State::note, "none to be seen", "", ""};
  if (*host.governor == "performance")
    return {"frequency governor", State::good, *host.governor, "", ""};
  return {"frequency governor", State::missing, *host.governor,
          "the clock rate ramps up during a slice", "tally-tune plan"};
}

Finding load(const bench::Environment& host) {
  if (!host.load_average) return {"load", State::note, "unknown", "", ""};
  const std::string found = fmt::format("{:.2f} over one minute", *host.load_average);
  if (*host.load_average <= 0.5) return {"load", State::good, found, "", ""};
  return {"load", State::note, found, "others use the processors: expect wide p10 to p90",
          "ps -eo pcpu,comm --sort=-pcpu | head"};
}

std::vector<Finding> examine() {
  const bench::Environment host = bench::probe_environment();
  return {processors(host),       machine(host),      scheduling(host),
          throttle(host),         clock_source(host), counter(host),
          performance_counters(), governor(host),     load(host)};
}

}  // namespace

void add_doctor(cli::App& app) {
  cli::add_doctor(app, examine);
}

}  // namespace tally::bench_tool
