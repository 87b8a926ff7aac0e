#include "plot/axis.hpp"

#include <cmath>
#include <doctest/doctest.h>
#include <string>

#include "plot/palette.hpp"
#include "plot/svg.hpp"

namespace plot = tally::plot;

namespace {

std::string labels(const std::vector<plot::Tick>& ticks) {
  std::string text;
  for (const plot::Tick& tick : ticks) text += tick.label + "|";
  return text;
}

double linear(int channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

struct Rgb {
  double red = 0;
  double green = 0;
  double blue = 0;
  [[nodiscard]] double luminance() const { return 0.2126 * red + 0.7152 * green + 0.0722 * blue; }
};

Rgb rgb_of(std::string_view hex) {
  const auto part = [&](std::size_t at) {
    return linear(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  };
  return {part(1), part(3), part(5)};
}

// As someone without cones for middle wavelengths sees it (Machado, Oliveira and Fernandes 2009,
// deuteranomaly of severity 1.0).
Rgb without_green(const Rgb& c) {
  return {0.367322 * c.red + 0.860646 * c.green - 0.227968 * c.blue,
          0.280085 * c.red + 0.672501 * c.green + 0.047413 * c.blue,
          -0.011820 * c.red + 0.042940 * c.green + 0.968881 * c.blue};
}

double contrast(const Rgb& a, const Rgb& b) {
  const double high = std::max(a.luminance(), b.luminance()) + 0.05;
  return high / (std::min(a.luminance(), b.luminance()) + 0.05);
}

}  // namespace

TEST_SUITE_BEGIN("plot");

TEST_CASE("latency ticks stand at powers of ten and between them when there is room") {
  CHECK(labels(plot::latency_ticks(900, 110'000, 10)) ==
        "1 us|2 us|5 us|10 us|20 us|50 us|100 us|");
  CHECK(labels(plot::latency_ticks(900, 110'000, 4)) == "1 us|||10 us|||100 us|");
  CHECK(labels(plot::latency_ticks(1, 3.6e12, 8)) ==
        "1 ns||||||100 ns||||||10 us||||||1 ms||||||100 ms||||||10 s||||||1000 s||");
  CHECK(labels(plot::latency_ticks(2100, 2900, 10)) == "2.2 us|2.4 us|2.6 us|2.8 us|");
}

TEST_CASE("time ticks begin at zero and have one unit") {
  CHECK(labels(plot::time_ticks(1e9, 5)) == "0|0.2 s|0.4 s|0.6 s|0.8 s|1 s|");
  CHECK(labels(plot::time_ticks(90e6, 4)) == "0|50 ms|");
  CHECK(labels(plot::time_ticks(1200e9, 4)) == "0|5 min|10 min|15 min|20 min|");
  CHECK(labels(plot::time_ticks(4 * 3600e9, 4)) == "0|1 h|2 h|3 h|4 h|");
}

TEST_CASE("quantities are short") {
  CHECK(plot::short_duration(1) == "1 ns");
  CHECK(plot::short_duration(2500) == "2.5 us");
  CHECK(plot::short_duration(4e12) == "4000 s");
  CHECK(plot::short_count(950) == "950");
  CHECK(plot::short_count(12'345) == "12.3k");
  CHECK(plot::short_count(3.4e6) == "3.4M");
  CHECK(plot::spaced(1234567) == "1 234 567");
  CHECK(plot::spaced(12) == "12");
}

TEST_CASE("ramps rise in contrast to their page for every kind of eyes") {
  const auto check = [](const auto& colors, auto member, std::string_view page) {
    double last = 1.3;  // the first level stands out already
    double last_seen = 1.2;
    for (const plot::Themed& color : colors) {
      const double now = contrast(rgb_of(color.*member), rgb_of(page));
      const double seen = contrast(without_green(rgb_of(color.*member)), rgb_of(page));
      CHECK(now > last);
      CHECK(seen > last_seen);
      last = now;
      last_seen = seen;
    }
  };
  for (const auto& colors : {plot::more_side(), plot::fewer_side()}) {
    check(colors, &plot::Themed::light, plot::kPage.light);
    check(colors, &plot::Themed::dark, plot::kPage.dark);
  }
  check(plot::ramp(), &plot::Themed::light, plot::kPage.light);
  check(plot::ramp(), &plot::Themed::dark, plot::kPage.dark);
}

TEST_CASE("curves stand out from their page") {
  for (const plot::Themed& color : plot::series_colors()) {
    CHECK(contrast(rgb_of(color.light), rgb_of(plot::kPage.light)) >= 3);
    CHECK(contrast(rgb_of(color.dark), rgb_of(plot::kPage.dark)) >= 3);
  }
}

TEST_CASE("markup is escaped and numbers are short") {
  CHECK(plot::escaped("a<b>&\"c\"\x01") == "a&lt;b&gt;&amp;&quot;c&quot;?");
  CHECK(plot::number(1.5) == "1.5");
  CHECK(plot::number(10) == "10");
  CHECK(plot::number(-0.001) == "0");
  CHECK(plot::number(0.126) == "0.13");
}

TEST_SUITE_END();
