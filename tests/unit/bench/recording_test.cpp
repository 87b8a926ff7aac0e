#include "bench/recording.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "support/folder.hpp"

namespace bench = tally::bench;
namespace hist = tally::hist;

namespace {

bench::Recording sample() {
  bench::Recording recording;
  recording.name = "net.udp.rtt";
  recording.what = "round trip";
  recording.start_unix_ns = 1'700'000'000'123'456'789;
  recording.duration_ns = 2'000'000'000;
  recording.notes = {"a note with \"quotes\""};
  recording.grid.emplace(77, 64, 1'000'000);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t latency_ns = i % 1000 == 0 ? 3'000'123 + i : 20'000 + i * 7919 % 5000;
    recording.latency.record(latency_ns);
    recording.grid->record(77 + i * 100'000, latency_ns);
  }
  recording.latency.record(0);
  recording.expected_interval_ns = 100'000;
  recording.corrected = hist::corrected_for_omission(recording.latency, 100'000);
  return recording;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// The error of a recording in which one text stands for another.
std::string words_for(std::string_view from, std::string_view to) {
  const auto read = bench::parse_recordings(replaced(bench::to_json(sample()), from, to));
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == tally::Code::bad_data);
  return read.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a recording comes back as it was written") {
  const bench::Recording recording = sample();
  const auto read = bench::parse_recordings(bench::to_json(recording) + "\n\n").value();
  REQUIRE(read.size() == 1);
  const bench::Recording& again = read[0];
  CHECK(again.name == recording.name);
  CHECK(again.what == recording.what);
  CHECK(again.start_unix_ns == recording.start_unix_ns);
  CHECK(again.duration_ns == recording.duration_ns);
  CHECK(again.notes == recording.notes);
  CHECK(again.latency.count() == recording.latency.count());
  CHECK(again.latency.min() == recording.latency.min());
  CHECK(again.latency.max() == recording.latency.max());
  CHECK(again.latency.clamped() == 1);
  CHECK(again.latency.mean() == recording.latency.mean());
  for (const double q : {0.1, 0.5, 0.99, 0.9999})
    CHECK(again.latency.quantile(q) == recording.latency.quantile(q));
  REQUIRE(again.corrected.has_value());
  CHECK(again.corrected->count() == recording.corrected->count());
  REQUIRE(again.grid.has_value());
  CHECK(again.grid->used_columns() == recording.grid->used_columns());
  CHECK(again.grid->column_ns() == recording.grid->column_ns());
  bool same = true;
  for (std::size_t column = 0; column < again.grid->columns(); ++column)
    for (std::size_t row = 0; row < hist::Grid::kRows; ++row)
      same = same && again.grid->at(column, row) == recording.grid->at(column, row);
  CHECK(same);
  CHECK(bench::to_json(again) == bench::to_json(recording));
}

TEST_CASE("an empty recording can be written and read") {
  bench::Recording recording;
  recording.partial = true;
  const auto again = bench::parse_recordings(bench::to_json(recording)).value();
  CHECK(again[0].partial);
  CHECK(again[0].latency.count() == 0);
  CHECK_FALSE(again[0].corrected.has_value());
  CHECK_FALSE(again[0].grid.has_value());
}

TEST_CASE("several recordings share a file") {
  const tally::test::Folder folder;
  const std::string file = folder.file("two.json");
  const std::vector<bench::Recording> two(2, sample());
  REQUIRE(bench::write_recordings(file, two).has_value());
  CHECK(bench::read_recordings(file).value().size() == 2);
  REQUIRE(tally::core::replace_file(file, {}, 0644).has_value());
  CHECK(bench::read_recordings(file).error().message == file + ": no recording in it");
  std::filesystem::remove(file);
  CHECK(bench::read_recordings(file).error().code == tally::Code::no_input);
}

TEST_CASE("percentiles beside the histogram are null where too few values lie beyond them") {
  const std::string text = bench::to_json(sample());
  CHECK(text.find("\"p9999_ns\":null") != std::string::npos);
  CHECK(text.find("\"p99999_ns\":null") != std::string::npos);
}

TEST_CASE("a recording that contradicts itself is refused with the reason") {
  CHECK(words_for("recording/1", "recording/2") ==
        "line 1: schema tally.bench.recording/2 is not that of a recording");
  CHECK(words_for("\"unit\":\"ns\"", "\"unit\":\"us\"") == "line 1: unit us is not ns");
  CHECK(words_for("\"count\":20001", "\"count\":20002") ==
        "line 1: count 20002 is not that of the histogram, 20001");
  CHECK(words_for("\"min_ns\":1,", "\"min_ns\":2,") ==
        "line 1: min_ns, max_ns, sum_ns or clamped contradict the histogram");
  CHECK(words_for("\"hdr\":\"HISTF", "\"hdr\":\"HISTG") ==
        "line 1: not a compressed HdrHistogram of version 2");
  CHECK(words_for("\"hdr\":\"HISTF", "\"hdr\":\"*ISTF") ==
        "line 1: character 1 is not a base64 digit");
  CHECK(words_for("\"columns\":64", "\"columns\":64000") == "line 1: a grid of 64000 columns");
  CHECK(words_for("\"columns\":64", "\"columns\":-1") == "line 1: member 'columns' is not a count");
  CHECK(words_for("\"column_ns\":", "\"column_ns\":999999999").find("a grid with columns of") !=
        std::string::npos);
  CHECK(words_for("\"cells\":[[0,", "\"cells\":[[70,").find("is outside of the grid") !=
        std::string::npos);
  CHECK(words_for("\"cells\":[[0,", "\"cells\":[[0,5],[0,") ==
        "line 1: a column of the grid is not [column,row,count,...]");
  CHECK(words_for("\"notes\":[", "\"notes\":[3,") == "line 1: a note is not a string");
}

TEST_CASE("a line that is no JSON is named") {
  const auto read = bench::parse_recordings(bench::to_json(sample()) + "\n{");
  CHECK(read.error().message.starts_with("line 2: not JSON"));
}

TEST_SUITE_END();
