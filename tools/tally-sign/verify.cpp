// tally-sign verify: signatures of others, or of signed records.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <poll.h>
#include <unistd.h>

#include "cli/progress.hpp"
#include "commands.hpp"
#include "core/clock.hpp"
#include "core/hex.hpp"
#include "crypto/key_table.hpp"
#include "crypto/schnorr.hpp"
#include "json/writer.hpp"
#include "line_reader.hpp"
#include "record_source.hpp"
#include "verify_line.hpp"
#include "verify_stats.hpp"
#include "verify_window.hpp"

namespace tally::sign {
namespace {

struct VerifyOptions {
  std::string from = "-";
  bool records = false;
  std::string pubkey;
  std::string table;
  std::int64_t threads = 0;
  std::string backend = "auto";
  cli::Duration stats;
};

constexpr std::int64_t kMostThreads = 256;

Result<UniqueFd> open_input(const std::string& path) {
  UniqueFd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                          : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path, errno);
  return fd;
}

bool blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Both kinds of input: what they count, and who verifies for them.
class Stream {
 public:
  Stream(const VerifyOptions& options, cli::Invocation& call, std::string_view what)
      : options_(options),
        call_(call),
        progress_(call.out, std::string(what), 0),
        begin_ns_(core::monotonic_ns()),
        next_stats_ns_(begin_ns_ + options.stats.ns) {
    stats_.what = what;
  }

  // `print` is given each question in the order of the input, settled.
  Status open(std::shared_ptr<const crypto::KeyTable> table,
              std::function<void(const Question&)> print) {
    VerifyWindow::Options wish;
    wish.backend = crypto::parse_backend(options_.backend).value_or(crypto::BackendKind::automatic);
    wish.threads = static_cast<std::size_t>(options_.threads);
    wish.table = std::move(table);
    TALLY_TRY(window_,
              VerifyWindow::make(wish, [this, print = std::move(print)](const Question& question) {
                ++stats_.count;
                if (!question.why.empty()) ++stats_.bad;
                print(question);
              }));
    return {};
  }

  [[nodiscard]] VerifyWindow& window() { return *window_; }

  // Waits until `fd` can be read. What there is by now is answered if the input pauses, so that a
  // line that went in comes out without another one, and figures go on coming.
  Status await_input(int fd) {
    pollfd entry{fd, POLLIN, 0};
    int ready = ::poll(&entry, 1, 0);
    if (ready == 0) window_->drain();
    TALLY_CHECK(report());
    paused_ns_ = core::monotonic_ns();
    while (ready == 0) {
      ready = ::poll(&entry, 1, until_stats_ms());
      if (ready < 0 && errno == EINTR) ready = 0;
      after_input();
      if (ready == 0) TALLY_CHECK(report());
      paused_ns_ = core::monotonic_ns();
    }
    return {};
  }
  void after_input() { stats_.input_ns += core::monotonic_ns() - paused_ns_; }

  // Gives out what was answered, and shows how far it is behind that. Due now and then however fast
  // the input is. Errors: io when the output takes nothing more.
  Status report() {
    if (options_.stats.ns != 0 && core::monotonic_ns() >= next_stats_ns_) {
      say_stats();
      next_stats_ns_ = core::monotonic_ns() + options_.stats.ns;
    }
    const std::uint64_t begin_ns = core::monotonic_ns();
    TALLY_CHECK(call_.out.flush());
    stats_.input_ns += core::monotonic_ns() - begin_ns;
    progress_.update(stats_.count);
    return {};
  }

  // The last answers, and the figures.
  VerifyStats end() {
    window_->drain();
    progress_.finish();
    if (options_.stats.ns != 0) say_stats();
    return stats_;
  }

 private:
  // A timeout for poll().
  [[nodiscard]] int until_stats_ms() const {
    if (options_.stats.ns == 0) return -1;
    const std::uint64_t now_ns = core::monotonic_ns();
    const std::uint64_t rest_ns = next_stats_ns_ > now_ns ? next_stats_ns_ - now_ns : 0;
    constexpr std::uint64_t kMostMs = 3'600'000;
    return static_cast<int>(std::min(rest_ns / 1'000'000 + 1, kMostMs));
  }
  void say_stats() {
    stats_.elapsed_ns = core::monotonic_ns() - begin_ns_;
    stats_.items = window_->items();
    stats_.waited_ns = window_->waited_ns();
    stats_.verify_ns = window_->verifier().work_ns();
    stats_.backend = window_->verifier().backend_name();
    call_.out.note(stats_.text());
  }

  const VerifyOptions& options_;
  cli::Invocation& call_;
  cli::Progress progress_;
  std::uint64_t begin_ns_;
  std::uint64_t next_stats_ns_;
  std::uint64_t paused_ns_ = 0;
  VerifyStats stats_;
  std::unique_ptr<VerifyWindow> window_;
};

using Table = std::shared_ptr<const crypto::KeyTable>;

Result<VerifyStats> verify_lines(int fd, const Table& table, const VerifyOptions& options,
                                 cli::Invocation& call) {
  LineReader reader(fd);
  QuestionReader questions;
  Stream stream(options, call, "lines");
  std::string answer;
  TALLY_CHECK(stream.open(table, [&](const Question& question) {
    answer.clear();
    append_answer(question, answer);
    call.out.line(answer);
  }));
  std::uint64_t number = 0;
  for (;;) {
    std::string_view line;
    const auto step = reader.next(line);
    if (step == LineReader::Step::end) return stream.end();
    if (step == LineReader::Step::wait) {
      TALLY_CHECK(stream.await_input(fd));
      TALLY_CHECK(reader.fill());
      stream.after_input();
      continue;
    }
    ++number;
    if (step == LineReader::Step::line && blank(line)) continue;
    Question& question = stream.window().place();
    if (step == LineReader::Step::line) {
      questions.read(line, number, question);
    } else {
      settle_unreadable(number, "the line is longer than 1 MiB", question);
    }
    stream.window().push();
  }
}

constexpr std::uint64_t kRecordsPerReport = 1024;
constexpr std::size_t kSignature = sizeof(crypto::SchnorrSignature);

void ask(const net::Record& record, ByteView pubkey, Question& question) {
  question.number = record.sequence;
  question.bytes.assign(record.payload.begin(), record.payload.end());
  question.settled = question.bytes.size() < kSignature;
  question.why.clear();
  if (question.settled) {
    question.why = "the record is shorter than a signature";
    return;
  }
  const ByteView payload(question.bytes);
  question.item.scheme = crypto::Scheme::bip340;
  question.item.key = pubkey;
  question.item.message = payload.first(payload.size() - kSignature);
  question.item.signature = payload.last(kSignature);
}

// `line` is kept from record to record for its memory alone.
void print_record(const Question& question, json::Writer& line, cli::Invocation& call) {
  const bool good = question.why.empty();
  if (!call.json) {
    if (!good) call.out.print("record {}: {}\n", question.number, question.why);
    return;
  }
  line.clear();
  line.begin_object().field("schema", "tally.sign.verify/1").field("seq", question.number);
  line.field("ok", good);
  if (good) {
    line.field("payload", std::string_view(core::to_hex(question.item.message)));
  } else {
    line.field("why", std::string_view(question.why));
  }
  line.end_object();
  call.out.line(line.text());
}

Result<VerifyStats> verify_records(int fd, ByteView pubkey, const Table& table,
                                   const VerifyOptions& options, cli::Invocation& call) {
  StreamSource source(fd, net::Framing::rec);
  Stream stream(options, call, "records");
  json::Writer line;
  TALLY_CHECK(
      stream.open(table, [&](const Question& question) { print_record(question, line, call); }));
  net::Record record;
  std::uint64_t taken = 0;
  for (;;) {
    // An input that keeps up may never leave this loop.
    while (source.try_next(record)) {
      ask(record, pubkey, stream.window().place());
      stream.window().push();
      if (++taken % kRecordsPerReport == 0) TALLY_CHECK(stream.report());
    }
    if (source.ended()) break;
    TALLY_CHECK(stream.await_input(fd));
    stream.after_input();
  }
  const VerifyStats stats = stream.end();
  TALLY_CHECK(source.end_status());
  if (!call.json) {
    call.out.print("{} records good, {} bad\n", stats.count - stats.bad, stats.bad);
  }
  return stats;
}

Result<ByteArray<32>> parse_pubkey(const std::string& text) {
  ByteArray<32> key{};
  const bool good =
      core::from_hex_exact(text, key).has_value() && crypto::Point::parse_xonly(key).has_value();
  if (good) return key;
  return fail(Code::usage, "--pubkey should be the x-only key of the group, 64 hexadecimal digits",
              "tally-sign inspect FILE.group shows it");
}

// The table of --table, made first where there is no such file; none when it is not given.
Result<Table> open_table(const std::string& path, const crypto::XonlyBytes& key) {
  if (path.empty()) return Table();
  // A link that leads nowhere is there too, and refused.
  if (::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
    TALLY_CHECK(crypto::KeyTable::write_file(path, key));
  }
  TALLY_TRY(auto table, crypto::KeyTable::open_file(path, key));
  return std::make_shared<const crypto::KeyTable>(std::move(table));
}

Result<Code> run(const VerifyOptions& options, cli::Invocation& call) {
  if (!options.records) {
    if (options.pubkey.empty() != options.table.empty()) {
      return fail(Code::usage, "--pubkey and --table go together when lines are verified",
                  "JSON lines name their keys; those of this key are verified by the table");
    }
    Table table;
    if (!options.table.empty()) {
      TALLY_TRY(const auto key, parse_pubkey(options.pubkey));
      TALLY_TRY(table, open_table(options.table, key));
    }
    TALLY_TRY(const UniqueFd fd, open_input(options.from));
    TALLY_TRY(const VerifyStats stats, verify_lines(fd.get(), table, options, call));
    return stats.bad == 0 ? Code::ok : Code::negative;
  }
  TALLY_TRY(const auto pubkey, parse_pubkey(options.pubkey));
  TALLY_TRY(const Table table, open_table(options.table, pubkey));
  TALLY_TRY(const UniqueFd fd, open_input(options.from));
  TALLY_TRY(const VerifyStats stats, verify_records(fd.get(), pubkey, table, options, call));
  if (stats.count == 0) {
    call.out.warning("no record came, so nothing was verified");
    return Code::negative;
  }
  return stats.bad == 0 ? Code::ok : Code::negative;
}

}  // namespace

void add_verify(cli::App& app) {
  const auto options = std::make_shared<VerifyOptions>();
  cli::Command& command = app.root().command(
      "verify", "check signatures: JSON lines with keys, or signed records of one key");
  command.option("--from", options->from, "FILE", "read from a file, - for standard input",
                 {cli::Completion::Kind::file, {}, {}});
  command.flag("--records", options->records, "signed records in rec frames, not JSON lines");
  command.option("--pubkey", options->pubkey, "HEX", "x-only key of the records, or of the table");
  command.option("--table", options->table, "FILE",
                 "multiples of the key, shared between processes; made when there is none",
                 {cli::Completion::Kind::file, {}, {}});
  command.option("--threads", options->threads, "N",
                 "workers, each pinned to a processor; 0: this thread, not pinned", 0,
                 kMostThreads);
  command.choice("--backend", options->backend, {"auto", "ifma", "portable", "libsecp"},
                 "who verifies: lanes of AVX-512, portable code, libsecp256k1");
  command.option("--stats", options->stats,
                 "a line of figures so often and at the end: rate, cost of reading and verifying");
  command.example("tally-sign verify --from signatures.jsonl");
  command.example("tally-sign verify --records --pubkey HEX --json <signed.rec");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
