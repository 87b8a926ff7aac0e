// One line of the jsonl framing, read in place. A scanner of its own because this module stands
// below json/, needs no tree, and must not allocate: it knows one flat object and nothing else.
#pragma once

#include <cstddef>

#include "core/bytes.hpp"
#include "net/record.hpp"

namespace tally::net {

// Digits decoded over themselves: the bytes end up at the front of `digits`, which keeps its
// length. Returns digits.size() / 2, or SIZE_MAX with `bad_at` the index of the first
// character that is no digit, or digits.size() when their number is odd.
[[nodiscard]] std::size_t decode_hex_in_place(MutableByteView digits, std::size_t& bad_at);

// Reads `line` into `record`; fields that the line lacks stay as they were. The payload is a view
// into `line`, which is overwritten. Null when all is well, else what is wrong, a static text.
[[nodiscard]] const char* parse_jsonl(MutableByteView line, Record& record);

}  // namespace tally::net
