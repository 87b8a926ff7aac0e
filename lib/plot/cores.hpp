// A matrix of figures between processors, as an image: a cell for each pair, coloured by its figure
// and with the figure in it. Any thread; allocates what it returns.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tally::plot {

struct CorePicture {
  std::string title;
  std::string unit;
  std::vector<int> cpus;
  // Row by row, cpus.size() squared; nothing where it was not measured, as on the diagonal.
  std::vector<std::optional<double>> values;
  std::vector<std::string> notes;
};

[[nodiscard]] std::string cores_svg(const CorePicture& cores);

}  // namespace tally::plot
