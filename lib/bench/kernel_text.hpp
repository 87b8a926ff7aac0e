// What the kernel tells as text, of /proc and /sys, parsed: functions of a text alone, so that they
// can be tested and fuzzed without the host. Any thread; what is not as expected is empty.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::bench {

// A line of counts, one for each processor.
struct CountedLine {
  std::string name;  // "LOC", "24", "TIMER"
  std::string what;  // "Local timer interrupts", empty for softirqs
  std::map<int, std::uint64_t> by_cpu;
};

// /proc/interrupts and /proc/softirqs: a line of processor names, then a line "NAME: COUNT... WHAT"
// each. Lines with fewer counts than processors, as "ERR: 0", are left out. Empty when the first
// line names no processor.
[[nodiscard]] std::optional<std::vector<CountedLine>> parse_count_table(const std::string& text);

// The column "steal" of each processor's line in /proc/stat (proc(5)), in ticks of USER_HZ.
[[nodiscard]] std::map<int, std::uint64_t> parse_steal_ticks(const std::string& text);

// The second number of /proc/PID/schedstat, the time spent waiting for a processor
// (Documentation/scheduler/sched-stats.rst).
[[nodiscard]] std::optional<std::uint64_t> parse_run_delay_ns(std::string_view text);

// The value of the first line "NAME : value" of /proc/cpuinfo, without blanks around it; empty when
// there is none.
[[nodiscard]] std::string cpuinfo_value(std::string_view text, std::string_view name);

// The config of a processor's event as /sys/bus/event_source/devices/cpu/events/* has it,
// "event=0x00,umask=0x4": the event is bits 0 to 7 and the mask bits 8 to 15
// (Documentation/ABI/testing/sysfs-bus-event_source-devices-events). Empty for any other term.
[[nodiscard]] std::optional<std::uint64_t> parse_event_config(std::string_view text);

}  // namespace tally::bench
