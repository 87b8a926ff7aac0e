// tally-bench selftest: how often `ab` errs on this host. Commands compared with themselves must
// not differ, and work that was added on purpose must be found.
#include <array>
#include <fmt/format.h>
#include <memory>
#include <optional>

#include "ab_measure.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "core/stop.hpp"
#include "json/writer.hpp"

namespace tally::bench_tool {

namespace {

constexpr const char* kSelf = "/proc/self/exe";

struct SelftestArguments {
  std::int64_t aa = 30;
  bool injected = false;
  std::string only;
  cli::Duration budget{10'000'000'000};
};

struct Trial {
  std::string name;
  Words a;
  Words b;
  Words metrics;
  std::int64_t trials = 0;
  // Of the trials, the most that may claim a change, or the least that must find a regression.
  std::optional<std::int64_t> most_claims;
  std::optional<std::int64_t> least_found;
};

struct Tally {
  std::int64_t done = 0;
  std::int64_t regression = 0;
  std::int64_t improvement = 0;
  std::int64_t none = 0;
  std::int64_t inconclusive = 0;

  void count(bench::Change change) {
    ++done;
    if (change == bench::Change::regression) ++regression;
    if (change == bench::Change::improvement) ++improvement;
    if (change == bench::Change::none) ++none;
    if (change == bench::Change::inconclusive) ++inconclusive;
  }
};

// One false claim in 30 comparisons is allowed, two in 60.
std::int64_t allowed_claims(std::int64_t trials) {
  return std::max<std::int64_t>(1, trials / 30);
}

std::vector<Trial> aa_trials(std::int64_t trials) {
  const auto same = [&](const char* name, const Words& words, const Words& metrics) {
    return Trial{name, words, words, metrics, trials, allowed_claims(trials), std::nullopt};
  };
  return {same("aa.alu", {kSelf, "spin", "alu"}, {}),
          same("aa.chase", {kSelf, "spin", "chase"}, {}),
          same("aa.syscall", {kSelf, "spin", "syscall"}, {}),
          same("aa.queue.spsc.rtt8", {kSelf, "run", "queue.spsc.rtt8", "--quick", "--json"},
               {"queue.spsc.rtt8:median"})};
}

std::vector<Trial> injected_trials() {
  const auto added = [](const char* name, const char* load, const char* extra, std::int64_t found) {
    return Trial{
        name, {kSelf, "spin", load}, {kSelf, "spin", load, "--extra", extra}, {}, 20, std::nullopt,
        found};
  };
  return {added("injected.alu.5", "alu", "5", 18), added("injected.alu.10", "alu", "10", 20),
          added("injected.syscall.20", "syscall", "20", 19)};
}

Result<Tally> run_trial(const Trial& trial, const SelftestArguments& arguments, int stop_fd,
                        cli::Output& out) {
  TALLY_TRY(std::vector<Metric> metrics, parse_metrics(trial.metrics));
  bench::TimedOptions process;
  process.stop_fd = stop_fd;
  static_cast<void>(raise_priority(process));
  bench::AbOptions options;
  options.budget_ns = arguments.budget.ns;
  options.now = core::monotonic_ns;
  options.stop = [] { return core::StopSignal::requested(); };
  Tally tally;
  cli::Progress progress(out, trial.name, static_cast<std::uint64_t>(trial.trials));
  for (std::int64_t i = 0; i < trial.trials && !core::StopSignal::requested(); ++i) {
    options.seed = static_cast<std::uint64_t>(i) + 1;
    options.b_first = i % 2 != 0;
    options.progress = [&](std::uint64_t) { progress.update(static_cast<std::uint64_t>(i)); };
    TALLY_TRY(const bench::AbResult result,
              compare_commands({trial.a, trial.b}, metrics, process, options));
    if (!result.stopped) tally.count(result.change);
  }
  return tally;
}

bool holds(const Trial& trial, const Tally& tally) {
  if (trial.most_claims) return tally.regression + tally.improvement <= *trial.most_claims;
  return tally.regression >= trial.least_found.value_or(0);
}

std::string to_json(const Trial& trial, const Tally& tally) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.selftest/1").field("name", trial.name);
  writer.field("trials", tally.done).field("wanted_trials", trial.trials);
  writer.field("regression", tally.regression).field("improvement", tally.improvement);
  writer.field("none", tally.none).field("inconclusive", tally.inconclusive);
  const bool complete = tally.done == trial.trials;
  writer.field("partial", !complete).key("ok");
  if (complete)
    writer.value(holds(trial, tally));
  else
    writer.null();
  writer.end_object();
  return writer.take();
}

std::string to_text(const Trial& trial, const Tally& tally) {
  const std::string rule =
      trial.most_claims
          ? fmt::format("{} false verdicts, at most {}", tally.regression + tally.improvement,
                        *trial.most_claims)
          : fmt::format("{} found, at least {}", tally.regression, trial.least_found.value_or(0));
  const char* answer = "ok";
  if (tally.done != trial.trials)
    answer = "partial";
  else if (!holds(trial, tally))
    answer = "FAILED";
  return fmt::format(
      "{:<20} {:>3} trials: {}: {} (regression {}, improvement {}, none {}, "
      "inconclusive {})",
      trial.name, tally.done, rule, answer, tally.regression, tally.improvement, tally.none,
      tally.inconclusive);
}

Result<Code> run_selftest(const SelftestArguments& arguments, cli::Invocation& run) {
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  std::vector<Trial> trials = aa_trials(arguments.aa);
  if (arguments.aa == 0) trials.clear();
  if (arguments.injected)
    for (Trial& trial : injected_trials()) trials.push_back(std::move(trial));
  bool all_hold = true;
  bool any = false;
  for (const Trial& trial : trials) {
    if (core::StopSignal::requested()) break;
    if (!arguments.only.empty() && trial.name.find(arguments.only) == std::string::npos) continue;
    any = true;
    TALLY_TRY(const Tally tally, run_trial(trial, arguments, stop_signal.fd(), run.out));
    all_hold = all_hold && holds(trial, tally);
    run.out.line(run.json ? to_json(trial, tally) : to_text(trial, tally));
    TALLY_CHECK(run.out.flush());
  }
  if (core::StopSignal::requested()) return stopped_code();
  if (!any)
    return fail(Code::usage, "nothing to test is left",
                "without --only all of it is; --aa 0 leaves the A/A comparisons out");
  return all_hold ? Code::ok : Code::negative;
}

}  // namespace

void add_selftest(cli::App& app) {
  auto arguments = std::make_shared<SelftestArguments>();
  app.root()
      .command("selftest", "how often ab errs here: A against A, and work added on purpose")
      .option("--aa", arguments->aa, "N", "comparisons of each load with itself", 0, 10'000)
      .flag("--injected", arguments->injected, "also 20 trials each of +5 %, +10 % and +20 %")
      .option("--only", arguments->only, "WORD", "only tests with this in their name")
      .option("--budget", arguments->budget, "of one comparison")
      .example("tally-bench selftest --aa 30 --injected")
      .on_run([arguments](cli::Invocation& run) { return run_selftest(*arguments, run); });
}

}  // namespace tally::bench_tool
