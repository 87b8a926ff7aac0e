// Eight elements of the field (field.hpp has the contract), one in each lane of five AVX-512
// registers. Seen only by the sources that are compiled for IFMA (lib/CMakeLists.txt), which hold
// nothing that the rest of the program could be linked against by mistake: no inline function of
// the standard library may come to life in them.
//
// A product is 25 multiply-adds of low and 25 of high halves into ten limbs; the upper five are
// carried and folded in by 2^260 mod p, what then lies above 2^256 by 2^256 mod p. A square needs
// 15 pairs instead of 25.
//
// Source: Gueron and Krasnov, "Accelerating Big Integer Arithmetic Using Intel IFMA Extensions"
// (ARITH 2016), for the radix; the folding is our own.
#pragma once

#ifdef __AVX512IFMA__

#include <cstdint>
#include <immintrin.h>

#include "crypto/field.hpp"

namespace tally::crypto {

template <int kMagnitude>
struct FieldLanes {
  static_assert(kMagnitude >= 1 && kMagnitude <= 32);
  __m512i limb[5];
};

namespace field_ifma {

#define TALLY_INLINE [[gnu::always_inline]] inline

TALLY_INLINE __m512i fill(std::uint64_t value) {
  return _mm512_set1_epi64(static_cast<long long>(value));
}
TALLY_INLINE __m512i mask52(__m512i value) {
  return _mm512_and_si512(value, fill(kLimbMask));
}
TALLY_INLINE __m512i add(__m512i a, __m512i b) {
  return _mm512_add_epi64(a, b);
}
TALLY_INLINE __m512i low(__m512i sum, __m512i a, __m512i b) {
  return _mm512_madd52lo_epu64(sum, a, b);
}
TALLY_INLINE __m512i high(__m512i sum, __m512i a, __m512i b) {
  return _mm512_madd52hi_epu64(sum, a, b);
}
TALLY_INLINE __m512i carry_of(__m512i value) {
  return _mm512_srli_epi64(value, 52);
}

template <int A>
TALLY_INLINE void verify([[maybe_unused]] const FieldLanes<A>& a) {
#if defined(TALLY_VERIFY) && !defined(TALLY_CTIME)
  unsigned above = _mm512_cmpgt_epu64_mask(a.limb[4], fill(2 * A * kTopMask));
  for (int i = 0; i < 4; ++i) above |= _mm512_cmpgt_epu64_mask(a.limb[i], fill(2 * A * kLimbMask));
  if (above != 0) field_bounds_broken();
#endif
}

// Ten limbs, each below 2^57, into one element: folds what is above 2^260, then what is above
// 2^256, and carries through.
TALLY_INLINE FieldLanes<1> reduce(__m512i t0, __m512i t1, __m512i t2, __m512i t3, __m512i t4,
                                  __m512i t5, __m512i t6, __m512i t7, __m512i t8, __m512i t9) {
  const __m512i fold = fill(kFieldFold260);
  t6 = add(t6, carry_of(t5));
  t5 = mask52(t5);
  t7 = add(t7, carry_of(t6));
  t6 = mask52(t6);
  t8 = add(t8, carry_of(t7));
  t7 = mask52(t7);
  t9 = add(t9, carry_of(t8));
  t8 = mask52(t8);
  t0 = low(t0, t5, fold);
  t1 = low(high(t1, t5, fold), t6, fold);
  t2 = low(high(t2, t6, fold), t7, fold);
  t3 = low(high(t3, t7, fold), t8, fold);
  t4 = low(high(t4, t8, fold), t9, fold);
  // The high half of t9 * fold stands at 2^260 once more; t9 is below 2^52 because a product of two
  // values below 2^260 is below 2^520.
  const __m512i again = high(_mm512_setzero_si512(), t9, fold);
  t1 = add(t1, carry_of(t0));
  t2 = add(t2, carry_of(t1));
  t3 = add(t3, carry_of(t2));
  t4 = add(t4, carry_of(t3));
  const __m512i top = add(_mm512_srli_epi64(t4, 48), _mm512_slli_epi64(again, 4));
  const __m512i bottom = low(mask52(t0), top, fill(kFieldFold));
  FieldLanes<1> r;
  r.limb[0] = mask52(bottom);
  r.limb[1] = add(high(mask52(t1), top, fill(kFieldFold)), carry_of(bottom));
  r.limb[2] = add(mask52(t2), carry_of(r.limb[1]));
  r.limb[1] = mask52(r.limb[1]);
  r.limb[3] = add(mask52(t3), carry_of(r.limb[2]));
  r.limb[2] = mask52(r.limb[2]);
  r.limb[4] = add(_mm512_and_si512(t4, fill(kTopMask)), carry_of(r.limb[3]));
  r.limb[3] = mask52(r.limb[3]);
  return r;
}

}  // namespace field_ifma

// Here and below every result of magnitude 1 has limbs below 2^52, the topmost below 2^49.
template <int A>
TALLY_INLINE FieldLanes<1> weak(const FieldLanes<A>& a) {
  using field_ifma::add;
  using field_ifma::carry_of;
  using field_ifma::fill;
  using field_ifma::low;
  using field_ifma::mask52;
  using field_ifma::verify;
  verify(a);
  FieldLanes<1> r;
  const __m512i over = _mm512_srli_epi64(a.limb[4], 48);
  const __m512i t0 = low(a.limb[0], over, fill(kFieldFold));
  const __m512i t1 = add(a.limb[1], carry_of(t0));
  const __m512i t2 = add(a.limb[2], carry_of(t1));
  const __m512i t3 = add(a.limb[3], carry_of(t2));
  r.limb[0] = mask52(t0);
  r.limb[1] = mask52(t1);
  r.limb[2] = mask52(t2);
  r.limb[3] = mask52(t3);
  r.limb[4] = add(_mm512_and_si512(a.limb[4], fill(kTopMask)), carry_of(t3));
  return r;
}

template <int A>
TALLY_INLINE FieldLanes<1> tight(const FieldLanes<A>& a) {
  if constexpr (A == 1) {
    return a;
  } else {
    return weak(a);
  }
}

namespace field_ifma {

TALLY_INLINE FieldLanes<1> mul_tight(const FieldLanes<1>& a, const FieldLanes<1>& b) {
  const __m512i* x = a.limb;
  const __m512i* y = b.limb;
  __m512i t[10];
  for (__m512i& limb : t) limb = _mm512_setzero_si512();
#pragma GCC unroll 5
  for (int i = 0; i < 5; ++i) {
#pragma GCC unroll 5
    for (int j = 0; j < 5; ++j) t[i + j] = low(t[i + j], x[i], y[j]);
#pragma GCC unroll 5
    for (int j = 0; j < 5; ++j) t[i + j + 1] = high(t[i + j + 1], x[i], y[j]);
  }
  return reduce(t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9]);
}

TALLY_INLINE FieldLanes<1> sqr_tight(const FieldLanes<1>& a) {
  const __m512i* x = a.limb;
  __m512i t[10];
  for (__m512i& limb : t) limb = _mm512_setzero_si512();
    // The mixed products once, doubled; then the squares.
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
#pragma GCC unroll 5
    for (int j = i + 1; j < 5; ++j) {
      t[i + j] = low(t[i + j], x[i], x[j]);
      t[i + j + 1] = high(t[i + j + 1], x[i], x[j]);
    }
  }
#pragma GCC unroll 10
  for (int i = 1; i < 9; ++i) t[i] = add(t[i], t[i]);
#pragma GCC unroll 5
  for (int i = 0; i < 5; ++i) {
    t[2 * i] = low(t[2 * i], x[i], x[i]);
    t[2 * i + 1] = high(t[2 * i + 1], x[i], x[i]);
  }
  return reduce(t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9]);
}

}  // namespace field_ifma

template <int A, int B>
TALLY_INLINE FieldLanes<1> mul(const FieldLanes<A>& a, const FieldLanes<B>& b) {
  static_assert(A <= kMulMagnitude && B <= kMulMagnitude);
  field_ifma::verify(a);
  field_ifma::verify(b);
  return field_ifma::mul_tight(tight(a), tight(b));
}

template <int A>
TALLY_INLINE FieldLanes<1> sqr(const FieldLanes<A>& a) {
  static_assert(A <= kMulMagnitude);
  field_ifma::verify(a);
  return field_ifma::sqr_tight(tight(a));
}

template <int A, int B>
TALLY_INLINE FieldLanes<A + B> operator+(const FieldLanes<A>& a, const FieldLanes<B>& b) {
  FieldLanes<A + B> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = field_ifma::add(a.limb[i], b.limb[i]);
  return r;
}

template <int A>
TALLY_INLINE FieldLanes<A + 1> negate(const FieldLanes<A>& a) {
  using field_ifma::fill;
  constexpr std::uint64_t kTimes = 2 * (A + 1);
  FieldLanes<A + 1> r;
  r.limb[0] = _mm512_sub_epi64(fill(kTimes * kPrimeLimb0), a.limb[0]);
  for (int i = 1; i < 4; ++i) r.limb[i] = _mm512_sub_epi64(fill(kTimes * kLimbMask), a.limb[i]);
  r.limb[4] = _mm512_sub_epi64(fill(kTimes * kTopMask), a.limb[4]);
  return r;
}

template <int A, int B>
TALLY_INLINE FieldLanes<A + B + 1> operator-(const FieldLanes<A>& a, const FieldLanes<B>& b) {
  return a + negate(b);
}

template <int kTimes, int A>
TALLY_INLINE FieldLanes<kTimes * A> times(const FieldLanes<A>& a) {
  static_assert(kTimes == 2 || kTimes == 3 || kTimes == 4 || kTimes == 8);
  FieldLanes<kTimes * A> r;
  for (int i = 0; i < 5; ++i) {
    if constexpr (kTimes == 3) {
      r.limb[i] = field_ifma::add(field_ifma::add(a.limb[i], a.limb[i]), a.limb[i]);
    } else {
      r.limb[i] = _mm512_slli_epi64(a.limb[i], kTimes == 2 ? 1 : kTimes == 4 ? 2 : 3);
    }
  }
  return r;
}

template <int A>
TALLY_INLINE FieldLanes<A / 2 + 1> half(const FieldLanes<A>& a) {
  using field_ifma::add;
  using field_ifma::fill;
  const __m512i one = fill(1);
  const __mmask8 odd = _mm512_test_epi64_mask(a.limb[0], one);
  __m512i t[5];
  t[0] = _mm512_mask_add_epi64(a.limb[0], odd, a.limb[0], fill(kPrimeLimb0));
  for (int i = 1; i < 4; ++i)
    t[i] = _mm512_mask_add_epi64(a.limb[i], odd, a.limb[i], fill(kLimbMask));
  t[4] = _mm512_mask_add_epi64(a.limb[4], odd, a.limb[4], fill(kTopMask));
  FieldLanes<A / 2 + 1> r;
  for (int i = 0; i < 4; ++i) {
    const __m512i from_above = _mm512_slli_epi64(_mm512_and_si512(t[i + 1], one), 51);
    r.limb[i] = add(_mm512_srli_epi64(t[i], 1), from_above);
  }
  r.limb[4] = _mm512_srli_epi64(t[4], 1);
  return r;
}

template <int A>
TALLY_INLINE FieldLanes<1> normal(const FieldLanes<A>& a) {
  using field_ifma::add;
  using field_ifma::carry_of;
  using field_ifma::fill;
  FieldLanes<1> r = weak(a);
  const __m512i middle = _mm512_and_si512(_mm512_and_si512(r.limb[1], r.limb[2]), r.limb[3]);
  const unsigned full = _mm512_cmpeq_epu64_mask(r.limb[4], fill(kTopMask)) &
                        _mm512_cmpeq_epu64_mask(middle, fill(kLimbMask)) &
                        _mm512_cmpge_epu64_mask(r.limb[0], fill(kPrimeLimb0));
  const unsigned above = full | _mm512_cmpgt_epu64_mask(r.limb[4], fill(kTopMask));
  __m512i carry = _mm512_maskz_mov_epi64(static_cast<__mmask8>(above), fill(kFieldFold));
  for (int i = 0; i < 5; ++i) {
    carry = add(carry, r.limb[i]);
    r.limb[i] = _mm512_and_si512(carry, fill(i < 4 ? kLimbMask : kTopMask));
    carry = carry_of(carry);
  }
  return r;
}

template <int A>
TALLY_INLINE __mmask8 is_zero(const FieldLanes<A>& a) {
  const FieldLanes<1> n = normal(a);
  __m512i any = n.limb[0];
  for (int i = 1; i < 5; ++i) any = _mm512_or_si512(any, n.limb[i]);
  return _mm512_testn_epi64_mask(any, any);
}
// Pre: `a` is normal.
TALLY_INLINE __mmask8 is_odd(const FieldLanes<1>& a) {
  return _mm512_test_epi64_mask(a.limb[0], field_ifma::fill(1));
}

template <int A, int B>
TALLY_INLINE FieldLanes<larger(A, B)> select(__mmask8 take_b, const FieldLanes<A>& a,
                                             const FieldLanes<B>& b) {
  FieldLanes<larger(A, B)> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = _mm512_mask_mov_epi64(a.limb[i], take_b, b.limb[i]);
  return r;
}

namespace field_ifma {

TALLY_INLINE FieldLanes<1> from_columns(const __m512i* words) {
  FieldLanes<1> r;
  r.limb[0] = mask52(words[0]);
  r.limb[1] =
      mask52(_mm512_or_si512(_mm512_srli_epi64(words[0], 52), _mm512_slli_epi64(words[1], 12)));
  r.limb[2] =
      mask52(_mm512_or_si512(_mm512_srli_epi64(words[1], 40), _mm512_slli_epi64(words[2], 24)));
  r.limb[3] =
      mask52(_mm512_or_si512(_mm512_srli_epi64(words[2], 28), _mm512_slli_epi64(words[3], 36)));
  r.limb[4] = _mm512_srli_epi64(words[3], 16);
  return r;
}
TALLY_INLINE void to_columns(const FieldLanes<1>& a, __m512i* words) {
  const FieldLanes<1> n = normal(a);
  words[0] = _mm512_or_si512(n.limb[0], _mm512_slli_epi64(n.limb[1], 52));
  words[1] = _mm512_or_si512(_mm512_srli_epi64(n.limb[1], 12), _mm512_slli_epi64(n.limb[2], 40));
  words[2] = _mm512_or_si512(_mm512_srli_epi64(n.limb[2], 24), _mm512_slli_epi64(n.limb[3], 28));
  words[3] = _mm512_or_si512(_mm512_srli_epi64(n.limb[3], 36), _mm512_slli_epi64(n.limb[4], 16));
}

// Rows become columns, by 24 shuffles.
TALLY_INLINE void transpose(__m512i* r) {
  __m512i t[8];
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
    t[i + 4] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
  }
  for (int odd = 0; odd < 2; ++odd) {
    const __m512i* q = t + 4 * odd;
    const __m512i a = _mm512_shuffle_i64x2(q[0], q[1], 0x44);
    const __m512i b = _mm512_shuffle_i64x2(q[2], q[3], 0x44);
    const __m512i c = _mm512_shuffle_i64x2(q[0], q[1], 0xEE);
    const __m512i d = _mm512_shuffle_i64x2(q[2], q[3], 0xEE);
    r[0 + odd] = _mm512_shuffle_i64x2(a, b, 0x88);
    r[2 + odd] = _mm512_shuffle_i64x2(a, b, 0xDD);
    r[4 + odd] = _mm512_shuffle_i64x2(c, d, 0x88);
    r[6 + odd] = _mm512_shuffle_i64x2(c, d, 0xDD);
  }
}

}  // namespace field_ifma

// The width of eight: what templates over a width take from this file.
struct Lanes {
  using Fe = FieldLanes<1>;
  using Mask = __mmask8;
  static constexpr std::size_t kLanes = 8;
  static constexpr Mask kAll = 0xFF;

  TALLY_INLINE static Fe broadcast(const FieldWords& words) {
    const auto* w = reinterpret_cast<const std::uint64_t*>(&words);
    const __m512i columns[4] = {field_ifma::fill(w[0]), field_ifma::fill(w[1]),
                                field_ifma::fill(w[2]), field_ifma::fill(w[3])};
    return field_ifma::from_columns(columns);
  }
  // Rows are aligned, but g++ 12 does not always align a temporary of such a type.
  TALLY_INLINE static void load_points(const AffineWords* const* rows, Fe& x, Fe& y) {
    __m512i w[8];
    for (int i = 0; i < 8; ++i) w[i] = _mm512_loadu_si512(rows[i]);
    field_ifma::transpose(w);
    x = field_ifma::from_columns(w);
    y = field_ifma::from_columns(w + 4);
  }
  TALLY_INLINE static void store_points(AffineWords* const* rows, const Fe& x, const Fe& y) {
    __m512i w[8];
    field_ifma::to_columns(x, w);
    field_ifma::to_columns(y, w + 4);
    field_ifma::transpose(w);
    for (int i = 0; i < 8; ++i) _mm512_storeu_si512(rows[i], w[i]);
  }
  TALLY_INLINE static void load_elements(const FieldWords* const* rows, Fe& x) {
    alignas(64) std::uint64_t words[4][8];
    for (int lane = 0; lane < 8; ++lane) {
      const auto* w = reinterpret_cast<const std::uint64_t*>(rows[lane]);
      for (int i = 0; i < 4; ++i) words[i][lane] = w[i];
    }
    __m512i columns[4];
    for (int i = 0; i < 4; ++i) columns[i] = _mm512_load_si512(words[i]);
    x = field_ifma::from_columns(columns);
  }
  TALLY_INLINE static void store_elements(FieldWords* const* rows, const Fe& x) {
    __m512i columns[4];
    field_ifma::to_columns(x, columns);
    alignas(64) std::uint64_t words[4][8];
    for (int i = 0; i < 4; ++i) _mm512_store_si512(words[i], columns[i]);
    for (int lane = 0; lane < 8; ++lane) {
      auto* w = reinterpret_cast<std::uint64_t*>(rows[lane]);
      for (int i = 0; i < 4; ++i) w[i] = words[i][lane];
    }
  }
  // Pre: `index` is aligned to 64 bytes.
  TALLY_INLINE static void split_digits(const std::int16_t* digits, std::uint64_t* index,
                                        Mask& negative, Mask& present) {
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(digits));
    const __m512i wide = _mm512_cvtepi16_epi64(packed);
    negative = _mm512_movepi64_mask(wide);
    present = _mm512_test_epi64_mask(wide, wide);
    _mm512_store_si512(
        index, _mm512_maskz_sub_epi64(present, _mm512_abs_epi64(wide), field_ifma::fill(1)));
  }
  TALLY_INLINE static bool any(Mask mask) { return mask != 0; }
  TALLY_INLINE static bool all(Mask mask) { return mask == kAll; }
  TALLY_INLINE static bool lane(Mask mask, std::size_t lane) { return (mask >> lane & 1U) != 0; }
  TALLY_INLINE static Mask mask_of(const bool* lanes) {
    unsigned mask = 0;
    for (unsigned i = 0; i < 8; ++i) mask |= static_cast<unsigned>(lanes[i]) << i;
    return static_cast<Mask>(mask);
  }
  TALLY_INLINE static Mask both(Mask a, Mask b) { return a & b; }
  TALLY_INLINE static Mask either(Mask a, Mask b) { return a | b; }
  TALLY_INLINE static Mask without(Mask a, Mask b) {
    return static_cast<Mask>(a & static_cast<unsigned>(~b));
  }
};

#undef TALLY_INLINE

}  // namespace tally::crypto

#endif  // __AVX512IFMA__
