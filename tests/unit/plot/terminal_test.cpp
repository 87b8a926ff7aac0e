#include "plot/terminal.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace hist = tally::hist;
namespace plot = tally::plot;

namespace {

// Mostly 1000 ns, a burst of 8000 ns in the middle, one value of 64000 ns at the end.
hist::Grid sample_grid() {
  hist::Grid grid(0, 4, 1'000'000);
  for (std::uint64_t i = 0; i < 400; ++i) grid.record(i * 10'000, 1000);
  for (std::uint64_t i = 0; i < 20; ++i) grid.record(2'000'000, 8000);
  grid.record(3'999'999, 64'000);
  return grid;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_SUITE_BEGIN("plot");

TEST_CASE("durations have three digits and the unit that fits") {
  CHECK(plot::format_duration(0) == "0 ns");
  CHECK(plot::format_duration(999) == "999 ns");
  CHECK(plot::format_duration(1000) == "1.00 us");
  CHECK(plot::format_duration(12'345) == "12.3 us");
  CHECK(plot::format_duration(123'456) == "123 us");
  CHECK(plot::format_duration(999'499) == "999 us");
  CHECK(plot::format_duration(999'500) == "1.00 ms");
  CHECK(plot::format_duration(9'999'999) == "10.0 ms");
  CHECK(plot::format_duration(1'200'000'000) == "1.20 s");
  CHECK(plot::format_duration(3'600'000'000'000) == "3600 s");
}

TEST_CASE("the plain heatmap is as drawn") {
  CHECK(plot::heatmap(sample_grid(), {.columns = 24, .lines = 7}) ==
        "         |           :::\n"
        "         |              \n"
        "         |              \n"
        "   10 us |       ####   \n"
        "         |              \n"
        "         |              \n"
        "    1 us |@@@@@@@@@@@@@@\n"
        "         +--------------\n"
        "          0    2 ms 4 ms\n"
        "          1 .:-=+*#%@ 100\n");
}

TEST_CASE("an empty grid says so") {
  CHECK(plot::heatmap(hist::Grid(0), {}) == "no values to draw\n");
}

TEST_CASE("no line is wider than the terminal in any style") {
  for (const bool utf8 : {false, true}) {
    const std::string text =
        plot::heatmap(sample_grid(), {.columns = 50, .lines = 5, .utf8 = utf8});
    std::size_t width = 0;
    for (const char c : text) {
      if (c == '\n') width = 0;
      // Continuation bytes of UTF-8 take no column.
      else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U)
        ++width;
      CHECK(width <= 50);
    }
  }
}

TEST_CASE("colour ends on every line that began it and never without being asked") {
  for (const bool utf8 : {false, true}) {
    CHECK(plot::heatmap(sample_grid(), {.utf8 = utf8}).find('\x1b') == std::string::npos);
    const std::string text = plot::heatmap(sample_grid(), {.utf8 = utf8, .color = true});
    CHECK(text.find("\x1b[") != std::string::npos);
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', begin)) {
      const std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      const std::size_t last_escape = line.rfind("\x1b[");
      if (last_escape != std::string::npos) CHECK(line.substr(last_escape, 4) == "\x1b[0m");
    }
  }
}

TEST_CASE("a single outlier among a million values stays visible") {
  hist::Grid grid(0, 2, 1'000'000'000);
  for (int i = 0; i < 1'000'000; ++i) grid.record(0, 1000);
  grid.record(0, 10'000'000);
  const std::string text = plot::heatmap(grid, {.columns = 24, .lines = 12});
  CHECK(count_of(text.substr(0, text.find('\n')), ".") >= 1);
}

TEST_CASE("the percentile table is as printed") {
  hist::Histogram fast;
  for (std::uint64_t i = 1; i <= 10'000; ++i) fast.record(i);
  std::vector<plot::PercentileRow> rows;
  rows.push_back(plot::percentile_row("udp_to_ring", fast));
  rows.push_back(plot::percentile_row("sign", hist::Histogram{}));
  rows.push_back(
      {"end to end", 1'000'000, 1'500'000, 2'250'000, 9'000'000, 12'000'000, 30'000'000});
  CHECK(plot::percentile_table(rows) ==
        "               count         p50         p99       p99.9      p99.99         max\n"
        "udp_to_ring    10000     5.00 us     9.90 us    ~9.99 us           -     10.0 us\n"
        "sign               0           -           -           -           -           -\n"
        "end to end   1000000     1.50 ms     2.25 ms     9.00 ms     12.0 ms     30.0 ms\n");
}

TEST_SUITE_END();
