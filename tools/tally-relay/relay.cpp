#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>

#include "commands.hpp"
#include "core/fd.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "core/threads.hpp"
#include "net/open.hpp"
#include "pump.hpp"
#include "ring/inspector.hpp"

namespace tally::relay {
namespace {

struct Words {
  std::string from;
  std::string to;
  std::string from_frame;
  std::string to_frame;
  std::string engine = "auto";
  std::string stats_out;
  cli::Duration stats;
  cli::Duration duration;
  cli::Duration drain{1'000'000'000};
  std::int64_t count = 0;
  std::int64_t cpu = -1;
  bool fail_on_loss = false;
};

Result<net::OpenOptions> open_options(const std::string& engine, const std::string& frame) {
  net::OpenOptions options;
  if (engine == "spin") options.engine = net::Engine::spin;
  if (engine == "uring") options.engine = net::Engine::uring;
  if (engine == "poll") options.engine = net::Engine::poll;
  if (!frame.empty()) {
    TALLY_TRY(options.framing, net::parse_framing(frame));
  }
  return options;
}

struct Sides {
  net::Opened<net::Source> source;
  net::Opened<net::Sink> sink;
};

// The source first: if it cannot be opened, no output has been created. A generator is the
// exception, since it may need the sink's socket, and opens nothing itself.
Result<Sides> open_sides(const net::Endpoint& from, const net::Endpoint& to, const Words& words) {
  TALLY_TRY(const net::OpenOptions in, open_options(words.engine, words.from_frame));
  TALLY_TRY(const net::OpenOptions out, open_options(words.engine, words.to_frame));
  Sides sides;
  if (from.scheme == net::Scheme::gen) {
    TALLY_TRY(sides.sink, net::open_sink(to, out));
    TALLY_TRY(sides.source, net::open_source(from, in, sides.sink.reply_fd));
    return sides;
  }
  TALLY_TRY(sides.source, net::open_source(from, in, -1));
  TALLY_TRY(sides.sink, net::open_sink(to, out));
  return sides;
}

void announce(cli::Output& out, const Sides& sides, const net::Endpoint& from) {
  for (const auto* const notes : {&sides.source.notes, &sides.sink.notes}) {
    for (const std::string& note : *notes) out.note(note);
  }
  const std::string& address = sides.source.address;
  const bool chosen = from.scheme == net::Scheme::udp && from.port == 0;
  if (chosen) out.note("listening on " + address);
  if (!address.empty() && !chosen) out.detail("listening on " + address);
  if (!sides.source.engine.empty()) out.detail("engine " + sides.source.engine);
}

// A regular file is replaced whole. Anything else is opened and written to: pipes, devices, and
// links, of which /dev/stdout is one that must not be replaced.
Status write_stats(const std::string& path, const std::string& json) {
  const std::string line = json + "\n";
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
    return core::replace_file(path, core::as_bytes(line), 0644);
  }
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd) return fail(os_error(Code::cannot_create, "cannot open " + path, errno));
  const Status written = core::write_all(fd.get(), core::as_bytes(line));
  if (!written) return fail(written.error().in(path));
  return {};
}

Status check_words(const Words& words, const net::Endpoint& from, const net::Endpoint& to) {
  const auto framed = [](const net::Endpoint& endpoint) {
    return endpoint.scheme == net::Scheme::stream || endpoint.scheme == net::Scheme::file;
  };
  if (!words.from_frame.empty() && !framed(from)) {
    return fail(Code::usage, fmt::format("--from-frame has no meaning for {}", from.text),
                "framings are for - and file:");
  }
  if (!words.to_frame.empty() && !framed(to)) {
    return fail(Code::usage, fmt::format("--to-frame has no meaning for {}", to.text),
                "framings are for - and file:");
  }
  return {};
}

Result<Code> verdict(const Words& words, const Status& ran, const Counts& counts) {
  if (!ran) {
    Error error = ran.error();
    const std::uint64_t lost = counts.lost();
    if (lost > 0) error.message += fmt::format(", {} record{} lost", lost, lost == 1 ? "" : "s");
    return fail(std::move(error));
  }
  const bool whole = counts.lost() == 0 && counts.source.in_doubt == 0;
  return words.fail_on_loss && !whole ? Code::negative : Code::ok;
}

Result<Code> run_relay(const Words& words, cli::Invocation& invocation) {
  cli::Output& out = invocation.out;
  TALLY_TRY(const net::Endpoint from, net::parse_endpoint(words.from));
  TALLY_TRY(const net::Endpoint to, net::parse_endpoint(words.to));
  TALLY_CHECK(check_words(words, from, to));
  if (words.cpu >= 0) TALLY_CHECK(core::pin_to_cpu(static_cast<int>(words.cpu)));
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  TALLY_TRY(Sides sides, open_sides(from, to, words));
  announce(out, sides, from);

  std::unique_ptr<Pump> pump;
  PumpOptions options;
  options.from = from.scheme;
  options.to = to.scheme;
  options.count = static_cast<std::uint64_t>(words.count);
  options.duration_ns = words.duration.ns;
  options.drain_ns = words.drain.ns;
  options.stats_period_ns = words.stats.ns;
  options.on_stats = [&] { out.note(stats_line(pump->counts(), pump->hops())); };
  options.is_stop_requested = [] { return core::StopSignal::requested(); };
  pump = std::make_unique<Pump>(*sides.source.side, *sides.sink.side, std::move(options));
  const Status ran = pump->run();

  const Counts counts = pump->counts();
  if (!counts.balanced()) return fail(Code::internal, "the counts do not add up");
  if (words.stats.ns > 0) out.note(stats_line(counts, pump->hops()));
  const std::string json = stats_json(counts, pump->hops(), sides.source.engine, true);
  if (invocation.json && to.scheme != net::Scheme::stream) out.line(json);
  if (const std::uint64_t dead = counts.sink.dead_readers; dead > 0) {
    out.warning(fmt::format("{} reader{} of the broadcast {} killed; the others went on", dead,
                            dead == 1 ? "" : "s", dead == 1 ? "was" : "were"));
  }
  if (ran && counts.lost() > 0) {
    out.warning(fmt::format("{} records were lost: {}", counts.lost(), loss_text(counts)));
  }
  if (counts.source.in_doubt > 0) {
    out.warning(
        fmt::format("{} records are in doubt: consumers that were killed or left had taken "
                    "them and not released them",
                    counts.source.in_doubt));
  }
  Result<Code> code = verdict(words, ran, counts);
  if (words.stats_out.empty()) return code;
  const Status written = write_stats(words.stats_out, json);
  if (code && !written) return fail(written.error());
  return code;
}

}  // namespace

void add_relay(cli::App& app) {
  const auto words = std::make_shared<Words>();
  const std::vector<std::string> framings{"rec", "line", "hex", "jsonl"};
  cli::Command& root = app.root();
  root.argument("FROM", words->from,
                "udp://HOST:PORT, unix:PATH, -, file:PATH, shm:NAME, memfd:PATH or gen:", true,
                {cli::Completion::Kind::dynamic, {}, "endpoints"});
  root.argument("TO", words->to,
                "udp://HOST:PORT, unix:PATH, -, file:PATH, shm:NAME, memfd:PATH or null:", true,
                {cli::Completion::Kind::dynamic, {}, "endpoints"});
  root.choice("--from-frame", words->from_frame, framings, "framing of a FROM that is - or file:");
  root.choice("--to-frame", words->to_frame, framings, "framing of a TO that is - or file:");
  root.choice("--engine", words->engine, {"auto", "spin", "uring", "poll"},
              "how datagrams are received");
  root.option("--cpu", words->cpu, "N", "run on processor N; -1 lets the kernel choose", -1, 4095);
  root.option("--count", words->count, "N", "stop after N records; 0 goes on", 0, INT64_MAX);
  root.option("--duration", words->duration, "stop after this time; 0 goes on");
  root.option("--drain", words->drain, "how long a stop may take to deliver what had arrived");
  root.option("--stats", words->stats, "print counts and times this often, and at the end");
  root.option("--stats-out", words->stats_out, "FILE", "write the final counts and times as JSON",
              {cli::Completion::Kind::file, {}, {}});
  root.flag("--fail-on-loss", words->fail_on_loss, "exit 1 when a record was lost or is in doubt");
  root.example("tally-relay udp://127.0.0.1:9000 shm:requests,slots=4096");
  root.example("tally-relay shm:signed udp://127.0.0.1:9001 --stats 1s");
  root.example("tally-relay gen:count=3,bytes=16 - --to-frame jsonl");
  root.on_run([words](cli::Invocation& run) { return run_relay(*words, run); });
  app.on_complete("endpoints", [] {
    std::vector<std::string> all{
        "udp://127.0.0.1:", "unix:", "-", "file:", "memfd:", "gen:", "null:"};
    if (const auto rings = ring::list_rings()) {
      for (const std::string& name : *rings) all.push_back("shm:" + name);
    }
    return all;
  });
}

}  // namespace tally::relay
