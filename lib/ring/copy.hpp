// Copies of payloads. Most are a line or less, and a call of memcpy costs more than they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tally::ring {

// Copies `count` bytes between areas that do not overlap. Up to 32 bytes it takes two loads and two
// stores that meet in the middle. Always inlined, since a length known to the caller leaves two of
// them.
[[gnu::always_inline]] inline void copy_payload(std::uint8_t* to, const std::uint8_t* from,
                                                std::size_t count) {
  struct Wide {
    std::uint64_t low;
    std::uint64_t high;
  };
  const auto ends = [&]<typename Word>(Word first, Word last) {
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + count - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + count - sizeof last, &last, sizeof last);
  };
  if (count > 2 * sizeof(Wide)) {
    std::memcpy(to, from, count);
  } else if (count > sizeof(Wide)) {
    ends(Wide{}, Wide{});
  } else if (count >= sizeof(std::uint64_t)) {
    ends(std::uint64_t{}, std::uint64_t{});
  } else if (count >= sizeof(std::uint32_t)) {
    ends(std::uint32_t{}, std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
  }
}

}  // namespace tally::ring
