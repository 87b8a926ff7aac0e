// tally-bench net: the round trip to a server that answers every packet.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/secret.hpp"
#include "core/stop.hpp"
#include "json/writer.hpp"
#include "net_hardware.hpp"
#include "net_report.hpp"
#include "net_server.hpp"
#include "net_target.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::int64_t kMaxCount = 1'000'000'000;
constexpr std::int64_t kMaxBytes = 65'507;  // the longest datagram of IPv4

struct NetArguments {
  std::string target;
  bool serve = false;
  bool closed_loop = false;
  double rate = 1'000;
  std::string arrivals = "fixed";
  std::int64_t seed = 1;
  std::int64_t count = 0;
  cli::Duration duration{5'000'000'000};
  std::int64_t window = 1;
  std::int64_t bytes = 64;
  cli::Duration timeout{1'000'000'000};
  std::string dialect = "echo";
  bool no_stamps = false;
  bool fail_on_loss = false;
  std::string out;
  std::string recording;
};

NetReport report_of(const NetArguments& arguments, const NetTarget& target) {
  NetReport report;
  report.target = target.text;
  report.rate = arguments.closed_loop ? 0 : arguments.rate;
  report.poisson = !arguments.closed_loop && arguments.arrivals == "poisson";
  report.seed = static_cast<std::uint64_t>(arguments.seed);
  NetLoad& load = report.load;
  if (report.rate > 0)
    load.schedule = report.poisson ? bench::Schedule::poisson(report.rate, report.seed)
                                   : bench::Schedule::fixed(report.rate);
  load.count = static_cast<std::uint64_t>(arguments.count);
  load.duration_ns = arguments.duration.ns;
  load.window = static_cast<std::uint64_t>(arguments.window);
  load.bytes = static_cast<std::size_t>(arguments.bytes);
  load.timeout_ns = arguments.timeout.ns;
  load.tcp = target.tcp;
  load.stamps = !arguments.no_stamps;
  load.dialect = arguments.dialect == "sockperf" ? Dialect::sockperf : Dialect::echo;
  ByteArray<sizeof load.run> random{};
  core::random_bytes(random);
  std::copy(random.begin(), random.end(), reinterpret_cast<std::uint8_t*>(&load.run));
  load.stop = [] { return core::StopSignal::requested(); };
  return report;
}

Status write_files(const NetArguments& arguments, const NetReport& report) {
  if (!arguments.out.empty())
    TALLY_CHECK(core::replace_file(arguments.out, core::as_bytes(to_json(report) + "\n"), 0644));
  if (!arguments.recording.empty()) {
    const bench::Recording recording = to_recording(report);
    TALLY_CHECK(bench::write_recordings(arguments.recording, {&recording, 1}));
  }
  return {};
}

Result<Code> run_client(const NetArguments& arguments, const NetTarget& target,
                        cli::Invocation& run) {
  NetReport report = report_of(arguments, target);
  TALLY_TRY(const UniqueFd fd, connect_to(target, report.load.timeout_ns));
  report.load.no_hardware = no_hardware_stamps(device_of(fd.get()));
  const double by_rate = report.rate * static_cast<double>(report.load.duration_ns) / 1e9;
  std::uint64_t expected = static_cast<std::uint64_t>(by_rate);
  if (report.load.count != 0)
    expected = expected == 0 ? report.load.count : std::min(expected, report.load.count);
  cli::Progress progress(run.out, "packets sent", expected);
  report.load.progress = [&](std::uint64_t sent) { progress.update(sent); };
  auto result = run_client(fd.get(), report.load);
  progress.finish();
  if (!result) return fail(result.error().in(target.text));
  report.result = std::move(*result);
  if (run.json)
    run.out.line(to_json(report));
  else
    run.out.write(to_text(report));
  TALLY_CHECK(write_files(arguments, report));
  if (core::StopSignal::requested()) return stopped_code();
  if (arguments.fail_on_loss && report.result.lost != 0) return Code::negative;
  return Code::ok;
}

Result<Code> run_server(const NetArguments& arguments, const NetTarget& target,
                        cli::Invocation& run) {
  TALLY_TRY(const UniqueFd fd, bind_to(target));
  const std::string address = bound_text(target, fd.get());
  if (run.json) {
    json::Writer writer;
    writer.begin_object().field("schema", "tally.bench.net.serve/1").field("address", address);
    writer.field("duration_ns", arguments.duration.ns).end_object();
    run.out.line(writer.text());
  } else {
    run.out.line(address);
  }
  TALLY_CHECK(run.out.flush());
  ServeOptions options;
  options.tcp = target.tcp;
  options.duration_ns = arguments.duration.ns;
  options.stop = [] { return core::StopSignal::requested(); };
  auto result = serve(fd.get(), options);
  if (!result) return fail(result.error().in(target.text));
  run.out.note(fmt::format("{} answers sent", result->answers));
  return core::StopSignal::requested() ? stopped_code() : Code::ok;
}

Result<Code> run_net(const NetArguments& arguments, cli::Invocation& run) {
  if (arguments.duration.ns == 0) return fail(Code::usage, "--duration is above 0");
  if (arguments.timeout.ns < 1'000'000) return fail(Code::usage, "--timeout is 1ms or more");
  TALLY_TRY(const NetTarget target, parse_target(arguments.target));
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  return arguments.serve ? run_server(arguments, target, run) : run_client(arguments, target, run);
}

}  // namespace

void add_net(cli::App& app) {
  auto arguments = std::make_shared<NetArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("net", "time the round trip to a server that answers every packet")
      .argument("TARGET", arguments->target, "udp://HOST:PORT or tcp://HOST:PORT")
      .flag("--serve", arguments->serve, "be that server: send back what comes")
      .option("--rate", arguments->rate, "R", "packets a second in an open loop", 0.001, 1e7)
      .choice("--arrivals", arguments->arrivals, {"fixed", "poisson"}, "when packets are due")
      .option("--seed", arguments->seed, "N", "of poisson arrivals", 0, kMaxCount)
      .flag("--closed-loop", arguments->closed_loop,
            "send when the answer has come, which hides stalls")
      .option("-n,--count", arguments->count, "N", "packets to send, 0 for as long as --duration",
              0, kMaxCount)
      .option("--duration", arguments->duration, "how long to send, or to serve")
      .option("--window", arguments->window, "N", "unanswered packets at most", 1, 1'000'000)
      .option("--bytes", arguments->bytes, "N", "size of a packet", kSmallestPacketBytes, kMaxBytes)
      .option("--timeout", arguments->timeout, "after which a packet is lost")
      .choice("--dialect", arguments->dialect, {"echo", "sockperf"},
              "what the server understands: any bytes, or sockperf's header")
      .flag("--no-stamps", arguments->no_stamps, "do not ask the kernel for its times")
      .flag("--fail-on-loss", arguments->fail_on_loss, "end with status 1 when a packet was lost")
      .option("-o,--out", arguments->out, "FILE", "write the JSON result to FILE as well", file)
      .option("--recording", arguments->recording, "FILE",
              "write histograms and their course to FILE, for pictures", file)
      .example("tally-bench net --serve udp://127.0.0.1:9100 --duration 1m")
      .example("tally-bench net udp://127.0.0.1:9100 --rate 5000 --duration 10s")
      .on_run([arguments](cli::Invocation& run) { return run_net(*arguments, run); });
}

}  // namespace tally::bench_tool
