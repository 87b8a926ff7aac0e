// What a relay counted and timed, as a line for people and as JSON of schema tally.stats/1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hist/histogram.hpp"
#include "net/source.hpp"

namespace tally::relay {

struct Hop {
  std::string name;
  hist::Histogram times;

  // A hop shorter than the clock's step counts as 1 ns.
  void record(std::uint64_t from_ns, std::uint64_t to_ns) {
    times.record(to_ns > from_ns ? to_ns - from_ns : 1);
  }
};

// One look at both sides. Of the records that were received,
//   rx_records = tx_records + the sink's drops + undelivered + in_flight
struct Counts {
  net::SourceCounts source;
  net::SinkCounts sink;
  std::uint64_t undelivered = 0;  // received, and the sink failed or its time was over
  std::uint64_t in_flight = 0;    // held by the sink; or kept in the source's ring for a successor

  // By cause, also those that are 0, in the order of the JSON.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::uint64_t>> losses() const;
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] bool balanced() const;
};

// "rx 1000 tx 1000 lost 0, udp_to_ring p50 1.20 us p99 3.10 us p99.9 8.00 us max 12.0 us".
[[nodiscard]] std::string stats_line(const Counts& counts, const std::vector<const Hop*>& hops);

[[nodiscard]] std::string stats_json(const Counts& counts, const std::vector<const Hop*>& hops,
                                     std::string_view engine, bool final);

// "3 in the kernel's socket queue, 1 longer than a slot"; empty when nothing was lost.
[[nodiscard]] std::string loss_text(const Counts& counts);

}  // namespace tally::relay
