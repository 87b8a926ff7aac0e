#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <vector>

#include "plot/terminal.hpp"

namespace tally::plot {

namespace {

constexpr std::size_t kLabelWidth = 9;
constexpr std::array<std::string_view, 4> kShades = {"\u2591", "\u2592", "\u2593", "\u2588"};
constexpr std::string_view kUpperHalf = "\u2580";
constexpr std::string_view kLowerHalf = "\u2584";
constexpr std::string_view kAscii = ".:-=+*#%@";
// Dark violet over red to pale yellow, rising in brightness, readable on black and on white.
constexpr std::array<int, 12> kPalette = {54, 55, 91, 127, 163, 162, 197, 203, 209, 215, 221, 228};

// What is drawn: `bands` of latency, the fastest first, by `width` moments of equal length.
struct Canvas {
  std::size_t width = 0;
  std::size_t bands = 0;
  std::size_t first_row = 0;      // of the grid
  std::size_t rows_per_band = 1;  // of the grid
  double brightest = 0;
  std::vector<double> cells;  // band by band: values in one grid column, the mean over several

  [[nodiscard]] double at(std::size_t band, std::size_t x) const { return cells[band * width + x]; }
  // 0 for no value, else 1..levels on a logarithmic scale.
  [[nodiscard]] std::size_t level(std::size_t band, std::size_t x, std::size_t levels) const {
    const double value = at(band, x);
    if (value <= 0) return 0;
    const double share = std::log1p(value) / std::log1p(brightest);
    return 1 + std::min(levels - 1, static_cast<std::size_t>(share * static_cast<double>(levels)));
  }
};

struct RowRange {
  std::size_t first = 0;
  std::size_t last = 0;
  std::uint64_t values = 0;
};

RowRange occupied_rows(const hist::Grid& grid) {
  RowRange range{hist::Grid::kRows, 0, 0};
  for (std::size_t column = 0; column < grid.used_columns(); ++column)
    for (std::size_t row = 0; row < hist::Grid::kRows; ++row)
      if (grid.at(column, row) != 0) {
        range.first = std::min(range.first, row);
        range.last = std::max(range.last, row);
        range.values += grid.at(column, row);
      }
  return range;
}

Canvas make_canvas(const hist::Grid& grid, const RowRange& rows, std::size_t width,
                   std::size_t max_bands) {
  Canvas canvas;
  canvas.width = width;
  canvas.first_row = rows.first;
  const std::size_t row_count = rows.last - rows.first + 1;
  canvas.rows_per_band = (row_count + max_bands - 1) / max_bands;
  canvas.bands = (row_count + canvas.rows_per_band - 1) / canvas.rows_per_band;
  canvas.cells.resize(canvas.bands * width);
  const std::size_t used = grid.used_columns();
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t begin = x * used / width;
    const std::size_t end = std::max(begin + 1, (x + 1) * used / width);
    for (std::size_t row = rows.first; row <= rows.last; ++row) {
      double& cell = canvas.cells[(row - rows.first) / canvas.rows_per_band * width + x];
      for (std::size_t column = begin; column < end; ++column)
        cell += static_cast<double>(grid.at(column, row)) / static_cast<double>(end - begin);
      canvas.brightest = std::max(canvas.brightest, cell);
    }
  }
  return canvas;
}

std::string plain_line(const Canvas& canvas, std::size_t band, bool utf8) {
  std::string line;
  const std::size_t levels = utf8 ? kShades.size() : kAscii.size();
  for (std::size_t x = 0; x < canvas.width; ++x) {
    const std::size_t level = canvas.level(band, x, levels);
    if (level == 0)
      line += ' ';
    else if (utf8)
      line += kShades[level - 1];
    else
      line += kAscii[level - 1];
  }
  return line;
}

// Writes a colour change only where the colour changes: a picture of 70 x 16 stays under 20 KB.
class ColorLine {
 public:
  // Foreground and background as levels of the palette, 0 for the terminal's own.
  void put(std::size_t foreground, std::size_t background, std::string_view glyph) {
    if (background == 0 && background_ != 0) reset();
    if (foreground != 0 && foreground != foreground_)
      fmt::format_to(std::back_inserter(text_), "\x1b[38;5;{}m", kPalette[foreground - 1]);
    if (background != 0 && background != background_)
      fmt::format_to(std::back_inserter(text_), "\x1b[48;5;{}m", kPalette[background - 1]);
    if (foreground != 0) foreground_ = foreground;
    background_ = background;
    text_ += glyph;
  }
  std::string take() {
    if (foreground_ != 0 || background_ != 0) reset();
    return std::move(text_);
  }

 private:
  void reset() {
    text_ += "\x1b[0m";
    foreground_ = 0;
    background_ = 0;
  }
  std::string text_;
  std::size_t foreground_ = 0;
  std::size_t background_ = 0;
};

std::string color_line(const Canvas& canvas, std::size_t band) {
  ColorLine line;
  for (std::size_t x = 0; x < canvas.width; ++x)
    line.put(0, canvas.level(band, x, kPalette.size()), " ");
  return line.take();
}

// Two bands in one line; `lower` + 1 may be above the last band.
std::string half_block_line(const Canvas& canvas, std::size_t lower) {
  ColorLine line;
  const bool has_upper = lower + 1 < canvas.bands;
  for (std::size_t x = 0; x < canvas.width; ++x) {
    const std::size_t low = canvas.level(lower, x, kPalette.size());
    const std::size_t high = has_upper ? canvas.level(lower + 1, x, kPalette.size()) : 0;
    if (high != 0)
      line.put(high, low, kUpperHalf);
    else if (low != 0)
      line.put(low, 0, kLowerHalf);
    else
      line.put(0, 0, " ");
  }
  return line.take();
}

void append_time_axis(std::string& text, const hist::Grid& grid, std::size_t width) {
  const std::string end = format_duration(grid.used_columns() * grid.column_ns());
  fmt::format_to(std::back_inserter(text), "{:>{}} +{:-<{}}\n", "", kLabelWidth, "", width);
  fmt::format_to(std::back_inserter(text), "{:>{}}  0{:>{}}\n", "", kLabelWidth, end, width - 1);
}

}  // namespace

std::string heatmap(const hist::Grid& grid, const TerminalStyle& style) {
  const RowRange rows = occupied_rows(grid);
  if (rows.values == 0) return "no values to draw\n";
  const std::size_t width = std::max<std::size_t>(24, style.columns) - kLabelWidth - 2;
  const std::size_t bands_per_line = style.utf8 && style.color ? 2 : 1;
  const Canvas canvas =
      make_canvas(grid, rows, width, std::max<std::size_t>(1, style.lines) * bands_per_line);

  std::string text;
  const std::size_t lines = (canvas.bands + bands_per_line - 1) / bands_per_line;
  for (std::size_t line = lines; line-- > 0;) {
    const std::size_t band = line * bands_per_line;
    const std::uint64_t low_ns =
        hist::Grid::row_low_ns(canvas.first_row + band * canvas.rows_per_band);
    const bool labelled = line % 2 == 0;
    fmt::format_to(std::back_inserter(text), "{:>{}} |", labelled ? format_duration(low_ns) : "",
                   kLabelWidth);
    if (!style.color)
      text += plain_line(canvas, band, style.utf8);
    else
      text += bands_per_line == 2 ? half_block_line(canvas, band) : color_line(canvas, band);
    text += '\n';
  }
  append_time_axis(text, grid, width);
  return text;
}

}  // namespace tally::plot
