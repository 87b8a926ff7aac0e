// Base64 as RFC 4648 section 4 has it: the standard alphabet, padded with '='. Not for secrets: its
// time depends on the characters.
#pragma once

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::core {

[[nodiscard]] std::string to_base64(ByteView bytes);

// Errors: bad_data, naming the position of the first character that is not of the alphabet, or a
// length that is no multiple of four. Bits that no byte needs must be zero.
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);

}  // namespace tally::core
