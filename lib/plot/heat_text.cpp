#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "plot/axis.hpp"
#include "plot/heat.hpp"
#include "plot/palette.hpp"

namespace tally::plot {

namespace {

constexpr std::size_t kLabelWidth = 8;
constexpr std::array<std::string_view, 4> kShades = {"\u2591", "\u2592", "\u2593", "\u2588"};
constexpr std::string_view kUpperHalf = "\u2580";
constexpr std::string_view kLowerHalf = "\u2584";
constexpr std::string_view kAscii = ".:-=+*#%@";
// Weak and strong; told apart without colour as well.
constexpr std::array<char, 2> kMore = {'+', '#'};
constexpr std::array<char, 2> kFewer = {'-', '='};
constexpr char kSame = '.';
constexpr int kStrongFrom = 3;  // of the side levels: five standard errors

// A level of a ramp of `levels` for one of kLevels.
std::size_t scaled(std::int8_t level, std::size_t levels) {
  if (level == Heat::kEmpty) return 0;
  return (static_cast<std::size_t>(level) * levels + kLevels - 1) / kLevels;
}

// Writes a colour change only where the colour changes: a picture of 70 x 16 stays under 20 KB.
class ColorLine {
 public:
  // Foreground and background as colours of the terminal, -1 for its own.
  void put(int foreground, int background, std::string_view glyph) {
    if ((background < 0 && background_ >= 0) || (foreground < 0 && foreground_ >= 0)) reset();
    if (foreground >= 0 && foreground != foreground_)
      fmt::format_to(std::back_inserter(text_), "\x1b[38;5;{}m", foreground);
    if (background >= 0 && background != background_)
      fmt::format_to(std::back_inserter(text_), "\x1b[48;5;{}m", background);
    foreground_ = foreground;
    background_ = background;
    text_ += glyph;
  }
  std::string take() {
    if (foreground_ >= 0 || background_ >= 0) reset();
    return std::move(text_);
  }

 private:
  void reset() {
    text_ += "\x1b[0m";
    foreground_ = -1;
    background_ = -1;
  }
  std::string text_;
  int foreground_ = -1;
  int background_ = -1;
};

// A picture with fewer columns than the terminal repeats them.
class Lines {
 public:
  Lines(const Heat& heat, const TerminalStyle& style, std::size_t width)
      : heat_(heat), style_(style), width_(width) {}

  std::string line(std::size_t band) const {
    if (heat_.difference) return difference_line(band);
    if (!style_.color) return plain_line(band);
    return style_.utf8 ? half_block_line(band) : color_line(band);
  }

 private:
  // Where several columns share a character the one that stands out most is shown: an outlier is
  // never lost.
  std::int8_t level(std::size_t band, std::size_t x) const {
    if (band >= heat_.bands) return Heat::kEmpty;
    const std::size_t begin = x * heat_.width / width_;
    const std::size_t end = std::max(begin + 1, (x + 1) * heat_.width / width_);
    std::int8_t most = Heat::kEmpty;
    for (std::size_t at = begin; at < end; ++at) {
      const std::int8_t here = heat_.level(band, at);
      if (here != Heat::kEmpty && (most == Heat::kEmpty || std::abs(here) > std::abs(most)))
        most = here;
    }
    return most;
  }

  std::string plain_line(std::size_t band) const {
    std::string line;
    for (std::size_t x = 0; x < width_; ++x) {
      const std::int8_t here = level(band, x);
      if (here == Heat::kEmpty)
        line += ' ';
      else if (style_.utf8)
        line += kShades[scaled(here, kShades.size()) - 1];
      else
        line += kAscii[scaled(here, kAscii.size()) - 1];
    }
    return line;
  }

  std::string color_line(std::size_t band) const {
    ColorLine line;
    for (std::size_t x = 0; x < width_; ++x) line.put(-1, color(level(band, x)), " ");
    return line.take();
  }

  // Two bands in one line; `lower` + 1 may be above the last band.
  std::string half_block_line(std::size_t lower) const {
    ColorLine line;
    for (std::size_t x = 0; x < width_; ++x) {
      const int low = color(level(lower, x));
      const int high = color(level(lower + 1, x));
      if (high >= 0)
        line.put(high, low, kUpperHalf);
      else if (low >= 0)
        line.put(low, -1, kLowerHalf);
      else
        line.put(-1, -1, " ");
    }
    return line.take();
  }

  std::string difference_line(std::size_t band) const {
    constexpr int kBlack = 16;
    constexpr int kWhite = 231;
    ColorLine line;
    for (std::size_t x = 0; x < width_; ++x) {
      const std::int8_t here = level(band, x);
      if (here == Heat::kEmpty) {
        line.put(-1, -1, " ");
        continue;
      }
      const int size = std::abs(here);
      const auto strong = static_cast<std::size_t>(size >= kStrongFrom);
      const char glyph = here == 0 ? kSame : here > 0 ? kMore[strong] : kFewer[strong];
      if (!style_.color || here == 0) {
        line.put(-1, -1, std::string_view(&glyph, 1));
        continue;
      }
      const auto step = static_cast<std::size_t>(size + 1) / 2 - 1;
      const auto& side = here > 0 ? terminal_more_side() : terminal_fewer_side();
      line.put(step == 0 ? kWhite : kBlack, side[step], std::string_view(&glyph, 1));
    }
    return line.take();
  }

  static int color(std::int8_t level) {
    if (level == Heat::kEmpty) return -1;
    return terminal_ramp()[scaled(level, kTerminalLevels) - 1];
  }

  const Heat& heat_;
  const TerminalStyle& style_;
  std::size_t width_;
};

// The label of each line of text: a tick stands at the line that holds it.
std::vector<std::string> latency_labels(const Heat& heat, std::size_t lines,
                                        std::size_t bands_per_line) {
  std::vector<std::string> labels(lines);
  const auto low = static_cast<double>(std::max<std::uint64_t>(1, heat.low_ns(0)));
  const auto high = static_cast<double>(heat.low_ns(heat.bands));
  for (const Tick& tick : latency_ticks(low, high, lines / 2 + 1)) {
    const double line = heat.position(tick.value) / static_cast<double>(bands_per_line);
    if (line < 0 || line >= static_cast<double>(lines) || tick.label.empty()) continue;
    std::string& label = labels[static_cast<std::size_t>(line)];
    if (label.empty()) label = tick.label;
  }
  return labels;
}

void append_time_axis(std::string& text, const Heat& heat, std::size_t width) {
  constexpr std::size_t kLabelRoom = 12;
  std::string marks(width, '-');
  std::string labels(width, ' ');
  for (const Tick& tick :
       time_ticks(heat.duration_ns(), std::max<std::size_t>(2, width / kLabelRoom))) {
    const double share = tick.value / heat.duration_ns();
    const auto x =
        std::min(width - 1, static_cast<std::size_t>(share * static_cast<double>(width)));
    // A label that would leave the picture ends at its edge.
    const std::size_t begin =
        x == 0 ? 0
               : std::min(x - std::min(x, tick.label.size() / 2),
                          labels.size() - std::min(labels.size(), tick.label.size()));
    if (labels.compare(begin, tick.label.size(), std::string(tick.label.size(), ' ')) == 0)
      labels.replace(begin, tick.label.size(), tick.label);
  }
  labels.erase(labels.find_last_not_of(' ') + 1);
  fmt::format_to(std::back_inserter(text), "{:>{}} +{}\n{:>{}}  {}\n", "", kLabelWidth, marks, "",
                 kLabelWidth, labels);
}

// What the shades mean; a narrow terminal gets the shades with their ends alone.
void append_legend(std::string& text, const Heat& heat, const TerminalStyle& style) {
  const std::size_t room = text_cells(style.columns);
  std::string legend;
  if (heat.difference) {
    legend = "+ # more, - = fewer in the second run (2, 5 standard errors), . the same";
    if (legend.size() > room) legend = "+ # more, - = fewer";
    if (legend.size() > room) legend = "+# more -= few";
  } else {
    ColorLine colors;
    if (style.color)
      for (const int color : terminal_ramp()) colors.put(-1, color, " ");
    std::string shades = colors.take();
    if (!style.color && style.utf8)
      for (const std::string_view shade : kShades) shades += shade;
    if (!style.color && !style.utf8) shades = kAscii;
    const std::string most = short_count(std::max(1.0, std::ceil(heat.largest)));
    constexpr std::string_view kWords = "values in a cell: ";
    const std::size_t shown = style.color  ? kTerminalLevels
                              : style.utf8 ? kShades.size()
                                           : kAscii.size();
    const bool fits = kWords.size() + shown + most.size() + 3 <= room;
    legend = fmt::format("{}1 {} {}", fits ? kWords : "", shades, most);
  }
  fmt::format_to(std::back_inserter(text), "{:>{}}  {}\n", "", kLabelWidth, legend);
}

// Words broken into lines of the width.
void append_words(std::string& text, std::string_view words, std::size_t width) {
  while (!words.empty()) {
    std::string_view line = words.substr(0, width);
    if (line.size() < words.size()) {
      const auto blank = line.rfind(' ');
      if (blank != std::string_view::npos && blank > 0) line = line.substr(0, blank);
    }
    text += line;
    text += '\n';
    words.remove_prefix(std::min(words.size(), line.size()));
    if (words.starts_with(' ')) words.remove_prefix(1);
  }
}

std::string summary_of(const Heat& heat) {
  std::string words = heat.words.title.empty() ? "" : heat.words.title + ": ";
  words += fmt::format("{} values{}", spaced(heat.count), heat.difference ? " in both runs" : "");
  for (const HeatMark& mark : heat.marks)
    words += fmt::format(", {} {}", mark.name, format_duration(mark.latency_ns));
  return words;
}

}  // namespace

std::size_t text_cells(std::size_t columns) {
  return std::max<std::size_t>(24, columns) - kLabelWidth - 2;
}

std::string heat_text(const Heat& heat, const TerminalStyle& style) {
  const std::size_t columns = std::max<std::size_t>(24, style.columns);
  const std::size_t width = text_cells(columns);
  const std::size_t bands_per_line = style.utf8 && style.color && !heat.difference ? 2 : 1;
  const std::size_t lines = (heat.bands + bands_per_line - 1) / bands_per_line;
  const std::vector<std::string> labels = latency_labels(heat, lines, bands_per_line);

  std::string text;
  if (!heat.words.title.empty()) append_words(text, summary_of(heat), columns);
  const Lines drawn(heat, style, width);
  for (std::size_t line = lines; line-- > 0;)
    fmt::format_to(std::back_inserter(text), "{:>{}} |{}\n", labels[line], kLabelWidth,
                   drawn.line(line * bands_per_line));
  append_time_axis(text, heat, width);
  append_legend(text, heat, style);
  for (const std::string& note : heat.words.notes) append_words(text, "note: " + note, columns);
  return text;
}

std::string heatmap(const hist::Grid& grid, const TerminalStyle& style) {
  const std::size_t bands_per_line = style.utf8 && style.color ? 2 : 1;
  const auto heat = make_heat(grid, text_cells(style.columns),
                              std::max<std::size_t>(1, style.lines) * bands_per_line, {});
  return heat ? heat_text(*heat, style) : "no values to draw\n";
}

}  // namespace tally::plot
