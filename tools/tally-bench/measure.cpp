#include "measure.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "bench/runner.hpp"
#include "cases.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/stop.hpp"
#include "host_options.hpp"

namespace tally::bench_tool {

namespace {

bench::RunOptions options_of(const MeasureOptions& asked) {
  bench::RunOptions options;
  options.budget_ns = asked.time.ns;
  options.counters = asked.counters || asked.require_pmu;
  options.stop = [] { return core::StopSignal::requested(); };
  if (asked.quick) {
    options.budget_ns = std::min<std::uint64_t>(options.budget_ns, 1'000'000'000);
    options.rounds = 15;
  }
  return options;
}

Status require_counters() {
  const bench::CounterSet counters;
  if (counters.has_hardware()) return {};
  return fail(Code::unavailable, "no performance counters: " + counters.hardware_reason(),
              "without --require-pmu what can be counted is, and the rest is null");
}

}  // namespace

void add_measure_options(cli::Command& command, MeasureOptions& options) {
  const cli::Completion cases{cli::Completion::Kind::dynamic, {}, "cases"};
  command
      .argument("PATTERN", options.pattern, "a case, a prefix that ends before a dot, or a glob",
                false, cases)
      .flag("--quick", options.quick, "few slices, at most a second a case")
      .option("--time", options.time, "at most this long for a case");
}

bench::Registry all_cases(cli::Output& out) {
  bench::Registry registry;
  add_cases(registry);
  for (const std::string& name : load_peers(registry))
    out.warning(fmt::format("peer module {} is not of this build", name), "build it again");
  return registry;
}

Result<Code> measure(const std::vector<const bench::Case*>& cases, const MeasureOptions& asked,
                     cli::Invocation& run, const ResultSink& sink) {
  if (asked.require_pmu) TALLY_CHECK(require_counters());
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  const core::TscCalibration clock = trusted_clock(asked.quick, run.out);
  TALLY_TRY(const auto team, bench::Team::start(bench::choose_cpus()));

  bench::RunOptions options = options_of(asked);
  cli::Progress progress(run.out, "slices", cases.size() * options.rounds,
                         cases.size() * options.budget_ns);
  std::size_t before = 0;  // slices of the cases that are done
  options.progress = [&](std::size_t kept, std::size_t) { progress.update(before + kept); };
  for (const bench::Case* definition : cases) {
    if (core::StopSignal::requested()) break;
    progress.rename(definition->name);
    const auto results = bench::run_case(*definition, *team, clock, options);
    progress.finish();
    before += options.rounds;
    if (!results) return fail(results.error().in(definition->name));
    for (const bench::CaseResult& result : *results) TALLY_CHECK(sink(result));
    TALLY_CHECK(run.out.flush());
  }
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

}  // namespace tally::bench_tool
