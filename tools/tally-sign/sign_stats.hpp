// What a coordinator measures: how long records waited in the ring before it, how long it had them,
// and how many there were. One thread.
#pragma once

#include <string>

#include "engine.hpp"
#include "hist/histogram.hpp"

namespace tally::sign {

struct SignStats {
  hist::Histogram ring_wait;  // published by the program before -> taken
  hist::Histogram sign;       // taken -> published signed
  std::uint64_t published = 0;

  // One line for a person.
  [[nodiscard]] std::string text(const EngineCounts& counts, double seconds) const;
  // {"schema":"tally.stats/1","tool":"tally-sign","final":true,"hops":[...],"counts":{...}}
  [[nodiscard]] std::string json(const EngineCounts& counts, bool with_ring) const;
};

}  // namespace tally::sign
