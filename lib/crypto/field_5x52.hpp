// One element of the field (field.hpp has the contract) in portable code: 64 x 64 -> 128
// multiplications and no more than x86-64-v2.
#pragma once

#include <cstdint>

#include "crypto/ctime.hpp"
#include "crypto/field.hpp"

namespace tally::crypto {

template <int kMagnitude>
struct Field {
  static_assert(kMagnitude >= 1 && kMagnitude <= 32);
  std::uint64_t limb[5];
};

namespace field_5x52 {

__extension__ typedef unsigned __int128 Wide;

inline std::uint64_t low(Wide value) {
  return static_cast<std::uint64_t>(value);
}

template <int A>
inline void verify([[maybe_unused]] const Field<A>& a) {
#if defined(TALLY_VERIFY) && !defined(TALLY_CTIME)
  constexpr std::uint64_t kMost = 2 * A * kLimbMask;
  bool good = a.limb[4] <= 2 * A * kTopMask;
  for (int i = 0; i < 4; ++i) good = good && a.limb[i] <= kMost;
  if (!good) field_bounds_broken();
#endif
}

// Nine columns of a product of two elements of magnitude 8: each below 5 * 2^112 + 2^60. The upper
// half, 260 bits up, is carried into limbs and folded in as a multiple of 2^260 mod p.
inline Field<1> reduce(Wide c0, Wide c1, Wide c2, Wide c3, Wide c4, Wide c5, Wide c6, Wide c7,
                       Wide c8) {
  constexpr Wide kFold = kFieldFold260;
  c5 += c4 >> 52U;
  c6 += c5 >> 52U;
  c7 += c6 >> 52U;
  c8 += c7 >> 52U;
  c0 += kFold * (low(c5) & kLimbMask);
  c1 += kFold * (low(c6) & kLimbMask);
  c2 += kFold * (low(c7) & kLimbMask);
  c3 += kFold * (low(c8) & kLimbMask);
  c4 = (low(c4) & kLimbMask) + kFold * low(c8 >> 52U);
  c1 += c0 >> 52U;
  c2 += c1 >> 52U;
  c3 += c2 >> 52U;
  c4 += c3 >> 52U;
  // c4 is below 2^101, so what lies above 2^256 has at most 53 bits.
  const Wide bottom = (low(c0) & kLimbMask) + Wide{kFieldFold} * low(c4 >> 48U);
  Field<1> r;
  r.limb[0] = low(bottom) & kLimbMask;
  r.limb[1] = (low(c1) & kLimbMask) + low(bottom >> 52U);
  r.limb[2] = low(c2) & kLimbMask;
  r.limb[3] = low(c3) & kLimbMask;
  r.limb[4] = low(c4) & kTopMask;
  return r;
}

}  // namespace field_5x52

template <int A, int B>
inline Field<1> mul(const Field<A>& a, const Field<B>& b) {
  static_assert(A <= kMulMagnitude && B <= kMulMagnitude);
  using field_5x52::Wide;
  field_5x52::verify(a);
  field_5x52::verify(b);
  const std::uint64_t* x = a.limb;
  const std::uint64_t* y = b.limb;
  return field_5x52::reduce(
      Wide{x[0]} * y[0], Wide{x[0]} * y[1] + Wide{x[1]} * y[0],
      Wide{x[0]} * y[2] + Wide{x[1]} * y[1] + Wide{x[2]} * y[0],
      Wide{x[0]} * y[3] + Wide{x[1]} * y[2] + Wide{x[2]} * y[1] + Wide{x[3]} * y[0],
      Wide{x[0]} * y[4] + Wide{x[1]} * y[3] + Wide{x[2]} * y[2] + Wide{x[3]} * y[1] +
          Wide{x[4]} * y[0],
      Wide{x[1]} * y[4] + Wide{x[2]} * y[3] + Wide{x[3]} * y[2] + Wide{x[4]} * y[1],
      Wide{x[2]} * y[4] + Wide{x[3]} * y[3] + Wide{x[4]} * y[2],
      Wide{x[3]} * y[4] + Wide{x[4]} * y[3], Wide{x[4]} * y[4]);
}

template <int A>
inline Field<1> sqr(const Field<A>& a) {
  static_assert(A <= kMulMagnitude);
  using field_5x52::Wide;
  field_5x52::verify(a);
  const std::uint64_t* x = a.limb;
  const std::uint64_t x0 = 2 * x[0];
  const std::uint64_t x1 = 2 * x[1];
  const std::uint64_t x3 = 2 * x[3];
  return field_5x52::reduce(
      Wide{x[0]} * x[0], Wide{x0} * x[1], Wide{x0} * x[2] + Wide{x[1]} * x[1],
      Wide{x0} * x[3] + Wide{x1} * x[2], Wide{x0} * x[4] + Wide{x1} * x[3] + Wide{x[2]} * x[2],
      Wide{x1} * x[4] + Wide{x3} * x[2], Wide{2 * x[2]} * x[4] + Wide{x[3]} * x[3], Wide{x3} * x[4],
      Wide{x[4]} * x[4]);
}

template <int A, int B>
inline Field<A + B> operator+(const Field<A>& a, const Field<B>& b) {
  Field<A + B> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] + b.limb[i];
  return r;
}

// 2 * (A + 1) * p - a, limb by limb: none goes below zero.
template <int A>
inline Field<A + 1> negate(const Field<A>& a) {
  constexpr std::uint64_t kTimes = 2 * (A + 1);
  Field<A + 1> r;
  r.limb[0] = kTimes * kPrimeLimb0 - a.limb[0];
  for (int i = 1; i < 4; ++i) r.limb[i] = kTimes * kLimbMask - a.limb[i];
  r.limb[4] = kTimes * kTopMask - a.limb[4];
  return r;
}

template <int A, int B>
inline Field<A + B + 1> operator-(const Field<A>& a, const Field<B>& b) {
  return a + negate(b);
}

template <int kTimes, int A>
inline Field<kTimes * A> times(const Field<A>& a) {
  Field<kTimes * A> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] * static_cast<std::uint64_t>(kTimes);
  return r;
}

template <int A>
inline Field<A / 2 + 1> half(const Field<A>& a) {
  const std::uint64_t mask = value_barrier(0 - (a.limb[0] & 1U));
  const std::uint64_t t[5] = {a.limb[0] + (mask & kPrimeLimb0), a.limb[1] + (mask & kLimbMask),
                              a.limb[2] + (mask & kLimbMask), a.limb[3] + (mask & kLimbMask),
                              a.limb[4] + (mask & kTopMask)};
  Field<A / 2 + 1> r;
  for (int i = 0; i < 4; ++i) r.limb[i] = (t[i] >> 1U) + ((t[i + 1] & 1U) << 51U);
  r.limb[4] = t[4] >> 1U;
  return r;
}

template <int A>
inline Field<1> weak(const Field<A>& a) {
  field_5x52::verify(a);
  Field<1> r;
  std::uint64_t carry = a.limb[0] + (a.limb[4] >> 48U) * kFieldFold;
  for (int i = 0; i < 3; ++i) {
    r.limb[i] = carry & kLimbMask;
    carry = (carry >> 52U) + a.limb[i + 1];
  }
  r.limb[3] = carry & kLimbMask;
  r.limb[4] = (carry >> 52U) + (a.limb[4] & kTopMask);
  return r;
}

template <int A>
inline Field<1> normal(const Field<A>& a) {
  Field<1> r = weak(a);
  // After weak the value is below 2p: one more p at the most is to go. A borrow of a difference
  // says which of two limbs is the larger.
  const std::uint64_t rest = (r.limb[1] & r.limb[2] & r.limb[3]) ^ kLimbMask;
  const std::uint64_t short_of_prime =
      (r.limb[0] - kPrimeLimb0) >> 63U | (0 - ((r.limb[4] ^ kTopMask) | rest)) >> 63U;
  const std::uint64_t above = r.limb[4] >> 48U | (short_of_prime ^ 1U);
  std::uint64_t carry = value_barrier(0 - above) & kFieldFold;
  for (int i = 0; i < 5; ++i) {
    carry += r.limb[i];
    r.limb[i] = carry & (i < 4 ? kLimbMask : kTopMask);
    carry >>= 52U;
  }
  return r;
}

template <int A>
inline auto tight(const Field<A>& a) {
  if constexpr (A <= 4) {
    return a;
  } else {
    return weak(a);
  }
}

template <int A>
inline bool is_zero(const Field<A>& a) {
  const Field<1> n = normal(a);
  return value_barrier(n.limb[0] | n.limb[1] | n.limb[2] | n.limb[3] | n.limb[4]) == 0;
}
// Pre: `a` is normal.
inline bool is_odd(const Field<1>& a) {
  return (a.limb[0] & 1U) != 0;
}

template <int A, int B>
inline Field<larger(A, B)> select(bool take_b, const Field<A>& a, const Field<B>& b) {
  const std::uint64_t mask = value_barrier(0 - std::uint64_t{take_b});
  Field<larger(A, B)> r;
  for (int i = 0; i < 5; ++i) r.limb[i] = a.limb[i] ^ ((a.limb[i] ^ b.limb[i]) & mask);
  return r;
}

inline Field<1> field_from_words(const std::uint64_t* words) {
  return {{words[0] & kLimbMask, (words[0] >> 52U | words[1] << 12U) & kLimbMask,
           (words[1] >> 40U | words[2] << 24U) & kLimbMask,
           (words[2] >> 28U | words[3] << 36U) & kLimbMask, words[3] >> 16U}};
}
template <int A>
inline void field_to_words(const Field<A>& a, std::uint64_t* words) {
  const Field<1> n = normal(a);
  words[0] = n.limb[0] | n.limb[1] << 52U;
  words[1] = n.limb[1] >> 12U | n.limb[2] << 40U;
  words[2] = n.limb[2] >> 24U | n.limb[3] << 28U;
  words[3] = n.limb[3] >> 36U | n.limb[4] << 16U;
}

// The width of one: what templates over a width take from this file.
struct Portable {
  using Fe = Field<1>;
  using Mask = bool;
  static constexpr std::size_t kLanes = 1;
  static constexpr Mask kAll = true;

  static Fe from_words(const FieldWords& words) { return field_from_words(words.data()); }
  // The same element in each lane.
  static Fe broadcast(const FieldWords& words) { return from_words(words); }
  static void load_points(const AffineWords* const* rows, Fe& x, Fe& y) {
    x = from_words(rows[0]->x);
    y = from_words(rows[0]->y);
  }
  static void store_points(AffineWords* const* rows, const Fe& x, const Fe& y) {
    field_to_words(x, rows[0]->x.data());
    field_to_words(y, rows[0]->y.data());
  }
  static void load_elements(const FieldWords* const* rows, Fe& x) { x = from_words(*rows[0]); }
  static void store_elements(FieldWords* const* rows, const Fe& x) {
    field_to_words(x, rows[0]->data());
  }
  // Window digits, one a lane: the index |d| - 1 (0 for d = 0) and the masks of d < 0 and d != 0.
  static void split_digits(const std::int16_t* digits, std::uint64_t* index, Mask& negative,
                           Mask& present) {
    const int digit = digits[0];
    negative = digit < 0;
    present = digit != 0;
    const int magnitude = negative ? -digit : digit;
    index[0] = static_cast<std::uint64_t>(present ? magnitude - 1 : 0);
  }
  static bool any(Mask mask) { return mask; }
  static bool all(Mask mask) { return mask; }
  static bool lane(Mask mask, std::size_t /*lane*/) { return mask; }
  static Mask mask_of(const bool* lanes) { return lanes[0]; }
  // The operands are evaluated before, so that nothing is left to branch on.
  static Mask both(Mask a, Mask b) { return (a & b) != 0; }
  static Mask either(Mask a, Mask b) { return (a | b) != 0; }
  static Mask without(Mask a, Mask b) { return (a & !b) != 0; }
};

}  // namespace tally::crypto
