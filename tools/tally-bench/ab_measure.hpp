// From words of the command line to the function that bench::compare_ab calls: two commands, and
// what is read of each process: its wall time, or fields of the result lines it prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/ab.hpp"
#include "bench/timed_process.hpp"
#include "core/result.hpp"

namespace tally::bench_tool {

using Words = std::vector<std::string>;

struct Commands {
  Words a;
  Words b;
};

// "CMD A... -- CMD B...": the first "--" ends A; what follows is B, whatever is in it. Errors:
// usage, when a command or the "--" is missing.
[[nodiscard]] Result<Commands> split_commands(const Words& words);

// The wall time in ns, or a field of the result lines of a case.
struct Metric {
  std::string case_name;  // empty for the wall time
  std::string field;
  std::string unit = "ns";

  [[nodiscard]] bool is_wall() const { return case_name.empty(); }
  [[nodiscard]] std::string name() const { return is_wall() ? "wall_ns" : case_name + ":" + field; }
};

// "CASE:FIELD" or "wall". The wall time alone for no word. Errors: usage.
[[nodiscard]] Result<std::vector<Metric>> parse_metrics(const Words& words);

// What one process showed of each metric. A field that is null gives no reading. Errors: bad_data
// when no line of the case is in the output, naming the command; learns the units on the way.
[[nodiscard]] Result<bench::Readings> read_metrics(std::vector<Metric>& metrics,
                                                   const bench::TimedRun& run,
                                                   const Words& command);

// Puts this thread under SCHED_FIFO, priority 2, and has the commands run under priority 1: what
// else wants the processors then waits, and this thread can still end a command that spins. False
// when that is not permitted, and nothing is changed.
[[nodiscard]] bool raise_priority(bench::TimedOptions& process);

// Compares two commands by fresh processes of them. `metrics` learn their units from a first run of
// A that does not count. Errors: as run_timed and read_metrics have them.
[[nodiscard]] Result<bench::AbResult> compare_commands(const Commands& commands,
                                                       std::vector<Metric>& metrics,
                                                       bench::TimedOptions process,
                                                       const bench::AbOptions& options);

}  // namespace tally::bench_tool
