// The packets of tally-bench net. To a server that sends back what it gets they are 8 bytes of the
// run, 8 of the sequence number, both little-endian, and a filling. To sockperf's server they have
// its header: sequence number (8), flags (2) and length (4), big-endian, without gaps (Mellanox
// sockperf, src/message.h); it answers those that ask for it, as another flag says.
#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes.hpp"

namespace tally::bench_tool {

enum class Dialect { echo, sockperf };

inline constexpr std::size_t kSmallestPacketBytes = 16;

// Fills the whole of `packet`, of at least kSmallestPacketBytes.
void write_packet(Dialect dialect, std::uint64_t run, std::uint64_t sequence,
                  MutableByteView packet);

// The sequence number of an answer to a packet of `bytes`; empty when it is none of this run.
[[nodiscard]] std::optional<std::uint64_t> read_answer(Dialect dialect, std::uint64_t run,
                                                       std::size_t bytes, ByteView answer);

}  // namespace tally::bench_tool
