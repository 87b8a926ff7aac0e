#include "plot/cores.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "plot/axis.hpp"
#include "plot/palette.hpp"
#include "plot/svg.hpp"

namespace tally::plot {

namespace {

constexpr double kLeft = 60;
constexpr double kTop = 84;
constexpr double kMostSide = 640;

struct Range {
  double low = 0;
  double high = 0;
};

Range range_of(const CorePicture& cores) {
  Range range;
  for (const auto& value : cores.values)
    if (value && *value > 0) {
      range.low = range.low == 0 ? *value : std::min(range.low, *value);
      range.high = std::max(range.high, *value);
    }
  return range;
}

// By the logarithm, over at least a factor of two: equal figures shall not look different.
std::size_t level_of(double value, const Range& range) {
  const double span = std::log(std::max(range.high / range.low, 2.0));
  const double share = std::log(std::max(value, range.low) / range.low) / span;
  return 1 + std::min(kLevels - 1, static_cast<std::size_t>(share * kLevels));
}

// Figures stand on the cells in the colour of the page or of its text, whichever is seen.
constexpr std::string_view kCellText =
    ".p{fill:#1b1f24}.r{fill:#fff}"
    "@media (prefers-color-scheme:dark){.p{fill:#fff}.r{fill:#14161a}}";

}  // namespace

std::string cores_svg(const CorePicture& cores) {
  const std::size_t count = cores.cpus.size();
  const double cell = std::clamp(kMostSide / static_cast<double>(count), 10.0, 64.0);
  const double side = cell * static_cast<double>(count);
  const Range range = range_of(cores);
  const bool numbers = cell >= 30;
  const std::string legend =
      fmt::format("{} to {} {}", short_count(range.low), short_count(range.high), cores.unit);
  const double notes_height = 17 * static_cast<double>(cores.notes.size());
  Svg svg(std::max(kLeft + side + 40, 480.0), kTop + side + 56 + notes_height, cores.title,
          fmt::format("{} processors, {}.", count, legend),
          themed_rules(ramp(), "l", "fill") + std::string(kCellText));
  svg.text(kLeft, 26, Anchor::start, "h", cores.title);
  svg.text(kLeft, 46, Anchor::start, "m", legend);
  for (std::size_t i = 0; i < count; ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * cell;
    // Narrow cells have room for every fourth name.
    if (!numbers && i % 4 != 0) continue;
    svg.text(kLeft + middle, kTop - 8, Anchor::middle, "m", std::to_string(cores.cpus[i]));
    svg.text(kLeft - 8, kTop + middle + 4, Anchor::end, "m", std::to_string(cores.cpus[i]));
  }
  for (std::size_t row = 0; row < count; ++row)
    for (std::size_t column = 0; column < count; ++column) {
      const auto& value = cores.values[row * count + column];
      if (!value) continue;
      const std::size_t level = level_of(*value, range);
      const double x = kLeft + static_cast<double>(column) * cell;
      const double y = kTop + static_cast<double>(row) * cell;
      svg.rect(x, y, cell - 1, cell - 1, fmt::format("l{}", level));
      if (numbers)
        svg.text(x + cell / 2, y + cell / 2 + 4, Anchor::middle, level > 6 ? "r" : "p",
                 short_count(*value));
    }
  double x = kLeft;
  const double y = kTop + side + 16;
  for (std::size_t level = 1; level <= kLevels; ++level, x += 16)
    svg.rect(x, y, 16, 12, fmt::format("l{}", level));
  svg.text(x + 8, y + 10, Anchor::start, "m", "near to far");
  double note_y = y + 14;
  for (const std::string& note : cores.notes)
    svg.text(kLeft, note_y += 17, Anchor::start, "m", note);
  return svg.take();
}

}  // namespace tally::plot
