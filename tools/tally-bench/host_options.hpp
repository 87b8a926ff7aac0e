// What the commands that look at the host share: lists of processors, the clock, the wake-up
// latency of the whole host held down.
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "core/clock.hpp"
#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::bench_tool {

// "0-3,8" as processors this process may run on; all of them for an empty text. Errors: usage when
// it is no list, unavailable naming the first processor that is not allowed.
[[nodiscard]] Result<std::vector<int>> choose_processors(const std::string& list);

// The calibrated time-stamp counter, or the kernel's clock with a warning.
[[nodiscard]] core::TscCalibration trusted_clock(bool quick, cli::Output& out);

// Keeps all processors out of idle states that are slow to leave, for as long as the descriptor is
// open (Documentation/power/pm_qos_interface.rst). Errors: permission, unavailable.
[[nodiscard]] Result<UniqueFd> hold_dma_latency();

}  // namespace tally::bench_tool
