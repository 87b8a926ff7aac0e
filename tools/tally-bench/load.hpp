// Choosing among the recordings of a file, for the commands that draw and convert them.
#pragma once

#include <string>
#include <vector>

#include "bench/recording.hpp"

namespace tally::bench_tool {

// Leaves only the recording `name`; its omission-corrected series, NAME:corrected, becomes one of
// its own when it is named. Errors: no_input, listing the names that the file has.
[[nodiscard]] Status choose_series(std::vector<bench::Recording>& recordings,
                                   const std::string& name, const std::string& file);

}  // namespace tally::bench_tool
