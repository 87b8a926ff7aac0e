// What a run of jitter found on one processor, as text, as JSON and as a recording.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/attribution.hpp"
#include "bench/jitter.hpp"
#include "bench/recording.hpp"

namespace tally::bench_tool {

// What holds for all processors of one measurement.
struct JitterSetting {
  bool spin = false;  // or wake
  bench::Policy policy = bench::Policy::other;
  int priority = 0;
  std::uint64_t duration_ns = 0;
  std::uint64_t threshold_ns = 0;  // of spin
  std::uint64_t interval_ns = 0;   // of wake
  bool dma_latency_held = false;
  core::TscCalibration clock;
  std::uint64_t start_unix_ns = 0;
  bool partial = false;
  std::vector<std::string> notes;
};

struct JitterOfCpu {
  int cpu = 0;
  std::optional<bench::SpinResult> spin;
  std::optional<bench::WakeResult> wake;
  bench::Attribution attribution;

  [[nodiscard]] const hist::Histogram& values() const { return spin ? spin->gaps : wake->latency; }
  [[nodiscard]] const bench::ThreadUsage& usage() const { return spin ? spin->usage : wake->usage; }
};

// The table with a row for each processor, and below it what grew on each.
[[nodiscard]] std::string to_text(const JitterSetting& setting,
                                  const std::vector<JitterOfCpu>& found);

// One line: {"schema":"tally.bench.jitter/1","measure":"spin"|"wake","cpu":...,...}
[[nodiscard]] std::string to_json(const JitterSetting& setting, const JitterOfCpu& found);

// Named "jitter.spin.other.cpu1".
[[nodiscard]] bench::Recording to_recording(const JitterSetting& setting, const JitterOfCpu& found);

}  // namespace tally::bench_tool
