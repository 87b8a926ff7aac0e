// A comparison as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "ab_measure.hpp"
#include "bench/ab.hpp"

namespace tally::bench_tool {

struct AbReport {
  Commands commands;
  std::vector<Metric> metrics;
  bench::AbOptions options;
  bool fifo = false;  // whether the commands ran under SCHED_FIFO
  bench::AbResult result;

  // The metric that decided the verdict.
  [[nodiscard]] std::size_t decisive() const;
  // What a reader must know beside the figures: why nothing was decided, what was interrupted.
  [[nodiscard]] std::vector<std::string> notes() const;
};

// One object of schema tally.bench.ab/1. The figures of the decisive metric stand at the top as
// well. No newline at the end.
[[nodiscard]] std::string to_json(const AbReport& report);
[[nodiscard]] std::string to_text(const AbReport& report);

}  // namespace tally::bench_tool
