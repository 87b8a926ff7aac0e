// What one of many producers or consumers says in its entry before it claims a run of positions, in
// one word, so that who reads it sees one run and never half of two: the position modulo 2^39 in
// the upper bits, the count of at most 2^24 in the lower ones; 0 is no run.
//
// The order is the proof. A producer stores its intent, then exchanges the tail, then stores the
// stamps, then takes the intent back. Who has seen a tail beyond p therefore finds, at whoever
// claimed p, an intent that covers it or else the stamp of p. Saying it only after the exchange
// would leave a moment in which nobody seems to own p (tests/model/claims.pml). An intent of a run
// that somebody else got in the end covers too much, for which nothing worse comes than a wait.
// The same of consumers, who exchange `taken` (tests/model/takes.pml).
#pragma once

#include <cstdint>

#include "ring/layout.hpp"

namespace tally::ring {

// Positions [position, position + count), modulo 2^64.
struct ClaimedRun {
  std::uint64_t position = 0;
  std::uint64_t count = 0;
};

inline constexpr unsigned kIntentCountBits = 25;
static_assert(kMaxSlots < std::uint64_t{1} << kIntentCountBits);

[[nodiscard]] constexpr std::uint64_t intent_word(ClaimedRun run) {
  return run.position << kIntentCountBits | run.count;
}

// Whether the run is said to hold `position`. Positions that are 2^39 apart look alike: an intent
// as old as that makes others wait for its owner, who is stopped.
[[nodiscard]] constexpr bool is_intended(std::uint64_t word, std::uint64_t position) {
  constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kIntentCountBits) - 1;
  constexpr std::uint64_t kPositionMask = ~std::uint64_t{0} >> kIntentCountBits;
  const std::uint64_t ahead = (position - (word >> kIntentCountBits)) & kPositionMask;
  return ahead < (word & kCountMask);
}

}  // namespace tally::ring
