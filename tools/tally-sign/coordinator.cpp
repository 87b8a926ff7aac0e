#include "coordinator.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/clock.hpp"

namespace tally::sign {
namespace {

// A ring cannot be polled together with sockets. While parties are at work their answers wake the
// loop far more often than this; it is how late a record can be noticed in the worst case.
constexpr int kRingTickMs = 1;
constexpr int kTickMs = 20;
constexpr std::uint64_t kTickNs = 20'000'000;
constexpr std::uint64_t kFailuresNamed = 10;

}  // namespace

Coordinator::Coordinator(std::unique_ptr<Engine> engine,
                         const std::vector<std::string>& party_paths,
                         const CoordinatorOptions& options, RecordSource& source, RecordSink& sink,
                         cli::Output& words)
    : options_(options),
      source_(source),
      sink_(sink),
      words_(words),
      engine_(std::move(engine)),
      links_(*engine_, party_paths, options.engine.party_timeout_ns,
             [&words](const std::string& line) { words.warning(line); }),
      reachable_parties_(party_paths.size()) {}

Result<Code> Coordinator::run(const core::StopSignal& stop) {
  started_ns_ = core::monotonic_ns();
  progress_ns_ = started_ns_;
  short_since_ns_ = started_ns_;
  next_stats_ns_ = started_ns_ + options_.stats_period_ns;
  auto worked = work(stop);
  if (!worked) report_left();
  links_.close_all("the coordinator is done");
  if (options_.stats_period_ns != 0) report_stats(core::monotonic_ns());
  TALLY_CHECK(worked);
  TALLY_CHECK(source_.end_status());
  return engine_->counts().failed > 0 ? Code::negative : Code::ok;
}

Status Coordinator::work(const core::StopSignal& stop) {
  for (;;) {
    const std::uint64_t now_ns = core::monotonic_ns();
    if (core::StopSignal::requested() && accepting_) {
      accepting_ = false;
      progress_ns_ = now_ns;
    }
    links_.maintain(now_ns);
    accept();
    engine_->advance(now_ns);
    links_.send();
    TALLY_CHECK(publish(core::monotonic_ns()));
    if (over()) return {};
    TALLY_CHECK(check_parties(now_ns));
    TALLY_CHECK(check_drain(now_ns));
    if (options_.stats_period_ns != 0 && now_ns >= next_stats_ns_) {
      report_stats(now_ns);
      next_stats_ns_ = now_ns + options_.stats_period_ns;
    }
    TALLY_CHECK(rest(stop, now_ns));
  }
}

// Nothing is accepted before a quorum was there: what is not accepted is not lost.
void Coordinator::accept() {
  net::Record record;
  while (accepting_ && was_complete_ && engine_->room() > 0 && source_.try_next(record)) {
    const std::uint64_t now_ns = core::monotonic_ns();
    if (source_.is_ring() && now_ns > record.time_ns) {
      stats_.ring_wait.record(now_ns - record.time_ns);
    }
    const bool fits = record.payload.size() <= sink_.longest_payload();
    engine_->submit(record, now_ns,
                    fits ? std::string()
                         : fmt::format("{} bytes and a signature do not fit into the output",
                                       record.payload.size()));
  }
}

Status Coordinator::publish(std::uint64_t now_ns) {
  std::size_t settled = 0;
  blocked_ = false;
  while (const SigningSession* session = engine_->finished()) {
    if (session->state == SigningSession::State::failed) {
      report_failed(*session);
    } else {
      TALLY_TRY(const bool out, sink_.try_publish({session->record, session->signature,
                                                   session->quorum, session->recovery_id}));
      blocked_ = !out;
      if (blocked_) break;
      ++stats_.published;
      stats_.sign.record(now_ns - session->accepted_ns);
    }
    engine_->drop_finished();
    ++settled;
  }
  if (settled == 0) return {};
  progress_ns_ = now_ns;
  TALLY_CHECK(sink_.flush());
  source_.settle(settled);
  return {};
}

void Coordinator::report_failed(const SigningSession& session) {
  const std::uint64_t failed = engine_->counts().failed;
  if (failed > kFailuresNamed && words_.verbosity() <= 0) return;
  words_.warning(fmt::format("record {} is not signed: {}", session.record.sequence, session.why));
}

bool Coordinator::over() const {
  return engine_->pending() == 0 && (!accepting_ || source_.ended());
}

// Whether enough parties are there, or may still come.
Status Coordinator::check_parties(std::uint64_t now_ns) {
  const std::size_t needed = engine_->group().threshold();
  if (engine_->live() >= needed) {
    was_complete_ = true;
    short_since_ns_ = 0;
    return {};
  }
  if (reachable_parties_ - engine_->banned() < needed) {
    return fail(Code::protocol, fmt::format("{} parties are banned, and {} of {} are needed",
                                            engine_->banned(), needed, engine_->group().parties()));
  }
  // Nothing to sign: there is time until there is.
  if (was_complete_ && engine_->pending() == 0) return {};
  if (short_since_ns_ == 0) short_since_ns_ = now_ns;
  if (now_ns <= short_since_ns_ + options_.engine.party_timeout_ns) return {};
  if (auto why = engine_->shortage()) return fail(std::move(*why));
  return fail(Code::try_again,
              fmt::format("{} of the {} parties that are needed answer", engine_->live(), needed),
              links_.absences());
}

// A drain is over in time or given up.
Status Coordinator::check_drain(std::uint64_t now_ns) {
  // Progress may be a moment after the turn began.
  if (accepting_ || now_ns <= progress_ns_ + options_.engine.party_timeout_ns) return {};
  return fail(Code::try_again, blocked_ ? "stopped while the output takes nothing more"
                                        : "stopped while the parties do not answer");
}

Status Coordinator::rest(const core::StopSignal& stop, std::uint64_t now_ns) {
  const bool wants_records = accepting_ && was_complete_ && engine_->room() > 0 && !source_.ended();
  const bool from_ring = source_.poll_fd() < 0;
  if (wants_records && from_ring && !engine_->awaiting()) {
    source_.idle(now_ns + kTickNs);
    return links_.wait({}, 0);
  }
  const std::array<pollfd, 2> others{{{accepting_ ? stop.fd() : -1, POLLIN, 0},
                                      {wants_records ? source_.poll_fd() : -1, POLLIN, 0}}};
  const bool tick = blocked_ || (wants_records && from_ring);
  return links_.wait(others, tick ? kRingTickMs : kTickMs);
}

// What was accepted and is not out, when the work ends early.
void Coordinator::report_left() {
  if (engine_->pending() == 0) return;
  words_.warning(fmt::format("records accepted and not signed: {}, from sequence {} on; they {}",
                             engine_->pending(), engine_->oldest_sequence(),
                             source_.fate_of_unsettled()));
}

void Coordinator::report_stats(std::uint64_t now_ns) {
  words_.note(stats_.text(engine_->counts(), static_cast<double>(now_ns - started_ns_) * 1e-9));
}

}  // namespace tally::sign
