// tally-bench watch: measures cases again and again, for as long as the host lives, and keeps the
// results in a history.
#include <cerrno>
#include <fmt/format.h>
#include <memory>
#include <poll.h>

#include "bench/history.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "core/stop.hpp"
#include "fresh_results.hpp"

namespace tally::bench_tool {

namespace {

struct WatchArguments {
  std::string pattern;
  cli::Duration every{3'600'000'000'000};
  std::string history;
  std::string label;
  std::int64_t count = 0;
  bool quick = false;
  cli::Duration time{10'000'000'000};
};

// False when the stop came first.
bool sleep_until(std::uint64_t due_ns, int stop_fd) {
  pollfd stop{stop_fd, POLLIN, 0};
  for (;;) {
    const std::uint64_t now_ns = core::monotonic_ns();
    if (core::StopSignal::requested()) return false;
    if (now_ns >= due_ns) return true;
    constexpr std::uint64_t kLongestMs = 3'600'000;
    const std::uint64_t left_ms = std::min((due_ns - now_ns) / 1'000'000 + 1, kLongestMs);
    if (::poll(&stop, 1, static_cast<int>(left_ms)) < 0 && errno != EINTR) return false;
  }
}

// One round. True when a stop ended it; what was measured until then is in the history.
Result<bool> run_round(const WatchArguments& arguments, const std::vector<std::string>& names,
                       const FreshOptions& fresh, cli::Invocation& run) {
  const std::string host = bench::id_of(this_host());  // a change of kernel or tuning shows in it
  std::size_t appended = 0;
  const auto keep = [&](std::string_view line) -> Status {
    TALLY_TRY(const auto result, bench::parse_result_line(line));
    if (!result) return {};
    auto entry = bench::history_entry(*result, core::realtime_ns(), arguments.label, host);
    if (!entry) return {};
    ++appended;
    return bench::append_history(arguments.history, {std::move(*entry)});
  };
  TALLY_TRY(const bool stopped, measure_fresh(names, fresh, run.out, keep));
  run.out.detail(fmt::format("{} results appended to {}", appended, arguments.history));
  return stopped;
}

Result<Code> watch(const WatchArguments& arguments, cli::Invocation& run) {
  if (arguments.history.empty())
    return fail(Code::usage, "--history is missing", "--history FILE keeps the results");
  TALLY_TRY(const std::vector<std::string> names, case_names(arguments.pattern));
  // A file that cannot be written is found now and not after the first measurement.
  TALLY_CHECK(bench::append_history(arguments.history, {}));
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  const FreshOptions fresh{arguments.quick, arguments.time, stop_signal.fd()};
  std::uint64_t due_ns = core::monotonic_ns();
  for (std::int64_t round = 1;; ++round) {
    TALLY_TRY(const bool stopped, run_round(arguments, names, fresh, run));
    if (stopped || round == arguments.count) break;
    // Rounds that took longer than the period do not pile up.
    due_ns = std::max(due_ns + arguments.every.ns, core::monotonic_ns());
    if (!sleep_until(due_ns, stop_signal.fd())) break;
  }
  return Code::ok;  // being told to stop is how a watch ends
}

}  // namespace

void add_watch(cli::App& app) {
  auto arguments = std::make_shared<WatchArguments>();
  const cli::Completion cases{cli::Completion::Kind::dynamic, {}, "cases"};
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("watch", "measure cases again and again and append to a history")
      .argument("PATTERN", arguments->pattern, "a case, a prefix that ends before a dot, or a glob",
                false, cases)
      .option("--every", arguments->every, "how long from one round's begin to the next's")
      .option("--history", arguments->history, "FILE", "append the results to this history", file)
      .option("--label", arguments->label, "TEXT", "what is measured: a release")
      .option("--count", arguments->count, "N", "end after this many rounds; 0 goes on", 0,
              1'000'000'000)
      .flag("--quick", arguments->quick, "few slices, at most a second a case")
      .option("--time", arguments->time, "at most this long for a case")
      .example("tally-bench watch --every 1h --history bench.jsonl --quick queue")
      .on_run([arguments](cli::Invocation& run) { return watch(*arguments, run); });
}

}  // namespace tally::bench_tool
