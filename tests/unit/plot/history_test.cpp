#include "plot/history.hpp"

#include <doctest/doctest.h>
#include <string>

#include "plot/cores.hpp"
#include "support/golden.hpp"

namespace plot = tally::plot;

namespace {

plot::HistoryPicture sample() {
  plot::HistoryPicture history{"queue.spsc.pair", "ns", {}, {}};
  for (int i = 0; i < 20; ++i) {
    const double value = i < 12 ? 10.0 : 15.0;
    history.points.push_back({"c" + std::to_string(i), value, value - 1, value + 1});
  }
  history.changes.push_back({12, 10, 15, true});
  return history;
}

}  // namespace

TEST_SUITE_BEGIN("plot");

TEST_CASE("a history shows its points and where the level changed") {
  const std::string svg = plot::history_svg(sample());
  std::size_t circles = 0;
  for (std::size_t at = svg.find("<circle"); at != std::string::npos;
       at = svg.find("<circle", at + 1))
    ++circles;
  CHECK(circles == 20);
  CHECK(svg.find("worse +50.0 %") != std::string::npos);
  CHECK(svg.find("<desc>20 results. Worse at c12: 10 to 15 ns.</desc>") != std::string::npos);
  const std::string text = plot::history_text(sample(), {.columns = 40, .lines = 8});
  CHECK(text.find("\n          " + std::string(12, ' ') + "^") != std::string::npos);
  CHECK(text.find('|') != std::string::npos);
}

TEST_CASE("a history of one point can be drawn") {
  const plot::HistoryPicture one{"a", "ns", {{"x", 5, {}, {}}}, {}};
  CHECK(plot::history_svg(one).find("nan") == std::string::npos);
  CHECK(plot::history_text(one, {}).find('o') != std::string::npos);
}

TEST_CASE("a core matrix has a cell for each pair that was measured") {
  const plot::CorePicture cores{
      "core to core", "ns", {0, 5}, {std::nullopt, 120, 480, std::nullopt}, {"a note"}};
  const std::string svg = plot::cores_svg(cores);
  CHECK(svg.find(">120</text>") != std::string::npos);
  CHECK(svg.find(">480</text>") != std::string::npos);
  CHECK(svg.find("class=\"l1\"") != std::string::npos);
  CHECK(svg.find("class=\"l16\"") != std::string::npos);
  CHECK(svg.find("a note") != std::string::npos);
}

TEST_CASE("a history and a core matrix are drawn as they were") {
  plot::HistoryPicture history = sample();
  history.points[5].value = 11.5;
  history.changes.push_back({17, 15, 12, false});
  for (std::size_t i = 17; i < 20; ++i) history.points[i] = {"c" + std::to_string(i), 12, 11, 13};
  tally::test::check_golden("plot/history.svg", plot::history_svg(history));
  tally::test::check_golden("plot/history.txt",
                            plot::history_text(history, {.columns = 60, .lines = 10}));
  const auto none = std::nullopt;
  const plot::CorePicture cores{"core to core",
                                "ns",
                                {0, 1, 4, 5},
                                {none, 71, 120, 475,    //
                                 71, none, 118, 468,    //
                                 120, 118, none, none,  //
                                 475, 468, none, none},
                                {"4 and 5 did not meet"}};
  tally::test::check_golden("plot/cores.svg", plot::cores_svg(cores));
}

TEST_SUITE_END();
