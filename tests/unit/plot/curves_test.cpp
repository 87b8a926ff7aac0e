#include "plot/curves.hpp"

#include <cmath>
#include <doctest/doctest.h>
#include <string>

#include "plot/palette.hpp"

namespace hist = tally::hist;
namespace plot = tally::plot;

namespace {

// Uniform from 1 to 100 000 us: the percentile q is q times the largest.
hist::Histogram uniform(std::uint64_t step_ns, std::uint64_t count) {
  hist::Histogram histogram;
  for (std::uint64_t i = 1; i <= count; ++i) histogram.record(i * step_ns);
  return histogram;
}

}  // namespace

TEST_SUITE_BEGIN("plot");

TEST_CASE("a curve goes through the known percentiles of its distribution") {
  const auto curve = plot::make_curve("uniform", uniform(1000, 100'000));
  CHECK(curve.count == 100'000);
  CHECK(curve.sure_nines == doctest::Approx(3));
  CHECK(curve.points.front().nines == 0);
  CHECK(curve.points.back().nines == doctest::Approx(5));
  for (const plot::CurvePoint& point : curve.points) {
    const double q = 1 - std::pow(10.0, -point.nines);
    const double want = std::max(1.0, std::ceil(q * 100'000 - 1e-6)) * 1000;
    CAPTURE(q);
    CHECK(std::abs(point.latency_ns - want) <= want * 0.001);
  }
}

TEST_CASE("a curve of few values ends where they do") {
  const auto curve = plot::make_curve("few", uniform(1000, 1000));
  CHECK(curve.points.back().nines == doctest::Approx(3));
  CHECK(curve.sure_nines == doctest::Approx(1));
  hist::Histogram one;
  one.record(5);
  CHECK_FALSE(plot::make_curve("one", one).points.empty());
}

TEST_CASE("ratios of two distributions have their range") {
  const plot::Table table =
      plot::ratio_table("before", uniform(1000, 100'000), "after", uniform(1500, 100'000));
  REQUIRE(table.rows.size() == 7);
  CHECK(table.rows[0][0] == "p50");
  CHECK(std::stod(table.rows[0][3]) == doctest::Approx(1.5).epsilon(0.01));
  const std::string& range = table.rows[0][4];
  CHECK(std::stod(range) < 1.5);
  CHECK(std::stod(range) > 1.45);
  CHECK(std::stod(range.substr(range.find("to ") + 3)) > 1.5);
  CHECK(table.rows[4][3] == "-");
  CHECK(table.rows[4][1].starts_with("~"));
  CHECK(table.rows[6][0] == "max");
  CHECK(table.rows[6][3] == "1.500");
}

TEST_CASE("an image of curves tells them apart by shape and name") {
  plot::Curves curves{"before and after", "round trip", {}, {"a note"}};
  curves.curves.push_back(plot::make_curve("before", uniform(1000, 50'000)));
  curves.curves.push_back(plot::make_curve("after <b>", uniform(900, 50'000)));
  const std::string svg = plot::curves_svg(curves);
  for (const char* part : {"<title>before and after</title>", "<desc>Percentiles of round trip.",
                           "p99.999", "10 ms", "after &lt;b&gt;, 50 000 values", "max 50.0 ms",
                           "max 45.0 ms", "class=\"c s1\"", "class=\"c e s2\"", "a note"})
    CHECK_MESSAGE(svg.find(part) != std::string::npos, part);
  CHECK(svg.size() < 40'000);
  const std::string html = plot::curves_html(curves, "<p>below</p>");
  CHECK(html.find("<p>below</p>") != std::string::npos);
  CHECK(html.find("<script") == std::string::npos);
}

TEST_CASE("a page escapes the cells of its tables") {
  const plot::Table table{"a & b", {"", "x"}, {{"<r>", "1"}}};
  const std::string html = plot::table_html(table);
  CHECK(html.find("<caption>a &amp; b</caption>") != std::string::npos);
  CHECK(html.find("<th scope=\"row\">&lt;r&gt;</th><td>1</td>") != std::string::npos);
  CHECK(plot::table_text(table) == "     x\n<r>  1\n");
}

TEST_SUITE_END();
