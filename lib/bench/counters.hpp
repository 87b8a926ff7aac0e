// What the processor and the kernel counted while slices ran: perf_event_open(2) groups of the
// calling thread. Events of one group are counted at the same time, so that their ratios mean
// something; groups take turns when the processor has too few counters, which shows as a `running`
// share below 1 and is made up for by the kernel's own scaling rule (enabled / running).
//
// What cannot be counted is absent with the reason, never 0. Without a right to count in the
// kernel, hardware events count user mode alone and say so; faults and context switches, which
// happen in the kernel, then come from getrusage(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.hpp"

struct perf_event_attr;

namespace tally::bench {

// One event over some slices.
struct Counter {
  std::string name;                     // "cycles", "l1d_misses", "topdown_retiring"
  std::optional<double> per_operation;  // for topdown_*: the share of the issue slots
  double running = 1;                   // share of the time in which it was counted
  bool user_only = false;               // the kernel's part is not in it
  std::string reason;                   // why there is no value, empty when there is one
};

struct CounterReport {
  std::uint64_t operations = 0;
  std::vector<Counter> counters;  // every event, in a fixed order
};

// Opens one event: a descriptor, or minus errno. perf_event_open(2) for the calling thread.
using OpenEvent = std::function<int(const perf_event_attr&, int group_fd)>;

// Counts of one slice, one for each event of the set.
struct SliceCounts {
  struct Count {
    bool counted = false;
    double value = 0;  // scaled
    double enabled_ns = 0;
    double running_ns = 0;
  };
  std::vector<Count> counts;
};

// Made, started, stopped and destroyed on the thread that it counts.
class CounterSet {
 public:
  // Never fails: an event that cannot be opened keeps the reason. `root` is where /proc and /sys
  // are read, "" on this host.
  explicit CounterSet(const std::string& root = "", const OpenEvent& open = {});

  // Whether cycles or instructions can be counted, and if not, why.
  [[nodiscard]] bool has_hardware() const;
  [[nodiscard]] const std::string& hardware_reason() const;

  // Zeroes the counts and begins. No allocation.
  void start();
  // Ends, and reads what was counted since start().
  [[nodiscard]] SliceCounts stop();

 private:
  friend class CounterTotals;
  struct Event {
    std::string name;
    UniqueFd fd;
    std::size_t group = 0;
    bool user_only = false;
    bool from_rusage = false;
    std::string reason;
  };
  struct Group {
    int leader = -1;
    std::vector<std::size_t> events;  // in the order of the kernel's answer
    std::uint64_t enabled_ns = 0;     // until the last stop()
    std::uint64_t running_ns = 0;
  };
  void open_group(const std::vector<std::size_t>& wanted, const std::vector<perf_event_attr>& attrs,
                  const OpenEvent& open);
  static void read_group(Group& group, SliceCounts& counts);
  [[nodiscard]] static std::uint64_t rusage_count(const std::string& name);

  [[nodiscard]] std::string reason_of(int os_errno) const;

  bool guest_ = false;    // a virtual machine
  std::string paranoid_;  // kernel.perf_event_paranoid
  std::vector<Event> events_;
  std::vector<Group> groups_;
  std::vector<std::uint64_t> rusage_before_;  // of every event, 0 where it does not come from there
};

// Sums over the slices that were kept.
class CounterTotals {
 public:
  void add(const SliceCounts& slice, std::uint64_t operations);
  [[nodiscard]] CounterReport report(const CounterSet& set) const;

 private:
  struct Total {
    double value = 0;
    double enabled_ns = 0;
    double running_ns = 0;
    std::uint64_t operations = 0;  // of slices in which it was counted
  };
  std::vector<Total> totals_;
  std::uint64_t operations_ = 0;
};

// "cycles, instructions: no hardware counters in this virtual machine (ENOENT)", one text for each
// reason.
[[nodiscard]] std::vector<std::string> counter_notes(const CounterReport& report);

}  // namespace tally::bench
