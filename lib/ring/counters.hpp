// Counters with one writer: a relaxed load and a relaxed store, no locked instruction.
#pragma once

#include <atomic>
#include <cstdint>

namespace tally::ring {

inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace tally::ring
