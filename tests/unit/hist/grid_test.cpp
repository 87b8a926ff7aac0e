#include "hist/grid.hpp"

#include <cstdint>
#include <doctest/doctest.h>

using tally::hist::Grid;
using tally::hist::kMaxNs;

namespace {

std::uint64_t total(const Grid& grid) {
  std::uint64_t sum = 0;
  for (std::size_t column = 0; column < grid.columns(); ++column)
    for (std::size_t row = 0; row < Grid::kRows; ++row) sum += grid.at(column, row);
  return sum;
}

}  // namespace

TEST_SUITE_BEGIN("hist");

TEST_CASE("each latency falls into the row whose bounds hold it") {
  for (std::uint64_t latency = 1; latency <= kMaxNs; latency += latency / 20 + 1) {
    CAPTURE(latency);
    const std::size_t row = Grid::row_of(latency);
    REQUIRE(row < Grid::kRows);
    CHECK(Grid::row_low_ns(row) <= latency);
    CHECK(Grid::row_low_ns(row + 1) > latency);
  }
  CHECK(Grid::row_of(0) == Grid::row_of(1));
  CHECK(Grid::row_of(~std::uint64_t{0}) == Grid::row_of(kMaxNs));
}

TEST_CASE("values land in the column of their time") {
  Grid grid(1000, 4, 10);
  grid.record(1000, 50);
  grid.record(1009, 50);
  grid.record(1010, 70);
  grid.record(1039, 50);
  CHECK(grid.column_ns() == 10);
  CHECK(grid.used_columns() == 4);
  CHECK(grid.at(0, Grid::row_of(50)) == 2);
  CHECK(grid.at(1, Grid::row_of(70)) == 1);
  CHECK(grid.at(3, Grid::row_of(50)) == 1);
}

TEST_CASE("a run that outgrows the columns is folded and keeps every count") {
  Grid grid(0, 4, 10);
  for (std::uint64_t time = 0; time < 1000; ++time) grid.record(time, 5);
  CHECK(total(grid) == 1000);
  CHECK(grid.column_ns() == 320);
  CHECK(grid.used_columns() == 4);
  CHECK(grid.at(0, 5) == 320);
  CHECK(grid.at(3, 5) == 40);
}

TEST_CASE("a time before the start counts in the first column") {
  Grid grid(1000, 2, 1);
  grid.record(5, 9);
  CHECK(grid.at(0, 9) == 1);
}

TEST_CASE("a cell can be set inside the grid and not outside") {
  Grid grid(0, 4, 10);
  CHECK(grid.put(2, 7, 9));
  CHECK(grid.at(2, 7) == 9);
  CHECK(grid.used_columns() == 3);
  CHECK_FALSE(grid.put(4, 7, 9));
  CHECK_FALSE(grid.put(2, Grid::kRows, 9));
  CHECK(total(grid) == 9);
}

TEST_CASE("many values at once saturate a cell") {
  Grid grid(0, 2, 10);
  grid.record(0, 5, 7);
  grid.record(0, 5, 0);
  CHECK(grid.at(0, 5) == 7);
  grid.record(0, 5, ~std::uint64_t{0});
  CHECK(grid.at(0, 5) == 0xffff'ffffU);
}

TEST_SUITE_END();
