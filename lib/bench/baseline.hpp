// A baseline: results kept in a file with the fingerprint of the host they were taken on, and how
// new results compare. What was measured another day has other noise than what is measured now, so
// the floor is wide and grows with the spread of either side; `ab` is the finer tool where the old
// program can still be run. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/ab.hpp"
#include "bench/fingerprint.hpp"
#include "bench/result_line.hpp"
#include "core/result.hpp"

namespace tally::bench {

inline constexpr const char* kBaselineSchema = "tally.bench.baseline/1";

struct Baseline {
  std::string name;
  std::uint64_t time_ns = 0;  // CLOCK_REALTIME
  std::string version;        // of the program that wrote it
  Fingerprint host;
  std::vector<std::string> lines;   // of schema tally.bench.result/1, as they were
  std::vector<ResultLine> results;  // the same, read
};

// A line that says what follows, with its CRC-32C, and the lines.
[[nodiscard]] std::string encode_baseline(const Baseline& baseline);
// Errors: bad_data for a file of another kind, one that is cut or was changed, and lines that are
// no results; `source` names it.
[[nodiscard]] Result<Baseline> parse_baseline(std::string_view text, const std::string& source);

// Errors: usage, for what is no file name of letters, digits, dots, dashes and underscores.
[[nodiscard]] Status check_baseline_name(const std::string& name);

struct BaselineRow {
  std::string name;
  std::string mode;
  std::string unit;
  std::optional<double> before;  // medians
  std::optional<double> now;
  std::optional<double> ratio;  // of costs; above 1 is worse
  double floor = 0;             // as a share: a ratio within 1 +- that is no change
  Change change = Change::inconclusive;
};

// A row for each case and mode that either side has, by name. A change is claimed beyond the larger
// of `floor` and the spread of both sides, sqrt(p90 / p10) - 1; inconclusive is what one side
// lacks.
[[nodiscard]] std::vector<BaselineRow> compare_with_baseline(const std::vector<ResultLine>& before,
                                                             const std::vector<ResultLine>& now,
                                                             double floor);

}  // namespace tally::bench
