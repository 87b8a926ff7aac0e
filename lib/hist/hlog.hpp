// HdrHistogram's text formats. A .hlog is a log of intervals, each with a packed histogram; jHiccup
// and most load generators write it. A .hgrm is the percentile distribution of one histogram, which
// gnuplot and HdrHistogram's plotting page read. Neither has a written specification: the formats
// are those of HistogramLogWriter, version 1.3, and of outputPercentileDistribution in HdrHistogram
// 2.1 (Java).
//
// Any thread; the functions allocate what they return, and one histogram while reading.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "hist/histogram.hpp"

namespace tally::hist {

struct LogInterval {
  std::string tag;             // empty for none
  std::uint64_t start_ns = 0;  // since 1970, or since the log's start when that is not known
  std::uint64_t length_ns = 0;
  Histogram histogram;
};

// The lines before the first interval. Intervals stand relative to `start_unix_ns`. A `comment` of
// several lines becomes as many lines with "#" before them.
[[nodiscard]] std::string hlog_head(std::uint64_t start_unix_ns, std::string_view comment);
// The line of an interval, whose start is not before `start_unix_ns`.
[[nodiscard]] std::string hlog_line(const LogInterval& interval, std::uint64_t start_unix_ns);

// Whether the text begins as a .hlog does: a comment "#[" or the legend "StartTimestamp".
[[nodiscard]] bool looks_like_hlog(std::string_view text);

// Calls visit for each interval in the order of the file. Histograms are taken to be in
// nanoseconds. Errors: bad_data, naming the line; what visit returns.
[[nodiscard]] Status read_hlog(std::string_view text,
                               const std::function<Status(const LogInterval&)>& visit);

// Values in microseconds with three decimals, five steps for each halving of the distance to 100 %,
// as HistogramLogProcessor writes with -outputValueUnitRatio 1000.
[[nodiscard]] std::string to_hgrm(const Histogram& histogram);

}  // namespace tally::hist
