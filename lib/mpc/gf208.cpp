#include "mpc/gf208.hpp"

#include <cstring>
#include <immintrin.h>

#include "core/cpu.hpp"
#include "core/endian.hpp"

namespace tally::mpc::dkls {
namespace {

constexpr std::uint64_t kTopMask = 0xFFFF;  // 208 = 3 * 64 + 16
using Product = std::array<std::uint64_t, 8>;

// Everything from x^208 up, times x^9 + x^3 + x + 1, comes back below. Twice: the first time leaves
// at most nine bits above.
Gf208 reduce(const Product& p) {
  std::array<std::uint64_t, 4> high{};
  for (std::size_t i = 0; i < 4; ++i) {
    high[i] = (p[i + 3] >> 16U) | (p[i + 4] << 48U);
  }
  std::array<std::uint64_t, 5> sum = {p[0], p[1], p[2], p[3] & kTopMask, 0};
  for (const unsigned shift : {0U, 1U, 3U, 9U}) {
    std::uint64_t carried = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      sum[i] ^= (high[i] << shift) | carried;
      carried = shift == 0 ? 0 : high[i] >> (64U - shift);
    }
    sum[4] ^= carried;
  }
  const std::uint64_t rest = (sum[3] >> 16U) | (sum[4] << 48U);
  return {sum[0] ^ rest ^ (rest << 1U) ^ (rest << 3U) ^ (rest << 9U), sum[1], sum[2],
          sum[3] & kTopMask};
}

// Horner over the bits of a, highest first.
void add_product_portable(Product& sum, const Gf208& a, const Gf208& b) {
  for (std::size_t i = 0; i < 208; ++i) {
    const std::uint64_t mask = 0 - ((a[i / 64] >> (i % 64)) & 1U);
    const std::size_t limb = i / 64;
    const auto shift = static_cast<unsigned>(i % 64);
    for (std::size_t j = 0; j < 4; ++j) {
      sum[limb + j] ^= (b[j] << shift) & mask;
      // In two steps, since a shift by 64 is none.
      sum[limb + j + 1] ^= ((b[j] >> 1U) >> (63U - shift)) & mask;
    }
  }
}

[[gnu::target("pclmul")]] void add_product_pclmul(Product& sum, const Gf208& a, const Gf208& b) {
  for (std::size_t i = 0; i < 4; ++i) {
    const __m128i left = _mm_cvtsi64_si128(static_cast<long long>(a[i]));
    for (std::size_t j = 0; j < 4; ++j) {
      const __m128i right = _mm_cvtsi64_si128(static_cast<long long>(b[j]));
      const __m128i product = _mm_clmulepi64_si128(left, right, 0);
      sum[i + j] ^= static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
      sum[i + j + 1] ^= static_cast<std::uint64_t>(_mm_extract_epi64(product, 1));
    }
  }
}

void add_product(Product& sum, const Gf208& a, const Gf208& b) {
  static const bool kWide = core::cpu_features().pclmul;
  if (kWide) {
    add_product_pclmul(sum, a, b);
  } else {
    add_product_portable(sum, a, b);
  }
}

}  // namespace

Gf208 gf208_load(ByteView bytes) {
  return {core::load_le<std::uint64_t>(bytes.data()), core::load_le<std::uint64_t>(&bytes[8]),
          core::load_le<std::uint64_t>(&bytes[16]), core::load_le<std::uint16_t>(&bytes[24])};
}

void gf208_store(const Gf208& value, MutableByteView out) {
  for (std::size_t i = 0; i < 3; ++i) core::store_le(&out[8 * i], value[i]);
  core::store_le(&out[24], static_cast<std::uint16_t>(value[3]));
}

Gf208 gf208_mul(const Gf208& a, const Gf208& b) {
  Product product{};
  add_product(product, a, b);
  return reduce(product);
}

Gf208 gf208_hash(const std::array<Gf208, 2>& chi, ByteView column) {
  const Gf208 last = gf208_load(column.subspan(2 * kGf208Bytes, kGf208Bytes));
  Product sum = {last[0], last[1], last[2], last[3], 0, 0, 0, 0};
  for (std::size_t j = 0; j < chi.size(); ++j) {
    add_product(sum, chi[j], gf208_load(column.subspan(j * kGf208Bytes, kGf208Bytes)));
  }
  return reduce(sum);
}

}  // namespace tally::mpc::dkls
