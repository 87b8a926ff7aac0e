#include "plot/palette.hpp"

namespace tally::plot {

const std::array<Themed, kLevels>& ramp() {
  static constexpr std::array<Themed, kLevels> kColors = {{{"#f7b77c", "#4b2a78"},
                                                           {"#f5a373", "#662c7c"},
                                                           {"#f28f6a", "#822a80"},
                                                           {"#ef7962", "#992f7e"},
                                                           {"#e76660", "#af3879"},
                                                           {"#d7586a", "#c53f73"},
                                                           {"#c84972", "#d84a6c"},
                                                           {"#b93978", "#e55d67"},
                                                           {"#a4327b", "#f26e60"},
                                                           {"#8e2c7e", "#fa8262"},
                                                           {"#79257f", "#fc986e"},
                                                           {"#651a80", "#feae7a"},
                                                           {"#521972", "#fec288"},
                                                           {"#401763", "#ffd69a"},
                                                           {"#2e1555", "#feeaad"},
                                                           {"#1d1147", "#fcfdbf"}}};
  return kColors;
}

const std::array<Themed, kSideLevels>& more_side() {
  static constexpr std::array<Themed, kSideLevels> kColors = {{{"#f6c7a0", "#6b3a1a"},
                                                               {"#ef9e67", "#974e1c"},
                                                               {"#df7732", "#c4631f"},
                                                               {"#c55514", "#e68337"},
                                                               {"#a23b00", "#fbac6b"},
                                                               {"#7a2a00", "#ffd9b0"}}};
  return kColors;
}

const std::array<Themed, kSideLevels>& fewer_side() {
  static constexpr std::array<Themed, kSideLevels> kColors = {{{"#b5d3ee", "#1f3f66"},
                                                               {"#85b5e3", "#295d99"},
                                                               {"#5b97d1", "#3e7ec5"},
                                                               {"#3978ba", "#61a1e5"},
                                                               {"#215b9a", "#93c4f7"},
                                                               {"#103f77", "#cfe6ff"}}};
  return kColors;
}

const std::array<Themed, kSeries>& series_colors() {
  // After Okabe and Ito, "Color Universal Design" (2008), lighter or darker to suit the page.
  static constexpr std::array<Themed, kSeries> kColors = {{{"#0068a8", "#56b4e9"},
                                                           {"#c24e00", "#f28e4b"},
                                                           {"#007d5b", "#3fc99f"},
                                                           {"#a8528a", "#e199c6"},
                                                           {"#8a6d00", "#e8c547"},
                                                           {"#4a4f57", "#c3c9d2"}}};
  return kColors;
}

const std::array<int, kTerminalLevels>& terminal_ramp() {
  static constexpr std::array<int, kTerminalLevels> kColors = {54,  90,  126, 162, 198,
                                                               204, 209, 215, 221, 228};
  return kColors;
}

const std::array<int, kTerminalSideLevels>& terminal_more_side() {
  static constexpr std::array<int, kTerminalSideLevels> kColors = {130, 208, 222};
  return kColors;
}

const std::array<int, kTerminalSideLevels>& terminal_fewer_side() {
  static constexpr std::array<int, kTerminalSideLevels> kColors = {25, 75, 153};
  return kColors;
}

const std::array<int, kSeries>& terminal_series() {
  static constexpr std::array<int, kSeries> kColors = {39, 208, 43, 176, 220, 250};
  return kColors;
}

}  // namespace tally::plot
