// Measuring the cases of a pattern, for every command that does: run, peers, watch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/case.hpp"
#include "bench/collector.hpp"
#include "cli/app.hpp"

namespace tally::bench_tool {

// The options that these commands share, as they stand on the command line.
struct MeasureOptions {
  std::string pattern;
  bool quick = false;
  bool counters = false;     // count with the processor's counters too
  bool require_pmu = false;  // the same, and fail without them
  cli::Duration time{10'000'000'000};
};

// Adds PATTERN, --quick and --time to a command.
void add_measure_options(cli::Command& command, MeasureOptions& options);

// Every case, ours and those of peer modules; a module of another build is a warning.
[[nodiscard]] bench::Registry all_cases(cli::Output& out);

// Measures one case after the other, with progress on a terminal, and hands on each result as it
// comes. A stop signal ends it between two slices; what was measured is handed on, marked partial.
// Returns stopped_code() then. One thread; the threads that measure are its own. Errors: those of
// bench::run_case, with the name of the case; unavailable when --require-pmu asks in vain.
using ResultSink = std::function<Status(const bench::CaseResult&)>;
[[nodiscard]] Result<Code> measure(const std::vector<const bench::Case*>& cases,
                                   const MeasureOptions& options, cli::Invocation& run,
                                   const ResultSink& sink);

}  // namespace tally::bench_tool
