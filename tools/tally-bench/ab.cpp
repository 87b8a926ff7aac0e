// tally-bench ab: whether command B is slower than command A.
#include <array>
#include <fmt/format.h>
#include <memory>

#include "ab_report.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "core/secret.hpp"
#include "core/stop.hpp"

namespace tally::bench_tool {

namespace {

struct AbArguments {
  Words words;
  double floor = 1;
  cli::Duration budget{60'000'000'000};
  cli::Duration timeout{30'000'000'000};
  std::int64_t seed = 1;
  Words metrics;
  std::string policy = "auto";
};

bool coin() {
  ByteArray<1> byte{};
  core::random_bytes(byte);
  return (byte[0] & 1U) != 0;
}

Code code_of(bench::Change change) {
  if (change == bench::Change::regression) return Code::negative;
  return change == bench::Change::inconclusive ? Code::try_again : Code::ok;
}

Result<Code> run_ab(const AbArguments& arguments, cli::Invocation& run) {
  AbReport report;
  TALLY_TRY(report.commands, split_commands(arguments.words));
  TALLY_TRY(report.metrics, parse_metrics(arguments.metrics));
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  cli::Progress progress(run.out, "seconds of the budget at most",
                         arguments.budget.ns / 1'000'000'000);
  report.options.floor = arguments.floor / 100;
  report.options.budget_ns = arguments.budget.ns;
  report.options.seed = static_cast<std::uint64_t>(arguments.seed);
  report.options.b_first = coin();
  report.options.now = core::monotonic_ns;
  report.options.stop = [] { return core::StopSignal::requested(); };
  report.options.progress = [&](std::uint64_t ns) { progress.update(ns / 1'000'000'000); };

  bench::TimedOptions process;
  process.timeout_ns = arguments.timeout.ns;
  process.show_errors = run.verbosity > 0;
  process.stop_fd = stop_signal.fd();
  if (arguments.policy != "other") report.fifo = raise_priority(process);
  if (arguments.policy == "fifo" && !report.fifo)
    return fail(Code::permission, "SCHED_FIFO is not permitted",
                "it takes root, CAP_SYS_NICE or a real-time limit (ulimit -r)");
  auto result = compare_commands(report.commands, report.metrics, process, report.options);
  progress.finish();
  if (!result) return fail(result.error());
  report.result = std::move(*result);
  if (run.json)
    run.out.line(to_json(report));
  else
    run.out.write(to_text(report));
  return report.result.stopped ? stopped_code() : code_of(report.result.change);
}

}  // namespace

void add_ab(cli::App& app) {
  auto arguments = std::make_shared<AbArguments>();
  app.root()
      .command("ab", "whether command B is slower than command A, by pairs of fresh processes")
      .option("--floor", arguments->floor, "PCT", "changes up to this many percent are none", 0.01,
              1000)
      .option("--budget", arguments->budget, "decide within this long, or say that it cannot be")
      .option("--timeout", arguments->timeout, "a run that takes longer has failed")
      .option("--metric", arguments->metrics, "CASE:FIELD",
              "compare this field of the result lines both print; may be repeated")
      .choice("--policy", arguments->policy, {"auto", "fifo", "other"},
              "run the commands under SCHED_FIFO; auto: where that is permitted")
      .option("--seed", arguments->seed, "N", "of the bootstrap", 0, INT64_MAX)
      .words_after_dashes("CMD", arguments->words, "the words of A, --, and the words of B")
      .example("tally-bench ab -- ./old --input x -- ./new --input x")
      .example(
          "tally-bench ab --metric queue.spsc.rtt8:median -- ./old run queue.spsc.rtt8 --json "
          "-- ./new run queue.spsc.rtt8 --json")
      .on_run([arguments](cli::Invocation& run) { return run_ab(*arguments, run); });
}

}  // namespace tally::bench_tool
