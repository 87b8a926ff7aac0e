#include "bench/recording.hpp"

#include <fmt/format.h>

#include "core/base64.hpp"
#include "core/file.hpp"
#include "hist/packed.hpp"
#include "json/writer.hpp"

namespace tally::bench {

namespace {

constexpr std::string_view kSchema = "tally.bench.recording/1";
constexpr std::uint64_t kMostColumns = 8192;  // 10 MiB of cells

void write_percentile(json::Writer& writer, const char* name, const hist::Histogram& histogram,
                      double q) {
  writer.key(name);
  if (hist::enough_beyond(q, histogram.count()))
    writer.value(histogram.quantile(q));
  else
    writer.null();
}

void write_histogram(json::Writer& writer, const hist::Histogram& histogram) {
  writer.begin_object().field("count", histogram.count()).field("min_ns", histogram.min());
  writer.field("p50_ns", histogram.quantile(0.5)).field("p99_ns", histogram.quantile(0.99));
  writer.field("p999_ns", histogram.quantile(0.999));
  write_percentile(writer, "p9999_ns", histogram, 0.9999);
  write_percentile(writer, "p99999_ns", histogram, 0.99999);
  writer.field("max_ns", histogram.max()).field("mean_ns", histogram.mean());
  writer.field("sum_ns", histogram.sum_ns()).field("clamped", histogram.clamped());
  writer.field("hdr", core::to_base64(hist::pack(histogram)));
  writer.end_object();
}

void write_column(json::Writer& writer, const hist::Grid& grid, std::size_t column) {
  bool begun = false;
  for (std::size_t row = 0; row < hist::Grid::kRows; ++row) {
    if (grid.at(column, row) == 0) continue;
    if (!begun) writer.begin_array().value(column);
    begun = true;
    writer.value(row).value(grid.at(column, row));
  }
  if (begun) writer.end_array();
}

void write_grid(json::Writer& writer, const hist::Grid& grid) {
  writer.begin_object().field("start_ns", grid.start_ns()).field("column_ns", grid.column_ns());
  writer.field("columns", grid.columns()).key("cells").begin_array();
  for (std::size_t column = 0; column < grid.used_columns(); ++column)
    write_column(writer, grid, column);
  writer.end_array().end_object();
}

// A whole number that is not negative.
Result<std::uint64_t> count_of(const json::Value& value, std::string_view name) {
  if (const auto* number = std::get_if<std::uint64_t>(&value.content())) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value.content()))
    if (*number >= 0) return static_cast<std::uint64_t>(*number);
  return fail(Code::bad_data, fmt::format("member '{}' is not a count", name));
}

Result<std::uint64_t> count_at(const json::Value& object, std::string_view name) {
  const json::Value* found = object.find(name);
  if (found == nullptr) return fail(Code::bad_data, fmt::format("member '{}' is missing", name));
  return count_of(*found, name);
}

Result<hist::Histogram> read_histogram(const json::Value& object) {
  TALLY_TRY(const std::string text, object.string_at("hdr"));
  TALLY_TRY(const Bytes packed, core::from_base64(text));
  TALLY_TRY(hist::Histogram histogram, hist::unpack(packed));
  TALLY_TRY(const std::uint64_t count, count_at(object, "count"));
  if (count != histogram.count())
    return fail(Code::bad_data,
                fmt::format("count {} is not that of the histogram, {}", count, histogram.count()));
  if (count == 0) return histogram;
  hist::Histogram::Exact exact;
  TALLY_TRY(exact.min_ns, count_at(object, "min_ns"));
  TALLY_TRY(exact.max_ns, count_at(object, "max_ns"));
  TALLY_TRY(exact.sum_ns, object.number_at("sum_ns"));
  TALLY_TRY(exact.clamped, count_at(object, "clamped"));
  if (!histogram.set_exact(exact))
    return fail(Code::bad_data, "min_ns, max_ns, sum_ns or clamped contradict the histogram");
  return histogram;
}

Status read_column(const json::Value& value, hist::Grid& grid) {
  const json::Value::Array* numbers = value.as_array();
  if (numbers == nullptr || numbers->size() % 2 != 1)
    return fail(Code::bad_data, "a column of the grid is not [column,row,count,...]");
  TALLY_TRY(const std::uint64_t column, count_of((*numbers)[0], "cells"));
  for (std::size_t i = 1; i < numbers->size(); i += 2) {
    TALLY_TRY(const std::uint64_t row, count_of((*numbers)[i], "cells"));
    TALLY_TRY(const std::uint64_t count, count_of((*numbers)[i + 1], "cells"));
    if (count > 0xffff'ffff || !grid.put(column, row, static_cast<std::uint32_t>(count)))
      return fail(
          Code::bad_data,
          fmt::format("cell {},{} is outside of the grid or its count too large", column, row));
  }
  return {};
}

Result<hist::Grid> read_grid(const json::Value& object) {
  TALLY_TRY(const std::uint64_t start_ns, count_at(object, "start_ns"));
  TALLY_TRY(const std::uint64_t column_ns, count_at(object, "column_ns"));
  TALLY_TRY(const std::uint64_t columns, count_at(object, "columns"));
  if (columns < 1 || columns > kMostColumns)
    return fail(Code::bad_data, fmt::format("a grid of {} columns", columns),
                fmt::format("at most {} can be read", kMostColumns));
  // The time at the end of the last column must be one.
  if (column_ns < 1 || column_ns > ~start_ns / kMostColumns / 2)
    return fail(Code::bad_data, fmt::format("a grid with columns of {} ns", column_ns));
  hist::Grid grid(start_ns, columns, column_ns);
  TALLY_TRY(const json::Value::Array* cells, object.array_at("cells"));
  for (const json::Value& column : *cells) TALLY_CHECK(read_column(column, grid));
  return grid;
}

bool is_given(const json::Value* value) {
  return value != nullptr && !value->is_null();
}

}  // namespace

std::string to_json(const Recording& recording) {
  json::Writer writer;
  writer.begin_object().field("schema", kSchema);
  writer.field("name", recording.name).field("what", recording.what).field("unit", "ns");
  writer.field("start_unix_ns", recording.start_unix_ns);
  writer.field("duration_ns", recording.duration_ns).field("partial", recording.partial);
  writer.key("notes").begin_array();
  for (const std::string& note : recording.notes) writer.value(note);
  writer.end_array().key("latency");
  write_histogram(writer, recording.latency);
  writer.field("expected_interval_ns", recording.expected_interval_ns).key("corrected");
  if (recording.corrected)
    write_histogram(writer, *recording.corrected);
  else
    writer.null();
  writer.key("grid");
  if (recording.grid)
    write_grid(writer, *recording.grid);
  else
    writer.null();
  writer.end_object();
  return writer.take();
}

Result<Recording> recording_from_json(const json::Value& value) {
  TALLY_TRY(const std::string schema, value.string_at("schema"));
  if (schema != kSchema)
    return fail(Code::bad_data, fmt::format("schema {} is not that of a recording", schema),
                "give a file that a command has written with --out");
  TALLY_TRY(const std::string unit, value.string_at("unit"));
  if (unit != "ns") return fail(Code::bad_data, fmt::format("unit {} is not ns", unit));
  Recording recording;
  TALLY_TRY(recording.name, value.string_at("name"));
  TALLY_TRY(recording.what, value.string_at("what"));
  TALLY_TRY(recording.start_unix_ns, count_at(value, "start_unix_ns"));
  TALLY_TRY(recording.duration_ns, count_at(value, "duration_ns"));
  TALLY_TRY(recording.partial, value.bool_at("partial"));
  TALLY_TRY(const json::Value::Array* notes, value.array_at("notes"));
  for (const json::Value& note : *notes) {
    if (note.as_string() == nullptr) return fail(Code::bad_data, "a note is not a string");
    recording.notes.push_back(*note.as_string());
  }
  TALLY_TRY(recording.expected_interval_ns, count_at(value, "expected_interval_ns"));
  const json::Value* latency = value.find("latency");
  if (latency == nullptr) return fail(Code::bad_data, "member 'latency' is missing");
  TALLY_TRY(recording.latency, read_histogram(*latency));
  if (const json::Value* corrected = value.find("corrected"); is_given(corrected)) {
    TALLY_TRY(recording.corrected, read_histogram(*corrected));
  }
  if (const json::Value* grid = value.find("grid"); is_given(grid)) {
    TALLY_TRY(recording.grid, read_grid(*grid));
  }
  return recording;
}

Result<std::vector<Recording>> parse_recordings(std::string_view text) {
  std::vector<Recording> recordings;
  std::size_t line_number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++line_number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto where = [&] { return fmt::format("line {}", line_number); };
    const auto document = json::parse(line);
    if (!document) return fail(document.error().in(where()));
    auto recording = recording_from_json(*document);
    if (!recording) return fail(recording.error().in(where()));
    recordings.push_back(std::move(*recording));
  }
  if (recordings.empty()) return fail(Code::bad_data, "no recording in it");
  return recordings;
}

Status write_recordings(const std::string& path, std::span<const Recording> recordings) {
  std::string text;
  for (const Recording& recording : recordings) text += to_json(recording) + '\n';
  return core::replace_file(path, core::as_bytes(text), 0644);
}

Result<std::vector<Recording>> read_recordings(const std::string& path) {
  TALLY_TRY(const std::string text, core::read_file(path, kMostRecordingBytes));
  auto recordings = parse_recordings(text);
  if (!recordings) return fail(recordings.error().in(path));
  return recordings;
}

}  // namespace tally::bench
