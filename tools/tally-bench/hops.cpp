#include "hops.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "core/file.hpp"

namespace tally::bench_tool {

namespace {

std::string label_of(const std::string& path) {
  constexpr std::string_view kEnding = ".json";
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.size() > kEnding.size() && name.ends_with(kEnding))
    name.resize(name.size() - kEnding.size());
  return name;
}

// A percentile that is absent, null or of a hop without values is not known.
std::optional<std::uint64_t> optional_ns(const json::Value& hop, std::string_view name) {
  const json::Value* value = hop.find(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto number = hop.int_at(name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Result<plot::PercentileRow> hop_row(const json::Value& hop, const std::string& label) {
  TALLY_TRY(const std::string name, hop.string_at("name"));
  TALLY_TRY(const std::int64_t count, hop.int_at("count"));
  if (count < 0) return fail(Code::bad_data, fmt::format("hop {} has a negative count", name));
  plot::PercentileRow row;
  row.name = label.empty() ? name : label + ": " + name;
  row.count = static_cast<std::uint64_t>(count);
  if (row.count == 0) return row;
  row.p50_ns = optional_ns(hop, "p50_ns");
  row.p99_ns = optional_ns(hop, "p99_ns");
  row.p999_ns = optional_ns(hop, "p999_ns");
  if (hist::enough_beyond(0.9999, row.count)) row.p9999_ns = optional_ns(hop, "p9999_ns");
  row.max_ns = optional_ns(hop, "max_ns");
  return row;
}

void optional_field(json::Writer& writer, const char* name,
                    const std::optional<std::uint64_t>& value) {
  writer.key(name);
  if (value)
    writer.value(*value);
  else
    writer.null();
}

void write_hop_fields(json::Writer& writer, const plot::PercentileRow& row) {
  writer.field("name", row.name).field("count", row.count);
  optional_field(writer, "p50_ns", row.p50_ns);
  optional_field(writer, "p99_ns", row.p99_ns);
  optional_field(writer, "p999_ns", row.p999_ns);
  optional_field(writer, "p9999_ns", row.p9999_ns);
  optional_field(writer, "max_ns", row.max_ns);
}

}  // namespace

void write_hop(json::Writer& writer, const plot::PercentileRow& row) {
  writer.begin_object();
  write_hop_fields(writer, row);
  writer.end_object();
}

std::string hop_json(const plot::PercentileRow& row) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.hop/1");
  write_hop_fields(writer, row);
  writer.end_object();
  return writer.take();
}

Result<std::vector<plot::PercentileRow>> hop_rows(const json::Value& statistics,
                                                  const std::string& label) {
  TALLY_TRY(const std::string schema, statistics.string_at("schema"));
  if (schema != "tally.stats/1" && schema != "tally.bench.pipeline/1")
    return fail(Code::bad_data, fmt::format("schema {} has no hops", schema),
                "give the files of --stats-out, and of tally-bench pipeline --out");
  TALLY_TRY(const json::Value::Array* hops, statistics.array_at("hops"));
  std::vector<plot::PercentileRow> rows;
  for (const json::Value& hop : *hops) {
    TALLY_TRY(plot::PercentileRow row, hop_row(hop, label));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<plot::PercentileRow>> read_hops(const std::string& path) {
  TALLY_TRY(const std::string content, core::read_file(path));
  const std::string label = label_of(path);
  std::vector<plot::PercentileRow> rows;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string_view line(&content[begin], end - begin);
    begin = end + 1;
    ++line_number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto where = [&] { return fmt::format("{}:{}", path, line_number); };
    const auto document = json::parse(line);
    if (!document) return fail(document.error().in(where()));
    auto found = hop_rows(*document, label);
    if (!found) return fail(found.error().in(where()));
    rows = std::move(*found);
  }
  if (line_number == 0) return fail(Code::bad_data, path + " is empty");
  return rows;
}

}  // namespace tally::bench_tool
