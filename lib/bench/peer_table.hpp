// The table of `tally-bench peers`: a case against its best peer, its limit and the figure the
// project began with, a line each.
#pragma once

#include <string>

#include "bench/collector.hpp"

namespace tally::bench {

// The peer that is hardest to beat: of those that are no limit, the one with the largest ratio.
// Null when no peer was measured.
[[nodiscard]] const PeerFigure* best_peer(const CaseResult& result);
// The limit that ours comes nearest to, likewise.
[[nodiscard]] const PeerFigure* nearest_limit(const CaseResult& result);

[[nodiscard]] std::string peer_table_head();
// Ratios are ours by theirs of a cost and theirs by ours of a rate: below 1, ours is better.
[[nodiscard]] std::string peer_table_row(const CaseResult& result);

}  // namespace tally::bench
