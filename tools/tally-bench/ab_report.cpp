#include "ab_report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "core/units.hpp"
#include "json/writer.hpp"

namespace tally::bench_tool {

namespace {

// A logarithm of a ratio as a share: 0.0488 is 0.05.
double share(double log) {
  return std::expm1(log);
}

std::string percent(double log) {
  return fmt::format("{:+.2f} %", share(log) * 100);
}

std::string value_of(const std::optional<double>& value, const Metric& metric) {
  if (!value) return "-";
  if (metric.unit == "ns" && *value >= 0)
    return core::format_duration(static_cast<std::uint64_t>(std::llround(*value)));
  return fmt::format("{:.4g} {}", *value, metric.unit);
}

void optional_field(json::Writer& writer, const char* name, const std::optional<double>& value) {
  writer.key(name);
  if (value)
    writer.value(*value);
  else
    writer.null();
}

// The figures of a batch. Without a pair there is nothing to say, and 1 would be a lie.
void write_figures(json::Writer& writer, const bench::Judgement& judgement) {
  const bool known = judgement.pairs != 0;
  const auto ratio = [&](double log) {
    return known ? std::optional<double>(std::exp(log)) : std::nullopt;
  };
  optional_field(writer, "ratio", ratio(judgement.worse));
  writer.key("interval");
  if (known)
    writer.begin_array()
        .value(std::exp(judgement.interval.low))
        .value(std::exp(judgement.interval.high))
        .end_array();
  else
    writer.null();
  writer.field("floor", share(judgement.floor));
  writer.field("smallest_effect", share(judgement.floor_measured));
  writer.field("pairs", judgement.pairs);
}

void write_judgement(json::Writer& writer, const char* name,
                     const std::optional<bench::Judgement>& judgement) {
  writer.key(name);
  if (!judgement) {
    writer.null();
    return;
  }
  writer.begin_object().field("says", bench::change_name(judgement->change));
  write_figures(writer, *judgement);
  writer.field("pairs_unusable", judgement->unusable).field("p_value", judgement->p_value);
  writer.end_object();
}

void write_metric(json::Writer& writer, const Metric& metric, const bench::MetricResult& result) {
  writer.begin_object().field("name", metric.name()).field("unit", metric.unit);
  writer.field("verdict", bench::change_name(result.change));
  write_figures(writer, result.shown());
  writer.field("aa_pairs", result.aa_pairs);
  optional_field(writer, "median_a", result.median_a);
  optional_field(writer, "median_b", result.median_b);
  write_judgement(writer, "first_batch", result.first);
  write_judgement(writer, "second_batch", result.second);
  writer.end_object();
}

void write_words(json::Writer& writer, const char* name, const Words& words) {
  writer.key(name).begin_array();
  for (const std::string& word : words) writer.value(word);
  writer.end_array();
}

std::string sentence(const Metric& metric, const bench::MetricResult& result) {
  const bench::Judgement& shown = result.shown();
  if (shown.pairs == 0) return fmt::format("  {}: no pair could be compared\n", metric.name());
  std::string text = fmt::format(
      "  {}: A {}, B {}: B is {} ({} to {}), floor {:.2f} %, {} pairs: {}\n", metric.name(),
      value_of(result.median_a, metric), value_of(result.median_b, metric), percent(shown.worse),
      percent(shown.interval.low), percent(shown.interval.high), share(shown.floor) * 100,
      shown.pairs, bench::change_name(result.change));
  if (&shown != &result.first)
    fmt::format_to(std::back_inserter(text),
                   "    the first batch said {}: {} ({} to {}), {} pairs\n",
                   bench::change_name(result.first.change), percent(result.first.worse),
                   percent(result.first.interval.low), percent(result.first.interval.high),
                   result.first.pairs);
  fmt::format_to(
      std::back_inserter(text),
      "    smallest effect this host can see now: {:.2f} % ({} pairs of a command with itself)\n",
      share(shown.floor_measured) * 100, result.aa_pairs);
  return text;
}

}  // namespace

std::size_t AbReport::decisive() const {
  for (std::size_t i = 0; i < result.metrics.size(); ++i)
    if (result.metrics[i].change == result.change) return i;
  return 0;
}

std::vector<std::string> AbReport::notes() const {
  std::vector<std::string> notes;
  if (result.stopped) notes.emplace_back("interrupted: the figures are of the pairs until then");
  for (std::size_t i = 0; i < result.metrics.size(); ++i) {
    const bench::MetricResult& metric = result.metrics[i];
    const bench::Judgement& shown = metric.shown();
    const std::string name = metrics[i].name();
    if (shown.unusable != 0)
      notes.push_back(fmt::format("{}: {} pairs without a value in the same mode on both sides",
                                  name, shown.unusable));
    if (metric.change != bench::Change::inconclusive || result.stopped) continue;
    const bench::Judgement& last = metric.second ? *metric.second : metric.first;
    if (last.pairs < bench::kMinPairs)
      notes.push_back(fmt::format("{}: the budget ended after {} pairs{}, {} are needed", name,
                                  last.pairs, metric.second ? " of the second batch" : "",
                                  bench::kMinPairs));
    else if (last.change == bench::Change::inconclusive)
      notes.push_back(
          fmt::format("{}: the budget ended before the interval lay on one side of the floor or "
                      "within it",
                      name));
    else
      notes.push_back(fmt::format("{}: the second batch did not confirm the first", name));
  }
  return notes;
}

std::string to_json(const AbReport& report) {
  json::Writer writer;
  const bench::AbResult& result = report.result;
  writer.begin_object().field("schema", "tally.bench.ab/1");
  writer.field("verdict", bench::change_name(result.change)).field("partial", result.stopped);
  const std::size_t decisive = report.decisive();
  writer.field("metric", report.metrics[decisive].name());
  write_figures(writer, result.metrics[decisive].shown());
  writer.field("aa_pairs", result.metrics[decisive].aa_pairs);
  writer.field("floor_asked", report.options.floor);
  writer.field("confidence", report.options.confidence).field("seed", report.options.seed);
  writer.field("policy", report.fifo ? "fifo" : "other");
  writer.field("first", report.options.b_first ? "b" : "a");
  writer.field("budget_ns", report.options.budget_ns).field("elapsed_ns", result.elapsed_ns);
  write_words(writer, "a", report.commands.a);
  write_words(writer, "b", report.commands.b);
  writer.key("metrics").begin_array();
  for (std::size_t i = 0; i < result.metrics.size(); ++i)
    write_metric(writer, report.metrics[i], result.metrics[i]);
  writer.end_array();
  write_words(writer, "notes", report.notes());
  writer.end_object();
  return writer.take();
}

std::string to_text(const AbReport& report) {
  std::string text = fmt::format("{}{}\n", bench::change_name(report.result.change),
                                 report.result.stopped ? " (partial)" : "");
  for (std::size_t i = 0; i < report.result.metrics.size(); ++i)
    text += sentence(report.metrics[i], report.result.metrics[i]);
  for (const std::string& note : report.notes()) text += "  note: " + note + "\n";
  fmt::format_to(std::back_inserter(text), "  {}, intervals of {:.0f} %, seed {}, {}\n",
                 core::format_duration(report.result.elapsed_ns), report.options.confidence * 100,
                 report.options.seed, report.fifo ? "SCHED_FIFO" : "SCHED_OTHER");
  return text;
}

}  // namespace tally::bench_tool
