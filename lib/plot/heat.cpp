#include "plot/heat.hpp"

#include <algorithm>
#include <cmath>

#include "plot/palette.hpp"

namespace tally::plot {

namespace {

using hist::Grid;

struct RowRange {
  std::size_t first = Grid::kRows;
  std::size_t last = 0;
  std::uint64_t values = 0;
};

void extend(RowRange& range, const Grid& grid) {
  for (std::size_t column = 0; column < grid.used_columns(); ++column)
    for (std::size_t row = 0; row < Grid::kRows; ++row)
      if (const std::uint32_t count = grid.at(column, row); count != 0) {
        range.first = std::min(range.first, row);
        range.last = std::max(range.last, row);
        range.values += count;
      }
}

void set_bands(Heat& heat, const RowRange& range, std::size_t most_bands) {
  const std::size_t rows = range.last - range.first + 1;
  most_bands = std::max<std::size_t>(1, most_bands);
  heat.first_row = range.first;
  heat.rows_per_band = (rows + most_bands - 1) / most_bands;
  heat.bands = (rows + heat.rows_per_band - 1) / heat.rows_per_band;
}

// Counts of a grid in the bands and columns of a picture. A column of the grid that several columns
// of the picture share is spread over them by its part in each.
std::vector<double> spread(const Grid& grid, const Heat& heat, double duration_ns) {
  std::vector<double> counts(heat.bands * heat.width);
  const auto grid_column_ns = static_cast<double>(grid.column_ns());
  for (std::size_t column = 0; column < grid.used_columns(); ++column) {
    const double begin_ns = static_cast<double>(column) * grid_column_ns;
    const double end_ns = std::min(duration_ns, begin_ns + grid_column_ns);
    if (begin_ns >= duration_ns) break;
    auto x = static_cast<std::size_t>(begin_ns / heat.column_ns);
    for (; x < heat.width && static_cast<double>(x) * heat.column_ns < end_ns; ++x) {
      const double low_ns = std::max(begin_ns, static_cast<double>(x) * heat.column_ns);
      const double high_ns = std::min(end_ns, static_cast<double>(x + 1) * heat.column_ns);
      const double share = (high_ns - low_ns) / grid_column_ns;
      for (std::size_t band = 0; band < heat.bands; ++band)
        for (std::size_t i = 0; i < heat.rows_per_band; ++i) {
          const std::size_t row = heat.first_row + band * heat.rows_per_band + i;
          if (row < Grid::kRows) counts[band * heat.width + x] += share * grid.at(column, row);
        }
    }
  }
  return counts;
}

std::int8_t count_level(double value, double largest) {
  if (value <= 0) return Heat::kEmpty;
  const double share = std::log1p(value) / std::log1p(largest);
  const auto level = static_cast<std::size_t>(share * static_cast<double>(kLevels));
  return static_cast<std::int8_t>(1 + std::min(kLevels - 1, level));
}

// 2, 3, 5, 10, 20, 50 standard errors begin the levels.
std::int8_t difference_level(double errors) {
  constexpr double kBegins[kSideLevels] = {2, 3, 5, 10, 20, 50};
  std::int8_t level = 0;
  for (const double begin : kBegins)
    if (std::abs(errors) >= begin) ++level;
  return errors < 0 ? static_cast<std::int8_t>(-level) : level;
}

}  // namespace

double Heat::position(double latency_ns) const {
  const std::size_t row = Grid::row_of(static_cast<std::uint64_t>(std::max(1.0, latency_ns)));
  const auto low = static_cast<double>(Grid::row_low_ns(row));
  const auto high = static_cast<double>(Grid::row_low_ns(row + 1));
  const double within = std::clamp((latency_ns - low) / (high - low), 0.0, 1.0);
  return (static_cast<double>(row) + within - static_cast<double>(first_row)) /
         static_cast<double>(rows_per_band);
}

std::optional<Heat> make_heat(const Grid& grid, std::size_t most_columns, std::size_t most_bands,
                              HeatWords words) {
  RowRange range;
  extend(range, grid);
  if (range.values == 0) return std::nullopt;
  Heat heat;
  heat.words = std::move(words);
  heat.count = range.values;
  set_bands(heat, range, most_bands);
  const std::size_t used = grid.used_columns();
  const std::size_t together = (used + most_columns - 1) / std::max<std::size_t>(1, most_columns);
  heat.width = (used + together - 1) / together;
  heat.column_ns = static_cast<double>(grid.column_ns()) * static_cast<double>(together);
  heat.values = spread(grid, heat, heat.duration_ns());
  for (const double value : heat.values) heat.largest = std::max(heat.largest, value);
  for (const double value : heat.values) heat.levels.push_back(count_level(value, heat.largest));
  return heat;
}

void add_marks(Heat& heat, const hist::Histogram& histogram) {
  if (histogram.count() == 0) return;
  heat.marks.push_back({"p50", histogram.quantile(0.5)});
  if (hist::enough_beyond(0.99, histogram.count()))
    heat.marks.push_back({"p99", histogram.quantile(0.99)});
  if (hist::enough_beyond(0.999, histogram.count()))
    heat.marks.push_back({"p99.9", histogram.quantile(0.999)});
  heat.marks.push_back({"max", histogram.max()});
}

std::optional<Heat> make_difference(const Grid& before, const Grid& after, std::size_t most_columns,
                                    std::size_t most_bands, HeatWords words) {
  RowRange range;
  extend(range, before);
  RowRange after_range;
  extend(after_range, after);
  if (range.values == 0 || after_range.values == 0) return std::nullopt;
  extend(range, after);
  const auto duration = [](const Grid& grid) {
    return static_cast<double>(grid.used_columns()) * static_cast<double>(grid.column_ns());
  };
  const double duration_ns = std::min(duration(before), duration(after));
  const double widest_ns = static_cast<double>(std::max(before.column_ns(), after.column_ns()));
  Heat heat;
  heat.words = std::move(words);
  heat.difference = true;
  heat.count = range.values;
  set_bands(heat, range, most_bands);
  // No column is narrower than one of the grids': there is nothing to tell within it.
  heat.width = std::clamp<std::size_t>(static_cast<std::size_t>(duration_ns / widest_ns), 1,
                                       std::max<std::size_t>(1, most_columns));
  heat.column_ns = duration_ns / static_cast<double>(heat.width);
  const std::vector<double> a = spread(before, heat, duration_ns);
  const std::vector<double> b = spread(after, heat, duration_ns);
  double total_a = 0;
  double total_b = 0;
  for (const double value : a) total_a += value;
  for (const double value : b) total_b += value;
  const double share = total_b / (total_a + total_b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double both = a[i] + b[i];
    const double error = std::sqrt(both * share * (1 - share));
    const double errors = error > 0 ? (b[i] - both * share) / error : 0;
    heat.values.push_back(errors);
    heat.largest = std::max(heat.largest, std::abs(errors));
    heat.levels.push_back(both > 0 ? difference_level(errors) : Heat::kEmpty);
  }
  return heat;
}

}  // namespace tally::plot
