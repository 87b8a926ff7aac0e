#include "bench/runner.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace tally::bench {

namespace {

// Between rounds everything else on the machine may run.
constexpr auto kPause = std::chrono::milliseconds(1);

struct Entrant {
  std::string name;
  std::unique_ptr<Subject> subject;
  std::uint64_t operations = 1;  // of one slice
  bool limit = false;
};

class CaseRun {
 public:
  CaseRun(const Case& definition, Team& team, const core::TscCalibration& clock,
          const RunOptions& options)
      : case_(definition), team_(team), clock_(clock), options_(options) {}

  Result<std::vector<CaseResult>> run();

 private:
  Status make_entrants();
  Status size_slices();
  Status take_rounds(Collector& collector);
  Slice take_slice(Entrant& entrant);
  CounterSet* counters_of(const Entrant& entrant, std::size_t side);
  void book_counts(const Slice& slice);
  void add_counters(Mode mode, CaseResult& result) const;
  double calibrate(std::size_t side);
  [[nodiscard]] bool stopped() const { return options_.stop && options_.stop(); }
  [[nodiscard]] bool out_of_time() const { return core::monotonic_ns() >= deadline_ns_; }
  [[nodiscard]] CaseResult blank() const;
  [[nodiscard]] std::vector<std::string> run_notes(const Collector& collector) const;

  const Case& case_;
  Team& team_;
  const core::TscCalibration& clock_;
  const RunOptions& options_;
  std::uint64_t deadline_ns_ = 0;
  std::vector<Entrant> entrants_;
  std::vector<std::string> notes_;
  PingPong ping_pong_;
  std::unique_ptr<CounterSet> counters_;  // of the thread that measures
  SliceCounts counts_;                    // of the last slice of ours
  std::array<CounterTotals, 3> totals_;   // by mode
};

CaseResult CaseRun::blank() const {
  CaseResult result;
  result.name = case_.name;
  result.unit = case_.unit;
  result.seed = case_.seed;
  result.notes = case_.notes;
  result.clock = clock_;
  return result;
}

// Opened where the counting is to happen: on the thread of side 0, and never closed elsewhere but
// by the descriptors' end. Null for peers and for the other side.
CounterSet* CaseRun::counters_of(const Entrant& entrant, std::size_t side) {
  if (!options_.counters || side != 0 || &entrant != &entrants_.front()) return nullptr;
  if (!counters_) counters_ = std::make_unique<CounterSet>();
  return counters_.get();
}

void CaseRun::book_counts(const Slice& slice) {
  if (!options_.counters || judge(slice) != Verdict::kept) return;
  totals_[static_cast<std::size_t>(slice.mode())].add(counts_, slice.operations);
}

void CaseRun::add_counters(Mode mode, CaseResult& result) const {
  if (!options_.counters || !counters_) return;
  result.counters = totals_[static_cast<std::size_t>(mode)].report(*counters_);
  for (std::string& note : counter_notes(*result.counters)) result.notes.push_back(std::move(note));
}

Status CaseRun::make_entrants() {
  TALLY_TRY(auto ours, case_.make());
  entrants_.push_back({case_.name, std::move(ours)});
  for (const Peer& peer : case_.peers) {
    auto made = peer.make();
    if (made)
      entrants_.push_back({peer.name, std::move(*made), 1, peer.limit});
    else
      notes_.push_back(
          fmt::format("peer {} could not be made: {}", peer.name, made.error().message));
  }
  return {};
}

double CaseRun::calibrate(std::size_t side) {
  if (case_.threads < 2) return multiply_chain_ns(clock_);
  return ping_pong_.round_trips(side, clock_);
}

Slice CaseRun::take_slice(Entrant& entrant) {
  Slice slice;
  slice.threads = case_.threads;
  slice.operations = entrant.operations;
  entrant.subject->prepare(entrant.operations);
  Meeting meeting(static_cast<int>(case_.threads));
  team_.run(case_.threads, [&](std::size_t side) {
    const bool met = meeting.wait();
    if (!met) {
      if (side == 0) slice.started = false;
      return;
    }
    CounterSet* counters = counters_of(entrant, side);
    const double before_ns = calibrate(side);
    if (counters != nullptr) counters->start();
    const std::uint64_t begin_ns = core::monotonic_ns();
    const std::uint64_t begin = clock_.ticks();
    entrant.subject->run(side, entrant.operations);
    const std::uint64_t end = clock_.ticks();
    const std::uint64_t end_ns = core::monotonic_ns();
    if (counters != nullptr) counts_ = counters->stop();
    const double after_ns = calibrate(side);
    if (side != 0) return;
    slice.calibration_before_ns = before_ns;
    slice.calibration_after_ns = after_ns;
    slice.counter_ns = clock_.to_ns(end - begin);
    slice.monotonic_ns = static_cast<double>(end_ns - begin_ns);
  });
  slice.figure = entrant.subject->figure();
  return slice;
}

// Finds how many operations fill a slice, by doubling, and warms caches and branches on the way.
Status CaseRun::size_slices() {
  for (Entrant& entrant : entrants_) {
    const std::uint64_t grain = entrant.subject->granularity();
    entrant.operations = grain;
    const auto wanted_ns = static_cast<double>(options_.slice_ns);
    for (;;) {
      const Slice slice = take_slice(entrant);
      if (!entrant.subject->healthy())
        return fail(Code::internal, fmt::format("{} answered wrongly", entrant.name));
      if (!slice.started || slice.counter_ns >= wanted_ns / 4) {
        if (slice.started) {
          // By its duration: a figure of another kind says nothing about that.
          const double each_ns = slice.counter_ns / static_cast<double>(slice.operations);
          const double fitting = wanted_ns / std::max(each_ns, 1e-3);
          entrant.operations = (static_cast<std::uint64_t>(fitting) + grain - 1) / grain * grain;
          entrant.operations = std::max(entrant.operations, grain);
        }
        break;
      }
      if (stopped() || out_of_time()) return {};
      entrant.operations *= 2;
    }
  }
  return {};
}

Status CaseRun::take_rounds(Collector& collector) {
  const std::size_t count = entrants_.size();
  for (std::size_t round = 0; collector.kept(0) < options_.rounds; ++round) {
    for (std::size_t turn = 0; turn < count; ++turn) {
      if (stopped() || out_of_time()) return {};
      // Every round begins with another subject, so that none always follows the same one.
      const std::size_t index = (round + turn) % count;
      const Slice slice = take_slice(entrants_[index]);
      collector.add(round, index, slice);
      if (index == 0) book_counts(slice);
      if (!entrants_[index].subject->healthy())
        return fail(Code::internal, fmt::format("{} answered wrongly", entrants_[index].name));
      std::this_thread::sleep_for(kPause);
    }
    if (options_.progress) options_.progress(collector.kept(0), options_.rounds);
  }
  return {};
}

std::vector<std::string> CaseRun::run_notes(const Collector& collector) const {
  std::vector<std::string> notes = notes_;
  const Discarded& discarded = collector.discarded();
  if (discarded.total() != 0)
    notes.push_back(fmt::format(
        "{} of {} slices discarded: {} with calibrations that disagree, {} with clocks that "
        "disagree, {} whose threads did not meet",
        discarded.total(), collector.taken(), discarded.straddles, discarded.clock_disagrees,
        discarded.not_started));
  if (!team_.fifo())
    notes.emplace_back("no permission for SCHED_FIFO: slices share their processor with others");
  if (clock_.monotonic_instead)
    notes.emplace_back("timed by CLOCK_MONOTONIC: the time-stamp counter is not to be trusted");
  if (stopped()) notes.emplace_back("partial: stopped before the end");
  return notes;
}

Result<std::vector<CaseResult>> CaseRun::run() {
  if (team_.size() < case_.threads) {
    CaseResult result = blank();
    result.notes.push_back(fmt::format("not measured: needs {} processors, this process may use {}",
                                       case_.threads, team_.size()));
    return std::vector<CaseResult>{std::move(result)};
  }
  TALLY_CHECK(make_entrants());
  // Some subjects take seconds to set up, which must not eat the time to measure them.
  deadline_ns_ = core::monotonic_ns() + options_.budget_ns;
  TALLY_CHECK(size_slices());
  Collector collector(entrants_.size());
  TALLY_CHECK(take_rounds(collector));

  std::vector<PeerFigure> peers(entrants_.size() - 1);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    peers[i].name = entrants_[i + 1].name;
    peers[i].limit = entrants_[i + 1].limit;
  }
  const std::vector<std::string> notes = run_notes(collector);
  std::vector<CaseResult> results;
  for (const Mode mode : collector.modes()) {
    CaseResult result = blank();
    result.notes.insert(result.notes.end(), notes.begin(), notes.end());
    collector.figures(mode, case_.kind, peers, result);
    if (case_.round_trip) result.peers.push_back(collector.calibration_as_limit(mode));
    add_counters(mode, result);
    results.push_back(std::move(result));
  }
  if (results.empty()) {
    CaseResult result = blank();
    result.notes.insert(result.notes.end(), notes.begin(), notes.end());
    result.notes.emplace_back("not measured: no slice was kept in the time given");
    add_counters(Mode::none, result);
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

Result<std::vector<CaseResult>> run_case(const Case& definition, Team& team,
                                         const core::TscCalibration& clock,
                                         const RunOptions& options) {
  CaseRun run(definition, team, clock, options);
  return run.run();
}

}  // namespace tally::bench
