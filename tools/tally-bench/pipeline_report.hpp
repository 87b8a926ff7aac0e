// What a pipeline run found out, as text and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/recording.hpp"
#include "pipeline_exchange.hpp"
#include "pipeline_verify.hpp"
#include "plot/terminal.hpp"

namespace tally::bench_tool {

struct PipelineReport {
  std::string to;
  std::string from;
  double rate = 0;  // packets a second, 0 for a closed loop
  ExchangeOptions load;
  ExchangeResult exchange;
  VerifyResult verify;
  std::uint64_t start_unix_ns = 0;
  std::vector<plot::PercentileRow> hops;  // of the chain's tools, in its order
  std::vector<std::string> notes;

  // Nothing was cut short.
  [[nodiscard]] bool partial() const {
    return exchange.end == ExchangeEnd::stopped || !verify.complete;
  }
};

// Whether every packet that was sent came back once, as it was sent, with a right signature.
[[nodiscard]] bool all_well(const PipelineReport& report, const PipelineCounts& counts);

// The end-to-end row, named "end_to_end".
[[nodiscard]] plot::PercentileRow end_to_end(const Ledger& ledger);

[[nodiscard]] std::string to_text(const PipelineReport& report, const Ledger& ledger);

// One line: {"schema":"tally.bench.pipeline/1","partial":...,...}
[[nodiscard]] std::string to_json(const PipelineReport& report, const Ledger& ledger);

// Named "pipeline.end_to_end". With a rate latency counts from the intended times already, so
// nothing is corrected.
[[nodiscard]] bench::Recording to_recording(const PipelineReport& report, const Ledger& ledger);

}  // namespace tally::bench_tool
