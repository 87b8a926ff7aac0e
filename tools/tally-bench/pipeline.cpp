// tally-bench pipeline: packets into one end of a chain, signed packets out of the other.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <memory>
#include <thread>

#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/secret.hpp"
#include "core/stop.hpp"
#include "core/threads.hpp"
#include "hops.hpp"
#include "net/endpoint.hpp"
#include "net/socket.hpp"
#include "pipeline_report.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::int64_t kMaxCount = 10'000'000;  // of each packet 73 bytes are kept

struct PipelineArguments {
  std::string to;
  std::string from;
  std::string pubkey;
  std::int64_t count = 10'000;
  std::int64_t window = 256;
  std::int64_t bytes = 64;
  double rate = 0;
  bool closed_loop = false;
  cli::Duration timeout{5'000'000'000};
  bool heatmap = false;
  std::vector<std::string> hops;
  std::string out;
  std::string recording;
};

Result<net::Endpoint> datagram_endpoint(const char* option, const std::string& text) {
  if (text.empty())
    return fail(Code::usage, fmt::format("{} is missing", option),
                "tally-bench pipeline --help shows an example");
  TALLY_TRY(net::Endpoint endpoint, net::parse_endpoint(text));
  if (endpoint.scheme != net::Scheme::udp && endpoint.scheme != net::Scheme::unix_socket)
    return fail(Code::usage, fmt::format("{} {} is not a datagram socket", option, text),
                "use udp://HOST:PORT or unix:PATH");
  return endpoint;
}

struct Ends {
  net::Socket to;
  net::Socket from;
};

Result<Ends> open_ends(const PipelineArguments& arguments) {
  TALLY_TRY(const net::Endpoint to, datagram_endpoint("--to", arguments.to));
  TALLY_TRY(const net::Endpoint from, datagram_endpoint("--from", arguments.from));
  Ends ends;
  TALLY_TRY(ends.from, net::open_receiver(from));
  TALLY_TRY(ends.to, net::open_sender(to));
  return ends;
}

// The tools of a chain write their statistics when they end, which may be after this run.
void collect_hops(const std::vector<std::string>& paths, std::uint64_t patience_ns,
                  PipelineReport& report) {
  const std::uint64_t deadline_ns = core::monotonic_ns() + patience_ns;
  for (const std::string& path : paths) {
    auto rows = read_hops(path);
    while (!rows && core::monotonic_ns() < deadline_ns && !core::StopSignal::requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      rows = read_hops(path);
    }
    if (rows)
      report.hops.insert(report.hops.end(), rows->begin(), rows->end());
    else
      report.notes.push_back("hops not known: " + rows.error().message);
  }
}

Result<ExchangeResult> run_exchange(const Ends& ends, ExchangeOptions options, Ledger& ledger,
                                    cli::Output& out) {
  cli::Progress progress(out, "packets answered", options.count);
  options.stop = [] { return core::StopSignal::requested(); };
  options.progress = [&](std::uint64_t received) { progress.update(received); };
  auto result = exchange(ends.to.fd.get(), ends.from.fd.get(), options, ledger);
  progress.finish();
  if (!result) return fail(result.error().in(net::format_address(ends.to.address)));
  return result;
}

VerifyResult run_verification(const Ledger& ledger, const ByteArray<32>& key, cli::Output& out) {
  cli::Progress progress(out, "signatures verified", ledger.counts().sent);
  VerifyOptions options;
  options.threads = static_cast<unsigned>(std::clamp(core::allowed_cpu_count(), 1, 16));
  options.stop = [] { return core::StopSignal::requested(); };
  options.progress = [&](std::uint64_t checked) { progress.update(checked); };
  const VerifyResult result = verify_signatures(ledger, key, options);
  progress.finish();
  return result;
}

// A closed loop leaves out the waits that it causes itself, so it is never chosen in silence.
Status check_loop(const PipelineArguments& arguments) {
  if (arguments.closed_loop && arguments.rate > 0)
    return fail(Code::usage, "--rate and --closed-loop exclude each other",
                "a rate sends at its times, whatever became of the packets before");
  if (!arguments.closed_loop && arguments.rate <= 0)
    return fail(Code::usage, "--rate is missing",
                "--rate 2000 sends 2000 packets a second; --closed-loop sends as fast as answers "
                "come, and a stall then hides in packets that were never sent");
  return {};
}

ExchangeOptions load_of(const PipelineArguments& arguments) {
  ExchangeOptions options;
  options.count = static_cast<std::uint64_t>(arguments.count);
  options.window = static_cast<std::uint64_t>(arguments.window);
  if (arguments.rate > 0) options.schedule = bench::Schedule::fixed(arguments.rate);
  options.timeout_ns = std::max<std::uint64_t>(1, arguments.timeout.ns);
  return options;
}

void print_report(const PipelineReport& report, const Ledger& ledger, bool with_heatmap,
                  cli::Invocation& run) {
  if (run.json) {
    run.out.line(to_json(report, ledger));
    return;
  }
  run.out.write(to_text(report, ledger));
  if (!with_heatmap) return;
  plot::TerminalStyle style;
  style.columns = static_cast<std::size_t>(std::clamp(run.out.columns(), 24, 160));
  style.utf8 = run.out.utf8();
  style.color = run.out.stdout_color();
  run.out.write("\n" + plot::heatmap(ledger.grid(), style));
}

Result<Code> run_pipeline(const PipelineArguments& arguments, cli::Invocation& run) {
  if (arguments.pubkey.empty())
    return fail(Code::usage, "--pubkey is missing", "tally-sign inspect SHARE prints it");
  const auto key = parse_xonly_key(arguments.pubkey);
  if (!key) return fail(key.error().in("--pubkey"));
  TALLY_CHECK(check_loop(arguments));
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  TALLY_TRY(const Ends ends, open_ends(arguments));

  RunId run_id{};
  core::random_bytes(run_id);
  PipelineReport report;
  report.to = arguments.to;
  report.from = arguments.from;
  report.rate = arguments.rate;
  report.load = load_of(arguments);
  Ledger ledger(run_id, report.load.count, static_cast<std::size_t>(arguments.bytes));
  report.start_unix_ns = core::realtime_ns();
  TALLY_TRY(report.exchange, run_exchange(ends, report.load, ledger, run.out));
  if (const std::uint32_t drops = net::kernel_drops(ends.from.fd.get()); drops != 0)
    report.notes.push_back(fmt::format(
        "{} datagrams found no room in this program's receive buffer: rcvbuf=16MiB after a comma "
        "in --from enlarges it",
        drops));
  report.verify = run_verification(ledger, *key, run.out);
  collect_hops(arguments.hops, report.load.timeout_ns, report);

  print_report(report, ledger, arguments.heatmap, run);
  if (!arguments.out.empty()) {
    const std::string line = to_json(report, ledger) + "\n";
    TALLY_CHECK(core::replace_file(arguments.out, core::as_bytes(line), 0644));
  }
  if (!arguments.recording.empty()) {
    const bench::Recording recording = to_recording(report, ledger);
    TALLY_CHECK(bench::write_recordings(arguments.recording, {&recording, 1}));
  }
  if (core::StopSignal::requested()) return stopped_code();
  return all_well(report, ledger.counts()) ? Code::ok : Code::negative;
}

}  // namespace

Code stopped_code() {
  const int number = core::StopSignal::number();
  return static_cast<Code>(128 + (number == 0 ? SIGINT : number));
}

void add_pipeline(cli::App& app) {
  auto arguments = std::make_shared<PipelineArguments>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("pipeline",
               "send packets into a signing chain, receive them signed, verify every signature")
      .option("--to", arguments->to, "ENDPOINT", "where the chain takes packets, udp://HOST:PORT")
      .option("--from", arguments->from, "ENDPOINT",
              "where the chain delivers signed packets, bound here")
      .option("--pubkey", arguments->pubkey, "HEX", "the group's BIP340 public key")
      .option("-n,--count", arguments->count, "N", "packets to send", 1, kMaxCount)
      .option("--window", arguments->window, "N", "unanswered packets at most", 1, kMaxCount)
      .option("--bytes", arguments->bytes, "N", "size of a packet", kPacketHeaderBytes,
              kMaxPacketBytes)
      .option("--rate", arguments->rate, "R", "packets a second, each at its time: an open loop", 0,
              1e7)
      .flag("--closed-loop", arguments->closed_loop,
            "send as fast as the window allows, which hides what a stall delays")
      .option("--timeout", arguments->timeout, "end after this long without an answer")
      .flag("--heatmap", arguments->heatmap, "draw latency over time")
      .option("--hops", arguments->hops, "FILE",
              "show the hops of this --stats-out file too; may be repeated", file)
      .option("-o,--out", arguments->out, "FILE", "write the JSON result to FILE as well", file)
      .option("--recording", arguments->recording, "FILE",
              "write the histogram and its course to FILE, for pictures", file)
      .example(
          "tally-bench pipeline --to udp://127.0.0.1:9000 --from udp://127.0.0.1:9001 "
          "--pubkey HEX --rate 2000 --heatmap")
      .on_run([arguments](cli::Invocation& run) { return run_pipeline(*arguments, run); });
}

}  // namespace tally::bench_tool
