#include "bench/import.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <poll.h>
#include <unistd.h>

#include "bench/google.hpp"
#include "bench/result.hpp"
#include "bench/result_line.hpp"
#include "core/fd.hpp"
#include "hist/hlog.hpp"

namespace tally::bench {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10U;
constexpr std::size_t kMostTags = 64;  // each takes half a MiB
constexpr std::string_view kHint =
    "recordings and results as JSON lines, google-benchmark JSON, a .hlog, or lines of TIME_NS "
    "LATENCY_NS can be read";

// The file's name without folder and ending; "stdin" for standard input.
std::string name_of(const std::string& path) {
  if (path == "-") return "stdin";
  std::string name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) name.resize(dot);
  return name;
}

enum class What { samples, json, log, unknown };

// What a text that begins so is. Members of samples are told from other JSON by their names.
What what_is(std::string_view head) {
  if (hist::looks_like_hlog(head)) return What::log;
  // Comments and blank lines may stand before the first measurement.
  while (!head.empty()) {
    std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t\r")));
    if (line.empty() || line.front() == '#') continue;
    if (line.front() >= '0' && line.front() <= '9') return What::samples;
    if (line.front() != '{') return What::unknown;
    const bool sample = line.find("\"schema\"") == std::string_view::npos &&
                        (line.find("\"time_ns\"") != std::string_view::npos ||
                         line.find("\"sent_ns\"") != std::string_view::npos);
    return sample ? What::samples : What::json;
  }
  return What::unknown;
}

Recording recording_of(const SampleReader& reader, const std::string& name) {
  Recording recording;
  recording.name = name;
  recording.what = "latency";
  recording.duration_ns = reader.duration_ns();
  recording.latency = reader.latency();
  recording.grid = reader.grid();
  if (reader.early() != 0)
    recording.notes.push_back(fmt::format(
        "{} values are older than the first and stand in the first column", reader.early()));
  return recording;
}

Result<Imported> imported_samples(const SampleReader& reader, const std::string& name,
                                  bool partial) {
  if (reader.latency().count() == 0)
    return fail(Code::bad_data, "no measurement in it", std::string(kHint));
  Imported imported;
  imported.recordings.push_back(recording_of(reader, name));
  imported.recordings.back().partial = partial;
  return imported;
}

Result<Imported> import_log(std::string_view text, const std::string& name) {
  std::map<std::string, Recording> by_tag;
  const auto visit = [&](const hist::LogInterval& interval) -> Status {
    const auto [at, is_new] = by_tag.try_emplace(interval.tag);
    Recording& recording = at->second;
    if (is_new) {
      if (by_tag.size() > kMostTags)
        return fail(Code::bad_data, fmt::format("more than {} tags", kMostTags));
      recording.name = interval.tag.empty() ? name : name + ":" + interval.tag;
      recording.what = "latency";
      recording.start_unix_ns = interval.start_ns;
      recording.grid.emplace(interval.start_ns, SampleReader::kColumns, 1);
    }
    recording.latency.merge(interval.histogram);
    interval.histogram.for_each([&](const hist::Histogram::Bucket& bucket) {
      recording.grid->record(interval.start_ns,
                             bucket.low_ns + (bucket.high_ns - bucket.low_ns) / 2, bucket.count);
    });
    const std::uint64_t end_ns = interval.start_ns + interval.length_ns;
    const std::uint64_t begin_ns = std::min(recording.start_unix_ns, end_ns);
    recording.duration_ns = std::max(recording.duration_ns, end_ns - begin_ns);
    return {};
  };
  TALLY_CHECK(hist::read_hlog(text, visit));
  if (by_tag.empty()) return fail(Code::bad_data, "a log without an interval");
  Imported imported;
  for (auto& [tag, recording] : by_tag) imported.recordings.push_back(std::move(recording));
  return imported;
}

Result<std::vector<CaseResult>> read_results(std::string_view text) {
  std::vector<CaseResult> results;
  const auto read = [&](std::size_t number, std::string_view line) -> Status {
    const std::string where = fmt::format("line {}", number);
    const auto document = json::parse(line);
    if (!document) return fail(document.error().in(where));
    auto result = read_result(*document);
    if (!result) return fail(result.error().in(where));
    results.push_back(std::move(*result));
    return {};
  };
  TALLY_CHECK(for_each_line(text, read));
  return results;
}

Result<Imported> import_json(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  Imported imported;
  // A document of several lines is google-benchmark's; ours are one a line.
  const auto first = json::parse(line);
  const auto whole = first ? *first : json::parse(text);
  if (whole && looks_like_google_benchmark(*whole)) {
    TALLY_TRY(imported.results, from_google_benchmark(*whole));
    return imported;
  }
  if (!first) return fail(Code::bad_data, first.error().message, std::string(kHint));
  const auto schema = first->string_at("schema");
  if (schema && *schema == "tally.bench.recording/1") {
    TALLY_TRY(imported.recordings, parse_recordings(text));
    return imported;
  }
  if (schema && *schema == kResultSchema) {
    TALLY_TRY(imported.results, read_results(text));
    return imported;
  }
  if (!schema) return fail(Code::bad_data, "JSON of an unknown kind", std::string(kHint));
  return fail(Code::bad_data, fmt::format("schema {} cannot be read here", *schema),
              std::string(kHint));
}

// Reads a descriptor until its end or a stop.
class Source {
 public:
  Source(int fd, int stop_fd) : fd_(fd), stop_fd_(stop_fd), chunk_(kChunkBytes) {}

  // What the next read brings, empty at the end. Errors: io.
  Result<std::string_view> next() {
    for (;;) {
      if (stop_fd_ >= 0 && !wait()) return std::string_view();
      const ssize_t count = ::read(fd_, chunk_.data(), chunk_.size());
      if (count >= 0) return std::string_view(chunk_.data(), static_cast<std::size_t>(count));
      if (errno != EINTR) return fail(core::os_error(Code::io, "cannot read", errno));
    }
  }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  // False when a stop comes before anything to read. A file that poll() does not know is readable.
  bool wait() {
    std::array<pollfd, 2> waits = {{{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) continue;
    stopped_ = (waits[1].revents & POLLIN) != 0;
    return !stopped_;
  }
  int fd_;
  int stop_fd_;
  bool stopped_ = false;
  std::vector<char> chunk_;
};

Result<Imported> import_samples(Source& source, std::string_view head, const std::string& name,
                                SampleLine plain) {
  SampleReader reader(plain);
  TALLY_CHECK(reader.feed(head));
  for (;;) {
    TALLY_TRY(const std::string_view piece, source.next());
    if (piece.empty()) break;
    TALLY_CHECK(reader.feed(piece));
  }
  // A stop may have come in the middle of a line, which then means nothing.
  if (!source.stopped()) TALLY_CHECK(reader.finish());
  return imported_samples(reader, name, source.stopped());
}

Result<Imported> import_fd(int fd, const std::string& name, const ImportOptions& options) {
  Source source(fd, options.stop_fd);
  std::string head;
  // The first line that says something may come late, and in pieces.
  What what = options.samples_only ? What::samples : What::unknown;
  while (what == What::unknown) {
    TALLY_TRY(const std::string_view piece, source.next());
    head += piece;
    const bool ended = piece.empty() || head.size() > kChunkBytes;
    if (ended || head.find('\n') != std::string::npos) what = what_is(head);
    if (ended) break;
  }
  if (what == What::samples) return import_samples(source, head, name, options.plain);
  for (;;) {
    TALLY_TRY(const std::string_view piece, source.next());
    if (piece.empty()) break;
    head += piece;
    if (head.size() > kMostRecordingBytes)
      return fail(Code::bad_data, fmt::format("longer than {} bytes", kMostRecordingBytes));
  }
  return import_text(head, name, options);
}

}  // namespace

Result<Imported> import_text(std::string_view text, const std::string& name,
                             const ImportOptions& options) {
  switch (options.samples_only ? What::samples : what_is(text)) {
    case What::samples: {
      SampleReader reader(options.plain);
      TALLY_CHECK(reader.feed(text));
      TALLY_CHECK(reader.finish());
      return imported_samples(reader, name, false);
    }
    case What::log:
      return import_log(text, name);
    case What::json:
      return import_json(text);
    case What::unknown:
      break;
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return fail(Code::bad_data, "nothing in it", std::string(kHint));
  return fail(Code::bad_data, "neither JSON nor a log nor measurements", std::string(kHint));
}

Result<Imported> import_file(const std::string& path, const ImportOptions& options) {
  core::UniqueFd file;
  if (path != "-") {
    file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail_errno("cannot open " + path, errno);
  }
  auto imported = import_fd(file ? file.get() : STDIN_FILENO, name_of(path), options);
  if (!imported)
    return fail(imported.error().in(path == "-" ? std::string("standard input") : path));
  return imported;
}

}  // namespace tally::bench
