// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the SSE4.2 instruction that x86-64-v2 has.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"

namespace tally::core {

[[nodiscard]] std::uint32_t crc32c(ByteView bytes);

}  // namespace tally::core
