// tally-bench convert: figures from one format into another.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "bench/import.hpp"
#include "commands.hpp"
#include "core/stop.hpp"
#include "formats.hpp"
#include "load.hpp"

namespace tally::bench_tool {

namespace {

struct ConvertArguments {
  std::string file;
  std::string to = "text";
  std::string name;
  bool stamps = false;
};

Result<Code> convert(const ConvertArguments& arguments, cli::Invocation& run) {
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  bench::ImportOptions options;
  options.plain = arguments.stamps ? bench::SampleLine::two_times : bench::SampleLine::latency;
  options.stop_fd = stop_signal.fd();
  TALLY_TRY(bench::Imported imported, bench::import_file(arguments.file, options));
  const std::string format = run.json ? "json" : arguments.to;
  if (imported.recordings.empty()) {
    if (!arguments.name.empty())
      return fail(Code::usage, fmt::format("{} holds results, which --name does not choose from",
                                           arguments.file));
    const auto& formats = result_formats();
    if (std::find(formats.begin(), formats.end(), format) == formats.end())
      return fail(Code::usage, fmt::format("results have no distribution to write as {}", format),
                  "text, json, google-benchmark and csv can be written");
    ResultPrinter printer(format, run.out);
    for (const bench::CaseResult& result : imported.results) printer.add(result);
    printer.finish();
    return Code::ok;
  }
  if (!arguments.name.empty())
    TALLY_CHECK(choose_series(imported.recordings, arguments.name, arguments.file));
  TALLY_TRY(const std::string text, format_recordings(imported.recordings, format));
  run.out.write(text);
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

}  // namespace

void add_convert(cli::App& app) {
  auto arguments = std::make_shared<ConvertArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("convert", "write results or recordings in another format")
      .argument("FILE", arguments->file,
                "results, recordings, google-benchmark JSON, a .hlog or lines of measurements; "
                "- for standard input",
                true, file)
      .choice("--to", arguments->to, {"text", "json", "google-benchmark", "csv", "hlog", "hgrm"},
              "the format to write")
      .option("--name", arguments->name, "NAME", "only this recording of the file")
      .flag("--stamps", arguments->stamps, "lines hold the times of sending and of receiving")
      .example("tally-bench convert jitter.json --to hlog > jitter.hlog")
      .example("tally-bench convert google.json --to csv")
      .on_run([arguments](cli::Invocation& run) { return convert(*arguments, run); });
}

}  // namespace tally::bench_tool
