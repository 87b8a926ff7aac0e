#include "hist/packed.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <new>
#include <zlib.h>

#include "core/endian.hpp"

namespace tally::hist {

namespace {

constexpr std::uint32_t kInnerCookie = 0x1c849313;
constexpr std::uint32_t kZlibCookie = 0x1c849314;
constexpr std::size_t kWrapperBytes = 8;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
constexpr std::uint32_t kDigits = 3;
constexpr std::uint32_t kMostDigits = 5;
constexpr unsigned kLongestNumber = 9;  // the ninth byte carries eight bits

void append_number(Bytes& out, std::int64_t value) {
  const auto raw = static_cast<std::uint64_t>(value);
  std::uint64_t zigzag = (raw << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0);
  for (unsigned i = 1; i < kLongestNumber && zigzag >= 0x80; ++i, zigzag >>= 7U)
    out.push_back(static_cast<std::uint8_t>(zigzag | 0x80U));
  out.push_back(static_cast<std::uint8_t>(zigzag));
}

// Takes one number from the front of `bytes`; false when they end inside it.
bool take_number(ByteView& bytes, std::int64_t& value) {
  std::uint64_t zigzag = 0;
  for (unsigned i = 0; i < kLongestNumber; ++i) {
    if (i >= bytes.size()) return false;
    const std::uint64_t byte = bytes[i];
    const bool last = i + 1 == kLongestNumber || byte < 0x80;
    zigzag |= (i + 1 == kLongestNumber ? byte : byte & 0x7fU) << (7 * i);
    if (!last) continue;
    bytes = bytes.subspan(i + 1);
    value = static_cast<std::int64_t>((zigzag >> 1U) ^ (~(zigzag & 1U) + 1));
    return true;
  }
  return false;
}

// A histogram with three digits has buckets of width 1 below 2048, as ours has, so a bucket's place
// in the array of counts follows from the end of the one before it and its width.
Bytes counts_of(const Histogram& histogram) {
  Bytes counts;
  std::size_t next = 0;
  histogram.for_each([&](const Histogram::Bucket& bucket) {
    const std::size_t index = Histogram::bucket_index(bucket.low_ns);
    const auto empty = static_cast<std::int64_t>(index - next);
    if (empty == 1) append_number(counts, 0);
    if (empty > 1) append_number(counts, -empty);
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    append_number(counts, static_cast<std::int64_t>(std::min(bucket.count, kMost)));
    next = index + 1;
  });
  return counts;
}

Result<Bytes> inflate_all(ByteView compressed) {
  Bytes out(std::min(kMostBytes, std::max<std::size_t>(4096, compressed.size() * 4)));
  for (;;) {
    uLongf size = out.size();
    const int status = ::uncompress(out.data(), &size, compressed.data(), compressed.size());
    if (status == Z_OK) {
      out.resize(size);
      return out;
    }
    if (status != Z_BUF_ERROR || out.size() >= kMostBytes)
      return fail(Code::bad_data, "the histogram's zlib stream is damaged");
    // Too small, or the stream is cut: a cut one fails at the largest size.
    out.resize(std::min(kMostBytes, out.size() * 8));
  }
}

// The layout that a header stands for.
struct Layout {
  unsigned unit_bits = 0;
  unsigned half_bits = 0;

  // The bucket at a place of the array of counts; false when its values exceed 63 bits.
  bool bucket(std::uint64_t index, Histogram::Bucket& out) const {
    const std::uint64_t half = std::uint64_t{1} << half_bits;
    std::uint64_t octave = index >> half_bits;
    std::uint64_t sub = index & (half - 1);
    if (octave > 0) {
      --octave;
      sub += half;
    }
    const std::uint64_t shift = octave + unit_bits;
    if (shift + static_cast<unsigned>(std::bit_width(sub + 1)) > 63) return false;
    out.low_ns = sub << shift;
    out.high_ns = ((sub + 1) << shift) - 1;
    return true;
  }
};

Result<Layout> read_header(ByteView header) {
  if (core::load_be<std::uint32_t>(header.data()) != kInnerCookie)
    return fail(Code::bad_data, "the histogram is not of version 2");
  const auto offset = core::load_be<std::uint32_t>(&header[8]);
  const auto digits = core::load_be<std::uint32_t>(&header[12]);
  const auto lowest = core::load_be<std::uint64_t>(&header[16]);
  if (offset != 0) return fail(Code::bad_data, "the histogram is shifted");
  if (digits > kMostDigits)
    return fail(Code::bad_data, fmt::format("the histogram has {} digits", digits));
  if (lowest < 1 || lowest > kMaxNs)
    return fail(Code::bad_data, fmt::format("the histogram begins at {}", lowest));
  Layout layout;
  layout.unit_bits = static_cast<unsigned>(std::bit_width(lowest)) - 1;
  std::uint64_t largest_exact = 2;
  for (std::uint32_t i = 0; i < digits; ++i) largest_exact *= 10;
  layout.half_bits = std::max(1U, static_cast<unsigned>(std::bit_width(largest_exact - 1))) - 1;
  return layout;
}

Status read_counts(ByteView counts, const Layout& layout, Histogram& histogram) {
  std::uint64_t index = 0;
  while (!counts.empty()) {
    std::int64_t number = 0;
    if (!take_number(counts, number)) return fail(Code::bad_data, "the histogram's counts are cut");
    if (number <= 0) {
      const std::uint64_t empty = number == 0 ? 1 : ~static_cast<std::uint64_t>(number) + 1;
      // More places than 63 octaves of five digits have; the sum below cannot overflow.
      if (empty > std::uint64_t{1} << 32U)
        return fail(Code::bad_data, "the histogram's counts run past its range");
      index += empty;
      continue;
    }
    Histogram::Bucket bucket;
    if (!layout.bucket(index, bucket))
      return fail(Code::bad_data, "the histogram's counts run past its range");
    bucket.count = static_cast<std::uint64_t>(number);
    histogram.record_bucket(bucket);
    ++index;
  }
  return {};
}

}  // namespace

Bytes pack(const Histogram& histogram) {
  const Bytes counts = counts_of(histogram);
  Bytes plain;
  plain.reserve(kHeaderBytes + counts.size());
  core::append_be(plain, kInnerCookie);
  core::append_be(plain, static_cast<std::uint32_t>(counts.size()));
  core::append_be(plain, std::uint32_t{0});  // normalizing index offset
  core::append_be(plain, kDigits);
  core::append_be(plain, kMinNs);
  core::append_be(plain, kMaxNs);
  core::append_be(plain, std::bit_cast<std::uint64_t>(1.0));  // ratio of integers to doubles
  plain.insert(plain.end(), counts.begin(), counts.end());

  uLongf size = ::compressBound(plain.size());
  Bytes out(kWrapperBytes + size);
  // It fails for want of memory or room alone, and there is room.
  if (::compress2(out.data() + kWrapperBytes, &size, plain.data(), plain.size(),
                  Z_BEST_COMPRESSION) != Z_OK)
    throw std::bad_alloc();
  out.resize(kWrapperBytes + size);
  core::store_be(out.data(), kZlibCookie);
  core::store_be(out.data() + 4, static_cast<std::uint32_t>(size));
  return out;
}

Result<Histogram> unpack(ByteView bytes) {
  if (bytes.size() < kWrapperBytes || core::load_be<std::uint32_t>(bytes.data()) != kZlibCookie)
    return fail(Code::bad_data, "not a compressed HdrHistogram of version 2");
  const auto compressed_bytes = core::load_be<std::uint32_t>(bytes.data() + 4);
  if (compressed_bytes > bytes.size() - kWrapperBytes)
    return fail(Code::bad_data, "the histogram is cut");
  TALLY_TRY(const Bytes plain, inflate_all(bytes.subspan(kWrapperBytes, compressed_bytes)));
  if (plain.size() < kHeaderBytes) return fail(Code::bad_data, "the histogram's header is cut");
  const ByteView view(plain);
  TALLY_TRY(const Layout layout, read_header(view.first(kHeaderBytes)));
  const auto counts_bytes = core::load_be<std::uint32_t>(&plain[4]);
  if (counts_bytes > plain.size() - kHeaderBytes)
    return fail(Code::bad_data, "the histogram's counts are cut");
  Histogram histogram;
  TALLY_CHECK(read_counts(view.subspan(kHeaderBytes, counts_bytes), layout, histogram));
  return histogram;
}

}  // namespace tally::hist
