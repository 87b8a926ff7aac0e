// Pictures and tables as text: a latency-over-time heatmap and a table of percentiles. What the
// terminal can do is the caller's knowledge (cli::Output); nothing here looks at the environment.
// Any thread; the returned string is all that is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "hist/grid.hpp"
#include "hist/histogram.hpp"

namespace tally::plot {

struct TerminalStyle {
  std::size_t columns = 80;  // of the whole picture, labels included; at least 24 are used
  std::size_t lines = 16;    // of the cells alone
  bool utf8 = false;         // block characters; with colour two rows in one line
  bool color = false;        // the 256-colour palette
};

// Time to the right, latency upwards on a logarithmic scale, brighter or denser where more values
// lie. The scale of counts is logarithmic too, and a single value is always visible: a heatmap is
// read for its outliers. One line saying so when the grid is empty. With titles, marks, differences
// and other renderers: plot/heat.hpp.
[[nodiscard]] std::string heatmap(const hist::Grid& grid, const TerminalStyle& style);

// A row of the percentile table. What is not known, or rests on too few values, is empty.
struct PercentileRow {
  std::string name;
  std::uint64_t count = 0;
  std::optional<std::uint64_t> p50_ns;
  std::optional<std::uint64_t> p99_ns;
  std::optional<std::uint64_t> p999_ns;
  std::optional<std::uint64_t> p9999_ns;
  std::optional<std::uint64_t> max_ns;
};

// p50, p99, p99.9 and max of every histogram with a value in it; p99.99 only when
// hist::enough_beyond.
[[nodiscard]] PercentileRow percentile_row(std::string name, const hist::Histogram& histogram);

// A header and a line for each row, columns aligned. A percentile with fewer than a hundred values
// beyond it is marked with "~"; one that is not known is "-".
[[nodiscard]] std::string percentile_table(std::span<const PercentileRow> rows);

// The same as a table of HTML.
[[nodiscard]] std::string percentile_table_html(std::span<const PercentileRow> rows);

// "850 ns", "12.3 us", "4.56 ms", "1.20 s": three digits, as a reader compares them.
[[nodiscard]] std::string format_duration(std::uint64_t duration_ns);

}  // namespace tally::plot
