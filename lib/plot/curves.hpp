// Percentile curves up to p99.999, one or several over each other. The axis of percentiles is that
// of the distance to 100 %: every step to the right is another nine, so that the tail has the room
// that its interest deserves (Gil Tene, HdrHistogram's plots). A curve is solid as far as a hundred
// values lie beyond it and dashed from there to its last value.
//
// Any thread; allocates what it returns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hist/histogram.hpp"
#include "plot/page.hpp"
#include "plot/terminal.hpp"

namespace tally::plot {

inline constexpr double kMostNines = 5;

struct CurvePoint {
  double nines = 0;  // log10(1 / (1 - q)): 1 for p90, 2 for p99
  double latency_ns = 0;
};

struct Curve {
  std::string name;
  std::uint64_t count = 0;
  double sure_nines = 0;           // as far as a hundred values lie beyond
  std::vector<CurvePoint> points;  // by rising nines; the first at 0
  PercentileRow row;
};

// A histogram with at least one value.
[[nodiscard]] Curve make_curve(std::string name, const hist::Histogram& histogram);

struct Curves {
  std::string title;
  std::string what;           // the latency axis
  std::vector<Curve> curves;  // 1 to kSeries
  std::vector<std::string> notes;
};

// Percentiles of both and their ratio, from p50 to the maximum, each with the range in which 99 %
// of such ratios lie were the values independent (order statistics of both, the wider way). Below 1
// the second is faster.
[[nodiscard]] Table ratio_table(std::string before_name, const hist::Histogram& before,
                                std::string after_name, const hist::Histogram& after);

[[nodiscard]] std::string curves_text(const Curves& curves, const TerminalStyle& style);
[[nodiscard]] std::string curves_svg(const Curves& curves);
// `tables` is markup that stands below the picture.
[[nodiscard]] std::string curves_html(const Curves& curves, std::string_view tables);

}  // namespace tally::plot
