#include "hist/packed.hpp"

#include <cstdint>
#include <doctest/doctest.h>
#include <string_view>
#include <vector>
#include <zlib.h>

#include "core/base64.hpp"
#include "core/endian.hpp"

using tally::Bytes;
using tally::hist::Histogram;
using tally::hist::kMaxNs;
using tally::hist::pack;
using tally::hist::unpack;
namespace core = tally::core;

namespace {

std::vector<std::uint64_t> buckets_of(const Histogram& histogram) {
  std::vector<std::uint64_t> buckets;
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    buckets.push_back(bucket.low_ns);
    buckets.push_back(bucket.high_ns);
    buckets.push_back(bucket.count);
  });
  return buckets;
}

// A payload with a header of one's own choice.
Bytes packed_by_hand(std::uint32_t digits, std::uint64_t lowest, const Bytes& counts,
                     std::uint32_t cookie = 0x1c849313, std::uint32_t offset = 0) {
  Bytes plain(40 + counts.size());
  core::store_be<std::uint32_t>(&plain[0], cookie);
  core::store_be<std::uint32_t>(&plain[4], static_cast<std::uint32_t>(counts.size()));
  core::store_be<std::uint32_t>(&plain[8], offset);
  core::store_be<std::uint32_t>(&plain[12], digits);
  core::store_be<std::uint64_t>(&plain[16], lowest);
  core::store_be<std::uint64_t>(&plain[24], kMaxNs);
  core::store_be<std::uint64_t>(&plain[32], 0x3ff0000000000000U);
  std::copy(counts.begin(), counts.end(), plain.begin() + 40);
  uLongf size = ::compressBound(plain.size());
  Bytes out(8 + size);
  REQUIRE(::compress2(&out[8], &size, plain.data(), plain.size(), 9) == Z_OK);
  out.resize(8 + size);
  core::store_be<std::uint32_t>(&out[0], 0x1c849314);
  core::store_be<std::uint32_t>(&out[4], static_cast<std::uint32_t>(size));
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("hist");

TEST_CASE("a packed histogram comes back in the same buckets") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= kMaxNs; value += value / 300 + 1)
    histogram.record(value, value % 1000 * value % 70'000 + 1);
  histogram.record(kMaxNs, std::uint64_t{1} << 62U);
  const Histogram again = unpack(pack(histogram)).value();
  CHECK(buckets_of(again) == buckets_of(histogram));
  CHECK(again.count() == histogram.count());
  CHECK(again.min() == 1);
  CHECK(again.max() == kMaxNs);
}

TEST_CASE("an empty histogram can be packed") {
  CHECK(unpack(pack(Histogram{})).value().count() == 0);
}

TEST_CASE("the text of a packed histogram begins as every HdrHistogram does") {
  Histogram histogram;
  histogram.record(5);
  CHECK(core::to_base64(pack(histogram)).starts_with("HISTFAAA"));
}

TEST_CASE("counts are the numbers of the format") {
  // Two values of 1, a run of two empty buckets, 300 values of 4.
  const Histogram histogram = unpack(packed_by_hand(3, 1, {0x00, 0x04, 0x03, 0xd8, 0x04})).value();
  CHECK(buckets_of(histogram) == std::vector<std::uint64_t>{1, 1, 2, 4, 4, 300});
}

TEST_CASE("a histogram with another layout keeps its values within its own error") {
  // One digit: buckets of width 1 below 32, then 16 to an octave. Place 32 + 5 holds 42 and 43.
  const Histogram one_digit = unpack(packed_by_hand(1, 1, {0x49, 0x06})).value();
  CHECK(one_digit.count() == 3);
  CHECK(one_digit.min() == 42);
  CHECK(one_digit.max() == 43);
  // Units of 1024: place 3 holds 3072 to 4095.
  const Histogram large_unit = unpack(packed_by_hand(3, 1024, {0x05, 0x02})).value();
  CHECK(large_unit.min() == 3072);
  CHECK(large_unit.max() == 4095);
}

TEST_CASE("what is no packed histogram is refused") {
  Histogram histogram;
  for (std::uint64_t value = 1; value < 5'000; value += 7) histogram.record(value);
  const Bytes packed = pack(histogram);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(unpack(tally::ByteView(packed).first(size)).has_value());
  }
  const auto words = [](const Bytes& bytes) { return unpack(bytes).error().message; };
  CHECK(words(packed_by_hand(3, 1, {}, 0x1c849301)) == "the histogram is not of version 2");
  CHECK(words(packed_by_hand(6, 1, {})) == "the histogram has 6 digits");
  CHECK(words(packed_by_hand(3, 0, {})) == "the histogram begins at 0");
  CHECK(words(packed_by_hand(3, 1, {}, 0x1c849313, 7)) == "the histogram is shifted");
  CHECK(words(packed_by_hand(3, 1, {0x80})) == "the histogram's counts are cut");
  CHECK(words(packed_by_hand(3, 1, {0xff, 0xff, 0x7f, 0x02})) ==
        "the histogram's counts run past its range");
}

TEST_CASE("a zlib stream that grows beyond the limit is refused") {
  const Bytes packed = packed_by_hand(3, 1, Bytes(std::size_t{20} << 20U, 0));
  CHECK(packed.size() < 100'000);
  CHECK(unpack(packed).error().message == "the histogram's zlib stream is damaged");
}

TEST_SUITE_END();
