// Option values with a unit, as types of their own so that no option is declared with the wrong
// one. Spellings are those of core/units.hpp. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tally::cli {

// "250us", "3ms", "1.5s"
struct Duration {
  std::uint64_t ns = 0;
};

// "4096", "64KiB", "2MiB"
struct ByteSize {
  std::uint64_t bytes = 0;
};

// Errors: usage, with the accepted forms as the hint.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
[[nodiscard]] Result<ByteSize> parse_size(std::string_view text);

// The shortest spelling that reads back as the same value: "1500us", "2MiB".
[[nodiscard]] std::string to_text(Duration duration);
[[nodiscard]] std::string to_text(ByteSize size);

}  // namespace tally::cli
