// tally-bench run: measures cases and prints a result for each of them and each mode.
#include <fmt/format.h>
#include <memory>

#include "bench/result.hpp"
#include "bench/runner.hpp"
#include "cases.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/stop.hpp"

namespace tally::bench_tool {

namespace {

struct RunArguments {
  std::string pattern;
  bool quick = false;
  cli::Duration time{10'000'000'000};
};

bench::RunOptions options_of(const RunArguments& arguments) {
  bench::RunOptions options;
  options.budget_ns = arguments.time.ns;
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

// Counters that disagree from one measurement to the next time nothing rightly.
Result<core::TscCalibration> calibrate_clock(bool quick, cli::Output& out) {
  const core::TscCalibration clock = core::calibrate_tsc(quick ? 3 : 5, quick ? 5 : 20);
  constexpr double kSpreadLimit = 0.01;
  if (clock.spread > kSpreadLimit)
    out.warning(
        fmt::format("the time-stamp counter's rate varied by {:.1f} % while it was measured",
                    clock.spread * 100),
        "tally-bench doctor looks at the host");
  out.detail(fmt::format("clock: {:.4f} ns a tick, steps of {} ticks, {:.1f} ns a reading",
                         clock.ns_per_tick, clock.step_ticks, clock.read_cost_ns));
  return clock;
}

Result<Code> run_cases(const RunArguments& arguments, cli::Invocation& run) {
  bench::Registry registry;
  add_cases(registry);
  for (const std::string& name : load_peers(registry))
    run.out.warning(fmt::format("peer module {} is not of this build", name), "build it again");
  TALLY_TRY(const auto selected, registry.select(arguments.pattern));
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  TALLY_TRY(const auto clock, calibrate_clock(arguments.quick, run.out));
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
      .example("tally-bench run queue.spsc")
      .example("tally-bench run 'pool.*' --json --quick")
      .on_run([arguments](cli::Invocation& run) { return run_cases(*arguments, run); });
}

}  // namespace tally::bench_tool
