// tally-bench jitter: what disturbs the processors of this host, how often and how long.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "bench/environment.hpp"
#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "host_options.hpp"
#include "jitter_report.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::uint64_t kMaxDurationNs = 86'400'000'000'000;

struct JitterArguments {
  bool spin = false;
  bool wake = false;
  std::string cpus;
  std::string policy = "both";
  std::int64_t priority = 80;
  cli::Duration interval{500'000};
  cli::Duration duration{2'000'000'000};
  cli::Duration threshold{1'000};
  bool hold_dma_latency = false;
  std::string out;
  std::string recording;
};

struct Throttle {
  std::optional<std::int64_t> runtime_us;
  std::optional<std::int64_t> period_us;
};

class JitterRun {
 public:
  JitterRun(const JitterArguments& arguments, cli::Invocation& run)
      : arguments_(arguments), run_(run) {}
  Result<Code> measure_all();

 private:
  Status measure(bool spin, bench::Policy policy);
  Status measure_on(const bench::Placement& placement, const JitterSetting& setting,
                    std::vector<JitterOfCpu>& found);
  void say_throttle(const JitterSetting& setting, const std::vector<JitterOfCpu>& found);
  void print(const JitterSetting& setting, const std::vector<JitterOfCpu>& found);
  Status write_files();

  const JitterArguments& arguments_;
  cli::Invocation& run_;
  std::vector<int> cpus_;
  core::TscCalibration clock_;
  Throttle throttle_;
  bool held_ = false;
  bool printed_ = false;
  std::string json_lines_;
  std::vector<bench::Recording> recordings_;
};

Status JitterRun::measure_on(const bench::Placement& placement, const JitterSetting& setting,
                             std::vector<JitterOfCpu>& found) {
  bench::SpinOptions spin;
  spin.duration_ns = setting.duration_ns;
  spin.threshold_ns = setting.threshold_ns;
  spin.shift = bench::shift_of(placement.policy, throttle_.runtime_us, throttle_.period_us);
  spin.stop = [] { return core::StopSignal::requested(); };
  bench::WakeOptions wake;
  wake.duration_ns = setting.duration_ns;
  wake.interval_ns = setting.interval_ns;
  wake.stop = spin.stop;

  constexpr std::uint64_t kNsPerMs = 1'000'000;
  cli::Progress progress(run_.out,
                         fmt::format("{} {} ms", setting.spin ? "spin" : "wake-up",
                                     bench::policy_name(placement.policy)),
                         setting.duration_ns / kNsPerMs);
  const std::uint64_t start_ns = core::monotonic_ns();
  const bench::HostCounts before = bench::read_host_counts(placement.cpus);
  TALLY_CHECK(bench::run_placed(
      placement,
      [&](std::size_t index) {
        if (setting.spin)
          bench::measure_spin(spin, setting.clock, *found[index].spin);
        else
          bench::measure_wake(wake, *found[index].wake);
      },
      [&] { progress.update((core::monotonic_ns() - start_ns) / kNsPerMs); }));
  const bench::HostCounts after = bench::read_host_counts(placement.cpus);
  progress.finish();
  for (JitterOfCpu& one : found) one.attribution = bench::attribute(before, after, one.cpu);
  return {};
}

// A gap about as long as the time the throttle keeps for others is the throttle's, and no pause of
// ours could prevent it: some other real-time thread used the processor up.
void JitterRun::say_throttle(const JitterSetting& setting, const std::vector<JitterOfCpu>& found) {
  if (!setting.spin || setting.policy != bench::Policy::fifo) return;
  const std::int64_t period_us = throttle_.period_us.value_or(1'000'000);
  const std::int64_t runtime_us = throttle_.runtime_us.value_or(950'000);
  if (runtime_us < 0 || runtime_us >= period_us) return;
  const auto kept_ns = static_cast<std::uint64_t>(period_us - runtime_us) * 1000;
  for (const JitterOfCpu& one : found)
    if (one.values().max() >= kept_ns / 10 * 8)
      run_.out.warning(
          fmt::format("processor {}: a gap of {} ms under SCHED_FIFO looks like the real-time "
                      "throttle, which keeps {} ms of each {} ms for others",
                      one.cpu, one.values().max() / 1'000'000, kept_ns / 1'000'000,
                      period_us / 1000),
          "a thread that spins under SCHED_FIFO needs an isolated processor, or pauses");
}

void JitterRun::print(const JitterSetting& setting, const std::vector<JitterOfCpu>& found) {
  for (const JitterOfCpu& one : found) {
    const std::string line = to_json(setting, one);
    if (run_.json) run_.out.line(line);
    json_lines_ += line + "\n";
    recordings_.push_back(to_recording(setting, one));
  }
  if (!run_.json) {
    run_.out.write((printed_ ? "\n" : "") + to_text(setting, found));
    printed_ = true;
  }
}

Status JitterRun::measure(bool spin, bench::Policy policy) {
  JitterSetting setting;
  setting.spin = spin;
  setting.policy = policy;
  setting.priority = policy == bench::Policy::fifo ? static_cast<int>(arguments_.priority) : 0;
  setting.duration_ns = arguments_.duration.ns;
  setting.threshold_ns = arguments_.threshold.ns;
  setting.interval_ns = arguments_.interval.ns;
  setting.dma_latency_held = held_;
  setting.clock = clock_;
  setting.start_unix_ns = core::realtime_ns();
  if (spin && policy == bench::Policy::fifo) {
    const bench::Shift shift = bench::shift_of(policy, throttle_.runtime_us, throttle_.period_us);
    setting.notes.push_back(fmt::format(
        "spun {} ms and paused {} ms in turn, to stay below the real-time throttle{}",
        shift.spin_ns / 1'000'000, shift.pause_ns / 1'000'000,
        throttle_.runtime_us ? fmt::format(" (sched_rt_runtime_us {})", *throttle_.runtime_us)
                             : std::string{}));
  }
  if (clock_.monotonic_instead && spin)
    setting.notes.emplace_back(
        "timed by clock_gettime: the time-stamp counter is not to be trusted");

  std::vector<JitterOfCpu> found(cpus_.size());
  for (std::size_t i = 0; i < cpus_.size(); ++i) {
    found[i].cpu = cpus_[i];
    if (spin)
      found[i].spin.emplace();
    else
      found[i].wake.emplace();
  }
  TALLY_CHECK(measure_on({cpus_, policy, setting.priority}, setting, found));
  setting.partial = core::StopSignal::requested();
  if (setting.partial) setting.notes.emplace_back("partial: stopped before the end");
  say_throttle(setting, found);
  print(setting, found);
  return run_.out.flush();
}

Status JitterRun::write_files() {
  if (!arguments_.out.empty())
    TALLY_CHECK(core::replace_file(arguments_.out, core::as_bytes(json_lines_), 0644));
  if (!arguments_.recording.empty())
    TALLY_CHECK(bench::write_recordings(arguments_.recording, recordings_));
  return {};
}

Result<Code> JitterRun::measure_all() {
  TALLY_TRY(cpus_, choose_processors(arguments_.cpus));
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  UniqueFd latency;
  if (arguments_.hold_dma_latency) {
    TALLY_TRY(latency, hold_dma_latency());
  }
  held_ = static_cast<bool>(latency);
  clock_ = trusted_clock(false, run_.out);
  const bench::Environment host = bench::probe_environment();
  throttle_ = {host.rt_runtime_us, host.rt_period_us};

  const bool both = arguments_.policy == "both";
  const bool neither = !arguments_.spin && !arguments_.wake;
  for (const bool spin : {true, false}) {
    if (!(neither || (spin ? arguments_.spin : arguments_.wake))) continue;
    for (const bench::Policy policy : {bench::Policy::other, bench::Policy::fifo}) {
      if (!both && arguments_.policy != bench::policy_name(policy)) continue;
      if (core::StopSignal::requested()) break;
      if (both && policy == bench::Policy::fifo && !host.fifo_permitted) {
        run_.out.warning("SCHED_FIFO is not permitted and left out",
                         "sudo setcap cap_sys_nice+ep \"$(command -v tally-bench)\"");
        continue;
      }
      TALLY_CHECK(measure(spin, policy));
    }
  }
  TALLY_CHECK(write_files());
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

Result<Code> run_jitter(const JitterArguments& arguments, cli::Invocation& run) {
  if (arguments.duration.ns == 0 || arguments.duration.ns > kMaxDurationNs)
    return fail(Code::usage, "--duration is from 1ns to 24h");
  if (arguments.interval.ns < 1'000 || arguments.interval.ns > arguments.duration.ns)
    return fail(Code::usage, "--interval is from 1us to the duration");
  if (arguments.threshold.ns < 100)
    return fail(Code::usage, "--threshold is 100ns or more",
                "below that lies the reading of the clock itself");
  return JitterRun(arguments, run).measure_all();
}

}  // namespace

void add_jitter(cli::App& app) {
  auto arguments = std::make_shared<JitterArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("jitter",
               "measure what disturbs processors: gaps of a spinning thread, late wake-ups")
      .flag("--spin", arguments->spin, "gaps of a spinning thread; both measures without either")
      .flag("--wake", arguments->wake, "how late a sleeping thread is woken")
      .option("--cpus", arguments->cpus, "LIST",
              "processors, as 0-3,8; all allowed ones when empty")
      .choice("--policy", arguments->policy, {"other", "fifo", "both"}, "scheduling policy")
      .option("--priority", arguments->priority, "N", "real-time priority under fifo", 1, 99)
      .option("--interval", arguments->interval, "between wake-ups")
      .option("--duration", arguments->duration, "of each measure and policy")
      .option("--threshold", arguments->threshold, "gaps from here on count")
      .flag("--hold-dma-latency", arguments->hold_dma_latency,
            "keep idle states away meanwhile, as cyclictest does unasked")
      .option("-o,--out", arguments->out, "FILE", "write the JSON result to FILE as well", file)
      .option("--recording", arguments->recording, "FILE",
              "write histograms and their course to FILE, for pictures", file)
      .example("tally-bench jitter --cpus 2,3 --duration 10s")
      .example("tally-bench jitter --wake --policy fifo --json")
      .on_run([arguments](cli::Invocation& run) { return run_jitter(*arguments, run); });
}

}  // namespace tally::bench_tool
