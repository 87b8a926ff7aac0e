// The formats in which results and recordings leave tally-bench.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/collector.hpp"
#include "bench/recording.hpp"
#include "cli/output.hpp"

namespace tally::bench_tool {

// Results in one of kResultFormats, each printed as it comes; google-benchmark's is one document
// and is printed by finish(), so that an interrupted run has to call it as well.
class ResultPrinter {
 public:
  ResultPrinter(std::string format, cli::Output& out) : format_(std::move(format)), out_(out) {}

  void add(const bench::CaseResult& result);
  void finish();

 private:
  std::string format_;
  cli::Output& out_;
  bool head_printed_ = false;
  std::vector<bench::CaseResult> kept_;
};

[[nodiscard]] const std::vector<std::string>& result_formats();

// Recordings as "json", "hlog", "hgrm", "csv" (a row for each occupied bucket) or "text" (a table
// of percentiles). The omission-corrected series follows its recording. Errors: usage for another
// format; also for hgrm of more than one series, which that format cannot tell apart.
[[nodiscard]] Result<std::string> format_recordings(std::span<const bench::Recording> recordings,
                                                    const std::string& format);

}  // namespace tally::bench_tool
