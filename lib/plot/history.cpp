#include "plot/history.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "plot/axis.hpp"
#include "plot/palette.hpp"
#include "plot/svg.hpp"

namespace tally::plot {

namespace {

constexpr double kLeft = 78;
constexpr double kTop = 62;
constexpr double kWidth = 764;
constexpr double kHeight = 300;

struct Range {
  double low = 0;
  double high = 0;
  [[nodiscard]] double share(double value) const {
    return std::clamp((value - low) / (high - low), 0.0, 1.0);
  }
};

Range range_of(const HistoryPicture& history) {
  Range range{history.points.front().value, history.points.front().value};
  for (const HistoryPoint& point : history.points) {
    range.low = std::min({range.low, point.value, point.low.value_or(point.value)});
    range.high = std::max({range.high, point.value, point.high.value_or(point.value)});
  }
  const double room = std::max((range.high - range.low) * 0.08, range.high * 0.01 + 1e-12);
  return {range.low - room, range.high + room};
}

// Where the level of each stretch begins and ends, and how high it is.
struct Level {
  std::size_t begin = 0;
  std::size_t end = 0;
  double value = 0;
};

std::vector<Level> levels_of(const HistoryPicture& history) {
  std::vector<Level> levels;
  std::size_t begin = 0;
  for (const HistoryChange& change : history.changes) {
    levels.push_back({begin, change.index, change.before});
    begin = change.index;
  }
  if (!history.changes.empty())
    levels.push_back({begin, history.points.size(), history.changes.back().after});
  return levels;
}

}  // namespace

std::string history_svg(const HistoryPicture& history) {
  const Range range = range_of(history);
  const auto x_of = [&](double index) {
    return kLeft + kWidth * (index + 0.5) / static_cast<double>(history.points.size());
  };
  const auto y_of = [&](double value) { return kTop + kHeight * (1 - range.share(value)); };
  std::string description = fmt::format("{} results.", history.points.size());
  for (const HistoryChange& change : history.changes)
    description +=
        fmt::format(" {} at {}: {:.4g} to {:.4g} {}.", change.worse ? "Worse" : "Better",
                    history.points[change.index].label, change.before, change.after, history.unit);
  std::string rules = themed_rules(series_colors(), "o", "fill");
  rules += themed_rules(series_colors(), "s", "stroke");
  rules += ".v{stroke-width:2;fill:none}.w{stroke-dasharray:3 3}.i{opacity:.45}";
  Svg svg(kLeft + kWidth + 118, kTop + kHeight + 66, history.title, description, rules);
  svg.text(kLeft, 26, Anchor::start, "h", history.title);
  svg.text(kLeft, 46, Anchor::start, "m",
           fmt::format("{} results, bars from p10 to p90, lines the level between changes",
                       history.points.size()));
  for (const Tick& tick : linear_ticks(range.low, range.high, 8)) {
    svg.line(kLeft, y_of(tick.value), kLeft + kWidth, y_of(tick.value), "g");
    svg.text(kLeft - 9, y_of(tick.value) + 4, Anchor::end, "m", tick.label);
  }
  svg.side_text(15, kTop + kHeight / 2, "m", history.unit);
  for (std::size_t i = 0; i < history.points.size(); ++i) {
    const HistoryPoint& point = history.points[i];
    const double x = x_of(static_cast<double>(i));
    if (point.low && point.high) svg.line(x, y_of(*point.low), x, y_of(*point.high), "i s1");
    svg.circle(x, y_of(point.value), 3, "o1");
  }
  for (const Level& level : levels_of(history))
    svg.line(x_of(static_cast<double>(level.begin) - 0.5), y_of(level.value),
             x_of(static_cast<double>(level.end) - 0.5), y_of(level.value), "v s6");
  double free_x = 0;
  double label_y = kTop - 4;
  for (const HistoryChange& change : history.changes) {
    const double x = x_of(static_cast<double>(change.index) - 0.5);
    svg.line(x, kTop, x, kTop + kHeight, "w " + std::string(change.worse ? "s2" : "s3"));
    const std::string words = fmt::format("{} {:+.1f} %", change.worse ? "worse" : "better",
                                          (change.after / change.before - 1) * 100);
    // Labels of changes close to each other stand below one another.
    label_y = x < free_x ? label_y + 14 : kTop + 10;
    free_x = x + text_width(words) + 10;
    svg.text(x + 4, label_y, Anchor::start, "t", words);
  }
  const double bottom = kTop + kHeight;
  svg.line(kLeft, kTop, kLeft, bottom, "a").line(kLeft, bottom, kLeft + kWidth, bottom, "a");
  double free_label_x = 0;
  for (std::size_t i = 0; i < history.points.size(); ++i) {
    const double x = x_of(static_cast<double>(i));
    const double half = text_width(history.points[i].label) / 2;
    if (x - half < free_label_x) continue;
    svg.line(x, bottom, x, bottom + 6, "a");
    svg.text(x, bottom + 20, Anchor::middle, "m", history.points[i].label);
    free_label_x = x + half + 14;
  }
  svg.text(kLeft + kWidth / 2, bottom + 42, Anchor::middle, "m", "result, in the order of time");
  return svg.take();
}

std::string history_text(const HistoryPicture& history, const TerminalStyle& style) {
  constexpr std::size_t kLabelWidth = 8;
  const std::size_t columns = std::max<std::size_t>(24, style.columns);
  const std::size_t width = std::min(columns - kLabelWidth - 2, history.points.size());
  const std::size_t height = std::max<std::size_t>(4, style.lines);
  const Range range = range_of(history);
  std::vector<std::string> lines(height, std::string(width, ' '));
  std::string marks(width, ' ');
  const auto line_of = [&](double value) {
    return static_cast<std::size_t>(
        std::lround(range.share(value) * static_cast<double>(height - 1)));
  };
  const auto x_of = [&](std::size_t index) { return index * width / history.points.size(); };
  for (std::size_t i = 0; i < history.points.size(); ++i) {
    const HistoryPoint& point = history.points[i];
    if (point.low && point.high)
      for (std::size_t line = line_of(*point.low); line <= line_of(*point.high); ++line)
        if (lines[line][x_of(i)] == ' ') lines[line][x_of(i)] = '|';
    lines[line_of(point.value)][x_of(i)] = 'o';
  }
  for (const HistoryChange& change : history.changes) marks[x_of(change.index)] = '^';
  std::vector<std::string> labels(height);
  for (const Tick& tick : linear_ticks(range.low, range.high, height / 2))
    labels[line_of(tick.value)] = tick.label;
  std::string text = history.title + ", " + history.unit + "\n";
  for (std::size_t line = height; line-- > 0;)
    fmt::format_to(std::back_inserter(text), "{:>{}} |{}\n", labels[line], kLabelWidth,
                   lines[line]);
  fmt::format_to(std::back_inserter(text), "{:>{}} +{:-<{}}\n", "", kLabelWidth, "", width);
  if (!history.changes.empty())
    fmt::format_to(std::back_inserter(text), "{:>{}}  {}\n", "", kLabelWidth, marks);
  return text;
}

}  // namespace tally::plot
