// Whether command B is slower than command A, on a machine whose noise lies between moments rather
// than between samples. Fresh processes run in pairs, AB and BA in turn, and what counts is the
// median over pairs of ln(B / A): what the machine did to both cancels. Pairs of A against itself
// run first, and in A B B A A B ... neighbours of the same side are such pairs too: they show the
// smallest effect that can be seen now. A change is claimed
// when the near end of the median's bootstrap interval lies beyond the floor, the exact sign test
// agrees after Holm's correction over all metrics, and a second batch of pairs says the same.
//
// Pure but for the function that measures; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/bootstrap.hpp"
#include "bench/statistics.hpp"
#include "core/result.hpp"

namespace tally::bench {

enum class Side { a, b };

enum class Change { regression, improvement, none, inconclusive };
[[nodiscard]] const char* change_name(Change change);

// What one process showed of one metric, in one mode of the machine; cases of two threads have
// figures near, far or both, and only equal modes are compared.
struct Reading {
  std::string mode;
  double value = 0;  // positive
};
using Readings = std::vector<std::vector<Reading>>;  // by metric

// Runs a side once. Empty when the run was stopped.
using Measure = std::function<Result<std::optional<Readings>>(Side side)>;

// An interval of fewer pairs says nothing at 99 %.
inline constexpr std::size_t kMinPairs = 10;

struct AbOptions {
  double floor = 0.01;  // changes up to 1 % are none, whatever the interval
  double confidence = 0.99;
  std::size_t first_aa_pairs = 5;
  std::uint64_t budget_ns = 60'000'000'000;
  std::uint64_t seed = 1;              // of the bootstrap
  bool b_first = false;                // which order begins
  std::function<std::uint64_t()> now;  // nanoseconds; tests bring a clock of their own
  std::function<bool()> stop;          // asked between runs
  std::function<void(std::uint64_t elapsed_ns)> progress;
};

// ln(B / A) of pairs of one metric; above 0 means that B is worse.
struct PairLogs {
  std::vector<double> ab;
  std::size_t unusable = 0;  // pairs without a common mode or a value
};

// What a batch says of a metric. Logarithms; `worse` is the median.
struct Judgement {
  std::size_t pairs = 0;
  std::size_t unusable = 0;
  double worse = 0;
  Interval interval;
  double floor_measured = 0;  // the farther end of the interval of the self pairs
  double floor = 0;           // the larger of that and the one asked for
  double p_value = 1;         // of the sign test, adjusted over the metrics
  Change change = Change::inconclusive;
  bool settled = false;  // more pairs would not say otherwise: claimed, or within the floor asked
};

// Judges metrics together from the logarithms of their pairs and of their self pairs, `aa`.
[[nodiscard]] std::vector<Judgement> judge_pairs(const std::vector<PairLogs>& metrics,
                                                 const std::vector<std::vector<double>>& aa,
                                                 const AbOptions& options);

struct MetricResult {
  Change change = Change::inconclusive;
  Judgement first;
  std::optional<Judgement> second;  // of the batch that had to confirm a change
  std::size_t aa_pairs = 0;
  std::optional<double> median_a;  // of the values as they were read
  std::optional<double> median_b;

  // The batch that decided; the first when the budget left too little for the second.
  [[nodiscard]] const Judgement& shown() const {
    return second && second->pairs >= kMinPairs ? *second : first;
  }
};

struct AbResult {
  Change change = Change::inconclusive;
  std::vector<MetricResult> metrics;
  bool stopped = false;
  std::uint64_t elapsed_ns = 0;
};

// Compares. `kinds` has one entry for each metric. Errors: what `measure` says.
[[nodiscard]] Result<AbResult> compare_ab(const std::vector<Kind>& kinds, const Measure& measure,
                                          const AbOptions& options);

}  // namespace tally::bench
