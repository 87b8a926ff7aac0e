#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "plot/axis.hpp"
#include "plot/heat.hpp"
#include "plot/palette.hpp"
#include "plot/svg.hpp"

namespace tally::plot {

namespace {

constexpr double kLeft = 78;
constexpr double kTop = 62;
constexpr double kRight = 118;
constexpr double kCellsWidth = 764;
constexpr double kCellsHeight = 384;
constexpr double kBelow = 96;
constexpr double kNoteHeight = 17;

constexpr std::string_view kMarkRules =
    ".k{stroke:#1b1f24;stroke-dasharray:2 "
    "3;opacity:.55}.q{fill:none;stroke:#1b1f24;stroke-width:1.5}"
    "@media (prefers-color-scheme:dark){.k,.q{stroke:#e6e9ee}}";

std::string rules_of(const Heat& heat) {
  if (!heat.difference) return themed_rules(ramp(), "l", "fill") + std::string(kMarkRules);
  return themed_rules(more_side(), "u", "fill") + themed_rules(fewer_side(), "d", "fill") +
         themed_rules(std::array<Themed, 1>{kNeutral}, "z", "fill") + std::string(kMarkRules) +
         // Fewer is hatched as well, so that the sides are told apart in grey.
         ".x{fill:url(#x)}.y{stroke:#fff;stroke-width:.5}"
         "@media (prefers-color-scheme:dark){.y{stroke:#14161a}}";
}

std::string class_of(const Heat& heat, std::int8_t level) {
  if (!heat.difference) return fmt::format("l{}", level);
  if (level == 0) return "z1";
  return level > 0 ? fmt::format("u{}", level) : fmt::format("d{}", -level);
}

// The cells of one level as one path: each run of neighbours is a rectangle, drawn from where the
// one before it began, so that numbers stay short.
template <typename Chosen>
std::string path_of(const Heat& heat, const Chosen& chosen) {
  std::string path;
  auto at_x = static_cast<std::ptrdiff_t>(0);
  std::ptrdiff_t at_y = 0;
  for (std::size_t line = 0; line < heat.bands; ++line) {
    const std::size_t band = heat.bands - 1 - line;
    for (std::size_t x = 0; x < heat.width;) {
      if (!chosen(heat.level(band, x))) {
        ++x;
        continue;
      }
      const std::size_t begin = x;
      while (x < heat.width && chosen(heat.level(band, x))) ++x;
      const auto dx = static_cast<std::ptrdiff_t>(begin) - at_x;
      const auto dy = static_cast<std::ptrdiff_t>(line) - at_y;
      fmt::format_to(std::back_inserter(path), "m{}{}{}h{}v1h-{}z", dx, dy < 0 ? "" : " ", dy,
                     x - begin, x - begin);
      at_x += dx;
      at_y += dy;
    }
  }
  return path;
}

void draw_cells(Svg& svg, const Heat& heat) {
  const std::string place = fmt::format("translate({},{})scale({:.6g},{:.6g})", kLeft, kTop,
                                        kCellsWidth / static_cast<double>(heat.width),
                                        kCellsHeight / static_cast<double>(heat.bands));
  svg.raw("<g shape-rendering=\"crispEdges\" transform=\"" + place + "\">\n");
  const int least = heat.difference ? -static_cast<int>(kSideLevels) : 1;
  const int most = static_cast<int>(heat.difference ? kSideLevels : kLevels);
  for (int level = least; level <= most; ++level) {
    const std::string path = path_of(heat, [&](std::int8_t one) { return one == level; });
    if (!path.empty()) svg.path(path, class_of(heat, static_cast<std::int8_t>(level)));
  }
  svg.raw("</g>\n");
  if (!heat.difference) return;
  const std::string fewer =
      path_of(heat, [](std::int8_t one) { return one < 0 && one != Heat::kEmpty; });
  if (fewer.empty()) return;
  svg.raw(
      "<defs><pattern id=\"x\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><path class=\"y\" d=\"M0 0v5\"/></pattern></defs>\n");
  // The pattern keeps its size: the path is scaled here and not by a transform around it.
  std::string scaled;
  const double width = kCellsWidth / static_cast<double>(heat.width);
  const double height = kCellsHeight / static_cast<double>(heat.bands);
  for (std::size_t band = 0; band < heat.bands; ++band)
    for (std::size_t x = 0; x < heat.width;) {
      const auto is_fewer = [&](std::size_t at) {
        const std::int8_t level = heat.level(band, at);
        return level < 0 && level != Heat::kEmpty;
      };
      const std::size_t begin = x;
      while (x < heat.width && is_fewer(x)) ++x;
      if (x > begin)
        fmt::format_to(std::back_inserter(scaled), "M{} {}h{}v{}h-{}z",
                       number(kLeft + static_cast<double>(begin) * width),
                       number(kTop + static_cast<double>(heat.bands - 1 - band) * height),
                       number(static_cast<double>(x - begin) * width), number(height),
                       number(static_cast<double>(x - begin) * width));
      else
        ++x;
    }
  svg.path(scaled, "x");
}

double y_of(const Heat& heat, double latency_ns) {
  const double share =
      std::clamp(heat.position(latency_ns) / static_cast<double>(heat.bands), 0.0, 1.0);
  return kTop + kCellsHeight * (1 - share);
}

void draw_axes(Svg& svg, const Heat& heat) {
  const double bottom = kTop + kCellsHeight;
  const auto low = static_cast<double>(std::max<std::uint64_t>(1, heat.low_ns(0)));
  const auto high = static_cast<double>(heat.low_ns(heat.bands));
  double last_label_y = bottom + 100;
  for (const Tick& tick : latency_ticks(low, high, 10)) {
    const double y = y_of(heat, tick.value);
    // Labels of a range of few nanoseconds may fall together.
    const bool labelled = !tick.label.empty() && last_label_y - y >= 14;
    svg.line(kLeft - (labelled ? 6 : 3), y, kLeft, y, "a");
    if (!labelled) continue;
    svg.text(kLeft - 9, y + 4, Anchor::end, "m", tick.label);
    last_label_y = y;
  }
  for (const Tick& tick : time_ticks(heat.duration_ns(), 10)) {
    const double x = kLeft + kCellsWidth * tick.value / heat.duration_ns();
    svg.line(x, bottom, x, bottom + 6, "a");
    svg.text(x, bottom + 20, Anchor::middle, "m", tick.label);
  }
  svg.line(kLeft, kTop, kLeft, bottom, "a").line(kLeft, bottom, kLeft + kCellsWidth, bottom, "a");
  svg.side_text(15, kTop + kCellsHeight / 2, "m", heat.words.what);
  svg.text(kLeft + kCellsWidth / 2, bottom + 38, Anchor::middle, "m", "time since the start");
}

// Percentiles as lines across; their labels stand at the right and make room for each other.
void draw_marks(Svg& svg, const Heat& heat) {
  double free_y = kTop + kCellsHeight + 14;
  for (const HeatMark& mark : heat.marks) {
    const double y = y_of(heat, static_cast<double>(mark.latency_ns));
    const double label_y = std::min(y + 4, free_y - 14);
    free_y = label_y;
    svg.line(kLeft, y, kLeft + kCellsWidth + 6, y, "k");
    svg.text(kLeft + kCellsWidth + 8, label_y, Anchor::start, "t",
             fmt::format("{} {}", mark.name, format_duration(mark.latency_ns)));
  }
}

// The columns of the topmost band with a value, when they are few enough to be pointed out.
std::vector<std::size_t> slowest_columns(const Heat& heat) {
  constexpr std::size_t kMost = 3;
  std::vector<std::size_t> columns;
  if (heat.difference) return columns;
  for (std::size_t x = 0; x < heat.width; ++x)
    if (heat.level(heat.bands - 1, x) != Heat::kEmpty) columns.push_back(x);
  if (columns.size() > kMost) columns.clear();
  return columns;
}

void draw_slowest(Svg& svg, const Heat& heat) {
  const double cell_width = kCellsWidth / static_cast<double>(heat.width);
  const double cell_height = kCellsHeight / static_cast<double>(heat.bands);
  for (const std::size_t x : slowest_columns(heat))
    svg.circle(kLeft + (static_cast<double>(x) + 0.5) * cell_width, kTop + cell_height / 2,
               std::clamp(std::max(cell_width, cell_height), 6.0, 12.0), "q");
}

// Counts at which the levels begin, the inverse of count_level().
void draw_count_legend(Svg& svg, const Heat& heat, double y) {
  constexpr double kSwatch = 18;
  double x = kLeft;
  svg.text(x, y + 10, Anchor::start, "m", "values in a cell");
  x += text_width("values in a cell") + 12;
  svg.text(x, y + 10, Anchor::start, "t", "1");
  x += 12;
  for (std::size_t level = 1; level <= kLevels; ++level, x += kSwatch)
    svg.rect(x, y, kSwatch, 12, fmt::format("l{}", level));
  svg.text(x + 6, y + 10, Anchor::start, "t", short_count(std::max(1.0, heat.largest)));
  const double after = x + 6 + text_width(short_count(heat.largest)) + 14;
  svg.text(after, y + 10, Anchor::start, "m",
           fmt::format("(logarithmic), {} by {} cells of {}", heat.width, heat.bands,
                       short_duration(heat.column_ns)));
}

void draw_difference_legend(Svg& svg, double y) {
  constexpr double kSwatch = 18;
  constexpr std::string_view kFewer = "fewer (hatched)";
  double x = kLeft;
  svg.text(x, y + 10, Anchor::start, "t", kFewer);
  x += text_width(kFewer) + 8;
  for (std::size_t level = kSideLevels; level >= 1; --level, x += kSwatch)
    svg.rect(x, y, kSwatch, 12, fmt::format("d{}", level));
  svg.rect(kLeft + text_width(kFewer) + 8, y, kSwatch * kSideLevels, 12, "x");
  svg.rect(x, y, 2 * kSwatch, 12, "z1");
  x += 2 * kSwatch;
  for (std::size_t level = 1; level <= kSideLevels; ++level, x += kSwatch)
    svg.rect(x, y, kSwatch, 12, fmt::format("u{}", level));
  svg.text(x + 8, y + 10, Anchor::start, "t", "more in the second run");
  x += 8 + text_width("more in the second run") + 14;
  svg.text(x, y + 10, Anchor::start, "m", "levels begin at 2, 3, 5, 10, 20 and 50 standard errors");
}

std::string description_of(const Heat& heat) {
  std::string words = fmt::format(
      "Heatmap of {} over {}, from {} to {}.", heat.words.what, short_duration(heat.duration_ns()),
      format_duration(heat.low_ns(0)), format_duration(heat.low_ns(heat.bands)));
  for (const HeatMark& mark : heat.marks)
    words += fmt::format(" {} {}.", mark.name, format_duration(mark.latency_ns));
  return words;
}

}  // namespace

std::string heat_svg(const Heat& heat) {
  const double height =
      kTop + kCellsHeight + kBelow + kNoteHeight * static_cast<double>(heat.words.notes.size());
  Svg svg(kLeft + kCellsWidth + kRight, height, heat.words.title, description_of(heat),
          rules_of(heat));
  svg.text(kLeft, 26, Anchor::start, "h", heat.words.title);
  std::string below = spaced(heat.count) + " values";
  if (heat.difference) below += " in both runs";
  if (!slowest_columns(heat).empty()) below += ", a ring around the slowest";
  svg.text(kLeft, 46, Anchor::start, "m", below);
  draw_cells(svg, heat);
  draw_axes(svg, heat);
  draw_marks(svg, heat);
  draw_slowest(svg, heat);
  double y = kTop + kCellsHeight + 56;
  if (heat.difference)
    draw_difference_legend(svg, y);
  else
    draw_count_legend(svg, heat, y);
  for (const std::string& note : heat.words.notes)
    svg.text(kLeft, (y += kNoteHeight) + 12, Anchor::start, "m", note);
  return svg.take();
}

}  // namespace tally::plot
