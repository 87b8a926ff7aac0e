// Payloads that say their number and end with their checksum, so that whoever reads one knows
// whether it is whole.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"

namespace tally::test {

inline constexpr std::size_t kCrcPayloadBytes = 96;  // the most

// Writes at most kCrcPayloadBytes and returns how many.
inline std::size_t make_crc_payload(std::uint64_t number, std::uint8_t* into) {
  const std::size_t length = 12 + number % (kCrcPayloadBytes - 12);
  std::memset(into, static_cast<int>(number & 0xffU), length);
  std::memcpy(into, &number, sizeof number);
  const std::uint32_t crc = core::crc32c({into, length - 4});
  std::memcpy(into + length - 4, &crc, sizeof crc);
  return length;
}

// Whether it is whole, and then its number.
inline std::optional<std::uint64_t> number_of_crc_payload(ByteView payload) {
  if (payload.size() < 12) return std::nullopt;
  std::uint32_t crc = 0;
  std::memcpy(&crc, payload.data() + payload.size() - 4, sizeof crc);
  if (crc != core::crc32c(payload.first(payload.size() - 4))) return std::nullopt;
  std::uint64_t number = 0;
  std::memcpy(&number, payload.data(), sizeof number);
  return number;
}

}  // namespace tally::test
