// What sources and sinks of rings have in common: how a record lies in a ring of bytes or a
// broadcast, and what is said of a ring that was given up. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/endian.hpp"
#include "core/result.hpp"
#include "net/record.hpp"
#include "ring/options.hpp"

namespace tally::net {

// In front of the payload: sequence number and time in ns, 8 bytes each, little-endian. The type in
// the ring's own header is the source.
inline constexpr std::size_t kRingPrefixBytes = 16;

inline void store_prefix(std::uint8_t* to, const Record& record, std::uint64_t time_ns) {
  core::store_le(to, record.sequence);
  core::store_le(to + sizeof(std::uint64_t), time_ns);
}
// Pre: the payload has a whole prefix.
inline std::uint64_t prefix_time_ns(ByteView payload) {
  return core::load_le<std::uint64_t>(payload.data() + sizeof(std::uint64_t));
}

[[nodiscard]] Error ring_given_up(const std::string& name, ring::Place place);

}  // namespace tally::net
