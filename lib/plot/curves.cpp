#include "plot/curves.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "plot/axis.hpp"
#include "plot/palette.hpp"
#include "plot/svg.hpp"

namespace tally::plot {

namespace {

constexpr double kStepNines = 0.01;

struct NinesTick {
  double nines;
  const char* label;
};
constexpr std::array<NinesTick, 7> kNinesTicks = {{{0, "0"},
                                                   {0.30103, "p50"},
                                                   {1, "p90"},
                                                   {2, "p99"},
                                                   {3, "p99.9"},
                                                   {4, "p99.99"},
                                                   {5, "p99.999"}}};

double share_of(double nines) {
  return 1 - std::pow(10.0, -nines);
}

struct Range {
  double low = 0;
  double high = 0;
};

Range latency_range(const Curves& curves) {
  Range range{1e300, 1};
  for (const Curve& curve : curves.curves) {
    range.low = std::min(range.low, curve.points.front().latency_ns);
    range.high = std::max(range.high, static_cast<double>(curve.row.max_ns.value_or(1)));
  }
  range.low = std::max(1.0, range.low);
  // Half an octave of room at least on either side of a flat curve.
  range.low /= 1.15;
  range.high *= 1.15;
  return range;
}

// The rank statistics of a percentile: its value and the ends of its 99 % range.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

std::optional<Estimate> estimate(const hist::Histogram& histogram, double q) {
  constexpr double kSigmas = 2.576;  // of 99 %
  if (!hist::enough_beyond(q, histogram.count())) return std::nullopt;
  const double spread = kSigmas * std::sqrt(q * (1 - q) / static_cast<double>(histogram.count()));
  const auto at = [&](double share) { return static_cast<double>(histogram.quantile(share)); };
  return Estimate{at(q), at(q - spread), at(q + spread)};
}

std::vector<std::string> ratio_row(const std::string& name, double q, const hist::Histogram& before,
                                   const hist::Histogram& after) {
  const auto text = [&](const hist::Histogram& histogram) {
    const bool thin = !hist::enough_beyond(q, histogram.count());
    return (thin ? "~" : "") + format_duration(histogram.quantile(q));
  };
  std::vector<std::string> row = {name, text(before), text(after)};
  const auto a = estimate(before, q);
  const auto b = estimate(after, q);
  if (!a || !b) {
    row.insert(row.end(), {"-", "-"});
    return row;
  }
  row.push_back(fmt::format("{:.3f}", b->value / a->value));
  row.push_back(fmt::format("{:.3f} to {:.3f}", b->low / a->high, b->high / a->low));
  return row;
}

constexpr double kLeft = 78;
constexpr double kTop = 46;
constexpr double kPlotWidth = 764;
constexpr double kPlotHeight = 360;
constexpr double kRightRoom = 118;
constexpr double kLegendLine = 20;
constexpr std::string_view kCurveRules =
    ".c{fill:none;stroke-width:2;stroke-linejoin:round}.e{stroke-dasharray:5 "
    "4}.f{stroke-width:1.5}";

double x_of(double nines) {
  return kLeft + kPlotWidth * std::min(nines, kMostNines) / kMostNines;
}

class Plot {
 public:
  Plot(const Curves& curves, Svg& svg, double top)
      : curves_(curves), svg_(svg), top_(top), range_(latency_range(curves)) {}

  void axes() const {
    for (const Tick& tick : latency_ticks(range_.low, range_.high, 10)) {
      const double y = y_of(tick.value);
      if (tick.label.empty()) continue;
      svg_.line(kLeft, y, kLeft + kPlotWidth, y, "g");
      svg_.text(kLeft - 9, y + 4, Anchor::end, "m", tick.label);
    }
    const double bottom = top_ + kPlotHeight;
    for (const NinesTick& tick : kNinesTicks) {
      svg_.line(x_of(tick.nines), top_, x_of(tick.nines), bottom + 6, "g");
      svg_.text(x_of(tick.nines), bottom + 20, Anchor::middle, "m", tick.label);
    }
    svg_.line(kLeft, top_, kLeft, bottom, "a");
    svg_.line(kLeft, bottom, kLeft + kPlotWidth, bottom, "a");
    svg_.side_text(15, top_ + kPlotHeight / 2, "m", curves_.what);
    svg_.text(kLeft + kPlotWidth / 2, bottom + 38, Anchor::middle, "m",
              "percentile, each step another nine");
  }

  void curve(std::size_t index) const {
    const Curve& curve = curves_.curves[index];
    const std::string series = fmt::format("s{}", index + 1);
    svg_.path(data(curve, -1, curve.sure_nines), "c " + series);
    const std::string rest = data(curve, curve.sure_nines - kStepNines, kMostNines + 1);
    if (!rest.empty()) svg_.path(rest, "c e " + series);
    for (const NinesTick& tick : kNinesTicks) {
      if (tick.nines == 0 || tick.nines > curve.points.back().nines + kStepNines / 2) continue;
      marker(index, x_of(tick.nines), y_of(latency_at(curve, tick.nines)));
    }
  }

  // The maximum of each, beside the end of its curve; labels make room for each other.
  void ends() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < curves_.curves.size(); ++i) order.push_back(i);
    const auto max_of = [&](std::size_t i) {
      return static_cast<double>(curves_.curves[i].row.max_ns.value_or(1));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return max_of(a) < max_of(b); });
    double free_y = top_ + kPlotHeight + 20;
    for (const std::size_t i : order) {
      const double y = std::min(y_of(max_of(i)) + 4, free_y - 14);
      free_y = y;
      marker(i, kLeft + kPlotWidth + 18, y - 4);
      svg_.text(kLeft + kPlotWidth + 28, y, Anchor::start, "t",
                "max " + format_duration(curves_.curves[i].row.max_ns.value_or(0)));
    }
  }

  // A shape for each curve, so that they are told apart without colour.
  void marker(std::size_t index, double x, double y) const {
    constexpr std::array<const char*, kSeries> kShapes = {"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
                                                          "m-4-4h8v8h-8z",
                                                          "m0-5l5 9h-10z",
                                                          "m0-6l5 6l-5 6l-5-6z",
                                                          "m0 5l5-9h-10z",
                                                          "m-4-4l8 8m0-8l-8 8"};
    svg_.path(fmt::format("M{} {}{}", number(x), number(y), kShapes[index]),
              fmt::format("f s{0} o{0}", index + 1));
  }

 private:
  [[nodiscard]] double y_of(double latency_ns) const {
    const double share = std::log(latency_ns / range_.low) / std::log(range_.high / range_.low);
    return top_ + kPlotHeight * (1 - std::clamp(share, 0.0, 1.0));
  }

  static double latency_at(const Curve& curve, double nines) {
    const auto at =
        std::lower_bound(curve.points.begin(), curve.points.end(), nines - kStepNines / 2,
                         [](const CurvePoint& point, double value) { return point.nines < value; });
    return at == curve.points.end() ? curve.points.back().latency_ns : at->latency_ns;
  }

  // The part of a curve after `from` up to `to`; points on a level or slope of their own are left
  // out where the line does not change by a tenth of a pixel.
  [[nodiscard]] std::string data(const Curve& curve, double from, double to) const {
    std::string path;
    double last_y = -1;
    double skipped_x = -1;
    for (const CurvePoint& point : curve.points) {
      if (point.nines <= from || point.nines > to) continue;
      const double x = x_of(point.nines);
      const double y = y_of(point.latency_ns);
      if (!path.empty() && std::abs(y - last_y) < 0.1) {
        skipped_x = x;
        continue;
      }
      if (skipped_x >= 0) path += fmt::format("L{} {}", number(skipped_x), number(last_y));
      path += fmt::format("{}{} {}", path.empty() ? 'M' : 'L', number(x), number(y));
      last_y = y;
      skipped_x = -1;
    }
    if (skipped_x >= 0) path += fmt::format("L{} {}", number(skipped_x), number(last_y));
    return path;
  }

  const Curves& curves_;
  Svg& svg_;
  double top_;
  Range range_;
};

std::string description_of(const Curves& curves) {
  std::string words = fmt::format("Percentiles of {}.", curves.what);
  for (const Curve& curve : curves.curves)
    words += fmt::format(" {}: p50 {}, p99 {}, max {}.", curve.name,
                         format_duration(curve.row.p50_ns.value_or(0)),
                         format_duration(curve.row.p99_ns.value_or(0)),
                         format_duration(curve.row.max_ns.value_or(0)));
  return words;
}

}  // namespace

Curve make_curve(std::string name, const hist::Histogram& histogram) {
  Curve curve;
  curve.name = std::move(name);
  curve.count = histogram.count();
  curve.row = percentile_row(curve.name, histogram);
  const auto count = static_cast<double>(histogram.count());
  curve.sure_nines = std::max(0.0, std::log10(count / 100));
  const double last_nines = std::min(kMostNines, std::log10(std::max(2.0, count)));
  std::size_t next = 0;
  double seen = 0;
  histogram.for_each([&](const hist::Histogram::Bucket& bucket) {
    seen += static_cast<double>(bucket.count);
    const std::uint64_t middle_ns = bucket.low_ns + (bucket.high_ns - bucket.low_ns) / 2;
    const double value =
        std::clamp(static_cast<double>(middle_ns), static_cast<double>(histogram.min()),
                   static_cast<double>(histogram.max()));
    for (double nines = 0; (nines = static_cast<double>(next) * kStepNines) <= last_nines; ++next) {
      if (std::ceil(share_of(nines) * count) > seen) break;
      curve.points.push_back({nines, value});
    }
  });
  return curve;
}

Table ratio_table(std::string before_name, const hist::Histogram& before, std::string after_name,
                  const hist::Histogram& after) {
  Table table;
  table.caption = after_name + " over " + before_name;
  table.head = {"", std::move(before_name), std::move(after_name), "ratio", "99 % range"};
  for (const auto& [name, q] :
       {std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p99", 0.99},
        std::pair{"p99.9", 0.999}, std::pair{"p99.99", 0.9999}, std::pair{"p99.999", 0.99999}})
    table.rows.push_back(ratio_row(name, q, before, after));
  const double ratio = static_cast<double>(after.max()) / static_cast<double>(before.max());
  table.rows.push_back({"max", format_duration(before.max()), format_duration(after.max()),
                        fmt::format("{:.3f}", ratio), "-"});
  return table;
}

std::string curves_svg(const Curves& curves) {
  const double top = kTop + kLegendLine * static_cast<double>(curves.curves.size()) + 6;
  const double notes_height = 17 * static_cast<double>(curves.notes.size());
  std::string rules = themed_rules(series_colors(), "s", "stroke");
  rules += themed_rules(series_colors(), "o", "fill");
  Svg svg(kLeft + kPlotWidth + kRightRoom, top + kPlotHeight + 78 + notes_height, curves.title,
          description_of(curves), rules + std::string(kCurveRules));
  svg.text(kLeft, 26, Anchor::start, "h", curves.title);
  const Plot plot(curves, svg, top);
  for (std::size_t i = 0; i < curves.curves.size(); ++i) {
    const double y = kTop + kLegendLine * static_cast<double>(i);
    plot.marker(i, kLeft + 6, y);
    svg.text(kLeft + 18, y + 4, Anchor::start, "t",
             fmt::format("{}, {} values", curves.curves[i].name, spaced(curves.curves[i].count)));
  }
  plot.axes();
  for (std::size_t i = 0; i < curves.curves.size(); ++i) plot.curve(i);
  plot.ends();
  double y = top + kPlotHeight + 56;
  svg.text(kLeft, y + 4, Anchor::start, "m", "dashed where fewer than 100 values lie beyond");
  for (const std::string& note : curves.notes)
    svg.text(kLeft, (y += 17) + 4, Anchor::start, "m", note);
  return svg.take();
}

std::string curves_html(const Curves& curves, std::string_view tables) {
  return page_html(curves.title, figure_html(curves_svg(curves), "") + std::string(tables));
}

}  // namespace tally::plot
