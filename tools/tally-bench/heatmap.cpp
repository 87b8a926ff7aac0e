// tally-bench heatmap: latency over time, of one run or of the difference of two.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "bench/import.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "load.hpp"
#include "plot/heat.hpp"
#include "plot/page.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::size_t kImageColumns = 192;
constexpr std::size_t kImageBands = 64;

struct HeatmapArguments {
  std::string file;
  std::string from;
  std::string diff;
  std::string name;
  std::string title;
  std::string svg;
  std::string html;
  bool stamps = false;
};

// The recording to draw: the one of the name, or the first with a grid.
Result<bench::Recording> load_drawable(const std::string& path, const std::string& name,
                                       const bench::ImportOptions& options) {
  TALLY_TRY(bench::Imported imported, bench::import_file(path, options));
  auto& recordings = imported.recordings;
  if (recordings.empty())
    return fail(Code::bad_data, path + ": results have no times to draw",
                "give a recording, a .hlog or lines of measurements");
  if (!name.empty()) TALLY_CHECK(choose_series(recordings, name, path));
  const auto drawable = std::find_if(recordings.begin(), recordings.end(),
                                     [](const auto& one) { return one.grid.has_value(); });
  if (drawable == recordings.end())
    return fail(Code::bad_data,
                fmt::format("{}: recording {} has no grid over time", path, recordings[0].name),
                "tally-bench percentiles draws what it has");
  bench::Recording chosen = std::move(*drawable);
  if (recordings.size() > 1)
    chosen.notes.push_back(
        fmt::format("{} has {} recordings; --name NAME chooses", path, recordings.size()));
  if (chosen.partial) chosen.notes.insert(chosen.notes.begin(), "partial: cut short");
  return chosen;
}

// One picture, made as large as each renderer wants it.
class Picture {
 public:
  Picture(bench::Recording first, std::optional<bench::Recording> second, std::string title)
      : first_(std::move(first)), second_(std::move(second)), title_(std::move(title)) {
    if (title_.empty())
      title_ = second_ ? fmt::format("{} against {}", second_->name, first_.name) : first_.name;
  }

  Result<plot::Heat> make(std::size_t columns, std::size_t bands) const {
    plot::HeatWords words{title_, first_.what, first_.notes};
    std::optional<plot::Heat> heat;
    if (second_) {
      words.notes.push_back(fmt::format("more and fewer in {}, the second run, than in {}",
                                        second_->name, first_.name));
      for (const std::string& note : second_->notes)
        words.notes.push_back(second_->name + ": " + note);
      heat = plot::make_difference(*first_.grid, *second_->grid, columns, bands, std::move(words));
    } else {
      heat = plot::make_heat(*first_.grid, columns, bands, std::move(words));
      if (heat) plot::add_marks(*heat, first_.latency);
    }
    if (!heat) return fail(Code::bad_data, "no values to draw");
    return std::move(*heat);
  }

  [[nodiscard]] std::vector<plot::PercentileRow> rows() const {
    std::vector<plot::PercentileRow> rows = {plot::percentile_row(first_.name, first_.latency)};
    if (second_) rows.push_back(plot::percentile_row(second_->name, second_->latency));
    return rows;
  }

 private:
  bench::Recording first_;
  std::optional<bench::Recording> second_;
  std::string title_;
};

Status print_text(const Picture& picture, cli::Output& out) {
  plot::TerminalStyle style;
  style.lines = 18;
  style.columns = static_cast<std::size_t>(std::clamp(out.columns(), 24, 400));
  style.utf8 = out.utf8();
  style.color = out.stdout_color();
  const std::size_t bands = style.lines * (style.utf8 && style.color ? 2 : 1);
  TALLY_TRY(const plot::Heat heat, picture.make(plot::text_cells(style.columns), bands));
  out.write(plot::heat_text(heat, style));
  return {};
}

Status write_images(const Picture& picture, const HeatmapArguments& arguments) {
  TALLY_TRY(const plot::Heat heat, picture.make(kImageColumns, kImageBands));
  if (!arguments.svg.empty())
    TALLY_CHECK(core::replace_file(arguments.svg, core::as_bytes(plot::heat_svg(heat)), 0644));
  if (arguments.html.empty()) return {};
  const std::vector<plot::PercentileRow> rows = picture.rows();
  const std::string page = plot::heat_html(heat, plot::percentile_table_html(rows));
  return core::replace_file(arguments.html, core::as_bytes(page), 0644);
}

Result<Code> draw(const HeatmapArguments& arguments, cli::Invocation& run) {
  if (!arguments.file.empty() && !arguments.from.empty())
    return fail(Code::usage, "a file and --from at once", "--from is for lines of measurements");
  if (arguments.file.empty() && arguments.from.empty())
    return fail(Code::usage, "nothing to draw", "give a file, or --from - to read a pipe");
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  bench::ImportOptions options;
  options.plain = arguments.stamps ? bench::SampleLine::two_times : bench::SampleLine::latency;
  options.stop_fd = stop_signal.fd();
  options.samples_only = !arguments.from.empty();
  const std::string& path = arguments.from.empty() ? arguments.file : arguments.from;
  TALLY_TRY(bench::Recording first, load_drawable(path, arguments.name, options));
  std::optional<bench::Recording> second;
  if (!arguments.diff.empty()) {
    options.samples_only = false;
    TALLY_TRY(second, load_drawable(arguments.diff, arguments.name, options));
  }
  const Picture picture(std::move(first), std::move(second), arguments.title);
  const bool images = !arguments.svg.empty() || !arguments.html.empty();
  if (images) TALLY_CHECK(write_images(picture, arguments));
  if (run.json) {
    TALLY_TRY(const plot::Heat heat, picture.make(kImageColumns, kImageBands));
    run.out.line(plot::heat_json(heat));
  } else if (!images || run.out.stdout_is_terminal()) {
    TALLY_CHECK(print_text(picture, run.out));
  }
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

}  // namespace

void add_heatmap(cli::App& app) {
  auto arguments = std::make_shared<HeatmapArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("heatmap", "draw latency over time, or the difference of two runs")
      .argument("FILE", arguments->file, "a recording, a .hlog or lines of measurements", false,
                file)
      .option("--from", arguments->from, "FILE",
              "lines of TIME_NS LATENCY_NS or JSON; - for standard input", file)
      .flag("--stamps", arguments->stamps, "lines hold the times of sending and of receiving")
      .option("--diff", arguments->diff, "FILE", "draw how this second run differs", file)
      .option("--name", arguments->name, "NAME", "draw this recording of the file")
      .option("--title", arguments->title, "TEXT", "the heading of the picture")
      .option("--svg", arguments->svg, "FILE", "write an SVG image", file)
      .option("--html", arguments->html, "FILE", "write a page that needs no network", file)
      .example("tally-bench heatmap jitter.json --html jitter.html")
      .example("tally-bench heatmap before.json --diff after.json")
      .example("awk '{print $1, $2}' times.txt | tally-bench heatmap --from -")
      .on_run([arguments](cli::Invocation& run) { return draw(*arguments, run); });
}

}  // namespace tally::bench_tool
