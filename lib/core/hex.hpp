// Hexadecimal, lower case out, either case in. Not for secrets: its time depends on the digits.
#pragma once

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::core {

[[nodiscard]] std::string to_hex(ByteView bytes);

// Errors: bad_data, naming the position of the first character that is not a digit, or an odd
// length.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

// Decodes exactly out.size() bytes. Errors: as from_hex, and bad_data for another length.
[[nodiscard]] Status from_hex_exact(std::string_view text, MutableByteView out);

}  // namespace tally::core
