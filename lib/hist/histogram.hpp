// A log-linear histogram of durations in nanoseconds: buckets of width 1 up to 2047 ns, then 1024
// buckets of equal width for every power of two, up to one hour. A quantile is the middle of its
// bucket and so at most 1/2048 (0.05 %) away from a value that was recorded, which is three
// significant digits at every magnitude. The layout is that of HdrHistogram with three digits
// (Gil Tene, HdrHistogram, "Histogram variants and internal organization").
//
// One thread at a time. Construction allocates 264 KiB; nothing else allocates. Every operation on
// one value is O(1); quantile() and merge() walk the buckets.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tally::hist {

inline constexpr std::uint64_t kMinNs = 1;
inline constexpr std::uint64_t kMaxNs = 3'600'000'000'000;  // one hour
inline constexpr double kMaxRelativeError = 1.0 / 2048;

class Histogram {
 public:
  // Values of one bucket: low to high, both included.
  struct Bucket {
    std::uint64_t low_ns = 0;
    std::uint64_t high_ns = 0;
    std::uint64_t count = 0;
  };

  Histogram() : counts_(kBuckets) {}

  // Counts `times` values of `value_ns`. A value outside kMinNs..kMaxNs is counted at the nearer
  // end and in clamped(). Counts saturate at 2^64 - 1.
  void record(std::uint64_t value_ns, std::uint64_t times = 1) {
    if (times == 0) return;
    if (value_ns - kMinNs > kMaxNs - kMinNs) [[unlikely]]
      value_ns = clamp(value_ns, times);
    std::uint64_t& slot = counts_[index_of(value_ns)];
    slot = saturating_add(slot, times);
    count_ = saturating_add(count_, times);
    sum_ns_ += static_cast<double>(value_ns) * static_cast<double>(times);
    if (value_ns < min_ns_) min_ns_ = value_ns;
    if (value_ns > max_ns_) max_ns_ = value_ns;
  }

  // Counts a bucket of another histogram, whatever its layout: its values are taken to lie in its
  // middle, and min() and max() to be its ends. For readers of files.
  void record_bucket(const Bucket& bucket);

  // What the buckets alone do not hold. For readers of files, after the buckets: false, and nothing
  // changed, when the figures contradict the buckets.
  struct Exact {
    std::uint64_t min_ns = 0;
    std::uint64_t max_ns = 0;
    double sum_ns = 0;
    std::uint64_t clamped = 0;
  };
  [[nodiscard]] bool set_exact(const Exact& exact);

  // Adds all that `other` counted.
  void merge(const Histogram& other);
  void reset();

  // The value that at least the share `q` (0 to 1) of the values does not exceed: the middle of its
  // bucket, never outside min_ns()..max_ns(). 0 when nothing was recorded.
  [[nodiscard]] std::uint64_t quantile(double q) const;

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Exact, after clamping. 0 when nothing was recorded.
  [[nodiscard]] std::uint64_t min() const { return count_ == 0 ? 0 : min_ns_; }
  [[nodiscard]] std::uint64_t max() const { return max_ns_; }
  [[nodiscard]] double mean() const {
    return count_ == 0 ? 0.0 : sum_ns_ / static_cast<double>(count_);
  }
  [[nodiscard]] double sum_ns() const { return sum_ns_; }
  // Values that were outside the range.
  [[nodiscard]] std::uint64_t clamped() const { return clamped_; }

  // The place of the bucket that holds `value_ns`, which is inside the range, among all buckets,
  // and its smallest value.
  [[nodiscard]] static std::size_t bucket_index(std::uint64_t value_ns) {
    return index_of(value_ns);
  }
  [[nodiscard]] static std::uint64_t bucket_low(std::uint64_t value_ns) {
    return low_of(index_of(value_ns));
  }

  // Calls visit(Bucket) for every bucket that is not empty, by rising value.
  template <typename Visitor>
  void for_each(Visitor&& visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if (counts_[i] != 0) visit(Bucket{low_of(i), low_of(i + 1) - 1, counts_[i]});
  }

 private:
  static constexpr unsigned kHalfBits = 10;
  static constexpr std::size_t kHalf = std::size_t{1} << kHalfBits;
  static constexpr unsigned kOctaves = std::bit_width(kMaxNs) - kHalfBits - 1;
  static constexpr std::size_t kBuckets = (kOctaves + 2) * kHalf;

  // Values below 2048 stand for themselves; above, the upper 11 bits choose the bucket.
  static std::size_t index_of(std::uint64_t value) {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > kHalfBits + 1 ? width - kHalfBits - 1 : 0;
    return shift * kHalf + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t low_of(std::size_t index) {
    if (index < 2 * kHalf) return index;
    const std::size_t shift = index / kHalf - 1;
    return static_cast<std::uint64_t>(index - shift * kHalf) << shift;
  }
  static std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t sum = a + b;
    return sum < a ? std::numeric_limits<std::uint64_t>::max() : sum;
  }
  std::uint64_t clamp(std::uint64_t value_ns, std::uint64_t times) {
    clamped_ = saturating_add(clamped_, times);
    return value_ns < kMinNs ? kMinNs : kMaxNs;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t clamped_ = 0;
  std::uint64_t min_ns_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

// The histogram with the values that were never taken because the measurement itself waited: each
// value above `interval_ns`, at least 1, stands for those that were due every interval meanwhile,
// value - interval, value - 2 interval and so on down to the interval. For loops that measure one
// after the other at a pace; an open loop that counts from intended times needs none of it. The
// rule is HdrHistogram's copyCorrectedForCoordinatedOmission.
[[nodiscard]] Histogram corrected_for_omission(const Histogram& histogram,
                                               std::uint64_t interval_ns);

// A percentile says something about the tail only when enough values lie beyond it: 100 of them
// keep the position of the percentile within about 10 % of the tail's size. Whether `q` of `count`
// values has that.
[[nodiscard]] constexpr bool enough_beyond(double q, std::uint64_t count) {
  constexpr double kSlack = 1e-6;  // 1 - 0.9999 is not exactly 0.0001
  return (1.0 - q) * static_cast<double>(count) >= 100.0 - kSlack;
}

}  // namespace tally::hist
