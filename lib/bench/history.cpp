#include "bench/history.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <tuple>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/fd.hpp"
#include "core/file.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace tally::bench {

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20U;

void optional_field(json::Writer& writer, const char* name, const std::optional<double>& value) {
  writer.key(name);
  if (value)
    writer.value(*value);
  else
    writer.null();
}

std::optional<double> optional_number(const json::Value& line, std::string_view name) {
  const auto number = line.number_at(name);
  if (!number) return std::nullopt;
  return *number;
}

Result<std::uint64_t> count_at(const json::Value& line, std::string_view name) {
  TALLY_TRY(const std::int64_t count, line.int_at(name));
  if (count < 0) return fail(Code::bad_data, fmt::format("member '{}' is negative", name));
  return static_cast<std::uint64_t>(count);
}

Error no_history(const std::string& where) {
  return Error{Code::bad_data, where + ": not a line of schema " + kHistorySchema,
               "tally-bench history add makes such files", 0};
}

Result<UniqueFd> open_locked(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (!file) {
    const int why = errno;
    if (why == EACCES || why == EPERM) return fail_errno("cannot open " + path, why);
    return fail(core::os_error(Code::cannot_create, "cannot open " + path, why));
  }
  constexpr std::uint64_t kPatienceNs = 5'000'000'000;
  const std::uint64_t deadline_ns = core::monotonic_ns() + kPatienceNs;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno("cannot lock " + path, errno);
    if (core::monotonic_ns() > deadline_ns)
      return fail(Code::try_again, path + ": another process is writing and does not end",
                  "fuser FILE names it");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return file;
}

// Whether the file ends within a line. Errors: bad_data when its first line shows another format.
Result<bool> ends_torn(int fd, const std::string& path) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return fail_errno("cannot look at " + path, errno);
  if (!S_ISREG(about.st_mode))
    return fail(Code::bad_data, path + " is not a regular file", "a history only grows at its end");
  if (about.st_size == 0) return false;
  char last = '\n';
  if (::pread(fd, &last, 1, about.st_size - 1) != 1)
    return fail_errno("cannot read " + path, errno);
  std::string head(64, '\0');
  const ssize_t count = ::pread(fd, head.data(), head.size(), 0);
  if (count < 0) return fail_errno("cannot read " + path, errno);
  head.resize(static_cast<std::size_t>(count));
  // The first line may be torn, but what it begins with tells a history from another file.
  const std::string begin = fmt::format(R"({{"schema":"{}")", kHistorySchema);
  const std::size_t length = std::min(begin.size(), head.size());
  if (head.compare(0, length, begin, 0, length) != 0) return fail(no_history(path + ":1"));
  return last != '\n';
}

}  // namespace

std::optional<HistoryEntry> history_entry(const ResultLine& result, std::uint64_t time_ns,
                                          const std::string& label, const std::string& host) {
  const auto median = result.number("median");
  if (!median || *median <= 0) return std::nullopt;
  HistoryEntry entry{time_ns,
                     label,
                     host,
                     result.name,
                     result.unit,
                     result.mode,
                     *median,
                     result.number("p10"),
                     result.number("p90"),
                     result.number("calibration_ns"),
                     0};
  const double samples = result.number("samples").value_or(0);
  if (samples > 0 && samples < 1e15) entry.samples = static_cast<std::uint64_t>(samples);
  return entry;
}

std::string to_json(const HistoryEntry& entry) {
  json::Writer writer;
  writer.begin_object().field("schema", kHistorySchema);
  writer.field("time_ns", entry.time_ns).field("label", entry.label).field("host", entry.host);
  writer.field("case", entry.name).field("unit", entry.unit).field("mode", entry.mode);
  writer.field("median", entry.median);
  optional_field(writer, "p10", entry.p10);
  optional_field(writer, "p90", entry.p90);
  writer.field("samples", entry.samples);
  optional_field(writer, "calibration_ns", entry.calibration_ns);
  writer.end_object();
  return writer.take();
}

Result<HistoryEntry> parse_history_entry(std::string_view line) {
  TALLY_TRY(const json::Value value, json::parse(line));
  TALLY_TRY(const std::string schema, value.string_at("schema"));
  if (schema != kHistorySchema)
    return fail(Code::bad_data, fmt::format("schema '{}' is not {}", schema, kHistorySchema));
  HistoryEntry entry;
  TALLY_TRY(entry.time_ns, count_at(value, "time_ns"));
  TALLY_TRY(entry.label, value.string_at("label"));
  TALLY_TRY(entry.host, value.string_at("host"));
  TALLY_TRY(entry.name, value.string_at("case"));
  TALLY_TRY(entry.unit, value.string_at("unit"));
  TALLY_TRY(entry.mode, value.string_at("mode"));
  TALLY_TRY(entry.median, value.number_at("median"));
  if (!(entry.median > 0)) return fail(Code::bad_data, "member 'median' is not positive");
  entry.p10 = optional_number(value, "p10");
  entry.p90 = optional_number(value, "p90");
  TALLY_TRY(entry.samples, count_at(value, "samples"));
  entry.calibration_ns = optional_number(value, "calibration_ns");
  return entry;
}

Result<History> parse_history(std::string_view text, const std::string& source) {
  History history;
  const auto read = [&](std::size_t number, std::string_view line) -> Status {
    auto entry = parse_history_entry(line);
    const std::string where = fmt::format("{}:{}", source, number);
    if (entry) {
      history.entries.push_back(std::move(*entry));
    } else if (json::parse(line)) {
      return fail(no_history(where));
    } else {
      history.skipped.push_back(where + ": torn, skipped");
    }
    return {};
  };
  TALLY_CHECK(for_each_line(text, read));
  if (history.entries.empty() && !history.skipped.empty()) return fail(no_history(source));
  return history;
}

Result<History> read_history(const std::string& path) {
  TALLY_TRY(const std::string text, core::read_file(path, kMostBytes));
  return parse_history(text, path);
}

Status append_history(const std::string& path, const std::vector<HistoryEntry>& entries) {
  TALLY_TRY(const UniqueFd file, open_locked(path));
  TALLY_TRY(bool torn, ends_torn(file.get(), path));
  for (const HistoryEntry& entry : entries) {
    const std::string line = (torn ? "\n" : "") + to_json(entry) + "\n";
    torn = false;
    if (const auto written = core::write_all(file.get(), core::as_bytes(line)); !written)
      return fail(written.error().in(path));
  }
  return {};
}

std::vector<Series> series_of(const std::vector<HistoryEntry>& entries) {
  std::map<std::tuple<std::string, std::string, std::string>, Series> by_key;
  for (const HistoryEntry& entry : entries) {
    Series& series = by_key[{entry.name, entry.mode, entry.host}];
    series.name = entry.name;
    series.mode = entry.mode;
    series.host = entry.host;
    series.unit = entry.unit;
    series.entries.push_back(entry);
  }
  std::vector<Series> all;
  for (auto& [key, series] : by_key) {
    std::stable_sort(
        series.entries.begin(), series.entries.end(),
        [](const HistoryEntry& a, const HistoryEntry& b) { return a.time_ns < b.time_ns; });
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace tally::bench
