// tally-bench run: measures cases and prints a result for each of them and each mode.
#include <memory>

#include "commands.hpp"
#include "counts.hpp"
#include "formats.hpp"
#include "measure.hpp"

namespace tally::bench_tool {

namespace {

struct RunArguments {
  MeasureOptions measure;
  std::string format = "text";
  std::string counts = "off";
  CountsArguments count;
};

Result<Code> run_cases(const RunArguments& arguments, cli::Invocation& run) {
  const bench::Registry registry = all_cases(run.out);
  TALLY_TRY(const auto selected, registry.select(arguments.measure.pattern));
  if (arguments.counts != "off") {
    CountsArguments count = arguments.count;
    count.pattern = arguments.measure.pattern;
    return run_counts(selected, count, run);
  }
  if (!arguments.count.against.empty() || arguments.count.accept) {
    return fail(Code::usage, "--against and --accept are for --counts",
                "tally-bench run --counts callgrind --against FILE");
  }
  ResultPrinter printer(run.json ? "json" : arguments.format, run.out);
  auto code = measure(selected, arguments.measure, run, [&](const bench::CaseResult& result) {
    printer.add(result);
    return Status{};
  });
  printer.finish();  // also after an error: what was measured before is not lost
  return code;
}

}  // namespace

void add_run(cli::App& app) {
  auto arguments = std::make_shared<RunArguments>();
  cli::Command& command = app.root().command(
      "run", "measure cases, each between calibrations and in turn with its peers");
  add_measure_options(command, arguments->measure);
  command
      .flag("--counters", arguments->measure.counters,
            "count cycles, instructions, misses, faults and switches of ours")
      .flag("--require-pmu", arguments->measure.require_pmu,
            "the same, and end with status 69 where the processor's counters cannot be had")
      .choice("--counts", arguments->counts, {"off", "callgrind"},
              "count instructions instead of time, the same on every run")
      .option("--against", arguments->count.against, "FILE",
              "with --counts: fail when a count is more than 1 % from this file's",
              {cli::Completion::Kind::file, {}, {}})
      .flag("--accept", arguments->count.accept, "with --against: write the counts to that file")
      .choice("--format", arguments->format, result_formats(), "how results are printed")
      .example("tally-bench run queue.spsc")
      .example("tally-bench run 'pool.*' --json --quick")
      .on_run([arguments](cli::Invocation& run) { return run_cases(*arguments, run); });
}

}  // namespace tally::bench_tool
