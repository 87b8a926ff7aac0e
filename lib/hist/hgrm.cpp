// The percentile distribution of HdrHistogram, figure for figure as its Java library prints it: a
// value is the highest of its bucket, the mean rests on the buckets' middles.
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "hist/hlog.hpp"

namespace tally::hist {

namespace {

constexpr double kNsPerUs = 1e3;
constexpr double kStepsPerHalf = 5;

// The percentages at which a line is due: steps that halve as the distance to 100 halves.
class Levels {
 public:
  [[nodiscard]] double level() const { return level_; }
  void advance() {
    const double halvings = std::floor(std::log(100.0 / (100.0 - level_)) / std::log(2.0)) + 1;
    level_ += 100.0 / (kStepsPerHalf * std::pow(2.0, halvings));
  }

 private:
  double level_ = 0;
};

struct Moments {
  double mean = 0;
  double deviation = 0;
  std::uint64_t max_ns = 0;
};

Moments moments_of(const Histogram& histogram) {
  const auto middle = [](const Histogram::Bucket& bucket) {
    const std::uint64_t middle_ns = bucket.low_ns + (bucket.high_ns - bucket.low_ns + 1) / 2;
    return static_cast<double>(middle_ns);
  };
  Moments moments;
  const auto count = static_cast<double>(histogram.count());
  if (histogram.count() == 0) return moments;
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    moments.mean += middle(bucket) * static_cast<double>(bucket.count);
    moments.max_ns = bucket.high_ns;
  });
  moments.mean /= count;
  double squares = 0;
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    const double off = middle(bucket) - moments.mean;
    squares += off * off * static_cast<double>(bucket.count);
  });
  moments.deviation = std::sqrt(squares / count);
  return moments;
}

}  // namespace

std::string to_hgrm(const Histogram& histogram) {
  std::string text = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                 "TotalCount", "1/(1-Percentile)");
  auto out = std::back_inserter(text);
  Levels levels;
  std::uint64_t seen = 0;
  const auto count = static_cast<double>(histogram.count());
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    if (seen == histogram.count()) return;
    seen += bucket.count;
    const double value_us = static_cast<double>(bucket.high_ns) / kNsPerUs;
    // A bucket may stand for several levels; after the last value only the line of 100 % is left.
    bool first = true;
    while (100.0 * static_cast<double>(seen) / count >= levels.level() &&
           (first || seen < histogram.count())) {
      const double share = levels.level() / 100.0;
      // Java rounds a half up where printf rounds it to even; levels are full of exact halves.
      const double rounded_up = std::nextafter(share, 1.0);
      fmt::format_to(out, "{:12.3f} {:2.12f} {:10} {:14.2f}\n", value_us,
                     share == 0 ? 0.0 : rounded_up, seen, 1.0 / (1.0 - share));
      levels.advance();
      first = false;
    }
  });
  const Moments moments = moments_of(histogram);
  const double max_us = static_cast<double>(moments.max_ns) / kNsPerUs;
  if (histogram.count() != 0)
    fmt::format_to(out, "{:12.3f} {:2.12f} {:10}\n", max_us, 1.0, histogram.count());
  fmt::format_to(out, "#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", moments.mean / kNsPerUs,
                 moments.deviation / kNsPerUs);
  fmt::format_to(out, "#[Max     = {:12.3f}, Total count    = {:12}]\n", max_us, histogram.count());
  // Octaves above the first 2048 values that one hour of nanoseconds needs.
  fmt::format_to(out, "#[Buckets = {:12}, SubBuckets     = {:12}]\n", 32, 2048);
  return text;
}

}  // namespace tally::hist
