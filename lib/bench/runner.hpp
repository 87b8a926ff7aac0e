// Takes the slices of a case: interleaved round by round with those of its peers, each between two
// calibrations, under SCHED_FIFO where that is permitted, until there are enough or the time is up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/case.hpp"
#include "bench/collector.hpp"
#include "bench/team.hpp"
#include "core/clock.hpp"

namespace tally::bench {

struct RunOptions {
  std::uint64_t budget_ns = 10'000'000'000;  // of one case once it is set up
  std::size_t rounds = 200;                  // kept slices of ours that are enough
  std::uint64_t slice_ns = 2'000'000;        // below 10 ms, see Team
  bool counters = false;                     // of ours, see counters.hpp
  std::function<bool()> stop;                // asked between slices; what was taken is kept
  std::function<void(std::size_t kept, std::size_t wanted)> progress;
};

// One result for each mode that was seen, or one without figures and with a note that says why.
// Errors: what the case's own factory says, and internal when a subject answered wrongly. A peer
// that cannot be made is a note.
[[nodiscard]] Result<std::vector<CaseResult>> run_case(const Case& definition, Team& team,
                                                       const core::TscCalibration& clock,
                                                       const RunOptions& options);

}  // namespace tally::bench
