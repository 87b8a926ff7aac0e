// A figure over time: a point for each result with its interval, the level between changes, and a
// mark where the level changed. Any thread; allocates what it returns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "plot/terminal.hpp"

namespace tally::plot {

struct HistoryPoint {
  std::string label;  // a commit, a time
  double value = 0;
  std::optional<double> low;
  std::optional<double> high;
};

struct HistoryChange {
  std::size_t index = 0;  // of the first point of the new level
  double before = 0;
  double after = 0;
  bool worse = false;
};

struct HistoryPicture {
  std::string title;
  std::string unit;
  std::vector<HistoryPoint> points;    // in order, at least one
  std::vector<HistoryChange> changes;  // by rising index
};

[[nodiscard]] std::string history_svg(const HistoryPicture& history);
// "o" for a point, "|" for its interval, "^" below where the level changed.
[[nodiscard]] std::string history_text(const HistoryPicture& history, const TerminalStyle& style);

}  // namespace tally::plot
