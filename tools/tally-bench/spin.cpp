// tally-bench spin: a load of known size for trying `ab` out. The work is fixed, not the time, so
// that 5 % more of it is 5 % more wherever it runs.
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <numeric>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "bench/random.hpp"
#include "bench/result.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

namespace {

struct SpinArguments {
  std::string kind;
  double extra = 0;
  std::int64_t work = 0;
};

// A chain of multiplications: the next has to wait for the last.
void spin_alu(std::uint64_t operations) {
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < operations; ++i) {
    value = value * 6364136223846793005U + 1442695040888963407U;
    keep(value);
  }
}

// Loads of which each needs the last one's result, over 8 MiB in an order that no prefetcher knows.
void spin_chase(std::uint64_t operations) {
  struct alignas(64) Line {
    std::size_t next;
  };
  constexpr std::size_t kLines = (std::size_t{8} << 20U) / sizeof(Line);
  std::vector<Line> lines(kLines);
  for (std::size_t i = 0; i < kLines; ++i) lines[i].next = i;
  // Sattolo's shuffle leaves one cycle through all.
  bench::Random random(1);
  for (std::size_t i = kLines - 1; i > 0; --i)
    std::swap(lines[i].next, lines[random.below(i)].next);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < operations; ++i) at = lines[at].next;
  keep(at);
}

void spin_syscall(std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i) ::syscall(SYS_getppid);
}

struct Load {
  const char* name;
  std::uint64_t work;  // some 25 to 40 ms
  void (*run)(std::uint64_t);
};
constexpr Load kLoads[] = {{"alu", 20'000'000, spin_alu},
                           {"chase", 250'000, spin_chase},
                           {"syscall", 120'000, spin_syscall}};

Result<Code> run_spin(const SpinArguments& arguments, cli::Invocation& run) {
  for (const Load& load : kLoads) {
    if (arguments.kind != load.name) continue;
    const double base = static_cast<double>(
        arguments.work != 0 ? static_cast<std::uint64_t>(arguments.work) : load.work);
    const auto operations =
        static_cast<std::uint64_t>(std::llround(base * (1 + arguments.extra / 100)));
    const std::uint64_t begin_ns = core::monotonic_ns();
    load.run(operations);
    const auto elapsed_ns = static_cast<double>(core::monotonic_ns() - begin_ns);
    bench::CaseResult result;
    result.name = fmt::format("spin.{}", load.name);
    result.unit = "ns";
    result.ours = bench::Summary{elapsed_ns, elapsed_ns, elapsed_ns, 1};
    if (run.json)
      run.out.line(bench::to_json(result));
    else
      run.out.print("{}: {} operations in {:.2f} ms\n", load.name, operations, elapsed_ns / 1e6);
    return Code::ok;
  }
  return fail(Code::usage, fmt::format("no load is called '{}'", arguments.kind),
              "alu, chase and syscall are");
}

}  // namespace

void add_spin(cli::App& app) {
  auto arguments = std::make_shared<SpinArguments>();
  const cli::Completion loads{cli::Completion::Kind::choices, {"alu", "chase", "syscall"}, {}};
  app.root()
      .command("spin", "do a fixed piece of work, to try ab out")
      .argument("LOAD", arguments->kind, "alu, chase or syscall", true, loads)
      .option("--extra", arguments->extra, "PCT", "this much more work", 0, 10'000)
      .option("--work", arguments->work, "N",
              "operations instead of some 30 ms' worth; 0 for that worth", 0, 100'000'000'000)
      .example("tally-bench ab -- tally-bench spin alu -- tally-bench spin alu --extra 5")
      .on_run([arguments](cli::Invocation& run) { return run_spin(*arguments, run); });
}

}  // namespace tally::bench_tool
