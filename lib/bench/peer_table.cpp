#include "bench/peer_table.hpp"

#include <fmt/format.h>

namespace tally::bench {
namespace {

constexpr const char* kRow =
    "{:<28} {:>4} {:>9} {:>5}  {:<14} {:>9} {:>6} {:>12}  {:<12} {:>6} {:>10} {:>6}\n";

std::string figure(double value) {
  return fmt::format("{:.{}f}", value, value < 100 ? 2 : 0);
}

const PeerFigure* largest_ratio(const CaseResult& result, bool limit) {
  const PeerFigure* found = nullptr;
  for (const PeerFigure& peer : result.peers) {
    if (peer.limit != limit || !peer.ratio) continue;
    if (found == nullptr || *peer.ratio > *found->ratio) found = &peer;
  }
  return found;
}

struct Words {
  std::string name = "-";
  std::string figure = "-";
  std::string ratio = "-";
  std::string spread = "-";
};

Words words_of(const PeerFigure* peer) {
  if (peer == nullptr) return {};
  Words words;
  words.name = peer->name;
  if (peer->median) words.figure = figure(*peer->median);
  words.ratio = figure(*peer->ratio);
  words.spread = figure(peer->ratio_p10.value_or(0)) + ".." + figure(peer->ratio_p90.value_or(0));
  return words;
}

}  // namespace

const PeerFigure* best_peer(const CaseResult& result) {
  return largest_ratio(result, false);
}

const PeerFigure* nearest_limit(const CaseResult& result) {
  return largest_ratio(result, true);
}

std::string peer_table_head() {
  return fmt::format(kRow, "case", "unit", "ours", "mode", "best peer", "theirs", "ratio",
                     "p10..p90", "limit", "ratio", "seed", "ratio");
}

std::string peer_table_row(const CaseResult& result) {
  const Words peer = words_of(best_peer(result));
  const Words limit = words_of(nearest_limit(result));
  Words seed;
  if (result.seed) {
    seed.figure = figure(*result.seed);
    if (result.ours) seed.ratio = figure(result.ours->median / *result.seed);
  }
  return fmt::format(kRow, result.name, result.unit,
                     result.ours ? figure(result.ours->median) : "-", mode_name(result.mode),
                     peer.name, peer.figure, peer.ratio, peer.spread, limit.name, limit.ratio,
                     seed.figure, seed.ratio);
}

}  // namespace tally::bench
