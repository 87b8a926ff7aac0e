// Who disturbed a processor: the lines of /proc/interrupts and /proc/softirqs that grew on it, the
// time the hypervisor took (/proc/stat), and the idle states it went through (sysfs, cpuidle).
// Counts say who came, not which gap was whose. Read from files below `root`, "" on this host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/kernel_text.hpp"

namespace tally::bench {

struct IdleState {
  std::string name;
  std::uint64_t entries = 0;
  std::uint64_t time_ns = 0;
};

// The counters of one moment. A file that is missing or not as expected leaves its part empty.
struct HostCounts {
  std::optional<std::vector<CountedLine>> interrupts;
  std::optional<std::vector<CountedLine>> softirqs;
  std::map<int, std::uint64_t> steal_ns;
  std::map<int, std::vector<IdleState>> idle;
};
[[nodiscard]] HostCounts read_host_counts(const std::vector<int>& cpus,
                                          const std::string& root = "");

// A line and by how much it grew.
struct Growth {
  std::string name;
  std::string what;
  std::uint64_t count = 0;
};

// What grew on one processor between two moments, by falling count. Empty optionals are what this
// host does not tell.
struct Attribution {
  std::optional<std::vector<Growth>> interrupts;
  std::optional<std::vector<Growth>> softirqs;
  std::optional<std::uint64_t> steal_ns;
  std::optional<std::vector<IdleState>> idle;
};
[[nodiscard]] Attribution attribute(const HostCounts& before, const HostCounts& after, int cpu);

}  // namespace tally::bench
