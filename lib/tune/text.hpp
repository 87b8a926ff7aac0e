// The forms in which Linux prints values. Each has misled a tuner before: the text "(null)" for an
// unset list, the chosen word of several in brackets, masks with commas every 32 bits, and four raw
// bytes from /dev/cpu_dma_latency.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tally::tune {

// Without white space and zero bytes at either end; "(null)" is empty.
[[nodiscard]] std::string normalised(std::string_view raw);

// Whether a value is printable ASCII with spaces, tabs and line ends: something fit to be written
// back, shown and put into a plan.
[[nodiscard]] bool is_plain_text(std::string_view raw);
// The same with every other byte as \xNN, cut to 64 characters, for messages.
[[nodiscard]] std::string printable(std::string_view raw);

// "always [madvise] never" -> "madvise"; a text without brackets is itself. Errors: bad_data.
[[nodiscard]] Result<std::string> chosen_word(std::string_view text);

// "00000003,ffffffff" -> processors 0 to 33. Errors: bad_data.
[[nodiscard]] Result<std::vector<int>> parse_cpu_mask(std::string_view text);

// A decimal number that fills the text. Errors: bad_data.
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view text);

[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

// Words for a POSIX shell: quoted so that it means exactly these bytes.
[[nodiscard]] std::string shell_quoted(std::string_view text);
// A format for printf(1) that prints exactly these bytes, quoted.
[[nodiscard]] std::string printf_format(std::string_view bytes);

}  // namespace tally::tune
