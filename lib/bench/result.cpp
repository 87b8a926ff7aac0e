#include "bench/result.hpp"

#include <fmt/format.h>
#include <iterator>

#include "json/writer.hpp"

namespace tally::bench {

namespace {

void field(json::Writer& writer, const char* name, const std::optional<double>& value) {
  writer.key(name);
  if (value)
    writer.value(*value);
  else
    writer.null();
}

std::string figure(const std::optional<double>& value) {
  if (!value) return "-";
  if (*value < 100) return fmt::format("{:.2f}", *value);
  return fmt::format("{:.0f}", *value);
}

}  // namespace

std::string to_json(const CaseResult& result) {
  const auto of_ours = [&](double Summary::*member) {
    return result.ours ? std::optional<double>((*result.ours).*member) : std::nullopt;
  };
  json::Writer writer;
  writer.begin_object();
  writer.field("schema", "tally.bench.result/1");
  writer.field("case", result.name).field("unit", result.unit);
  field(writer, "median", of_ours(&Summary::median));
  field(writer, "p10", of_ours(&Summary::p10));
  field(writer, "p90", of_ours(&Summary::p90));
  writer.field("samples", result.ours ? result.ours->samples : std::size_t{0});
  field(writer, "seed", result.seed);
  field(writer, "calibration_ns", result.calibration_ns);
  writer.field("mode", mode_name(result.mode));
  writer.key("peers").begin_array();
  for (const PeerFigure& peer : result.peers) {
    writer.begin_object().field("name", peer.name);
    field(writer, "median", peer.median);
    field(writer, "ratio", peer.ratio);
    writer.end_object();
  }
  writer.end_array();
  writer.key("notes").begin_array();
  for (const std::string& note : result.notes) writer.value(note);
  writer.end_array();
  writer.end_object();
  return writer.take();
}

std::string table_head() {
  return fmt::format("{:<28} {:>4} {:>5} {:>10} {:>10} {:>10} {:>7} {:>10}\n", "case", "unit",
                     "mode", "median", "p10", "p90", "samples", "seed");
}

std::string to_text(const CaseResult& result) {
  const auto of_ours = [&](double Summary::*member) {
    return figure(result.ours ? std::optional<double>((*result.ours).*member) : std::nullopt);
  };
  std::string text = fmt::format(
      "{:<28} {:>4} {:>5} {:>10} {:>10} {:>10} {:>7} {:>10}\n", result.name, result.unit,
      mode_name(result.mode), of_ours(&Summary::median), of_ours(&Summary::p10),
      of_ours(&Summary::p90), result.ours ? result.ours->samples : 0, figure(result.seed));
  for (const PeerFigure& peer : result.peers)
    fmt::format_to(std::back_inserter(text), "  {:<26} {:>4} {:>5} {:>10}  ratio {}\n", peer.name,
                   "", "", figure(peer.median), figure(peer.ratio));
  for (const std::string& note : result.notes)
    fmt::format_to(std::back_inserter(text), "  note: {}\n", note);
  return text;
}

}  // namespace tally::bench
