// Compiled for AVX-512 IFMA (lib/CMakeLists.txt). Nothing here runs before the processor was asked.
#include "crypto/secret_mul_kernel.hpp"

#ifdef __AVX512IFMA__

#include "core/secret.hpp"
#include "crypto/field_chains.hpp"
#include "crypto/field_ifma.hpp"
#include "crypto/group_formulas.hpp"

namespace tally::crypto {
namespace {

using Fe = Lanes::Fe;
using Mask = Lanes::Mask;
using Sum = Jacobian<Lanes>;

// What a digit v of `window` bits stands for, lane by lane: +-(2 * index + 1).
struct Digits {
  __m512i index;
  Mask negative;
};
[[gnu::always_inline]] inline Digits load_digits(const std::uint8_t* row, int window) {
  const __m512i v = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(row)));
  const __m512i sign = field_ifma::fill(std::uint64_t{1} << (window - 1));
  const Mask negative = _mm512_testn_epi64_mask(v, sign);
  const __m512i below = field_ifma::fill((std::uint64_t{1} << (window - 1)) - 1);
  return {_mm512_and_si512(_mm512_mask_xor_epi64(v, negative, v, below), below), negative};
}

// Entry `index` of 128 words in each lane. All of them are read, whatever the index; what chooses
// is a permutation within registers and the masks of three bits.
[[gnu::always_inline]] inline __m512i pick_word(const std::uint64_t* words, __m512i index,
                                                Mask bit4, Mask bit5, Mask bit6) {
  static_assert(kFixedMultiples == 128);
  __m512i half[2];
  for (int high = 0; high < 2; ++high) {
    __m512i quarter[4];
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t* const at = words + 64 * high + 16 * i;
      quarter[i] =
          _mm512_permutex2var_epi64(_mm512_load_si512(at), index, _mm512_load_si512(at + 8));
    }
    half[high] =
        _mm512_mask_blend_epi64(bit5, _mm512_mask_blend_epi64(bit4, quarter[0], quarter[1]),
                                _mm512_mask_blend_epi64(bit4, quarter[2], quarter[3]));
  }
  return _mm512_mask_blend_epi64(bit6, half[0], half[1]);
}
[[gnu::always_inline]] inline void pick_fixed(const FixedRow& row, __m512i index, Fe& x, Fe& y) {
  const Mask bit4 = _mm512_test_epi64_mask(index, field_ifma::fill(16));
  const Mask bit5 = _mm512_test_epi64_mask(index, field_ifma::fill(32));
  const Mask bit6 = _mm512_test_epi64_mask(index, field_ifma::fill(64));
  __m512i words[8];
  for (int i = 0; i < 8; ++i) words[i] = pick_word(row.word[i], index, bit4, bit5, bit6);
  x = field_ifma::from_columns(words);
  y = field_ifma::from_columns(words + 4);
}

[[gnu::always_inline]] inline Sum first_term(const Fe& x, const Fe& y, Mask negative) {
  return {x, weak(select(negative, y, negate(y))), Lanes::broadcast({1, 0, 0, 0})};
}
[[gnu::always_inline]] inline Sum added_term(const Sum& sum, const Fe& x, const Fe& y,
                                             Mask negative) {
  Meeting<Lanes> met;
  return added<Lanes>(sum, x, y, negative, met);
}
// The same for every sum, infinity (Z = 0) and +-(x, y) among them.
Sum added_last(const Sum& sum, const Fe& x, const Fe& y, Mask negative) {
  Meeting<Lanes> met;
  Sum result = added<Lanes>(sum, x, y, negative, met);
  const Sum term = first_term(x, y, negative);
  const Mask same = is_zero(met.ratio) & is_zero(met.slope);
  result = select<Lanes>(same, result, doubled(term));
  return select<Lanes>(is_zero(sum.z), result, term);
}

// Infinity, whose Z and its inverse are 0, becomes (0, 0).
[[gnu::always_inline]] inline void store_affine(const Sum& sum, AffineWords* out) {
  const Fe inverse = field_inverse(sum.z);
  const Fe square = sqr(inverse);
  AffineWords* rows[8];
  for (int i = 0; i < 8; ++i) rows[i] = out + i;
  Lanes::store_points(rows, mul(sum.x, square), mul(sum.y, mul(square, inverse)));
}

void mul_generator_block(const FixedMulBlock& block, const FixedRow* table, AffineWords* out) {
  Sum sum;
  for (int j = 0; j < kFixedDigits; ++j) {
    const Digits digits = load_digits(block.digit[j], kFixedWindow);
    Fe x, y;
    pick_fixed(table[j], digits.index, x, y);
    if (j == 0) {
      sum = first_term(x, y, digits.negative);
    } else if (j + 1 < kFixedDigits) {
      sum = added_term(sum, x, y, digits.negative);
    } else {
      sum = added_last(sum, x, y, digits.negative);
    }
  }
  store_affine(sum, out);
  core::wipe(&sum, sizeof sum);
}

// The odd multiples of eight points, on the curve on which twice each point has Z = 1, and all with
// the Z of the last.
class OddMultiples {
 public:
  explicit OddMultiples(const AffineWords* points) {
    const AffineWords* rows[8];
    for (int i = 0; i < 8; ++i) rows[i] = points + i;
    Fe x, y;
    Lanes::load_points(rows, x, y);
    const Sum twice = doubled(first_term(x, y, 0));
    const Fe square = sqr(twice.z);
    Sum multiple[kCount];
    Fe growth[kCount];  // Z of multiple i over Z of multiple i - 1
    multiple[0] = first_term(mul(x, square), mul(y, mul(square, twice.z)), 0);
    for (int i = 1; i < kCount; ++i) {
      Meeting<Lanes> met;
      multiple[i] = added<Lanes>(multiple[i - 1], twice.x, twice.y, 0, met);
      growth[i] = met.ratio;
    }
    const Sum& last = multiple[kCount - 1];
    scale_ = mul(last.z, twice.z);
    x_[kCount - 1] = last.x;
    y_[kCount - 1] = last.y;
    Fe factor = growth[kCount - 1];
    for (int i = kCount - 2; i >= 0; --i) {
      const Fe factor_square = sqr(factor);
      x_[i] = mul(multiple[i].x, factor_square);
      y_[i] = mul(multiple[i].y, mul(factor_square, factor));
      if (i > 0) factor = mul(factor, growth[i]);
    }
  }

  // Reads every entry, whatever the index.
  void pick(__m512i index, Fe& x, Fe& y) const {
    x = x_[0];
    y = y_[0];
    for (int i = 1; i < kCount; ++i) {
      const Mask here =
          _mm512_cmpeq_epi64_mask(index, field_ifma::fill(static_cast<std::uint64_t>(i)));
      x = select(here, x, x_[i]);
      y = select(here, y, y_[i]);
    }
  }
  // The real Z of a sum over its Z.
  [[nodiscard]] const Fe& scale() const { return scale_; }

 private:
  static constexpr int kCount = 1 << (kSecretWindow - 1);
  Fe x_[kCount];
  Fe y_[kCount];
  Fe scale_;
};

void mul_point_block(const SecretMulBlock& block, AffineWords* out) {
  OddMultiples table(block.point);
  const Fe beta = Lanes::broadcast(kBetaWords);
  Sum sum;
  for (int j = kSecretDigits - 1; j >= 0; --j) {
    const bool first = j + 1 == kSecretDigits;
    if (!first) {
      for (int i = 0; i < kSecretWindow; ++i) sum = doubled(sum);
    }
    for (int half = 0; half < 2; ++half) {
      const Digits digits = load_digits(block.digit[half][j], kSecretWindow);
      Fe x, y;
      table.pick(digits.index, x, y);
      if (half == 1) x = mul(x, beta);
      if (first && half == 0) {
        sum = first_term(x, y, digits.negative);
      } else if (j > 0) {
        sum = added_term(sum, x, y, digits.negative);
      } else {
        sum = added_last(sum, x, y, digits.negative);
      }
    }
  }
  sum.z = mul(sum.z, table.scale());
  store_affine(sum, out);
  core::wipe(&sum, sizeof sum);
  core::wipe(&table, sizeof table);
}

}  // namespace

const SecretMulKernel* compiled_secret_mul_kernel() {
  static constexpr SecretMulKernel kKernel = {mul_generator_block, mul_point_block};
  return &kKernel;
}

}  // namespace tally::crypto

#else

namespace tally::crypto {

const SecretMulKernel* compiled_secret_mul_kernel() {
  return nullptr;
}

}  // namespace tally::crypto

#endif
