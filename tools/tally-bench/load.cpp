#include "load.hpp"

#include <fmt/format.h>

namespace tally::bench_tool {

Status choose_series(std::vector<bench::Recording>& recordings, const std::string& name,
                     const std::string& file) {
  std::string names;
  for (bench::Recording& recording : recordings) {
    const std::string corrected_name = recording.name + ":corrected";
    names += (names.empty() ? "" : ", ") + recording.name;
    const bool corrected = recording.corrected && name == corrected_name;
    if (recording.corrected) names += ", " + corrected_name;
    if (recording.name != name && !corrected) continue;
    bench::Recording chosen = std::move(recording);
    if (corrected) {
      chosen.name = name;
      chosen.latency = *chosen.corrected;
      chosen.corrected.reset();
      chosen.grid.reset();  // it shows what was measured, without the correction
    }
    recordings.clear();
    recordings.push_back(std::move(chosen));
    return {};
  }
  return fail(Code::no_input, fmt::format("{} has no recording '{}'", file, name),
              "it has " + names);
}

}  // namespace tally::bench_tool
