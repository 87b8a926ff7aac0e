// Slices of one case become figures. Round by round every subject gets its slice, ours is subject
// 0; what judge() does not keep is counted and goes into no figure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/calibration.hpp"
#include "bench/counters.hpp"
#include "bench/statistics.hpp"

namespace tally::bench {

struct PeerFigure {
  std::string name;
  std::optional<double> median;
  std::optional<double> ratio;  // the median of pairs; below 1 means ours is better
  std::optional<double> ratio_p10 = std::nullopt;
  std::optional<double> ratio_p90 = std::nullopt;
  std::size_t pairs = 0;
  bool limit = false;  // what the hardware can do, which nobody beats

  void set_ratio(const std::optional<Summary>& summary);
};

// One line of results: a case in one mode.
struct CaseResult {
  std::string name;
  std::string unit;
  std::optional<Summary> ours;
  std::optional<double> seed;
  std::optional<double> calibration_ns;  // median; of a round trip, or of a multiplication
  Mode mode = Mode::none;
  std::vector<PeerFigure> peers;
  std::vector<std::string> notes;
  std::optional<core::TscCalibration> clock;  // that timed it
  std::optional<CounterReport> counters;      // of ours, when asked for
};

struct Discarded {
  std::size_t not_started = 0;
  std::size_t clock_disagrees = 0;
  std::size_t straddles = 0;
  [[nodiscard]] std::size_t total() const { return not_started + clock_disagrees + straddles; }
};

class Collector {
 public:
  explicit Collector(std::size_t subjects) : values_(subjects) {}

  void add(std::size_t round, std::size_t subject, const Slice& slice);

  [[nodiscard]] std::size_t kept(std::size_t subject) const { return values_[subject].size(); }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] const Discarded& discarded() const { return discarded_; }

  // Modes in which ours was kept at least once, in the order none, near, far.
  [[nodiscard]] std::vector<Mode> modes() const;
  // Fills ours, calibration_ns, mode and peers of `result` from the slices of `mode`. `peers` are
  // subjects 1 and up, with name and limit.
  void figures(Mode mode, Kind kind, const std::vector<PeerFigure>& peers,
               CaseResult& result) const;
  // The calibration around each slice of ours as a peer: how near ours comes to the round trip
  // itself. For costs of a round trip.
  [[nodiscard]] PeerFigure calibration_as_limit(Mode mode) const;

 private:
  struct Value {
    std::size_t round = 0;
    Mode mode = Mode::none;
    double cost_ns = 0;
    double calibration_ns = 0;
  };
  [[nodiscard]] std::vector<double> costs(std::size_t subject, Mode mode) const;
  [[nodiscard]] std::vector<Pair> pairs(std::size_t subject, Mode mode) const;

  std::vector<std::vector<Value>> values_;  // by subject, by rising round
  std::size_t taken_ = 0;
  Discarded discarded_;
};

}  // namespace tally::bench
