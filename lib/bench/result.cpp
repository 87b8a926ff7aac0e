#include "bench/result.hpp"

#include <fmt/format.h>
#include <iterator>

#include "bench/clock_choice.hpp"
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

void write_clock(json::Writer& writer, const core::TscCalibration& clock) {
  writer.key("clock").begin_object();
  writer.field("source", clock_name(clock));
  writer.field("step_ns", clock.to_ns(clock.step_ticks));
  writer.field("overhead_ns", clock.read_cost_ns);
  writer.field("ns_per_tick", clock.ns_per_tick).field("spread", clock.spread);
  writer.end_object();
}

void write_counters(json::Writer& writer, const CounterReport& report) {
  writer.key("counters").begin_object().field("operations", report.operations);
  for (const Counter& counter : report.counters)
    field(writer, counter.name.c_str(), counter.per_operation);
  writer.key("running").begin_object();
  for (const Counter& counter : report.counters)
    if (counter.per_operation && counter.running < 1) writer.field(counter.name, counter.running);
  writer.end_object();
  writer.key("user_only").begin_array();
  for (const Counter& counter : report.counters)
    if (counter.user_only) writer.value(counter.name);
  writer.end_array();
  writer.key("reasons").begin_object();
  for (const Counter& counter : report.counters)
    if (!counter.reason.empty()) writer.field(counter.name, counter.reason);
  writer.end_object();
  writer.end_object();
}

std::string counters_text(const CounterReport& report) {
  std::string text;
  for (const Counter& counter : report.counters)
    if (counter.per_operation)
      fmt::format_to(std::back_inserter(text), "  {:<26} {:.4g} {}\n", counter.name,
                     *counter.per_operation,
                     counter.name.starts_with("topdown_") && counter.name != "topdown_slots"
                         ? "of the slots"
                         : "per operation");
  return text;
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
  if (result.clock) write_clock(writer, *result.clock);
  if (result.counters) write_counters(writer, *result.counters);
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
  if (result.counters) text += counters_text(*result.counters);
  for (const std::string& note : result.notes)
    fmt::format_to(std::back_inserter(text), "  note: {}\n", note);
  return text;
}

}  // namespace tally::bench
