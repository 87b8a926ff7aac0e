// Where an axis has its ticks and what stands at them. Any thread; allocates what it returns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tally::plot {

struct Tick {
  double value = 0;
  std::string label;  // empty for a minor tick
};

// Ticks of a logarithmic axis of nanoseconds from low to high, 0 < low < high, at 1, 10, 100 and,
// as long as no more than `most` are labelled, at 2 and 5 as well. Where the range holds fewer than
// two of these, ticks at equal distances.
[[nodiscard]] std::vector<Tick> latency_ticks(double low_ns, double high_ns, std::size_t most);

// Ticks of a time axis from 0 to the duration, at most `most`, in one unit from ns to h.
[[nodiscard]] std::vector<Tick> time_ticks(double duration_ns, std::size_t most);

// Ticks of a linear axis at 1, 2 or 5 times a power of ten.
[[nodiscard]] std::vector<Tick> linear_ticks(double low, double high, std::size_t most);

// "10 us", "2.5 ms": without digits that say nothing.
[[nodiscard]] std::string short_duration(double ns);
// "950", "12k", "3.4M"
[[nodiscard]] std::string short_count(double count);
// "950", "12 345 678": digits in threes.
[[nodiscard]] std::string spaced(std::size_t count);

}  // namespace tally::plot
