// The history of a host: a file of JSON lines that only grows, one a result, each written by one
// write(2) to its end while the writer holds a lock on the file. A power cut can leave the last
// line torn; the next writer begins a new line behind it, and readers report and skip what is torn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/result_line.hpp"
#include "core/result.hpp"

namespace tally::bench {

inline constexpr const char* kHistorySchema = "tally.bench.history/1";

struct HistoryEntry {
  std::uint64_t time_ns = 0;  // CLOCK_REALTIME
  std::string label;          // what was measured: a commit, a release; may be empty
  std::string host;           // the fingerprint's id; figures of two hosts are two series
  std::string name;           // of the case
  std::string unit;
  std::string mode;
  double median = 0;
  std::optional<double> p10;
  std::optional<double> p90;
  std::optional<double> calibration_ns;
  std::uint64_t samples = 0;

  bool operator==(const HistoryEntry&) const = default;
};

// Empty when the result has no positive median.
[[nodiscard]] std::optional<HistoryEntry> history_entry(const ResultLine& result,
                                                        std::uint64_t time_ns,
                                                        const std::string& label,
                                                        const std::string& host);

// {"schema":"tally.bench.history/1","time_ns":...,"label":...,"host":...,"case":...,"unit":...,
//  "mode":...,"median":...,"p10":...,"p90":...,"samples":...,"calibration_ns":...}
[[nodiscard]] std::string to_json(const HistoryEntry& entry);
// Errors: bad_data, naming the member.
[[nodiscard]] Result<HistoryEntry> parse_history_entry(std::string_view line);

struct History {
  std::vector<HistoryEntry> entries;  // as they stand in the file
  std::vector<std::string> skipped;   // "NAME:LINE: why", for each line that was torn
};

// Lines that are no JSON are torn; a JSON line of another kind means that the file is no history.
// Errors: bad_data, for that and for a text without any entry; an empty text is an empty history.
[[nodiscard]] Result<History> parse_history(std::string_view text, const std::string& source);
[[nodiscard]] Result<History> read_history(const std::string& path);

// Appends, creating the file with mode 0644; waits for another writer for at most five seconds.
// Errors: bad_data when the file is no history; try_again when the other writer does not end;
// cannot_create, permission, io. Lines that were written whole stay.
[[nodiscard]] Status append_history(const std::string& path,
                                    const std::vector<HistoryEntry>& entries);

// The entries of one case, mode and host, in the order of time.
struct Series {
  std::string name;
  std::string mode;
  std::string host;
  std::string unit;
  std::vector<HistoryEntry> entries;
};
// Sorted by name, mode and host.
[[nodiscard]] std::vector<Series> series_of(const std::vector<HistoryEntry>& entries);

}  // namespace tally::bench
