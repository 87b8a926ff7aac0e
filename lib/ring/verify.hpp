// Whether what lies in a ring holds together: its header, its cursors, and every record that waits
// in it. Reads through the file descriptor, as the inspector does, and disturbs nobody. Cold; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace tally::ring {

struct Verdict {
  std::uint64_t records = 0;          // waiting, and whole
  std::uint64_t bytes = 0;            // of their payloads
  std::uint64_t claimed = 0;          // by one of many producers, and not committed: none waits
  std::uint64_t taken = 0;            // by one of many consumers, and not released: none waits
  bool in_use = false;                // somebody may move records meanwhile
  bool gated = false;                 // a broadcast whose producer waits for its readers,
  std::uint64_t slowest_behind = 0;   // of which the slowest has not released so many
  std::vector<std::string> findings;  // what is wrong, a sentence each; empty: it holds together
};

// Errors: as stat_ring() where there is no such ring or it may not be read; a header that cannot be
// used is a finding.
[[nodiscard]] Result<Verdict> verify_ring(const std::string& name);

}  // namespace tally::ring
