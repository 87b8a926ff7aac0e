// What a reader must know about the host before believing a figure. Read from files below `root`
// ("" is this host) and from the calling process; nothing is changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"

namespace tally::bench {

struct Environment {
  std::string cpu_model;                // of /proc/cpuinfo, empty when unknown
  std::string kernel;                   // release, as uname -r prints it
  bool virtual_machine = false;         // the hypervisor flag of cpuid
  int cpus = 0;                         // this process may run on
  std::optional<std::string> governor;  // of processor 0; none on most virtual machines
  std::optional<std::string> clocksource;
  std::optional<std::string> clocksources;  // that the kernel would use, separated by blanks
  std::optional<std::string> idle_governor;
  std::optional<std::string> isolated_cpus;   // kernel list format, empty when none
  std::optional<std::int64_t> rt_runtime_us;  // -1 when real-time threads are not throttled
  std::optional<std::int64_t> rt_period_us;   // in which they may run that long
  std::optional<double> load_average;         // over one minute
  bool fifo_permitted = false;
};

[[nodiscard]] Environment probe_environment(const std::string& root = "");

}  // namespace tally::bench
