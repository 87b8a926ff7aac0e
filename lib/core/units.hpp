// Quantities as people type them: "250us", "1.5s", "64KiB", "10000".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tally::core {

// A whole decimal number from min to max, without sign, space or separator. Errors: usage, naming
// the range.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t min,
                                                std::uint64_t max);

// A number with at most nine decimals and one of the units ns, us, ms, s, m, h; the unit may not be
// left out, except after 0. Errors: usage; also when the result does not fit 64 bits of
// nanoseconds.
[[nodiscard]] Result<std::uint64_t> parse_duration_ns(std::string_view text);

// A whole number of bytes, or one with a unit: KiB, MiB, GiB (1024), kB, MB, GB (1000), B.
// Errors: usage; also when the result does not fit 64 bits.
[[nodiscard]] Result<std::uint64_t> parse_size_bytes(std::string_view text);

// A time for people, three digits: "812 ns", "4.06 us", "29.1 ms", "1.50 s".
[[nodiscard]] std::string format_duration(std::uint64_t ns);

}  // namespace tally::core
