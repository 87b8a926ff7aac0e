// A saved latency recording: what one command measured, kept so that others can draw it, compare it
// and pass it on. A file holds one recording a line, as JSON with the schema
// "tally.bench.recording/1":
//
//   {"schema":"tally.bench.recording/1","name":"jitter.wake.fifo","what":"wake-up latency",
//    "unit":"ns","start_unix_ns":...,"duration_ns":...,"partial":false,"notes":[...],
//    "latency":{"count":...,"min_ns":...,"p50_ns":...,"p99_ns":...,"p999_ns":...,"p9999_ns":...,
//               "p99999_ns":...,"max_ns":...,"mean_ns":...,"sum_ns":...,"clamped":...,
//               "hdr":"HISTFAAA..."},
//    "expected_interval_ns":...,"corrected":{as latency} or null,
//    "grid":{"start_ns":...,"column_ns":...,"columns":...,"cells":[[column,row,count,...],...]}
//           or null}
//
// "hdr" is hist::pack in base64, which every HdrHistogram library decodes. The percentiles beside
// it are for readers of the file; reading it back takes them from the histogram. Rows of the grid
// are those of hist::Grid; a line of "cells" is one column with its occupied rows.
//
// Any thread; writing and reading allocate.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "hist/grid.hpp"
#include "hist/histogram.hpp"
#include "json/value.hpp"

namespace tally::bench {

struct Recording {
  std::string name;  // as a case is named: "net.udp.rtt", "jitter.spin.cpu1"
  std::string what;  // words for an axis and a title: "round trip", "wake-up latency"
  std::uint64_t start_unix_ns = 0;  // CLOCK_REALTIME at the first value, 0 when not known
  std::uint64_t duration_ns = 0;    // 0 when not known
  bool partial = false;             // cut short, by a signal for one
  std::vector<std::string> notes;   // words about host and settings, printed with the pictures
  hist::Histogram latency;
  // The same with the values that were due while the measurement waited; see
  // hist::corrected_for_omission. The interval is 0 when there is none.
  std::uint64_t expected_interval_ns = 0;
  std::optional<hist::Histogram> corrected;
  std::optional<hist::Grid> grid;  // what heatmaps are drawn from
};

// One line, without a newline.
[[nodiscard]] std::string to_json(const Recording& recording);

// Errors: bad_data, naming the member.
[[nodiscard]] Result<Recording> recording_from_json(const json::Value& value);

// All recordings of a text with one a line; empty lines are skipped. Errors: bad_data naming the
// line, also when there is none.
[[nodiscard]] Result<std::vector<Recording>> parse_recordings(std::string_view text);

// Replaces the file `path` as a whole. Errors: cannot_create, permission, io.
[[nodiscard]] Status write_recordings(const std::string& path,
                                      std::span<const Recording> recordings);

// Errors: no_input, permission, io; bad_data naming file and line, also for an empty file and one
// of more than kMostRecordingBytes.
inline constexpr std::size_t kMostRecordingBytes = std::size_t{64} << 20U;
[[nodiscard]] Result<std::vector<Recording>> read_recordings(const std::string& path);

}  // namespace tally::bench
