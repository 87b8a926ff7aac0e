// Counters with one writer, in shared memory for inspectors: relaxed, no locked instruction.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/layout.hpp"

namespace tally::ring {

inline void bump(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

// What an endpoint of a ring of slots counts on every batch: what its cursor does not say.
inline void count_batch(EndpointStats& stats, std::uint64_t records, std::uint64_t bytes) {
  bump(stats.bytes, bytes);
  if (records > 1) bump(stats.merged, records - 1);
}

}  // namespace tally::ring
