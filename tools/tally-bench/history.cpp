// tally-bench history: results over time, and where their level changed.
#include "bench/history.hpp"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <memory>

#include "bench/change_points.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "fresh_results.hpp"
#include "json/writer.hpp"
#include "plot/history.hpp"
#include "plot/page.hpp"

namespace tally::bench_tool {

namespace {

// Of each series; permutations of more would take minutes.
constexpr std::size_t kMostEntries = 5000;

struct HistoryArguments {
  std::string file;
  std::string results = "-";
  std::string label;
  std::vector<std::string> files;
  double min_change = 5;
  std::string html;
  bool plot = false;
};

Result<Code> add(const HistoryArguments& arguments, cli::Invocation& run) {
  TALLY_TRY(const std::string text, read_results_text(arguments.results));
  const std::string source = arguments.results == "-" ? "standard input" : arguments.results;
  TALLY_TRY(const auto results, bench::parse_results(text, source));
  const std::uint64_t now_ns = core::realtime_ns();
  const std::string host = bench::id_of(this_host());
  std::vector<bench::HistoryEntry> entries;
  for (const bench::ResultLine& result : results)
    if (auto entry = bench::history_entry(result, now_ns, arguments.label, host))
      entries.push_back(std::move(*entry));
  if (entries.empty())
    return fail(Code::bad_data, source + ": no result has a figure", "their notes say why");
  TALLY_CHECK(bench::append_history(arguments.file, entries));
  if (entries.size() < results.size())
    run.out.note(
        fmt::format("{} results without a figure were left out", results.size() - entries.size()));
  return Code::ok;
}

std::string day_of(std::uint64_t time_ns) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z",
                     fmt::gmtime(static_cast<std::time_t>(time_ns / 1'000'000'000)));
}

struct Shown {
  bench::Series series;
  std::vector<bench::ChangePoint> changes;
  std::size_t left_out = 0;
};

Shown look_at(bench::Series series, double min_change) {
  Shown shown;
  if (series.entries.size() > kMostEntries) {
    shown.left_out = series.entries.size() - kMostEntries;
    series.entries.erase(series.entries.begin(),
                         series.entries.begin() + static_cast<std::ptrdiff_t>(shown.left_out));
  }
  std::vector<double> values;
  for (const bench::HistoryEntry& entry : series.entries) values.push_back(entry.median);
  bench::ChangePointOptions options;
  options.min_change = min_change / 100;
  shown.changes = bench::find_change_points(values, options);
  shown.series = std::move(series);
  return shown;
}

bool is_worse(const bench::Series& series, const bench::ChangePoint& change) {
  return (change.after > change.before) == (bench::kind_of_unit(series.unit) == bench::Kind::cost);
}

std::string to_json(const Shown& shown) {
  const bench::Series& series = shown.series;
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.series/1").field("case", series.name);
  writer.field("mode", series.mode).field("host", series.host).field("unit", series.unit);
  writer.field("entries", series.entries.size()).field("left_out", shown.left_out);
  writer.field("first_ns", series.entries.front().time_ns);
  writer.field("last_ns", series.entries.back().time_ns);
  writer.field("last_median", series.entries.back().median);
  writer.key("changes").begin_array();
  for (const bench::ChangePoint& change : shown.changes) {
    const bench::HistoryEntry& entry = series.entries[change.index];
    writer.begin_object().field("index", change.index).field("time_ns", entry.time_ns);
    writer.field("label", entry.label).field("before", change.before);
    writer.field("after", change.after).field("ratio", change.after / change.before);
    writer.field("p_value", change.p_value).field("worse", is_worse(series, change));
    writer.end_object();
  }
  writer.end_array().end_object();
  return writer.take();
}

void print(const Shown& shown, cli::Output& out) {
  const bench::Series& series = shown.series;
  out.print("{} {} on {}: {} results, {} to {}, last {:.4g} {}\n", series.name, series.mode,
            series.host, series.entries.size(), day_of(series.entries.front().time_ns),
            day_of(series.entries.back().time_ns), series.entries.back().median, series.unit);
  for (const bench::ChangePoint& change : shown.changes) {
    const bench::HistoryEntry& entry = series.entries[change.index];
    out.print("  {} since {}{}: {:.4g} -> {:.4g} {} ({:+.1f} %, p {:.3f})\n",
              is_worse(series, change) ? "worse" : "better", day_of(entry.time_ns),
              entry.label.empty() ? "" : " (" + entry.label + ")", change.before, change.after,
              series.unit, (change.after / change.before - 1) * 100, change.p_value);
  }
}

plot::HistoryPicture picture_of(const Shown& shown) {
  const bench::Series& series = shown.series;
  plot::HistoryPicture picture;
  picture.title = series.name + (series.mode == "none" ? "" : " " + series.mode);
  picture.unit = series.unit;
  for (const bench::HistoryEntry& entry : series.entries)
    picture.points.push_back(
        {entry.label.empty() ? day_of(entry.time_ns).substr(5, 11) : entry.label, entry.median,
         entry.p10, entry.p90});
  for (const bench::ChangePoint& change : shown.changes)
    picture.changes.push_back(
        {change.index, change.before, change.after, is_worse(series, change)});
  return picture;
}

Result<Code> show(const HistoryArguments& arguments, cli::Invocation& run) {
  std::vector<bench::HistoryEntry> entries;
  for (const std::string& path : arguments.files) {
    TALLY_TRY(bench::History history, bench::read_history(path));
    for (const std::string& skipped : history.skipped) run.out.warning(skipped);
    std::move(history.entries.begin(), history.entries.end(), std::back_inserter(entries));
  }
  std::string figures;
  for (bench::Series& series : bench::series_of(entries)) {
    const Shown shown = look_at(std::move(series), arguments.min_change);
    if (!arguments.html.empty())
      figures += plot::figure_html(plot::history_svg(picture_of(shown)), "");
    if (run.json)
      run.out.line(to_json(shown));
    else
      print(shown, run.out);
    if (arguments.plot && !run.json) {
      plot::TerminalStyle style;
      style.columns = static_cast<std::size_t>(std::clamp(run.out.columns(), 24, 400));
      style.lines = 12;
      run.out.write(plot::history_text(picture_of(shown), style));
    }
  }
  if (!arguments.html.empty())
    TALLY_CHECK(core::replace_file(arguments.html,
                                   core::as_bytes(plot::page_html("history", figures)), 0644));
  if (entries.empty()) run.out.note("the history is empty");
  return Code::ok;
}

}  // namespace

void add_history(cli::App& app) {
  auto arguments = std::make_shared<HistoryArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  cli::Command& top =
      app.root().command("history", "keep results over time and find where they changed");
  top.command("add", "append results to a history")
      .argument("FILE", arguments->file, "the history, made when it is not there", true, file)
      .argument("RESULTS", arguments->results, "lines of run --json; - for standard input", false,
                file)
      .option("--label", arguments->label, "TEXT", "what was measured: a commit, a release")
      .example("tally-bench run queue --json | tally-bench history add bench.jsonl --label 1f3a")
      .on_run([arguments](cli::Invocation& run) { return add(*arguments, run); });
  top.command("show", "show what histories hold, and their change points")
      .arguments("FILE", arguments->files, "histories, taken together", true, file)
      .option("--min-change", arguments->min_change, "PCT", "leave out smaller changes", 0.1, 1000)
      .flag("--plot", arguments->plot, "draw each series")
      .option("--html", arguments->html, "FILE", "write a page that needs no network", file)
      .example("tally-bench history show bench.jsonl")
      .on_run([arguments](cli::Invocation& run) { return show(*arguments, run); });
}

}  // namespace tally::bench_tool
