// Measuring cases in processes of their own, for commands that keep what they measure: a case that
// fails ends its own process, and none finds the memory of another in disorder.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fingerprint.hpp"
#include "cli/app.hpp"
#include "core/result.hpp"

namespace tally::bench_tool {

struct FreshOptions {
  bool quick = false;
  cli::Duration time{10'000'000'000};  // at most this long for a case
  int stop_fd = -1;
};

// The names of the cases that match. Errors: those of bench::Registry::select.
[[nodiscard]] Result<std::vector<std::string>> case_names(const std::string& pattern);

// Runs `tally-bench run CASE --json` for each of `names` and hands on each line of its result.
// A case whose process fails is a warning, unless all do. True when a stop ended it early.
using LineSink = std::function<Status(std::string_view line)>;
[[nodiscard]] Result<bool> measure_fresh(const std::vector<std::string>& names,
                                         const FreshOptions& options, cli::Output& out,
                                         const LineSink& sink);

// Of this host, with the transaction of tally-tune that is in force.
[[nodiscard]] bench::Fingerprint this_host();

// A file of results, "-" for standard input. Errors: no_input, permission, io; usage when standard
// input is a terminal.
[[nodiscard]] Result<std::string> read_results_text(const std::string& path);

}  // namespace tally::bench_tool
