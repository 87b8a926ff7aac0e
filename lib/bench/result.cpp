#include "bench/result.hpp"

#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <limits>

#include "bench/clock_choice.hpp"
#include "bench/csv.hpp"
#include "bench/result_line.hpp"
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
  if (!value || !std::isfinite(*value)) return "-";
  if (*value < 100) return fmt::format("{:.2f}", *value);
  return fmt::format("{:.0f}", *value);
}

// A number, or nothing for null.
Result<std::optional<double>> optional_at(const json::Value& object, std::string_view name) {
  const json::Value* found = object.find(name);
  if (found == nullptr) return fail(Code::bad_data, fmt::format("member '{}' is missing", name));
  if (found->is_null()) return std::optional<double>();
  TALLY_TRY(const double number, object.number_at(name));
  return std::optional<double>(number);
}

Result<Mode> mode_of(const ResultLine& line) {
  for (const Mode mode : {Mode::none, Mode::near, Mode::far})
    if (line.mode == mode_name(mode)) return mode;
  return fail(Code::bad_data, "member 'mode' is not near, far or none");
}

Result<std::optional<Summary>> summary_of(const ResultLine& line) {
  const auto median = line.number("median");
  if (!median) return std::optional<Summary>();
  const double samples = line.number("samples").value_or(0);
  constexpr double kMostSamples = 1e15;
  if (!(samples >= 0 && samples < kMostSamples))
    return fail(Code::bad_data, "member 'samples' is no count");
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  return std::optional<Summary>(Summary{*median, line.number("p10").value_or(kUnknown),
                                        line.number("p90").value_or(kUnknown),
                                        static_cast<std::size_t>(samples)});
}

Result<core::TscCalibration> clock_of(const json::Value& object) {
  core::TscCalibration clock;
  TALLY_TRY(const std::string source, object.string_at("source"));
  TALLY_TRY(const double step_ns, object.number_at("step_ns"));
  TALLY_TRY(clock.read_cost_ns, object.number_at("overhead_ns"));
  TALLY_TRY(clock.ns_per_tick, object.number_at("ns_per_tick"));
  TALLY_TRY(clock.spread, object.number_at("spread"));
  clock.monotonic_instead = source == "clock_gettime";
  const double step_ticks = clock.ns_per_tick > 0 ? step_ns / clock.ns_per_tick : -1;
  constexpr double kMostTicks = 1e15;
  if (!(step_ticks >= 0 && step_ticks < kMostTicks))
    return fail(Code::bad_data, "member 'clock' has no rate or no step");
  clock.step_ticks = static_cast<std::uint64_t>(std::llround(step_ticks));
  return clock;
}

// Events in the order of their names: the members of an object have no other.
Result<CounterReport> counters_of(const json::Value& object) {
  CounterReport report;
  TALLY_TRY(const std::int64_t operations, object.int_at("operations"));
  TALLY_TRY(const json::Value::Object* running, object.object_at("running"));
  TALLY_TRY(const json::Value::Array* user_only, object.array_at("user_only"));
  TALLY_TRY(const json::Value::Object* reasons, object.object_at("reasons"));
  if (operations < 0) return fail(Code::bad_data, "member 'operations' is negative");
  report.operations = static_cast<std::uint64_t>(operations);
  for (const auto& [name, value] : *object.as_object()) {
    if (name == "operations" || name == "running" || name == "user_only" || name == "reasons")
      continue;
    Counter counter;
    counter.name = name;
    TALLY_TRY(counter.per_operation, optional_at(object, name));
    if (running->contains(name)) {
      TALLY_TRY(counter.running, object.find("running")->number_at(name));
    }
    if (reasons->contains(name)) {
      TALLY_TRY(counter.reason, object.find("reasons")->string_at(name));
    }
    for (const json::Value& one : *user_only)
      if (one.as_string() != nullptr && *one.as_string() == name) counter.user_only = true;
    report.counters.push_back(std::move(counter));
  }
  return report;
}

Result<PeerFigure> peer_of(const json::Value& object) {
  PeerFigure peer;
  TALLY_TRY(peer.name, object.string_at("name"));
  TALLY_TRY(peer.median, optional_at(object, "median"));
  TALLY_TRY(peer.ratio, optional_at(object, "ratio"));
  // Lines of other programs may do without the spread.
  if (object.find("ratio_p10") != nullptr) {
    TALLY_TRY(peer.ratio_p10, optional_at(object, "ratio_p10"));
  }
  if (object.find("ratio_p90") != nullptr) {
    TALLY_TRY(peer.ratio_p90, optional_at(object, "ratio_p90"));
  }
  if (object.find("pairs") != nullptr) {
    TALLY_TRY(const std::int64_t pairs, object.int_at("pairs"));
    if (pairs < 0) return fail(Code::bad_data, "member 'pairs' is negative");
    peer.pairs = static_cast<std::size_t>(pairs);
  }
  if (object.find("limit") != nullptr) {
    TALLY_TRY(peer.limit, object.bool_at("limit"));
  }
  return peer;
}

}  // namespace

Result<CaseResult> read_result(const json::Value& document) {
  TALLY_TRY(const auto line, result_line(document));
  if (!line) return fail(Code::bad_data, fmt::format("not of schema {}", kResultSchema));
  CaseResult result;
  result.name = line->name;
  result.unit = line->unit;
  TALLY_TRY(result.ours, summary_of(*line));
  result.seed = line->number("seed");
  result.calibration_ns = line->number("calibration_ns");
  TALLY_TRY(result.mode, mode_of(*line));
  if (document.find("peers") != nullptr) {
    TALLY_TRY(const json::Value::Array* peers, document.array_at("peers"));
    for (const json::Value& item : *peers) {
      TALLY_TRY(PeerFigure peer, peer_of(item));
      result.peers.push_back(std::move(peer));
    }
  }
  if (document.find("notes") != nullptr) {
    TALLY_TRY(const json::Value::Array* notes, document.array_at("notes"));
    for (const json::Value& note : *notes) {
      if (note.as_string() == nullptr) return fail(Code::bad_data, "a note is not a string");
      result.notes.push_back(*note.as_string());
    }
  }
  if (const json::Value* clock = document.find("clock")) {
    TALLY_TRY(result.clock, clock_of(*clock));
  }
  if (const json::Value* counters = document.find("counters")) {
    TALLY_TRY(result.counters, counters_of(*counters));
  }
  return result;
}

std::string csv_head() {
  return csv_row({"case", "mode", "subject", "unit", "median", "p10", "p90", "samples", "ratio",
                  "seed", "calibration_ns", "notes"});
}

std::string to_csv(const CaseResult& result) {
  const auto of_ours = [&](double Summary::*member) {
    return csv_number(result.ours ? std::optional<double>((*result.ours).*member) : std::nullopt);
  };
  std::string notes;
  for (const std::string& note : result.notes) notes += (notes.empty() ? "" : "; ") + note;
  const std::string mode = mode_name(result.mode);
  std::string text = csv_row({result.name, mode, "ours", result.unit, of_ours(&Summary::median),
                              of_ours(&Summary::p10), of_ours(&Summary::p90),
                              std::to_string(result.ours ? result.ours->samples : 0), "",
                              csv_number(result.seed), csv_number(result.calibration_ns), notes});
  for (const PeerFigure& peer : result.peers)
    text += csv_row({result.name, mode, peer.name, result.unit, csv_number(peer.median), "", "", "",
                     csv_number(peer.ratio), "", "", ""});
  return text;
}

std::string to_json(const CaseResult& result) {
  const auto of_ours = [&](double Summary::*member) {
    return result.ours ? std::optional<double>((*result.ours).*member) : std::nullopt;
  };
  json::Writer writer;
  writer.begin_object();
  writer.field("schema", kResultSchema);
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
    field(writer, "ratio_p10", peer.ratio_p10);
    field(writer, "ratio_p90", peer.ratio_p90);
    writer.field("pairs", peer.pairs);
    if (peer.limit) writer.field("limit", true);
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
