// Who disturbed a processor: the lines of /proc/interrupts and /proc/softirqs that grew on it, the
// time the hypervisor took (/proc/stat), and the idle states it went through (sysfs, cpuidle).
// Counts say who came, not which gap was whose. Read from files below `root`, "" on this host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tally::bench {

// A line of counts, one for each processor.
struct CountedLine {
  std::string name;  // "LOC", "24", "TIMER"
  std::string what;  // "Local timer interrupts", empty for softirqs
  std::map<int, std::uint64_t> by_cpu;
};

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

// Parses the tables of /proc/interrupts and /proc/softirqs: a line of processor names, then a line
// "NAME: COUNT... WHAT" each. Empty when the first line names no processor. For tests and fuzzing.
[[nodiscard]] std::optional<std::vector<CountedLine>> parse_count_table(const std::string& text);

}  // namespace tally::bench
