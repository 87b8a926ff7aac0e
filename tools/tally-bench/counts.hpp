// tally-bench run --counts callgrind: instructions an operation instead of time.
#pragma once

#include <string>
#include <vector>

#include "bench/case.hpp"
#include "cli/app.hpp"

namespace tally::bench_tool {

struct CountsArguments {
  std::string pattern;  // that gave `selected`
  std::string against;  // a file of counts to compare with; empty: only print
  bool accept = false;  // write what was found there
};

// Counts those of `selected` that can be counted. In the copy that runs under callgrind it only
// runs their slices. Code::negative when a count changed by more than bench::kCountLimit.
[[nodiscard]] Result<Code> run_counts(const std::vector<const bench::Case*>& selected,
                                      const CountsArguments& arguments, cli::Invocation& run);

}  // namespace tally::bench_tool
