// The JSON of google-benchmark (docs/user_guide.md, "Output Formats"; schema version 1 of its
// release 1.7), out and in, so that compare.py and the services that keep such results take ours,
// and we theirs. Any thread; the functions allocate what they return.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/collector.hpp"
#include "core/result.hpp"
#include "json/value.hpp"

namespace tally::bench {

// One document: `context` about this host, and in `benchmarks` for each result an iteration named
// CASE, or CASE/MODE for a case of two threads, whose real_time is the median, with p10, p90,
// samples, seed and calibration_ns beside it; then one for each peer, NAME/peer:PEER, with its
// ratio. Figures that were not measured are errors of their entry, as google-benchmark has them. A
// rate becomes the time of one operation, and items_per_second. Processor time is not measured
// apart: cpu_time repeats real_time, and the context says so.
[[nodiscard]] std::string to_google_benchmark(std::span<const CaseResult> results,
                                              const std::string& executable);

// Whether a document has the two members.
[[nodiscard]] bool looks_like_google_benchmark(const json::Value& document);

// A result for each benchmark, in ns. Repetitions are its samples; where there are aggregates only,
// the median is known and nothing else. Errors: bad_data, naming the benchmark.
[[nodiscard]] Result<std::vector<CaseResult>> from_google_benchmark(const json::Value& document);

}  // namespace tally::bench
