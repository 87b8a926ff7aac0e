#include "fresh_results.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "bench/case.hpp"
#include "bench/result_line.hpp"
#include "bench/timed_process.hpp"
#include "cases.hpp"
#include "cli/progress.hpp"
#include "core/file.hpp"
#include "tune/store.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

// The newest transaction that is in force. A host without tally-tune has none.
std::string tuned_transaction() {
  const auto tree = tune::Tree::open("/");
  if (!tree) return {};
  const auto listing = tune::Store::for_reading(*tree).list();
  if (!listing) return {};
  std::string newest;
  for (const tune::Transaction& transaction : listing->transactions)
    if (transaction.active()) newest = transaction.name;
  return newest;
}

}  // namespace

Result<std::vector<std::string>> case_names(const std::string& pattern) {
  bench::Registry registry;
  add_cases(registry);
  TALLY_TRY(const auto selected, registry.select(pattern));
  std::vector<std::string> names;
  for (const bench::Case* definition : selected) names.push_back(definition->name);
  return names;
}

Result<bool> measure_fresh(const std::vector<std::string>& names, const FreshOptions& options,
                           cli::Output& out, const LineSink& sink) {
  bench::TimedOptions process;
  process.capture = true;
  process.show_errors = out.verbosity() > 0;
  process.stop_fd = options.stop_fd;
  constexpr std::uint64_t kSettingUpNs = 60'000'000'000;
  process.timeout_ns = options.time.ns + kSettingUpNs;
  cli::Progress progress(out, "cases", names.size());
  std::uint64_t done = 0;
  std::optional<Error> last;
  std::size_t failed = 0;
  for (const std::string& name : names) {
    std::vector<std::string> words = {"/proc/self/exe", "run",    name,
                                      "--json",         "--time", cli::to_text(options.time)};
    if (options.quick) words.emplace_back("--quick");
    const auto run = bench::run_timed(words, process);
    progress.update(++done);
    if (!run) {
      last = run.error().in(name);
      ++failed;
      out.warning(last->message);
      continue;
    }
    if (!*run) return true;
    TALLY_CHECK(bench::for_each_line(
        (*run)->output, [&](std::size_t, std::string_view line) { return sink(line); }));
  }
  progress.finish();
  if (last && failed == names.size()) return fail(*last);
  return false;
}

bench::Fingerprint this_host() {
  return bench::fingerprint_of(bench::probe_environment(), bench::hypervisor_name(),
                               tuned_transaction());
}

Result<std::string> read_results_text(const std::string& path) {
  if (path != "-") return core::read_file(path, kMostBytes);
  if (::isatty(STDIN_FILENO) != 0)
    return fail(Code::usage, "results are expected on standard input, which is a terminal",
                "tally-bench run --json prints them");
  return core::read_fd(STDIN_FILENO, "standard input", kMostBytes);
}

}  // namespace tally::bench_tool
