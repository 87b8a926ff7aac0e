// tally-bench baseline: results kept under a name, and new ones compared with them.
#include "bench/baseline.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <set>

#include "commands.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "core/version.hpp"
#include "fresh_results.hpp"
#include "json/writer.hpp"

namespace tally::bench_tool {

namespace {

constexpr const char* kEnding = ".jsonl";

struct BaselineArguments {
  std::string name;
  std::string pattern;
  std::string from;
  std::string folder;
  bool quick = false;
  cli::Duration time{10'000'000'000};
  bool replace = false;
  double floor = 15;
};

Result<std::string> folder_of(const BaselineArguments& arguments) {
  if (!arguments.folder.empty()) return arguments.folder;
  const char* data = std::getenv("XDG_DATA_HOME");  // NOLINT(concurrency-mt-unsafe): one thread
  if (data != nullptr && data[0] == '/') return std::string(data) + "/tally-bench/baselines";
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): one thread
  if (home != nullptr && home[0] == '/')
    return std::string(home) + "/.local/share/tally-bench/baselines";
  return fail(Code::usage, "neither XDG_DATA_HOME nor HOME says where baselines are kept",
              "--dir FOLDER does");
}

Result<std::string> path_of(const BaselineArguments& arguments) {
  TALLY_CHECK(bench::check_baseline_name(arguments.name));
  TALLY_TRY(const std::string folder, folder_of(arguments));
  return folder + "/" + arguments.name + kEnding;
}

Result<bench::Baseline> read_baseline(const std::string& path) {
  auto text = core::read_file(path, std::size_t{64} << 20U);
  if (!text && text.error().code == Code::no_input)
    return fail(Code::no_input, "there is no baseline " + path,
                "tally-bench baseline list shows those there are");
  if (!text) return fail(text.error());
  return bench::parse_baseline(*text, path);
}

// Lines of results: read from --from, or measured now. Empty when a stop came first.
Result<std::optional<std::vector<std::string>>> take_lines(const BaselineArguments& arguments,
                                                           const std::vector<std::string>& names,
                                                           cli::Output& out) {
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) -> Status {
    lines.emplace_back(line);
    return {};
  };
  if (!arguments.from.empty()) {
    TALLY_TRY(const std::string text, read_results_text(arguments.from));
    TALLY_CHECK(
        bench::for_each_line(text, [&](std::size_t, std::string_view line) { return keep(line); }));
    return std::optional(std::move(lines));
  }
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  const FreshOptions fresh{arguments.quick, arguments.time, stop_signal.fd()};
  TALLY_TRY(const bool stopped, measure_fresh(names, fresh, out, keep));
  if (stopped) return std::optional<std::vector<std::string>>();
  return std::optional(std::move(lines));
}

std::string joined(const std::vector<std::string>& lines) {
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

Status refuse_both(const BaselineArguments& arguments) {
  if (arguments.from.empty() || arguments.pattern.empty()) return {};
  return fail(Code::usage, "a PATTERN and --from exclude each other",
              "results are measured now or read from a file");
}

Result<Code> save(const BaselineArguments& arguments, cli::Invocation& run) {
  TALLY_CHECK(refuse_both(arguments));
  TALLY_TRY(const std::string path, path_of(arguments));
  if (!arguments.replace && std::filesystem::exists(path))
    return fail(Code::cannot_create, path + " exists", "--replace writes over it");
  std::vector<std::string> names;
  if (arguments.from.empty()) {
    TALLY_TRY(names, case_names(arguments.pattern));
  }
  TALLY_TRY(auto lines, take_lines(arguments, names, run.out));
  if (!lines) {
    run.out.note("interrupted: nothing was saved");
    return stopped_code();
  }
  const std::string source = arguments.from.empty() ? "the results" : arguments.from;
  TALLY_TRY(auto results, bench::parse_results(joined(*lines), source));
  const bench::Baseline baseline{arguments.name, core::realtime_ns(), core::kVersion,
                                 this_host(),    std::move(*lines),   std::move(results)};
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(folder, failed);
  if (failed)
    return fail(
        core::os_error(Code::cannot_create, "cannot create " + folder.string(), failed.value()));
  TALLY_CHECK(core::replace_file(path, core::as_bytes(bench::encode_baseline(baseline)), 0644));
  run.out.note(fmt::format("{} results in {}", baseline.lines.size(), path));
  return Code::ok;
}

std::string summary_json(const bench::Baseline& baseline, const std::string& path,
                         const std::vector<std::string>& differs) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.baseline.summary/1");
  writer.field("name", baseline.name).field("file", path).field("time_ns", baseline.time_ns);
  writer.field("version", baseline.version).field("results", baseline.lines.size()).key("host");
  bench::write_fingerprint(writer, baseline.host);
  writer.key("differs").begin_array();
  for (const std::string& field : differs) writer.value(field);
  writer.end_array().end_object();
  return writer.take();
}

Result<Code> list(const BaselineArguments& arguments, cli::Invocation& run) {
  TALLY_TRY(const std::string folder, folder_of(arguments));
  std::set<std::string> paths;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    if (entry.path().extension() == kEnding) paths.insert(entry.path().string());
  if (failed && failed != std::errc::no_such_file_or_directory)
    return fail_errno("cannot read " + folder, failed.value());
  const bench::Fingerprint here = this_host();
  for (const std::string& path : paths) {
    const auto baseline = read_baseline(path);
    if (!baseline) {
      run.out.warning(baseline.error().message);
      continue;
    }
    const auto differs = bench::differences(baseline->host, here);
    if (run.json)
      run.out.line(summary_json(*baseline, path, differs));
    else
      run.out.print(
          "{:<24} {:>4} results  {}\n", baseline->name, baseline->lines.size(),
          differs.empty() ? "this host" : fmt::format("other host: {}", fmt::join(differs, ", ")));
  }
  if (paths.empty()) run.out.note("no baseline in " + folder);
  return Code::ok;
}

void optional_field(json::Writer& writer, const char* name, const std::optional<double>& value) {
  writer.key(name);
  if (value)
    writer.value(*value);
  else
    writer.null();
}

std::string row_json(const bench::BaselineRow& row, const std::string& baseline,
                     const std::vector<std::string>& differs) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.baseline.change/1");
  writer.field("baseline", baseline).field("case", row.name).field("mode", row.mode);
  writer.field("unit", row.unit);
  optional_field(writer, "before", row.before);
  optional_field(writer, "now", row.now);
  optional_field(writer, "ratio", row.ratio);
  writer.field("floor", row.floor).field("verdict", bench::change_name(row.change));
  writer.field("informational", !differs.empty()).key("differs").begin_array();
  for (const std::string& field : differs) writer.value(field);
  writer.end_array().end_object();
  return writer.take();
}

std::string row_text(const bench::BaselineRow& row) {
  const auto figure = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : std::string("-");
  };
  return fmt::format("{:<28} {:>5} {:>10} {:>10} {:>4} {:>8} {:>7.1f} %  {}\n", row.name, row.mode,
                     figure(row.before), figure(row.now), row.unit,
                     row.ratio ? fmt::format("{:+.1f} %", (*row.ratio - 1) * 100) : "-",
                     row.floor * 100, bench::change_name(row.change));
}

// Names of the baseline's cases that are wanted and still exist.
Result<std::vector<std::string>> names_to_measure(const bench::Baseline& baseline,
                                                  const std::string& pattern) {
  TALLY_TRY(const std::vector<std::string> known, case_names(pattern));
  std::vector<std::string> names;
  for (const std::string& name : known) {
    const auto same = [&](const bench::ResultLine& result) { return result.name == name; };
    if (std::any_of(baseline.results.begin(), baseline.results.end(), same)) names.push_back(name);
  }
  if (names.empty())
    return fail(Code::no_input, "the baseline has none of these cases",
                "tally-bench baseline list shows how many it has");
  return names;
}

bool is_regression(const bench::BaselineRow& row) {
  return row.change == bench::Change::regression;
}

// What is slower is measured again, and must be slower again.
Status confirm(const BaselineArguments& arguments, const bench::Baseline& baseline,
               std::vector<bench::BaselineRow>& rows, cli::Output& out) {
  std::vector<std::string> names;
  for (const bench::BaselineRow& row : rows)
    if (is_regression(row) && (names.empty() || names.back() != row.name))
      names.push_back(row.name);
  if (names.empty()) return {};
  TALLY_TRY(const auto lines, take_lines(arguments, names, out));
  if (!lines) return {};
  TALLY_TRY(const auto again, bench::parse_results(joined(*lines), "the results"));
  const auto second = bench::compare_with_baseline(baseline.results, again, arguments.floor / 100);
  for (bench::BaselineRow& row : rows) {
    if (!is_regression(row)) continue;
    for (const bench::BaselineRow& other : second)
      if (other.name == row.name && other.mode == row.mode && !is_regression(other)) row = other;
  }
  return {};
}

Result<Code> compare(const BaselineArguments& arguments, cli::Invocation& run) {
  TALLY_CHECK(refuse_both(arguments));
  TALLY_TRY(const std::string path, path_of(arguments));
  TALLY_TRY(const bench::Baseline baseline, read_baseline(path));
  std::vector<std::string> names;
  if (arguments.from.empty()) {
    TALLY_TRY(names, names_to_measure(baseline, arguments.pattern));
  }
  TALLY_TRY(const auto lines, take_lines(arguments, names, run.out));
  if (!lines) return stopped_code();
  const std::string source = arguments.from.empty() ? "the results" : arguments.from;
  TALLY_TRY(const auto now, bench::parse_results(joined(*lines), source));
  std::vector<bench::ResultLine> before;
  for (const bench::ResultLine& result : baseline.results)
    if (names.empty() || std::find(names.begin(), names.end(), result.name) != names.end())
      before.push_back(result);
  auto rows = bench::compare_with_baseline(before, now, arguments.floor / 100);
  if (arguments.from.empty()) TALLY_CHECK(confirm(arguments, baseline, rows, run.out));

  const auto differs = bench::differences(baseline.host, this_host());
  for (const std::string& field : differs)
    run.out.warning("the baseline is of another host: " + field);
  for (const bench::BaselineRow& row : rows) {
    if (run.json)
      run.out.line(row_json(row, baseline.name, differs));
    else
      run.out.write(row_text(row));
  }
  if (!differs.empty()) run.out.note("informational only: the hosts differ");
  const bool slower = std::any_of(rows.begin(), rows.end(), is_regression);
  return slower && differs.empty() ? Code::negative : Code::ok;
}

cli::Command& with_source(cli::Command& command, BaselineArguments& arguments) {
  const cli::Completion cases{cli::Completion::Kind::dynamic, {}, "cases"};
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  return command
      .argument("PATTERN", arguments.pattern,
                "measure these cases: one, a prefix that ends before a dot, or a glob", false,
                cases)
      .option("--from", arguments.from, "FILE",
              "take results from this file instead of measuring, - for standard input", file)
      .flag("--quick", arguments.quick, "few slices, at most a second a case")
      .option("--time", arguments.time, "at most this long for a case");
}

}  // namespace

void add_baseline(cli::App& app) {
  auto arguments = std::make_shared<BaselineArguments>();
  const cli::Completion folder{cli::Completion::Kind::folder, {}, {}};
  cli::Command& top =
      app.root().command("baseline", "keep results under a name and compare with them");
  top.option("--dir", arguments->folder, "FOLDER",
             "where baselines are kept; below XDG_DATA_HOME when not given", folder);
  cli::Command& saving = top.command("save", "measure cases and keep the results");
  saving.argument("NAME", arguments->name, "of the baseline");
  with_source(saving, *arguments)
      .flag("--replace", arguments->replace, "write over a baseline of this name")
      .example("tally-bench baseline save v1.2 queue")
      .example("tally-bench run queue --json | tally-bench baseline save v1.2 --from -")
      .on_run([arguments](cli::Invocation& run) { return save(*arguments, run); });
  top.command("list", "list the baselines there are").on_run([arguments](cli::Invocation& run) {
    return list(*arguments, run);
  });
  cli::Command& comparing = top.command("compare", "measure cases again and compare");
  comparing.argument("NAME", arguments->name, "of the baseline");
  with_source(comparing, *arguments)
      .option("--floor", arguments->floor, "PCT", "changes up to this many percent are none", 0.01,
              1000)
      .example("tally-bench baseline compare v1.2")
      .on_run([arguments](cli::Invocation& run) { return compare(*arguments, run); });
}

}  // namespace tally::bench_tool
