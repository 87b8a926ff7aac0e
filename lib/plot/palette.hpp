// Colours. Ramps run from what stands out least against the page to what stands out most, in equal
// steps of perceived lightness (OKLab, Bjorn Ottosson 2020), so that their order shows to every
// kind of eyes and in grey; differences run from blue over grey to orange, which the common kinds
// of colour blindness keep apart. Constants; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace tally::plot {

inline constexpr std::size_t kLevels = 16;     // of a ramp
inline constexpr std::size_t kSideLevels = 6;  // on each side of a difference
inline constexpr std::size_t kSeries = 6;      // curves that can be told apart

// One colour for a light page and one for a dark page, as "#rrggbb".
struct Themed {
  std::string_view light;
  std::string_view dark;
};

[[nodiscard]] const std::array<Themed, kLevels>& ramp();
[[nodiscard]] const std::array<Themed, kSideLevels>& more_side();   // orange
[[nodiscard]] const std::array<Themed, kSideLevels>& fewer_side();  // blue
[[nodiscard]] const std::array<Themed, kSeries>& series_colors();
inline constexpr Themed kPage = {"#ffffff", "#14161a"};
inline constexpr Themed kNeutral = {"#d9dde3", "#3a4049"};

// The same for terminals with 256 colours, rising in lightness.
inline constexpr std::size_t kTerminalLevels = 10;
[[nodiscard]] const std::array<int, kTerminalLevels>& terminal_ramp();
inline constexpr std::size_t kTerminalSideLevels = 3;
[[nodiscard]] const std::array<int, kTerminalSideLevels>& terminal_more_side();
[[nodiscard]] const std::array<int, kTerminalSideLevels>& terminal_fewer_side();
[[nodiscard]] const std::array<int, kSeries>& terminal_series();

// Style rules ".PREFIX1{PROPERTY:...}" and on, with those for a dark page after them.
template <std::size_t N>
[[nodiscard]] std::string themed_rules(const std::array<Themed, N>& colors, std::string_view prefix,
                                       std::string_view property) {
  std::string light;
  std::string dark;
  for (std::size_t i = 0; i < N; ++i) {
    const std::string head =
        "." + std::string(prefix) + std::to_string(i + 1) + "{" + std::string(property) + ":";
    light += head + std::string(colors[i].light) + "}";
    dark += head + std::string(colors[i].dark) + "}";
  }
  return light + "@media (prefers-color-scheme:dark){" + dark + "}";
}

}  // namespace tally::plot
