#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "plot/axis.hpp"
#include "plot/curves.hpp"
#include "plot/palette.hpp"

namespace tally::plot {

namespace {

constexpr std::size_t kLabelWidth = 8;
constexpr std::array<char, kSeries> kMarks = {'*', 'o', '+', 'x', '#', '@'};

struct Field {
  std::size_t width = 0;
  std::size_t height = 0;
  double low_ns = 1;
  double high_ns = 2;
  std::vector<int> cells;  // the curve drawn there, -1 for none

  [[nodiscard]] std::size_t line_of(double latency_ns) const {
    const double share = std::log(latency_ns / low_ns) / std::log(high_ns / low_ns);
    const double line = std::clamp(share, 0.0, 1.0) * static_cast<double>(height - 1);
    return static_cast<std::size_t>(std::lround(line));
  }
};

Field make_field(const Curves& curves, std::size_t width, std::size_t height) {
  Field field;
  field.width = width;
  field.height = height;
  double low = 1e300;
  double high = 1;
  for (const Curve& curve : curves.curves) {
    low = std::min(low, curve.points.front().latency_ns);
    high = std::max(high, curve.points.back().latency_ns);
  }
  field.low_ns = std::max(1.0, low);
  field.high_ns = std::max(high, field.low_ns * 1.1);
  field.cells.assign(width * height, -1);
  // The first curve is drawn last and so on top.
  for (std::size_t i = curves.curves.size(); i-- > 0;)
    for (const CurvePoint& point : curves.curves[i].points) {
      const double at = point.nines / kMostNines * static_cast<double>(width - 1);
      const auto x = static_cast<std::size_t>(std::lround(at));
      field.cells[field.line_of(point.latency_ns) * width + x] = static_cast<int>(i);
    }
  return field;
}

std::string cell_text(int curve, bool color) {
  if (curve < 0) return " ";
  const auto index = static_cast<std::size_t>(curve);
  if (!color) return std::string(1, kMarks[index]);
  return fmt::format("\x1b[38;5;{}m{}\x1b[0m", terminal_series()[index], kMarks[index]);
}

std::string nines_axis(std::size_t width) {
  std::string labels(width, ' ');
  constexpr std::array<std::pair<double, std::string_view>, 6> kTicks = {
      {{0.30103, "p50"}, {1, "p90"}, {2, "p99"}, {3, "p99.9"}, {4, "p99.99"}, {5, "p99.999"}}};
  std::size_t free = 0;
  for (const auto& [nines, label] : kTicks) {
    const auto x = static_cast<std::size_t>(nines / kMostNines * static_cast<double>(width - 1));
    const std::size_t begin =
        std::min(x - std::min(x, label.size() / 2), width - std::min(width, label.size()));
    if (begin < free || begin + label.size() > width) continue;
    labels.replace(begin, label.size(), label);
    free = begin + label.size() + 1;
  }
  labels.erase(labels.find_last_not_of(' ') + 1);
  return labels;
}

}  // namespace

std::string curves_text(const Curves& curves, const TerminalStyle& style) {
  const std::size_t width = std::max<std::size_t>(24, style.columns) - kLabelWidth - 2;
  const std::size_t height = std::max<std::size_t>(4, style.lines);
  const Field field = make_field(curves, width, height);
  std::vector<std::string> labels(height);
  for (const Tick& tick : latency_ticks(field.low_ns, field.high_ns, height / 2)) {
    std::string& label = labels[field.line_of(tick.value)];
    if (label.empty()) label = tick.label;
  }
  std::string text = curves.title + "\n";
  for (std::size_t line = height; line-- > 0;) {
    fmt::format_to(std::back_inserter(text), "{:>{}} |", labels[line], kLabelWidth);
    std::size_t end = width;
    while (end > 0 && field.cells[line * width + end - 1] < 0) --end;
    for (std::size_t x = 0; x < end; ++x)
      text += cell_text(field.cells[line * width + x], style.color);
    text += '\n';
  }
  fmt::format_to(std::back_inserter(text), "{:>{}} +{:-<{}}\n{:>{}}  {}\n", "", kLabelWidth, "",
                 width, "", kLabelWidth, nines_axis(width));
  for (std::size_t i = 0; i < curves.curves.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{:>{}}  {} {}\n", "", kLabelWidth,
                   cell_text(static_cast<int>(i), style.color), curves.curves[i].name);
  return text;
}

}  // namespace tally::plot
