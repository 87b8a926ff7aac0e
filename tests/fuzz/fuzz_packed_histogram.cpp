// Packed histograms: any bytes are taken, and what unpacks is packed and unpacked again to the same
// buckets. Beside the bytes as they come, their counts are tried without the zlib stream around
// them, which no mutation would get through.
#include <cstdlib>
#include <vector>
#include <zlib.h>

#include "core/endian.hpp"
#include "hist/packed.hpp"

namespace core = tally::core;
namespace hist = tally::hist;
using tally::Bytes;
using tally::ByteView;

namespace {

std::vector<std::uint64_t> buckets_of(const hist::Histogram& histogram) {
  std::vector<std::uint64_t> buckets;
  histogram.for_each([&](const hist::Histogram::Bucket& bucket) {
    buckets.push_back(bucket.low_ns);
    buckets.push_back(bucket.count < (std::uint64_t{1} << 63U) ? bucket.count
                                                               : (std::uint64_t{1} << 63U) - 1);
  });
  return buckets;
}

void check(ByteView bytes) {
  const auto histogram = hist::unpack(bytes);
  if (!histogram) return;
  const auto again = hist::unpack(hist::pack(*histogram));
  if (!again || buckets_of(*again) != buckets_of(*histogram)) std::abort();
}

Bytes wrapped(ByteView plain) {
  uLongf size = ::compressBound(plain.size());
  Bytes out(8 + size);
  if (::compress2(out.data() + 8, &size, plain.data(), plain.size(), 1) != Z_OK) std::abort();
  out.resize(8 + size);
  core::store_be<std::uint32_t>(out.data(), 0x1c849314);
  core::store_be<std::uint32_t>(out.data() + 4, static_cast<std::uint32_t>(size));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({data, size});
  check(wrapped({data, size}));
  return 0;
}
