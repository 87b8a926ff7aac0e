#include "bench/collector.hpp"

#include <algorithm>

namespace tally::bench {

namespace {

// A rate is operations in a second; a cost is its duration in ns.
double in_kind(double cost_ns, Kind kind) {
  constexpr double kNsPerSecond = 1e9;
  return kind == Kind::cost ? cost_ns : kNsPerSecond / cost_ns;
}

}  // namespace

void PeerFigure::set_ratio(const std::optional<Summary>& summary) {
  if (!summary) return;
  ratio = summary->median;
  ratio_p10 = summary->p10;
  ratio_p90 = summary->p90;
  pairs = summary->samples;
}

void Collector::add(std::size_t round, std::size_t subject, const Slice& slice) {
  ++taken_;
  switch (judge(slice)) {
    case Verdict::not_started:
      ++discarded_.not_started;
      return;
    case Verdict::clock_disagrees:
      ++discarded_.clock_disagrees;
      return;
    case Verdict::straddles:
      ++discarded_.straddles;
      return;
    case Verdict::kept:
      break;
  }
  values_[subject].push_back({round, slice.mode(), slice.cost_ns(),
                              (slice.calibration_before_ns + slice.calibration_after_ns) / 2});
}

std::vector<Mode> Collector::modes() const {
  std::vector<Mode> found;
  for (const Mode mode : {Mode::none, Mode::near, Mode::far})
    if (std::any_of(values_[0].begin(), values_[0].end(),
                    [&](const Value& value) { return value.mode == mode; }))
      found.push_back(mode);
  return found;
}

std::vector<double> Collector::costs(std::size_t subject, Mode mode) const {
  std::vector<double> found;
  for (const Value& value : values_[subject])
    if (value.mode == mode) found.push_back(value.cost_ns);
  return found;
}

std::vector<Pair> Collector::pairs(std::size_t subject, Mode mode) const {
  std::vector<Pair> found;
  auto theirs = values_[subject].begin();
  for (const Value& ours : values_[0]) {
    while (theirs != values_[subject].end() && theirs->round < ours.round) ++theirs;
    if (theirs == values_[subject].end()) break;
    if (theirs->round == ours.round && ours.mode == mode && theirs->mode == mode)
      found.push_back({ours.cost_ns, theirs->cost_ns});
  }
  return found;
}

void Collector::figures(Mode mode, Kind kind, const std::vector<PeerFigure>& peers,
                        CaseResult& result) const {
  result.mode = mode;
  std::vector<double> ours = costs(0, mode);
  for (double& value : ours) value = in_kind(value, kind);
  result.ours = summarize(std::move(ours));

  std::vector<double> calibrations;
  for (const Value& value : values_[0])
    if (value.mode == mode) calibrations.push_back(value.calibration_ns);
  if (const auto summary = summarize(std::move(calibrations)))
    result.calibration_ns = summary->median;

  for (std::size_t peer = 0; peer < peers.size(); ++peer) {
    PeerFigure figure = peers[peer];
    if (const auto summary = summarize(costs(peer + 1, mode)))
      figure.median = in_kind(summary->median, kind);
    // Pairs are costs whatever the kind, and ours / theirs of a cost is theirs / ours of its rate.
    figure.set_ratio(ratios(pairs(peer + 1, mode), Kind::cost));
    result.peers.push_back(std::move(figure));
  }
}

PeerFigure Collector::calibration_as_limit(Mode mode) const {
  std::vector<double> calibrations;
  std::vector<Pair> found;
  for (const Value& value : values_[0]) {
    if (value.mode != mode) continue;
    calibrations.push_back(value.calibration_ns);
    found.push_back({value.cost_ns, value.calibration_ns});
  }
  PeerFigure figure;
  figure.name = "calibration";
  figure.limit = true;
  figure.set_ratio(ratios(found, Kind::cost));
  if (const auto summary = summarize(std::move(calibrations))) figure.median = summary->median;
  return figure;
}

}  // namespace tally::bench
