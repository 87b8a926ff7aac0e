// tally-bench run: measures cases and prints a result for each of them and each mode.
#include <fmt/format.h>
#include <memory>

#include "bench/clock_choice.hpp"
#include "bench/result.hpp"
#include "bench/runner.hpp"
#include "cases.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/stop.hpp"
#include "counts.hpp"

namespace tally::bench_tool {

namespace {

struct RunArguments {
  std::string pattern;
  bool quick = false;
  bool counters = false;
  bool require_pmu = false;
  cli::Duration time{10'000'000'000};
  std::string counts = "off";
  CountsArguments count;
};

bench::RunOptions options_of(const RunArguments& arguments) {
  bench::RunOptions options;
  options.budget_ns = arguments.time.ns;
  options.counters = arguments.counters || arguments.require_pmu;
  options.stop = [] { return core::StopSignal::requested(); };
  if (arguments.quick) {
    options.budget_ns = std::min<std::uint64_t>(options.budget_ns, 1'000'000'000);
    options.rounds = 15;
  }
  return options;
}

void print_result(const bench::CaseResult& result, bool& head_printed, cli::Invocation& run) {
  if (run.json) {
    run.out.line(bench::to_json(result));
    return;
  }
  if (!head_printed) run.out.write(bench::table_head());
  head_printed = true;
  run.out.write(bench::to_text(result));
}

// A counter that cannot be trusted is replaced by the kernel's clock, and that is said.
core::TscCalibration choose_clock(bool quick, cli::Output& out) {
  const bench::ClockChoice choice = bench::choose_clock(
      core::calibrate_tsc(quick ? 3 : 5, quick ? 5 : 20), bench::probe_environment());
  if (!choice.reason.empty())
    out.warning(choice.reason + ": slices are timed by clock_gettime",
                "tally-bench doctor looks at the host");
  out.detail(bench::describe(choice.clock));
  return choice.clock;
}

Status require_counters() {
  const bench::CounterSet counters;
  if (counters.has_hardware()) return {};
  return fail(Code::unavailable, "no performance counters: " + counters.hardware_reason(),
              "without --require-pmu what can be counted is, and the rest is null");
}

Result<Code> run_cases(const RunArguments& arguments, cli::Invocation& run) {
  bench::Registry registry;
  add_cases(registry);
  for (const std::string& name : load_peers(registry))
    run.out.warning(fmt::format("peer module {} is not of this build", name), "build it again");
  TALLY_TRY(const auto selected, registry.select(arguments.pattern));
  if (arguments.counts != "off") {
    CountsArguments count = arguments.count;
    count.pattern = arguments.pattern;
    return run_counts(selected, count, run);
  }
  if (!arguments.count.against.empty() || arguments.count.accept) {
    return fail(Code::usage, "--against and --accept are for --counts",
                "tally-bench run --counts callgrind --against FILE");
  }
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  if (arguments.require_pmu) TALLY_CHECK(require_counters());
  const core::TscCalibration clock = choose_clock(arguments.quick, run.out);
  TALLY_TRY(const auto team, bench::Team::start(bench::choose_cpus()));

  bool head_printed = false;
  for (const bench::Case* definition : selected) {
    if (core::StopSignal::requested()) break;
    bench::RunOptions options = options_of(arguments);
    cli::Progress progress(run.out, definition->name, options.rounds);
    options.progress = [&](std::size_t kept, std::size_t) { progress.update(kept); };
    const auto results = bench::run_case(*definition, *team, clock, options);
    progress.finish();
    if (!results) return fail(results.error().in(definition->name));
    for (const bench::CaseResult& result : *results) print_result(result, head_printed, run);
    TALLY_CHECK(run.out.flush());
  }
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

}  // namespace

void add_run(cli::App& app) {
  auto arguments = std::make_shared<RunArguments>();
  const cli::Completion cases{cli::Completion::Kind::dynamic, {}, "cases"};
  app.root()
      .command("run", "measure cases, each between calibrations and in turn with its peers")
      .argument("PATTERN", arguments->pattern, "a case, a prefix that ends before a dot, or a glob",
                false, cases)
      .flag("--quick", arguments->quick, "few slices, at most a second a case")
      .option("--time", arguments->time, "at most this long for a case")
      .flag("--counters", arguments->counters,
            "count cycles, instructions, misses, faults and switches of ours")
      .flag("--require-pmu", arguments->require_pmu,
            "the same, and end with status 69 where the processor's counters cannot be had")
      .choice("--counts", arguments->counts, {"off", "callgrind"},
              "count instructions instead of time, the same on every run")
      .option("--against", arguments->count.against, "FILE",
              "with --counts: fail when a count is more than 1 % from this file's",
              {cli::Completion::Kind::file, {}, {}})
      .flag("--accept", arguments->count.accept, "with --against: write the counts to that file")
      .example("tally-bench run queue.spsc")
      .example("tally-bench run 'pool.*' --json --quick")
      .on_run([arguments](cli::Invocation& run) { return run_cases(*arguments, run); });
}

}  // namespace tally::bench_tool
