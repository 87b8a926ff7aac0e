#include "hist/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace tally::hist {

void Histogram::record_bucket(const Bucket& bucket) {
  if (bucket.count == 0) return;
  record(bucket.low_ns + (bucket.high_ns - bucket.low_ns) / 2, bucket.count);
  min_ns_ = std::min(min_ns_, std::clamp(bucket.low_ns, kMinNs, kMaxNs));
  max_ns_ = std::max(max_ns_, std::clamp(bucket.high_ns, kMinNs, kMaxNs));
}

bool Histogram::set_exact(const Exact& exact) {
  if (count_ == 0) return false;
  if (exact.min_ns < kMinNs || exact.max_ns > kMaxNs || exact.min_ns > exact.max_ns) return false;
  const auto used = [](std::uint64_t count) { return count != 0; };
  const auto first = std::find_if(counts_.begin(), counts_.end(), used) - counts_.begin();
  const auto last = counts_.rend() - std::find_if(counts_.rbegin(), counts_.rend(), used) - 1;
  if (index_of(exact.min_ns) != static_cast<std::size_t>(first)) return false;
  if (index_of(exact.max_ns) != static_cast<std::size_t>(last)) return false;
  // The sum is a double, to which many small roundings have added up.
  const double count = static_cast<double>(count_);
  constexpr double kSlack = 1e-6;
  if (!(exact.sum_ns >= count * static_cast<double>(exact.min_ns) * (1 - kSlack) &&
        exact.sum_ns <= count * static_cast<double>(exact.max_ns) * (1 + kSlack)))
    return false;
  if (exact.clamped > count_) return false;
  min_ns_ = exact.min_ns;
  max_ns_ = exact.max_ns;
  sum_ns_ = exact.sum_ns;
  clamped_ = exact.clamped;
  return true;
}

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

Histogram corrected_for_omission(const Histogram& histogram, std::uint64_t interval_ns) {
  interval_ns = std::max<std::uint64_t>(1, interval_ns);
  Histogram corrected = histogram;
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    // The highest value of the bucket, as HdrHistogram takes it: a stall of ten intervals hides
    // nine values, also when its bucket begins below ten intervals.
    std::uint64_t value = std::min(bucket.high_ns, histogram.max());
    if (value <= interval_ns) return;
    value -= interval_ns;
    // All missing values that fall into one bucket are counted at once, so that an hour's stall of
    // a loop of nanoseconds costs a step for each bucket and not for each nanosecond.
    while (value >= interval_ns) {
      const std::uint64_t low = std::max(Histogram::bucket_low(value), interval_ns);
      const std::uint64_t steps = (value - low) / interval_ns + 1;
      corrected.record(value - (steps - 1) * interval_ns / 2, bucket.count * steps);
      if (value < steps * interval_ns) break;
      value -= steps * interval_ns;
    }
  });
  return corrected;
}

}  // namespace tally::hist
