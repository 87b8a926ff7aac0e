#include "formats.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "bench/csv.hpp"
#include "bench/google.hpp"
#include "bench/result.hpp"
#include "core/version.hpp"
#include "hist/hlog.hpp"
#include "plot/terminal.hpp"

namespace tally::bench_tool {

namespace {

constexpr const char* kCorrectedSuffix = ":corrected";

// Every series of the recordings with its name.
struct Series {
  std::string name;
  const bench::Recording* recording = nullptr;
  const hist::Histogram* histogram = nullptr;
};

std::vector<Series> series_of(std::span<const bench::Recording> recordings) {
  std::vector<Series> series;
  for (const bench::Recording& recording : recordings) {
    series.push_back({recording.name, &recording, &recording.latency});
    if (recording.corrected)
      series.push_back({recording.name + kCorrectedSuffix, &recording, &*recording.corrected});
  }
  return series;
}

std::string to_text(std::span<const Series> series) {
  std::vector<plot::PercentileRow> rows;
  for (const Series& one : series) rows.push_back(plot::percentile_row(one.name, *one.histogram));
  std::string text = plot::percentile_table(rows);
  for (const Series& one : series) {
    if (one.histogram != &one.recording->latency) continue;
    if (one.recording->partial) text += fmt::format("note: {}: partial\n", one.name);
    for (const std::string& note : one.recording->notes)
      text += fmt::format("note: {}: {}\n", one.name, note);
  }
  return text;
}

std::string to_csv(std::span<const Series> series) {
  std::string text = bench::csv_row({"name", "low_ns", "high_ns", "count", "percentile"});
  for (const Series& one : series) {
    std::uint64_t seen = 0;
    one.histogram->for_each([&](const hist::Histogram::Bucket& bucket) {
      seen += bucket.count;
      const double share = static_cast<double>(seen) / static_cast<double>(one.histogram->count());
      text +=
          bench::csv_row({one.name, std::to_string(bucket.low_ns), std::to_string(bucket.high_ns),
                          std::to_string(bucket.count), bench::csv_number(100 * share)});
    });
  }
  return text;
}

// A single series stands without a tag, as most programs expect it.
std::string to_hlog(std::span<const Series> series) {
  std::uint64_t start_ns = series.front().recording->start_unix_ns;
  for (const Series& one : series) start_ns = std::min(start_ns, one.recording->start_unix_ns);
  std::string text =
      hist::hlog_head(start_ns, fmt::format("written by tally-bench {}", core::kVersion));
  for (const Series& one : series)
    text +=
        hist::hlog_line({series.size() > 1 ? one.name : std::string(), one.recording->start_unix_ns,
                         one.recording->duration_ns, *one.histogram},
                        start_ns);
  return text;
}

Result<std::string> to_hgrm(std::span<const Series> series) {
  if (series.size() == 1) return hist::to_hgrm(*series.front().histogram);
  std::string names;
  for (const Series& one : series) names += (names.empty() ? "" : ", ") + one.name;
  return fail(Code::usage,
              fmt::format("hgrm holds one series, and here are {}: {}", series.size(), names),
              "--name NAME chooses one");
}

}  // namespace

const std::vector<std::string>& result_formats() {
  static const std::vector<std::string> kFormats = {"text", "json", "google-benchmark", "csv"};
  return kFormats;
}

void ResultPrinter::add(const bench::CaseResult& result) {
  if (format_ == "google-benchmark") {
    kept_.push_back(result);
    return;
  }
  if (format_ == "json") {
    out_.line(bench::to_json(result));
    return;
  }
  const bool csv = format_ == "csv";
  if (!head_printed_) out_.write(csv ? bench::csv_head() : bench::table_head());
  head_printed_ = true;
  out_.write(csv ? bench::to_csv(result) : bench::to_text(result));
}

void ResultPrinter::finish() {
  if (format_ == "google-benchmark") out_.line(bench::to_google_benchmark(kept_, "tally-bench"));
}

Result<std::string> format_recordings(std::span<const bench::Recording> recordings,
                                      const std::string& format) {
  const std::vector<Series> series = series_of(recordings);
  if (format == "text") return to_text(series);
  if (format == "csv") return to_csv(series);
  if (format == "hlog") return to_hlog(series);
  if (format == "hgrm") return to_hgrm(series);
  if (format != "json")
    return fail(Code::usage, fmt::format("recordings cannot be written as {}", format),
                "json, text, csv, hlog and hgrm can");
  std::string text;
  for (const bench::Recording& recording : recordings) text += bench::to_json(recording) + '\n';
  return text;
}

}  // namespace tally::bench_tool
