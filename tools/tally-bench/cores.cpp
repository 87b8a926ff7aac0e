// tally-bench cores: the round trip of a cache line between every two processors.
#include "plot/cores.hpp"

#include <fmt/format.h>
#include <iterator>
#include <memory>

#include "bench/clock_choice.hpp"
#include "bench/core_matrix.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "host_options.hpp"
#include "json/writer.hpp"
#include "plot/page.hpp"

namespace tally::bench_tool {

namespace {

struct CoresArguments {
  std::string cpus;
  std::int64_t rounds = 10;
  std::string out;
  std::string svg;
  std::string html;
};

struct CoresReport {
  bench::CoreMatrix matrix;
  core::TscCalibration clock;
  bool partial = false;
  std::vector<std::string> notes;
};

void write_pair(json::Writer& writer, const bench::CorePair& pair) {
  const auto summary = pair.summary();
  const auto figure = [&](const char* name, double bench::Summary::*member) {
    writer.key(name);
    if (summary)
      writer.value((*summary).*member);
    else
      writer.null();
  };
  writer.begin_object().field("a", pair.a).field("b", pair.b);
  figure("median", &bench::Summary::median);
  figure("p10", &bench::Summary::p10);
  figure("p90", &bench::Summary::p90);
  writer.field("samples", pair.round_trips_ns.size()).field("not_met", pair.not_met);
  writer.field("mode", summary ? bench::mode_name(bench::classify_round_trip(summary->median))
                               : bench::mode_name(bench::Mode::none));
  writer.field("near", pair.in_mode(bench::Mode::near));
  writer.field("far", pair.in_mode(bench::Mode::far));
  writer.key("relation");
  if (pair.relation.empty())
    writer.null();
  else
    writer.value(pair.relation);
  writer.end_object();
}

std::string to_json(const CoresReport& report) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.cores/1").field("unit", "ns");
  writer.field("partial", report.partial);
  writer.key("cpus").begin_array();
  for (const int cpu : report.matrix.cpus) writer.value(cpu);
  writer.end_array();
  writer.field("near_limit_ns", bench::kNearLimitNs);
  writer.field("clock", bench::clock_name(report.clock));
  writer.key("pairs").begin_array();
  for (const bench::CorePair& pair : report.matrix.pairs) write_pair(writer, pair);
  writer.end_array();
  writer.key("notes").begin_array();
  for (const std::string& note : report.notes) writer.value(note);
  writer.end_array();
  writer.end_object();
  return writer.take();
}

// "118 n": the median in ns and the first letter of the mode; both letters when the pair was seen
// in both.
std::string cell(const bench::CorePair& pair) {
  const auto summary = pair.summary();
  if (!summary) return "-";
  const bool near = pair.in_mode(bench::Mode::near) != 0;
  const bool far = pair.in_mode(bench::Mode::far) != 0;
  return fmt::format("{:.0f} {}", summary->median, near && far ? "nf" : near ? "n" : "f");
}

std::string to_text(const CoresReport& report) {
  const std::vector<int>& cpus = report.matrix.cpus;
  std::string text = "round trip in ns, n near, f far\n     ";
  const auto out = std::back_inserter(text);
  for (std::size_t column = 1; column < cpus.size(); ++column)
    fmt::format_to(out, " {:>8}", cpus[column]);
  text += '\n';
  auto pair = report.matrix.pairs.begin();
  for (std::size_t row = 0; row + 1 < cpus.size(); ++row) {
    fmt::format_to(out, "{:>5}{:{}}", cpus[row], "", 9 * row);
    for (std::size_t column = row + 1; column < cpus.size(); ++column, ++pair)
      fmt::format_to(out, " {:>8}", cell(*pair));
    text += '\n';
  }
  for (const std::string& note : report.notes) text += "note: " + note + "\n";
  return text;
}

plot::CorePicture picture_of(const CoresReport& report) {
  plot::CorePicture picture{"core to core", "ns round trip", report.matrix.cpus, {}, report.notes};
  const std::size_t count = picture.cpus.size();
  picture.values.resize(count * count);
  auto pair = report.matrix.pairs.begin();
  for (std::size_t row = 0; row + 1 < count; ++row)
    for (std::size_t column = row + 1; column < count; ++column, ++pair)
      if (const auto summary = pair->summary()) {
        picture.values[row * count + column] = summary->median;
        picture.values[column * count + row] = summary->median;
      }
  return picture;
}

Status write_images(const CoresReport& report, const CoresArguments& arguments) {
  const std::string svg = plot::cores_svg(picture_of(report));
  if (!arguments.svg.empty())
    TALLY_CHECK(core::replace_file(arguments.svg, core::as_bytes(svg), 0644));
  if (arguments.html.empty()) return {};
  const std::string page = plot::page_html("core to core", plot::figure_html(svg, ""));
  return core::replace_file(arguments.html, core::as_bytes(page), 0644);
}

Result<Code> run_cores(const CoresArguments& arguments, cli::Invocation& run) {
  TALLY_TRY(const std::vector<int> cpus, choose_processors(arguments.cpus));
  if (cpus.size() < 2)
    return fail(
        Code::unavailable,
        fmt::format("a round trip needs two processors, and there is only {}", cpus.front()),
        "taskset -p $$ shows which processors this shell may use");
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  CoresReport report;
  report.clock = trusted_clock(false, run.out);
  bench::CoreMatrixOptions options;
  options.rounds = static_cast<std::size_t>(arguments.rounds);
  options.stop = [] { return core::StopSignal::requested(); };
  cli::Progress progress(run.out, "pairs of processors",
                         cpus.size() * (cpus.size() - 1) / 2 * options.rounds);
  options.progress = [&](std::size_t measured) { progress.update(measured); };
  TALLY_TRY(report.matrix, bench::measure_core_matrix(cpus, report.clock, options));
  progress.finish();
  report.partial = core::StopSignal::requested();
  if (report.partial) report.notes.emplace_back("partial: stopped before the end");
  if (!report.matrix.fifo)
    report.notes.emplace_back("no permission for SCHED_FIFO: others share the processors");

  const std::string line = to_json(report);
  if (run.json)
    run.out.line(line);
  else
    run.out.write(to_text(report));
  if (!arguments.out.empty())
    TALLY_CHECK(core::replace_file(arguments.out, core::as_bytes(line + "\n"), 0644));
  TALLY_CHECK(write_images(report, arguments));
  return report.partial ? stopped_code() : Code::ok;
}

}  // namespace

void add_cores(cli::App& app) {
  auto arguments = std::make_shared<CoresArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("cores", "measure the round trip of a cache line between every two processors")
      .option("--cpus", arguments->cpus, "LIST",
              "processors, as 0-3,8; all allowed ones when empty")
      .option("--rounds", arguments->rounds, "N", "times each pair is measured", 1, 100'000)
      .option("-o,--out", arguments->out, "FILE", "write the JSON result to FILE as well", file)
      .option("--svg", arguments->svg, "FILE", "write an SVG image", file)
      .option("--html", arguments->html, "FILE", "write a page that needs no network", file)
      .example("tally-bench cores --cpus 0-7")
      .on_run([arguments](cli::Invocation& run) { return run_cores(*arguments, run); });
}

}  // namespace tally::bench_tool
