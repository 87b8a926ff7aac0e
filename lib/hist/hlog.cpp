#include "hist/hlog.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <optional>

#include "core/base64.hpp"
#include "hist/packed.hpp"

namespace tally::hist {

namespace {

constexpr double kNsPerSecond = 1e9;
// A log whose first time is this far before its start time counts from the start: the rule of
// HistogramLogReader, for logs that give no base time.
constexpr double kYearSeconds = 365.0 * 24 * 3600;
constexpr double kMostSeconds = 1e10;  // the year 2286; 1e19 ns fit 64 bits
constexpr std::string_view kLegend =
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

double in_seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / kNsPerSecond;
}

std::uint64_t nanoseconds(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds * kNsPerSecond));
}

std::string date_of(std::uint64_t unix_ns) {
  const auto time = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[40] = {};
  std::strftime(text, sizeof text, "%a %b %d %H:%M:%S UTC %Y", &parts);
  return text;
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0 || value > kMostSeconds) return std::nullopt;
  return value;
}

// What stands before the next comma, which is taken as well.
std::string_view take_field(std::string_view& line) {
  const std::string_view field = line.substr(0, line.find(','));
  line.remove_prefix(std::min(line.size(), field.size() + 1));
  return field;
}

class LogReader {
 public:
  explicit LogReader(const std::function<Status(const LogInterval&)>& visit) : visit_(visit) {}

  Status read(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("\"StartTimestamp\"")) return {};
    if (line.starts_with('#')) return read_comment(line);
    return read_interval(line);
  }

 private:
  Status read_comment(std::string_view line) {
    for (const auto& [mark, target] : {std::pair{std::string_view("#[StartTime: "), &start_s_},
                                       std::pair{std::string_view("#[BaseTime: "), &base_s_}}) {
      if (!line.starts_with(mark)) continue;
      line.remove_prefix(mark.size());
      const auto value = number_of(line.substr(0, line.find_first_of(" ]")));
      if (!value) return fail(Code::bad_data, fmt::format("'{}' has no time", mark));
      *target = *value;
    }
    return {};
  }

  Status read_interval(std::string_view line) {
    LogInterval interval;
    constexpr std::string_view kTag = "Tag=";
    if (line.starts_with(kTag)) interval.tag = take_field(line).substr(kTag.size());
    const auto start_s = number_of(take_field(line));
    const auto length_s = number_of(take_field(line));
    const auto max = number_of(take_field(line));
    if (!start_s || !length_s || !max)
      return fail(Code::bad_data, "not an interval: start, length, maximum, histogram");
    TALLY_TRY(const Bytes packed, core::from_base64(line));
    TALLY_TRY(interval.histogram, unpack(packed));
    interval.start_ns = base_ns(*start_s) + nanoseconds(*start_s);
    interval.length_ns = nanoseconds(*length_s);
    return visit_(interval);
  }

  // What the times of the log count from; decided by its first interval. Logs say it in whole
  // milliseconds.
  std::uint64_t base_ns(double first_s) {
    if (!base_s_) base_s_ = start_s_ && first_s < *start_s_ - kYearSeconds ? *start_s_ : 0.0;
    return static_cast<std::uint64_t>(std::llround(*base_s_ * 1e3)) * 1'000'000;
  }

  const std::function<Status(const LogInterval&)>& visit_;
  std::optional<double> start_s_;
  std::optional<double> base_s_;
};

}  // namespace

std::string hlog_head(std::uint64_t start_unix_ns, std::string_view comment) {
  std::string text = "#[Histogram log format version 1.3]\n";
  while (!comment.empty()) {
    const std::string_view line = comment.substr(0, comment.find('\n'));
    comment.remove_prefix(std::min(comment.size(), line.size() + 1));
    text += fmt::format("#{}\n", line);
  }
  text += fmt::format("#[StartTime: {:.3f} (seconds since epoch), {}]\n", in_seconds(start_unix_ns),
                      date_of(start_unix_ns));
  text += fmt::format("#[BaseTime: {:.3f} (seconds since epoch)]\n", in_seconds(start_unix_ns));
  return text += kLegend;
}

std::string hlog_line(const LogInterval& interval, std::uint64_t start_unix_ns) {
  constexpr double kNsPerMs = 1e6;  // the unit of the maximum in every log; readers do not use it
  return fmt::format("{}{:.6f},{:.6f},{:.6f},{}\n",
                     interval.tag.empty() ? "" : "Tag=" + interval.tag + ",",
                     in_seconds(interval.start_ns - start_unix_ns), in_seconds(interval.length_ns),
                     static_cast<double>(interval.histogram.max()) / kNsPerMs,
                     core::to_base64(pack(interval.histogram)));
}

bool looks_like_hlog(std::string_view text) {
  return text.starts_with("#[") || text.starts_with("\"StartTimestamp\"");
}

Status read_hlog(std::string_view text, const std::function<Status(const LogInterval&)>& visit) {
  LogReader reader(visit);
  std::size_t line_number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++line_number;
    if (auto read = reader.read(line); !read)
      return fail(read.error().in(fmt::format("line {}", line_number)));
  }
  return {};
}

}  // namespace tally::hist
