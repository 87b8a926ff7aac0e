// tally-sign verify: signatures of others, or of signed records.
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <poll.h>
#include <unistd.h>

#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/hex.hpp"
#include "crypto/schnorr.hpp"
#include "json/writer.hpp"
#include "line_reader.hpp"
#include "record_source.hpp"
#include "verify_line.hpp"

namespace tally::sign {
namespace {

struct VerifyOptions {
  std::string from = "-";
  bool records = false;
  std::string pubkey;
};

struct Tally {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
};

Result<UniqueFd> open_input(const std::string& path) {
  UniqueFd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path, errno);
  return fd;
}

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Result<Tally> verify_lines(int fd, cli::Invocation& call) {
  LineReader reader(fd);
  Tally tally;
  cli::Progress progress(call.out, "signatures", 0);
  std::uint64_t number = 0;
  for (;;) {
    std::string_view line;
    const auto step = reader.next(line);
    if (step == LineReader::Step::end) return tally;
    if (step == LineReader::Step::wait) {
      TALLY_CHECK(call.out.flush());
      TALLY_CHECK(reader.fill());
      continue;
    }
    ++number;
    if (step == LineReader::Step::line && blank(line)) continue;
    const Answer answer = step == LineReader::Step::line
                              ? answer_line(line, number)
                              : unreadable(number, "the line is longer than 1 MiB");
    answer.ok ? ++tally.good : ++tally.bad;
    call.out.line(answer.json);
    progress.update(tally.good + tally.bad);
  }
}

// Empty when the record is good.
std::string_view check_record(const net::Record& record, ByteView pubkey) {
  constexpr std::size_t kSignature = sizeof(crypto::SchnorrSignature);
  if (record.payload.size() < kSignature) return "the record is shorter than a signature";
  const ByteView message = record.payload.first(record.payload.size() - kSignature);
  const bool good = crypto::schnorr_verify(record.payload.last(kSignature), message, pubkey);
  return good ? "" : "the signature does not verify";
}

void print_record(const net::Record& record, std::string_view why, cli::Invocation& call) {
  if (!call.json) {
    if (!why.empty()) call.out.print("record {}: {}\n", record.sequence, why);
    return;
  }
  json::Writer line;
  line.begin_object().field("schema", "tally.sign.verify/1").field("seq", record.sequence);
  line.field("ok", why.empty());
  if (why.empty()) {
    const ByteView payload =
        record.payload.first(record.payload.size() - sizeof(crypto::SchnorrSignature));
    line.field("payload", std::string_view(core::to_hex(payload)));
  } else {
    line.field("why", why);
  }
  line.end_object();
  call.out.line(line.text());
}

Result<Tally> verify_records(int fd, ByteView pubkey, cli::Invocation& call) {
  StreamSource source(fd, net::Framing::rec);
  Tally tally;
  cli::Progress progress(call.out, "records", 0);
  net::Record record;
  while (!source.ended()) {
    while (source.try_next(record)) {
      const std::string_view why = check_record(record, pubkey);
      why.empty() ? ++tally.good : ++tally.bad;
      print_record(record, why, call);
      progress.update(tally.good + tally.bad);
    }
    TALLY_CHECK(call.out.flush());
    pollfd entry{fd, POLLIN, 0};
    if (!source.ended()) (void)::poll(&entry, 1, -1);
  }
  progress.finish();
  TALLY_CHECK(source.end_status());
  if (!call.json) call.out.print("{} records good, {} bad\n", tally.good, tally.bad);
  return tally;
}

Result<ByteArray<32>> parse_pubkey(const std::string& text) {
  ByteArray<32> key{};
  const bool good =
      core::from_hex_exact(text, key).has_value() && crypto::Point::parse_xonly(key).has_value();
  if (good) return key;
  return fail(Code::usage, "--pubkey should be the x-only key of the group, 64 hexadecimal digits",
              "tally-sign inspect FILE.group shows it");
}

Result<Code> run(const VerifyOptions& options, cli::Invocation& call) {
  if (!options.records) {
    if (!options.pubkey.empty()) {
      return fail(Code::usage, "--pubkey is for --records", "JSON lines name their keys");
    }
    TALLY_TRY(const UniqueFd fd, open_input(options.from));
    TALLY_TRY(const Tally tally, verify_lines(fd.get(), call));
    return tally.bad == 0 ? Code::ok : Code::negative;
  }
  TALLY_TRY(const auto pubkey, parse_pubkey(options.pubkey));
  TALLY_TRY(const UniqueFd fd, open_input(options.from));
  TALLY_TRY(const Tally tally, verify_records(fd.get(), pubkey, call));
  if (tally.good + tally.bad == 0) {
    call.out.warning("no record came, so nothing was verified");
    return Code::negative;
  }
  return tally.bad == 0 ? Code::ok : Code::negative;
}

}  // namespace

void add_verify(cli::App& app) {
  const auto options = std::make_shared<VerifyOptions>();
  cli::Command& command = app.root().command(
      "verify", "check signatures: JSON lines with keys, or signed records of one key");
  command.option("--from", options->from, "FILE", "read from a file, - for standard input",
                 {cli::Completion::Kind::file, {}, {}});
  command.flag("--records", options->records, "signed records in rec frames, not JSON lines");
  command.option("--pubkey", options->pubkey, "HEX", "with --records: x-only key of the group");
  command.example("tally-sign verify --from signatures.jsonl");
  command.example("tally-sign verify --records --pubkey HEX --json <signed.rec");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
