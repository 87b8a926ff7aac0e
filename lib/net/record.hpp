// What the tools carry: a payload of 0 to 64 KiB, and the fields that travel beside it on byte
// streams (net/frame.hpp) and in shared-memory rings (ring/).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace tally::net {

inline constexpr std::size_t kMaxPayloadBytes = 65536;

// Bits of Record::flags. Bits 0-1 say who took the time: 0 nobody, 1 software, 2 the network card,
// 3 a replay; bits 2-3 on which clock: 0 CLOCK_MONOTONIC, 1 CLOCK_REALTIME, 2 TAI.
inline constexpr std::uint16_t kTimeSoftware = 0x0001;
inline constexpr std::uint16_t kTruncated = 0x0010;  // the payload was longer than what is here
inline constexpr std::uint16_t kGapBefore = 0x0020;  // records before this one are known to be lost

// A view: the payload belongs to whoever made the record, and lives as long as is said there.
struct Record {
  std::uint64_t sequence = 0;
  std::uint64_t time_ns = 0;
  std::uint16_t flags = 0;
  std::uint16_t source = 0;  // of the caller's choice; the relay leaves it as it came
  ByteView payload;
};

}  // namespace tally::net
