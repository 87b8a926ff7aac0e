// Reading whatever holds figures: recordings, results, google-benchmark's JSON, HdrHistogram logs,
// and lines of single measurements. What a file is shows in its content, not in its name.
#pragma once

#include <string>
#include <vector>

#include "bench/recording.hpp"
#include "bench/result.hpp"
#include "bench/samples.hpp"

namespace tally::bench {

struct ImportOptions {
  SampleLine plain = SampleLine::latency;
  // Take the text for lines of measurements without looking.
  bool samples_only = false;
  // A descriptor that becomes readable when reading shall end, with what there is so far marked
  // partial: that of core::StopSignal. -1 for none.
  int stop_fd = -1;
};

// One of the two is empty.
struct Imported {
  std::vector<Recording> recordings;
  std::vector<CaseResult> results;
};

// Reads `path`, "-" for standard input, to its end. Lines of measurements may be any number, other
// content up to kMostRecordingBytes. A recording of measurements is named after the file, one of a
// log after the file and the tag. Errors: no_input, permission, io; bad_data naming file and line,
// also when there is nothing in it.
[[nodiscard]] Result<Imported> import_file(const std::string& path, const ImportOptions& options);

// The same with a text that is there already.
[[nodiscard]] Result<Imported> import_text(std::string_view text, const std::string& name,
                                           const ImportOptions& options);

}  // namespace tally::bench
