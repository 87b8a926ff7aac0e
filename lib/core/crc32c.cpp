#include "core/crc32c.hpp"

#include <nmmintrin.h>

#include "core/endian.hpp"

namespace tally::core {

std::uint32_t crc32c(ByteView bytes) {
  std::uint64_t crc = 0xFFFFFFFFU;
  while (bytes.size() >= 8) {
    crc = _mm_crc32_u64(crc, load_le<std::uint64_t>(bytes.data()));
    bytes = bytes.subspan(8);
  }
  for (const std::uint8_t byte : bytes) crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), byte);
  return ~static_cast<std::uint32_t>(crc);
}

}  // namespace tally::core
