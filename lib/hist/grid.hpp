// Counts over time and latency, in fixed memory: the ground of every heatmap. Time runs in columns
// of equal width; when the run outgrows them, neighbouring columns are added together and the width
// doubles, so a run of any length fits and between half and all of the columns are used. Latency
// runs in eight rows for every power of two.
//
// One thread at a time. Construction allocates columns x 320 x 4 bytes; nothing else allocates.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hist/histogram.hpp"

namespace tally::hist {

class Grid {
 public:
  static constexpr std::size_t kRowsPerOctave = 8;
  static constexpr std::size_t kRows = (std::bit_width(kMaxNs) - 2) * kRowsPerOctave;

  // `columns` is rounded up to an even number, at least 2. The first column begins at `start_ns` of
  // the caller's clock and is `column_ns` wide, at least 1.
  explicit Grid(std::uint64_t start_ns, std::size_t columns = 128,
                std::uint64_t column_ns = 1'000'000);

  // Counts `times` latencies at a time. A time before the start counts in the first column, a
  // latency outside kMinNs..kMaxNs in the nearer row. Counts saturate at 2^32 - 1.
  void record(std::uint64_t time_ns, std::uint64_t latency_ns, std::uint64_t times = 1);

  // Sets a cell, which readers of files do. False, and nothing changed, outside of the grid.
  [[nodiscard]] bool put(std::size_t column, std::size_t row, std::uint32_t count);

  [[nodiscard]] std::size_t columns() const { return columns_; }
  // Columns up to the last one with a value in it.
  [[nodiscard]] std::size_t used_columns() const { return used_columns_; }
  [[nodiscard]] std::uint64_t start_ns() const { return start_ns_; }
  [[nodiscard]] std::uint64_t column_ns() const { return column_ns_; }
  [[nodiscard]] std::uint32_t at(std::size_t column, std::size_t row) const {
    return cells_[column * kRows + row];
  }

  // The row of a latency, and the smallest latency of a row.
  [[nodiscard]] static std::size_t row_of(std::uint64_t latency_ns);
  [[nodiscard]] static std::uint64_t row_low_ns(std::size_t row);

 private:
  void fold();

  std::vector<std::uint32_t> cells_;  // column by column
  std::size_t columns_ = 0;
  std::size_t used_columns_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t column_ns_ = 0;
};

}  // namespace tally::hist
