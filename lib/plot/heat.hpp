// One matrix behind every heatmap: levels of colour by time and latency, made from a grid or from
// the difference of two, and drawn by three renderers: text for the terminal, an SVG image, and a
// page of HTML with the image, a reading of the cell under the pointer and a table of the slowest.
//
// Any thread; allocates what it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hist/grid.hpp"
#include "hist/histogram.hpp"
#include "plot/terminal.hpp"

namespace tally::plot {

// What stands beside the cells.
struct HeatWords {
  std::string title;
  std::string what;                // the latency axis: "wake-up latency"
  std::vector<std::string> notes;  // below the picture
};

// A percentile or maximum that is drawn as a line.
struct HeatMark {
  std::string name;
  std::uint64_t latency_ns = 0;
};

struct Heat {
  static constexpr std::int8_t kEmpty = -128;  // the level of a cell without a value

  HeatWords words;
  bool difference = false;
  std::size_t width = 0;          // columns
  std::size_t bands = 0;          // rows, the fastest first
  double column_ns = 0;           // of a column here
  std::size_t first_row = 0;      // of the grid
  std::size_t rows_per_band = 1;  // of the grid
  // Band by band. From 1 to kLevels by the logarithm of the count; of a difference from
  // -kSideLevels (fewer) over 0 to kSideLevels (more).
  std::vector<std::int8_t> levels;
  std::vector<double> values;  // the count; of a difference how many standard errors it is
  double largest = 0;          // of the absolute values
  std::uint64_t count = 0;
  std::vector<HeatMark> marks;

  [[nodiscard]] std::int8_t level(std::size_t band, std::size_t x) const {
    return levels[band * width + x];
  }
  [[nodiscard]] double duration_ns() const { return column_ns * static_cast<double>(width); }
  // The lower end of a band, also for the band above the last.
  [[nodiscard]] std::uint64_t low_ns(std::size_t band) const {
    return hist::Grid::row_low_ns(first_row + band * rows_per_band);
  }
  // Where a latency stands, in bands from the lowest edge.
  [[nodiscard]] double position(double latency_ns) const;
};

// As many columns as the grid has in use, or every so many added up until `most_columns` do. Empty
// when nothing was recorded.
[[nodiscard]] std::optional<Heat> make_heat(const hist::Grid& grid, std::size_t most_columns,
                                            std::size_t most_bands, HeatWords words);
// p50, p99, p99.9 where enough values lie beyond it, and the maximum.
void add_marks(Heat& heat, const hist::Histogram& histogram);

// The difference of two runs over the time that both have, both beginning at 0: how many standard
// errors the second has more in a cell than its share of all values would be, were both the same
// (counts taken as binomial). Within two it is noise and stays neutral. Empty when either is.
[[nodiscard]] std::optional<Heat> make_difference(const hist::Grid& before, const hist::Grid& after,
                                                  std::size_t most_columns, std::size_t most_bands,
                                                  HeatWords words);

// Columns that a terminal of so many has for cells: as many are best made.
[[nodiscard]] std::size_t text_cells(std::size_t columns);
// As wide as style.columns.
[[nodiscard]] std::string heat_text(const Heat& heat, const TerminalStyle& style);
// 120 x 64 cells, half of them filled, take at most 70 KB.
[[nodiscard]] std::string heat_svg(const Heat& heat);
// {"schema":"tally.bench.heatmap/1","title":...,"difference":...,"width":...,"bands":...,
//  "column_ns":...,"edges":[ns...],"cells":[[value or null...]...]}, the fastest band first.
[[nodiscard]] std::string heat_json(const Heat& heat);
// `table` is markup that stands below the picture.
[[nodiscard]] std::string heat_html(const Heat& heat, std::string_view table);

}  // namespace tally::plot
