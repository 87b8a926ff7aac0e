// The packets that `tally-bench pipeline` sends. Each is unique, so that an answer can be told from
// every other, from those of an earlier run and from strangers:
//
//   offset  0  magic "TALLYBP1"
//           8  run, 8 random bytes of this run
//          16  sequence, u64 little-endian, from 0
//          24  intended send time, u64 little-endian, ns of CLOCK_MONOTONIC
//          32  filler up to the size of a packet, a function of the sequence
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.hpp"

namespace tally::bench_tool {

inline constexpr std::size_t kPacketHeaderBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;
// A datagram over UDP and IPv4 holds 65507 bytes, of which the answer needs 64 for the signature.
inline constexpr std::size_t kMaxPacketBytes = 65507 - kSignatureBytes;

using RunId = std::array<std::uint8_t, 8>;

// Writes the packet of `sequence` over the whole of `out`, at least kPacketHeaderBytes.
void write_packet(const RunId& run, std::uint64_t sequence, std::uint64_t intended_ns,
                  MutableByteView out);

// The sequence of a datagram that carries the magic and this run's bytes, whatever follows them.
[[nodiscard]] std::optional<std::uint64_t> packet_sequence(const RunId& run, ByteView datagram);

}  // namespace tally::bench_tool
