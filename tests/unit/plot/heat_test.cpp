#include "plot/heat.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <string>

#include "plot/palette.hpp"

namespace hist = tally::hist;
namespace plot = tally::plot;

namespace {

// `columns` x `rows` cells, every second of them filled with counts of every size.
hist::Grid half_filled(std::size_t columns, std::size_t rows) {
  hist::Grid grid(0, columns, 1'000'000);
  std::uint64_t state = 1;
  const std::size_t first = hist::Grid::row_of(1000);
  for (std::size_t column = 0; column < columns; ++column)
    for (std::size_t row = 0; row < rows; ++row) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      if ((state >> 40U) % 2 == 0) continue;
      const auto count = static_cast<std::uint32_t>(1U << ((state >> 45U) % 16));
      REQUIRE(grid.put(column, first + row, count));
    }
  return grid;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

// Cells that the paths of the classes with this first letter fill.
std::size_t filled_cells(const std::string& svg, char letter) {
  std::size_t cells = 0;
  const std::string mark = std::string("<path class=\"") + letter;
  for (std::size_t at = svg.find(mark); at != std::string::npos; at = svg.find(mark, at + 1)) {
    const std::size_t begin = svg.find("d=\"", at) + 3;
    const std::string path = svg.substr(begin, svg.find('"', begin) - begin);
    for (std::size_t h = path.find('h'); h != std::string::npos; h = path.find('h', h + 1))
      if (path[h + 1] != '-') cells += std::stoul(path.substr(h + 1));
  }
  return cells;
}

}  // namespace

TEST_SUITE_BEGIN("plot");

TEST_CASE("every filled cell is drawn once in an image of at most 70 KB") {
  const hist::Grid grid = half_filled(120, 64);
  const auto heat = plot::make_heat(grid, 192, 64, {"half filled", "latency", {}});
  REQUIRE(heat.has_value());
  CHECK(heat->width == 120);
  CHECK(heat->bands == 64);
  const auto filled = std::count_if(heat->levels.begin(), heat->levels.end(),
                                    [](std::int8_t level) { return level != plot::Heat::kEmpty; });
  CHECK(filled > 3500);
  CHECK(filled < 4200);
  const std::string svg = plot::heat_svg(*heat);
  CHECK(svg.size() <= 70'000);
  CHECK(filled_cells(svg, 'l') == static_cast<std::size_t>(filled));
}

TEST_CASE("levels rise with the count from the first to the last") {
  hist::Grid grid(0, 4, 10);
  grid.record(0, 1000, 1);
  grid.record(10, 1000, 100);
  grid.record(20, 1000, 10'000);
  const auto heat = plot::make_heat(grid, 10, 10, {});
  REQUIRE(heat.has_value());
  CHECK(heat->count == 10'101);
  CHECK(heat->level(0, 0) >= 1);
  CHECK(heat->level(0, 1) > heat->level(0, 0));
  CHECK(heat->level(0, 2) == static_cast<std::int8_t>(plot::kLevels));
  CHECK(heat->column_ns == 10);
}

TEST_CASE("columns are added up when there are more than asked for") {
  hist::Grid grid(0, 100, 10);
  for (std::uint64_t column = 0; column < 100; ++column) grid.record(column * 10, 1000, 3);
  const auto heat = plot::make_heat(grid, 30, 10, {});
  REQUIRE(heat.has_value());
  CHECK(heat->width == 25);
  CHECK(heat->column_ns == 40);
  for (const double value : heat->values) CHECK(value == doctest::Approx(12));
}

TEST_CASE("an empty grid makes no picture") {
  CHECK_FALSE(plot::make_heat(hist::Grid(0), 10, 10, {}).has_value());
  hist::Grid grid(0, 4, 10);
  grid.record(0, 1000);
  CHECK_FALSE(plot::make_difference(grid, hist::Grid(0), 10, 10, {}).has_value());
  CHECK_FALSE(plot::make_difference(hist::Grid(0), grid, 10, 10, {}).has_value());
}

TEST_CASE("the difference of a run and itself is neutral everywhere") {
  const hist::Grid grid = half_filled(60, 32);
  const auto heat = plot::make_difference(grid, grid, 60, 64, {});
  REQUIRE(heat.has_value());
  CHECK(heat->largest == doctest::Approx(0));
  for (const std::int8_t level : heat->levels) CHECK((level == 0 || level == plot::Heat::kEmpty));
}

TEST_CASE("runs of unequal length and rate differ only where their shares do") {
  // Twice the rate and three times as long: the same distribution in every moment.
  hist::Grid before(500, 64, 10);
  hist::Grid after(0, 64, 40);
  for (std::uint64_t time = 0; time < 600; ++time) before.record(500 + time, 1000, 50);
  for (std::uint64_t time = 0; time < 1800; ++time) after.record(time, 1000, 100);
  const auto heat = plot::make_difference(before, after, 100, 64, {});
  REQUIRE(heat.has_value());
  CHECK(heat->width == 15);
  CHECK(heat->duration_ns() == doctest::Approx(600));
  CHECK(heat->largest < 1e-6);
}

TEST_CASE("a shift of latency is fewer below and more above") {
  hist::Grid before(0, 10, 100);
  hist::Grid after(0, 10, 100);
  for (std::uint64_t time = 0; time < 1000; ++time) {
    before.record(time, 1000);
    after.record(time, time < 500 ? 1000 : 2000);
  }
  const auto heat = plot::make_difference(before, after, 10, 64, {"b against a", "latency", {}});
  REQUIRE(heat.has_value());
  const std::size_t low = 0;
  const std::size_t high = heat->bands - 1;
  CHECK(std::abs(heat->level(low, 2)) <= 1);
  CHECK(heat->level(low, 7) < -1);
  CHECK(heat->level(high, 7) > 1);
  CHECK(heat->level(high, 2) == plot::Heat::kEmpty);
  const std::string svg = plot::heat_svg(*heat);
  CHECK(count_of(svg, "<path class=\"d") >= 1);
  CHECK(count_of(svg, "<path class=\"u") >= 1);
  // In grey, and without any colour, the sides are told apart.
  CHECK(count_of(svg, "<path class=\"x\"") == 1);
  const std::string text = plot::heat_text(*heat, {.columns = 60, .lines = 8});
  CHECK(text.find('#') != std::string::npos);
  CHECK(text.find('=') != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a picture is accessible and refers to nothing outside") {
  hist::Grid grid(0, 10, 100);
  hist::Histogram histogram;
  for (std::uint64_t time = 0; time < 1000; ++time) {
    grid.record(time, 1000 + time);
    histogram.record(1000 + time);
  }
  auto heat = plot::make_heat(grid, 10, 64, {"<a> & \"b\"", "latency", {"a note"}});
  REQUIRE(heat.has_value());
  plot::add_marks(*heat, histogram);
  for (const std::string& text : {plot::heat_svg(*heat), plot::heat_html(*heat, "")}) {
    CHECK(text.find("<title>&lt;a&gt; &amp; &quot;b&quot;</title>") != std::string::npos);
    CHECK(text.find("<desc>Heatmap of latency over 1 us") != std::string::npos);
    CHECK(text.find("prefers-color-scheme:dark") != std::string::npos);
    CHECK(text.find("max 2.00 us") != std::string::npos);
    CHECK(text.find("a note") != std::string::npos);
    CHECK(text.find("href") == std::string::npos);
    CHECK(text.find("src=") == std::string::npos);
    CHECK(text.find("@import") == std::string::npos);
    // Two names of the SVG standard, which nothing fetches.
    CHECK(count_of(text, "http") ==
          count_of(text, "http://www.w3.org/2000/svg") + count_of(text, "http-equiv"));
  }
}

TEST_CASE("text is as wide as asked for at every width and style") {
  const hist::Grid grid = half_filled(120, 64);
  for (const std::size_t columns : {24U, 40U, 80U, 200U})
    for (const bool utf8 : {false, true}) {
      auto heat = plot::make_heat(grid, columns, 18, {"a title that says what is seen", "x", {}});
      REQUIRE(heat.has_value());
      const std::string text = plot::heat_text(*heat, {.columns = columns, .utf8 = utf8});
      std::size_t width = 0;
      std::size_t widest = 0;
      for (const char c : text) {
        if (c == '\n')
          width = 0;
        else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U)
          widest = std::max(widest, ++width);
      }
      CAPTURE(text);
      CHECK(widest <= std::max<std::size_t>(columns, 28));
      CHECK(widest >= columns - 1);
    }
}

TEST_CASE("an outlier is seen however narrow the terminal") {
  hist::Grid grid(0, 200, 10);
  for (std::uint64_t time = 0; time < 2000; ++time) grid.record(time, 1000, 50);
  for (std::uint64_t column = 0; column < 200; column += 40)
    grid.record(column * 10 + 170, 5'000'000);
  const auto heat = plot::make_heat(grid, 200, 16, {});
  REQUIRE(heat.has_value());
  for (const std::size_t columns : {24U, 40U, 80U, 150U}) {
    const std::string text = plot::heat_text(*heat, {.columns = columns, .lines = 16});
    CHECK(text.substr(0, text.find('\n')).find_first_of(".:") != std::string::npos);
  }
}

TEST_CASE("a title with quotes stays JSON") {
  hist::Grid grid(0, 10, 100);
  grid.record(0, 1000);
  const auto heat = plot::make_heat(grid, 10, 64, {"a \"b\" \\ </script>", "x", {}});
  CHECK(plot::heat_json(*heat) ==
        "{\"schema\":\"tally.bench.heatmap/1\",\"title\":\"a \\\"b\\\" \\\\ ?/script>\","
        "\"difference\":false,\"width\":1,\"bands\":1,\"column_ns\":100,\"edges\":[960,1024],"
        "\"cells\":[[1]]}");
}

TEST_SUITE_END();
