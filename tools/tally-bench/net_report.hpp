// What a run of net found, as text, as JSON and as a recording.
#pragma once

#include <string>
#include <vector>

#include "bench/recording.hpp"
#include "net_client.hpp"

namespace tally::bench_tool {

struct NetReport {
  std::string target;
  NetLoad load;
  double rate = 0;  // packets a second, 0 in a closed loop
  bool poisson = false;
  std::uint64_t seed = 0;  // of poisson
  NetResult result;
  std::vector<std::string> notes;
};

[[nodiscard]] std::string to_text(const NetReport& report);

// One line: {"schema":"tally.bench.net/1","target":...,...}
[[nodiscard]] std::string to_json(const NetReport& report);

// Named "net.udp.rtt". Service times, with the response times as the corrected series.
[[nodiscard]] bench::Recording to_recording(const NetReport& report);

}  // namespace tally::bench_tool
