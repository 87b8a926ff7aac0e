#include "hist/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <limits>
#include <vector>

using tally::hist::enough_beyond;
using tally::hist::Histogram;
using tally::hist::kMaxNs;
using tally::hist::kMaxRelativeError;

namespace {

double relative_error(std::uint64_t got, std::uint64_t want) {
  return std::abs(static_cast<double>(got) - static_cast<double>(want)) / static_cast<double>(want);
}

}  // namespace

TEST_SUITE_BEGIN("hist");

TEST_CASE("an empty histogram answers zero to everything") {
  const Histogram empty;
  CHECK(empty.count() == 0);
  CHECK(empty.min() == 0);
  CHECK(empty.max() == 0);
  CHECK(empty.mean() == 0.0);
  CHECK(empty.quantile(0.5) == 0);
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 2000; ++value) histogram.record(value);
  CHECK(histogram.quantile(0.0) == 1);
  CHECK(histogram.quantile(0.5) == 1000);
  CHECK(histogram.quantile(0.99) == 1980);
  CHECK(histogram.quantile(0.999) == 1998);
  CHECK(histogram.quantile(1.0) == 2000);
  CHECK(histogram.mean() == doctest::Approx(1000.5));
}

TEST_CASE("percentiles of a uniform distribution are within the stated error") {
  Histogram histogram;
  constexpr std::uint64_t kStepNs = 1000;
  constexpr std::uint64_t kCount = 1'000'000;
  for (std::uint64_t i = 1; i <= kCount; ++i) histogram.record(i * kStepNs);
  for (const double q : {0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    CAPTURE(q);
    const auto want = static_cast<std::uint64_t>(std::ceil(q * kCount)) * kStepNs;
    CHECK(relative_error(histogram.quantile(q), want) <= kMaxRelativeError + 1e-6);
  }
  CHECK(histogram.max() == kCount * kStepNs);
  CHECK(histogram.min() == kStepNs);
}

TEST_CASE("percentiles of two spikes fall on the right spike") {
  Histogram histogram;
  histogram.record(100, 9900);
  histogram.record(50'000'000, 100);
  CHECK(histogram.quantile(0.5) == 100);
  CHECK(histogram.quantile(0.99) == 100);
  CHECK(relative_error(histogram.quantile(0.9901), 50'000'000) <= kMaxRelativeError);
  CHECK(relative_error(histogram.quantile(0.999), 50'000'000) <= kMaxRelativeError);
}

TEST_CASE("one value among others is found within the stated error over the whole range") {
  // Between two outer values the quantile is the middle of the bucket, not a clamped end.
  std::uint64_t value = 1;
  std::uint64_t checked = 0;
  while (value < kMaxNs) {
    for (const std::uint64_t near : {value - 1, value, value + 1, value + value / 3}) {
      if (near < 1 || near > kMaxNs) continue;
      Histogram histogram;
      histogram.record(1);
      histogram.record(near);
      histogram.record(kMaxNs);
      CAPTURE(near);
      CHECK(relative_error(histogram.quantile(0.5), near) <= kMaxRelativeError);
      ++checked;
    }
    value *= 2;
  }
  CHECK(checked > 150);
}

TEST_CASE("percentiles of a long tail are within a thousandth of the exact ones") {
  // 1 ns to 1 h on a logarithmic scale, in an order without pattern; the exact percentile is that
  // of the sorted values.
  std::vector<std::uint64_t> values;
  std::uint64_t state = 7;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const double share = static_cast<double>(state >> 11U) / 9007199254740992.0;
    values.push_back(static_cast<std::uint64_t>(std::pow(static_cast<double>(kMaxNs), share)));
  }
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  std::sort(values.begin(), values.end());
  for (int permyriad = 1; permyriad <= 10'000; ++permyriad) {
    const double q = permyriad / 10'000.0;
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const std::uint64_t want = values[rank - 1];
    CAPTURE(q);
    CHECK(relative_error(histogram.quantile(q), want) <= 0.001);
  }
}

TEST_CASE("values outside the range are clamped and counted") {
  Histogram histogram;
  histogram.record(0);
  histogram.record(kMaxNs);
  histogram.record(kMaxNs + 1);
  histogram.record(std::numeric_limits<std::uint64_t>::max(), 2);
  CHECK(histogram.count() == 5);
  CHECK(histogram.clamped() == 4);
  CHECK(histogram.min() == 1);
  CHECK(histogram.max() == kMaxNs);
}

TEST_CASE("counts saturate instead of wrapping") {
  constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
  Histogram histogram;
  histogram.record(7, kAll);
  histogram.record(7, 5);
  histogram.record(9);
  CHECK(histogram.count() == kAll);
  CHECK(histogram.quantile(0.5) == 7);
  CHECK(histogram.max() == 9);
}

TEST_CASE("merging equals recording everything in one") {
  Histogram left;
  Histogram right;
  Histogram both;
  for (std::uint64_t i = 1; i < 5000; ++i) {
    const std::uint64_t value = i * i * 37 % 90'000'000 + 1;
    (i % 3 == 0 ? left : right).record(value);
    both.record(value);
  }
  left.record(0);
  both.record(0);
  left.merge(right);
  CHECK(left.count() == both.count());
  CHECK(left.min() == both.min());
  CHECK(left.max() == both.max());
  CHECK(left.clamped() == both.clamped());
  CHECK(left.mean() == doctest::Approx(both.mean()));
  for (int i = 0; i <= 1000; ++i) CHECK(left.quantile(i / 1000.0) == both.quantile(i / 1000.0));
}

TEST_CASE("merging into an empty histogram and merging an empty one change nothing else") {
  Histogram target;
  Histogram source;
  source.record(42, 3);
  target.merge(source);
  target.merge(Histogram{});
  CHECK(target.count() == 3);
  CHECK(target.min() == 42);
  CHECK(target.max() == 42);
}

TEST_CASE("reset forgets everything") {
  Histogram histogram;
  histogram.record(0);
  histogram.record(123'456);
  histogram.reset();
  CHECK(histogram.count() == 0);
  CHECK(histogram.clamped() == 0);
  CHECK(histogram.max() == 0);
  histogram.record(5);
  CHECK(histogram.min() == 5);
}

TEST_CASE("buckets cover the range without gap or overlap and hold every count") {
  Histogram histogram;
  std::uint64_t recorded = 0;
  for (std::uint64_t value = 1; value <= kMaxNs; value += value / 4000 + 1, ++recorded)
    histogram.record(value);
  histogram.record(kMaxNs);
  ++recorded;
  std::uint64_t previous_high = 0;
  std::uint64_t total = 0;
  bool contiguous = true;
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    contiguous =
        contiguous && bucket.low_ns == previous_high + 1 && bucket.high_ns >= bucket.low_ns;
    previous_high = bucket.high_ns;
    total += bucket.count;
  });
  CHECK(contiguous);
  CHECK(total == recorded);
  CHECK(previous_high >= kMaxNs);
}

TEST_CASE("a percentile needs a hundred values beyond it") {
  CHECK(enough_beyond(0.99, 10'000));
  CHECK_FALSE(enough_beyond(0.99, 9'999));
  CHECK_FALSE(enough_beyond(0.999, 10'000));
  CHECK(enough_beyond(0.9999, 1'000'000));
  CHECK_FALSE(enough_beyond(0.9999, 999'000));
}

TEST_CASE("exact figures are taken when they fit the buckets") {
  Histogram histogram;
  histogram.record_bucket({5000, 5003, 10});
  histogram.record_bucket({80'000, 80'063, 2});
  CHECK(histogram.min() == 5000);
  CHECK(histogram.max() == 80'063);
  CHECK(histogram.set_exact({5001, 80'020, 210'000, 1}));
  CHECK(histogram.min() == 5001);
  CHECK(histogram.max() == 80'020);
  CHECK(histogram.sum_ns() == 210'000);
  CHECK(histogram.clamped() == 1);
  CHECK_FALSE(histogram.set_exact({4000, 80'020, 210'000, 1}));
  CHECK_FALSE(histogram.set_exact({5001, 90'000, 210'000, 1}));
  CHECK_FALSE(histogram.set_exact({5001, 80'020, 12'000, 1}));
  CHECK_FALSE(histogram.set_exact({5001, 80'020, 1e9, 1}));
  CHECK_FALSE(histogram.set_exact({5001, 80'020, std::nan(""), 1}));
  CHECK_FALSE(histogram.set_exact({5001, 80'020, 210'000, 13}));
  CHECK_FALSE(Histogram{}.set_exact({1, 1, 0, 0}));
  CHECK(histogram.min() == 5001);
}

TEST_CASE("values that were due during a stall are filled in") {
  // A loop with a pace of 1 ms: 99 quick values, one of 100 ms, in which 99 more were due.
  Histogram naive;
  naive.record(50'000, 99);
  naive.record(100'000'000);
  const Histogram corrected = tally::hist::corrected_for_omission(naive, 1'000'000);
  CHECK(naive.quantile(0.98) == 50'000);
  CHECK(corrected.count() == 199);
  CHECK(corrected.max() == 100'000'000);
  CHECK(relative_error(corrected.quantile(149.0 / 199), 50'000'000) <= 0.001);
  // 99 + 99 + ... + 1 ms and what was there.
  CHECK(corrected.sum_ns() == doctest::Approx(99 * 50'000.0 + 1e6 * 5050).epsilon(0.001));
}

TEST_CASE("filling in at a pace of one nanosecond ends") {
  Histogram naive;
  naive.record(kMaxNs);
  const Histogram corrected = tally::hist::corrected_for_omission(naive, 1);
  CHECK(relative_error(corrected.count(), kMaxNs) <= 0.001);
  CHECK(corrected.min() == 1);
  CHECK(tally::hist::corrected_for_omission(naive, kMaxNs).count() == 1);
}

TEST_SUITE_END();
