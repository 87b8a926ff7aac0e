#include "ab_measure.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "bench/result_line.hpp"
#include "core/threads.hpp"

namespace tally::bench_tool {

Result<Commands> split_commands(const Words& words) {
  constexpr const char* kUsage = "tally-bench ab -- CMD A -- CMD B";
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes == words.begin()) return fail(Code::usage, "command A is empty", kUsage);
  if (dashes == words.end())
    return fail(Code::usage, "no -- and second command behind the first", kUsage);
  Commands commands{Words(words.begin(), dashes), Words(dashes + 1, words.end())};
  if (commands.b.empty()) return fail(Code::usage, "command B is empty", kUsage);
  if (commands.a.front().empty() || commands.b.front().empty())
    return fail(Code::usage, "a command's name is empty", kUsage);
  return commands;
}

Result<std::vector<Metric>> parse_metrics(const Words& words) {
  std::vector<Metric> metrics;
  for (const std::string& word : words) {
    Metric metric;
    const auto colon = word.rfind(':');
    if (word != "wall") {
      if (colon == std::string::npos || colon == 0 || colon + 1 == word.size())
        return fail(Code::usage, fmt::format("--metric {} is not CASE:FIELD", word),
                    "queue.spsc.rtt8:median, or wall");
      metric.case_name = word.substr(0, colon);
      metric.field = word.substr(colon + 1);
    }
    const auto same = [&](const Metric& known) { return known.name() == metric.name(); };
    if (std::any_of(metrics.begin(), metrics.end(), same))
      return fail(Code::usage, fmt::format("--metric {} stands twice", word));
    metrics.push_back(std::move(metric));
  }
  if (metrics.empty()) metrics.emplace_back();
  return metrics;
}

Result<bench::Readings> read_metrics(std::vector<Metric>& metrics, const bench::TimedRun& run,
                                     const Words& command) {
  std::vector<bench::ResultLine> lines;
  const auto keep = [&](std::size_t, std::string_view text) -> Status {
    // A command may print other things as well.
    auto line = bench::parse_result_line(text);
    if (line && *line) lines.push_back(std::move(**line));
    return {};
  };
  TALLY_CHECK(bench::for_each_line(run.output, keep));
  bench::Readings readings(metrics.size());
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    Metric& metric = metrics[i];
    if (metric.is_wall()) {
      readings[i].push_back({"none", static_cast<double>(run.wall_ns)});
      continue;
    }
    bool found = false;
    for (const bench::ResultLine& line : lines) {
      if (line.name != metric.case_name) continue;
      found = true;
      metric.unit = line.unit;
      const auto value = line.number(metric.field);
      if (value && *value > 0) readings[i].push_back({line.mode, *value});
    }
    if (!found)
      return fail(Code::bad_data,
                  fmt::format("{} printed no result line of case {}", bench::shown_command(command),
                              metric.case_name),
                  "tally-bench run CASE --json prints such lines");
  }
  return readings;
}

bool raise_priority(bench::TimedOptions& process) {
  process.fifo = core::set_fifo_priority(2).has_value();
  return process.fifo;
}

Result<bench::AbResult> compare_commands(const Commands& commands, std::vector<Metric>& metrics,
                                         bench::TimedOptions process,
                                         const bench::AbOptions& options) {
  process.capture = std::any_of(metrics.begin(), metrics.end(),
                                [](const Metric& metric) { return !metric.is_wall(); });
  const bench::Measure measure = [&](bench::Side side) -> Result<std::optional<bench::Readings>> {
    const Words& command = side == bench::Side::a ? commands.a : commands.b;
    const auto named = [side](const Error& error) {
      return error.in(side == bench::Side::a ? "command A" : "command B");
    };
    const auto run = bench::run_timed(command, process);
    if (!run) return fail(named(run.error()));
    if (!*run) return std::optional<bench::Readings>();
    auto readings = read_metrics(metrics, **run, command);
    if (!readings) return fail(named(readings.error()));
    return std::optional<bench::Readings>(std::move(*readings));
  };
  std::vector<bench::Kind> kinds(metrics.size(), bench::Kind::cost);
  TALLY_TRY(const auto probe, measure(bench::Side::a));
  if (probe)
    for (std::size_t i = 0; i < metrics.size(); ++i)
      kinds[i] = bench::kind_of_unit(metrics[i].unit);
  return bench::compare_ab(kinds, measure, options);
}

}  // namespace tally::bench_tool
