#include "bench/csv.hpp"

#include <cmath>
#include <fmt/format.h>

namespace tally::bench {

std::string csv_row(std::initializer_list<std::string_view> cells) {
  std::string row;
  bool first = true;
  for (const std::string_view cell : cells) {
    if (!first) row += ',';
    first = false;
    if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
      row += cell;
      continue;
    }
    row += '"';
    for (const char c : cell) row += c == '"' ? std::string("\"\"") : std::string(1, c);
    row += '"';
  }
  return row += '\n';
}

std::string csv_number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? fmt::format("{}", *value) : std::string();
}

}  // namespace tally::bench
