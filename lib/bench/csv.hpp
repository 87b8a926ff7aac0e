// Rows of comma-separated values, as RFC 4180 quotes them; a newline ends a row. Any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tally::bench {

// Cells with a comma, a quote or a line's end in them stand in quotes.
[[nodiscard]] std::string csv_row(std::initializer_list<std::string_view> cells);

// The shortest text that reads back as the same number; empty for none and for one that is not
// finite.
[[nodiscard]] std::string csv_number(const std::optional<double>& value);

}  // namespace tally::bench
