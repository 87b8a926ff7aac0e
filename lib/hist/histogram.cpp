#include "hist/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace tally::hist {

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] = saturating_add(counts_[i], other.counts_[i]);
  count_ = saturating_add(count_, other.count_);
  clamped_ = saturating_add(clamped_, other.clamped_);
  sum_ns_ += other.sum_ns_;
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

void Histogram::reset() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  clamped_ = 0;
  sum_ns_ = 0;
  min_ns_ = std::numeric_limits<std::uint64_t>::max();
  max_ns_ = 0;
}

std::uint64_t Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  // The largest rank as a double can exceed every count; comparing as doubles keeps it harmless.
  if (rank <= 1.0) return min_ns_;
  if (rank >= static_cast<double>(count_)) return max_ns_;
  double seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += static_cast<double>(counts_[i]);
    if (seen < rank) continue;
    const std::uint64_t low = low_of(i);
    const std::uint64_t middle = low + (low_of(i + 1) - 1 - low) / 2;
    return std::clamp(middle, min_ns_, max_ns_);
  }
  return max_ns_;
}

}  // namespace tally::hist
