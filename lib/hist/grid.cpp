#include "hist/grid.hpp"

#include <algorithm>
#include <limits>

namespace tally::hist {

namespace {

std::uint32_t saturating_add(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t sum = a + b;
  return sum < a ? std::numeric_limits<std::uint32_t>::max() : sum;
}

}  // namespace

Grid::Grid(std::uint64_t start_ns, std::size_t columns, std::uint64_t column_ns)
    : columns_(std::max<std::size_t>(2, columns + columns % 2)),
      start_ns_(start_ns),
      column_ns_(std::max<std::uint64_t>(1, column_ns)) {
  cells_.resize(columns_ * kRows);
}

std::size_t Grid::row_of(std::uint64_t latency_ns) {
  const std::uint64_t value = std::clamp(latency_ns, kMinNs, kMaxNs);
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > 4 ? width - 4 : 0;
  return shift * kRowsPerOctave + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Grid::row_low_ns(std::size_t row) {
  if (row < 2 * kRowsPerOctave) return row;
  const std::size_t shift = row / kRowsPerOctave - 1;
  return static_cast<std::uint64_t>(row - shift * kRowsPerOctave) << shift;
}

void Grid::record(std::uint64_t time_ns, std::uint64_t latency_ns, std::uint64_t times) {
  if (times == 0) return;
  const std::uint64_t elapsed = time_ns > start_ns_ ? time_ns - start_ns_ : 0;
  while (elapsed / column_ns_ >= columns_) fold();
  const auto column = static_cast<std::size_t>(elapsed / column_ns_);
  used_columns_ = std::max(used_columns_, column + 1);
  std::uint32_t& cell = cells_[column * kRows + row_of(latency_ns)];
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  cell = saturating_add(cell, static_cast<std::uint32_t>(std::min(times, kMost)));
}

bool Grid::put(std::size_t column, std::size_t row, std::uint32_t count) {
  if (column >= columns_ || row >= kRows) return false;
  cells_[column * kRows + row] = count;
  if (count != 0) used_columns_ = std::max(used_columns_, column + 1);
  return true;
}

void Grid::fold() {
  for (std::size_t column = 0; column < columns_ / 2; ++column)
    for (std::size_t row = 0; row < kRows; ++row)
      cells_[column * kRows + row] = saturating_add(at(2 * column, row), at(2 * column + 1, row));
  std::fill(cells_.begin() + static_cast<std::ptrdiff_t>(columns_ / 2 * kRows), cells_.end(), 0U);
  used_columns_ = (used_columns_ + 1) / 2;
  column_ns_ *= 2;
}

}  // namespace tally::hist
