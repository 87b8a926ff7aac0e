// tally-bench percentiles: percentile curves of one file, or of several over each other.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "bench/import.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "formats.hpp"
#include "load.hpp"
#include "plot/curves.hpp"
#include "plot/palette.hpp"

namespace tally::bench_tool {

namespace {

struct PercentilesArguments {
  std::vector<std::string> files;
  std::string name;
  std::string title;
  std::string svg;
  std::string html;
  bool stamps = false;
};

struct Series {
  std::string name;
  std::string what;
  hist::Histogram histogram;
};

void add_series(const bench::Recording& recording, const std::string& name,
                std::vector<Series>& series) {
  if (recording.latency.count() == 0) return;
  series.push_back({name, recording.what, recording.latency});
  if (recording.corrected)
    series.push_back({name + ", omission corrected", recording.what, *recording.corrected});
}

// Recordings of several files that share a name are told apart by the file's.
Result<std::vector<Series>> load_series(const PercentilesArguments& arguments,
                                        const bench::ImportOptions& options,
                                        std::vector<std::string>& notes) {
  std::vector<Series> series;
  for (const std::string& file : arguments.files) {
    TALLY_TRY(bench::Imported imported, bench::import_file(file, options));
    if (imported.recordings.empty())
      return fail(Code::bad_data, file + ": results have no distribution to draw",
                  "give recordings, a .hlog or lines of measurements");
    if (!arguments.name.empty())
      TALLY_CHECK(choose_series(imported.recordings, arguments.name, file));
    for (const bench::Recording& recording : imported.recordings) {
      std::string name = recording.name;
      const bool taken = std::any_of(series.begin(), series.end(),
                                     [&](const Series& one) { return one.name == name; });
      if (taken) name = fmt::format("{}: {}", file, name);
      add_series(recording, name, series);
      if (recording.partial) notes.push_back(name + ": partial, cut short");
      for (const std::string& note : recording.notes)
        notes.push_back(fmt::format("{}: {}", name, note));
    }
  }
  if (series.empty()) return fail(Code::bad_data, "no values to draw");
  if (series.size() > plot::kSeries)
    return fail(Code::usage, fmt::format("{} curves are too many to tell apart", series.size()),
                fmt::format("at most {} are drawn; --name NAME chooses", plot::kSeries));
  return series;
}

plot::Curves curves_of(const std::vector<Series>& series, std::string title,
                       std::vector<std::string> notes) {
  plot::Curves curves;
  curves.what = series.front().what;
  curves.notes = std::move(notes);
  for (const Series& one : series)
    curves.curves.push_back(plot::make_curve(one.name, one.histogram));
  if (title.empty()) {
    title = series.front().name;
    if (series.size() > 1) title += " and " + series.back().name;
    if (series.size() > 2) title = fmt::format("{} distributions", series.size());
  }
  curves.title = std::move(title);
  return curves;
}

struct Tables {
  std::vector<plot::PercentileRow> rows;
  std::vector<plot::Table> ratios;  // each of the later ones over the first
};

Tables tables_of(const std::vector<Series>& series) {
  Tables tables;
  for (const Series& one : series)
    tables.rows.push_back(plot::percentile_row(one.name, one.histogram));
  for (std::size_t i = 1; i < series.size(); ++i)
    tables.ratios.push_back(plot::ratio_table(series[0].name, series[0].histogram, series[i].name,
                                              series[i].histogram));
  return tables;
}

constexpr const char* kRangeWords =
    "ranges hold for independent values of undisturbed runs; tally-bench ab decides";

void print_text(const plot::Curves& curves, const Tables& tables, cli::Output& out) {
  plot::TerminalStyle style;
  style.columns = static_cast<std::size_t>(std::clamp(out.columns(), 24, 400));
  style.utf8 = out.utf8();
  style.color = out.stdout_color();
  out.write(plot::curves_text(curves, style) + "\n");
  out.write(plot::percentile_table(tables.rows));
  for (const plot::Table& table : tables.ratios) out.write("\n" + plot::table_text(table));
  if (!tables.ratios.empty()) out.line(std::string("note: ") + kRangeWords);
  for (const std::string& note : curves.notes) out.line("note: " + note);
}

Status write_images(const plot::Curves& curves, const Tables& tables,
                    const PercentilesArguments& arguments) {
  if (!arguments.svg.empty())
    TALLY_CHECK(core::replace_file(arguments.svg, core::as_bytes(plot::curves_svg(curves)), 0644));
  if (arguments.html.empty()) return {};
  std::string below = plot::percentile_table_html(tables.rows);
  for (const plot::Table& table : tables.ratios) below += plot::table_html(table);
  if (!tables.ratios.empty()) below += fmt::format("<p>{}</p>\n", kRangeWords);
  return core::replace_file(arguments.html, core::as_bytes(plot::curves_html(curves, below)), 0644);
}

Result<Code> draw(const PercentilesArguments& arguments, cli::Invocation& run) {
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  bench::ImportOptions options;
  options.plain = arguments.stamps ? bench::SampleLine::two_times : bench::SampleLine::latency;
  options.stop_fd = stop_signal.fd();
  std::vector<std::string> notes;
  TALLY_TRY(const auto series, load_series(arguments, options, notes));
  const plot::Curves curves = curves_of(series, arguments.title, std::move(notes));
  const Tables tables = tables_of(series);
  const bool images = !arguments.svg.empty() || !arguments.html.empty();
  if (images) TALLY_CHECK(write_images(curves, tables, arguments));
  if (run.json) {
    for (const Series& one : series) {
      bench::Recording recording;
      recording.name = one.name;
      recording.what = one.what;
      recording.latency = one.histogram;
      run.out.line(bench::to_json(recording));
    }
  } else if (!images || run.out.stdout_is_terminal()) {
    print_text(curves, tables, run.out);
  }
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

}  // namespace

void add_percentiles(cli::App& app) {
  auto arguments = std::make_shared<PercentilesArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("percentiles", "draw percentile curves to p99.999, of one run or several")
      .arguments("FILE", arguments->files,
                 "recordings, .hlog or lines of measurements; with two, the first is before", true,
                 file)
      .option("--name", arguments->name, "NAME", "draw only this recording of each file")
      .option("--title", arguments->title, "TEXT", "the heading of the picture")
      .option("--svg", arguments->svg, "FILE", "write an SVG image", file)
      .option("--html", arguments->html, "FILE", "write a page that needs no network", file)
      .flag("--stamps", arguments->stamps, "lines hold the times of sending and of receiving")
      .example("tally-bench percentiles before.json after.json --html compare.html")
      .on_run([arguments](cli::Invocation& run) { return draw(*arguments, run); });
}

}  // namespace tally::bench_tool
