#include "crypto/scalar.hpp"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"

namespace tally::crypto {
namespace {

__extension__ typedef unsigned __int128 Wide;
using Limbs = Scalar::Limbs;

constexpr Limbs kOrder = {0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE,
                          0xFFFFFFFFFFFFFFFF};
// 2^256 - n, 129 bits: 2^256 and this are the same number modulo n.
constexpr std::array<std::uint64_t, 3> kFold = {0x402DA1732FC9BEBF, 0x4551231950B75FC4, 1};

constexpr std::uint64_t low(Wide value) {
  return static_cast<std::uint64_t>(value);
}
constexpr std::uint64_t high(Wide value) {
  return static_cast<std::uint64_t>(value >> 64U);
}

// Calls step(0) .. step(count - 1), each with its index as a constant: g++ at -O2 leaves loops over
// limbs as loops, at three times the cost.
template <std::size_t kCount, typename Step>
[[gnu::always_inline]] constexpr void unrolled(Step step) {
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    (step(std::integral_constant<std::size_t, kIndex>{}), ...);
  }
  (std::make_index_sequence<kCount>{});
}

// r = a + b; returns the carry.
constexpr std::uint64_t add_limbs(Limbs& r, const Limbs& a, const Limbs& b) {
  Wide sum = 0;
  unrolled<4>([&](auto i) {
    sum = Wide{a[i]} + b[i] + high(sum);
    r[i] = low(sum);
  });
  return high(sum);
}

// r = a - b; returns the borrow.
constexpr std::uint64_t sub_limbs(Limbs& r, const Limbs& a, const Limbs& b) {
  std::uint64_t borrow = 0;
  unrolled<4>([&](auto i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    r[i] = low(difference);
    borrow = high(difference) & 1U;
  });
  return borrow;
}

// All ones for 1, zero for 0, without the optimiser knowing that there are only these two.
std::uint64_t mask_from(std::uint64_t bit) {
  return value_barrier(0 - bit);
}

Limbs select(const Limbs& a, const Limbs& b, std::uint64_t mask_for_b) {
  Limbs r;
  for (std::size_t i = 0; i < 4; ++i) r[i] = a[i] ^ ((a[i] ^ b[i]) & mask_for_b);
  return r;
}

// Takes carry * 2^256 + a, which is below 2n, modulo n. a - n is a + (2^256 - n) without its carry,
// and that carry says that a was not below n.
Limbs reduce_once(const Limbs& a, std::uint64_t carry) {
  constexpr Limbs kFold256 = {kFold[0], kFold[1], kFold[2], 0};
  Limbs reduced;
  const std::uint64_t not_below = add_limbs(reduced, a, kFold256);
  return select(a, reduced, mask_from(not_below | carry));
}

// at += factor * (2^256 - n), the carry going up to the end of `at`.
template <std::size_t kOut, std::size_t kAt>
[[gnu::always_inline]] inline void add_folded(std::array<std::uint64_t, kOut>& out,
                                              std::uint64_t factor) {
  Wide sum = 0;
  unrolled<kOut - kAt>([&](auto j) {
    sum = Wide{out[kAt + j]} + high(sum);
    if constexpr (j < 2) sum += Wide{factor} * kFold[j];
    if constexpr (j == 2) sum += factor;
    out[kAt + j] = low(sum);
  });
}

// Adds high_part * 2^256 to the four limbs of low_part, folded: the value modulo n stays and
// becomes shorter. kOut limbs must hold the result.
template <std::size_t kOut, std::size_t kHigh>
std::array<std::uint64_t, kOut> fold(const std::uint64_t* low_part,
                                     const std::uint64_t* high_part) {
  std::array<std::uint64_t, kOut> out{};
  unrolled<4>([&](auto i) { out[i] = low_part[i]; });
  unrolled<kHigh>([&](auto i) { add_folded<kOut, decltype(i)::value>(out, high_part[i]); });
  return out;
}

// 512 -> 386 -> 260 -> 257 bits, then one subtraction: a fold of h bits above 2^256 leaves at most
// max(256, h + 129) + 1 bits, and after the third a carry means that the rest is below 2^134.
Limbs reduce_wide(const std::array<std::uint64_t, 8>& wide) {
  const auto first = fold<7, 4>(wide.data(), wide.data() + 4);
  const auto second = fold<5, 3>(first.data(), first.data() + 4);
  const auto third = fold<5, 1>(second.data(), second.data() + 4);
  return reduce_once({third[0], third[1], third[2], third[3]}, third[4]);
}

std::uint64_t is_zero_bit(const Limbs& a) {
  const std::uint64_t any = a[0] | a[1] | a[2] | a[3];
  return 1U ^ ((any | (0 - any)) >> 63U);
}

Limbs load(ByteView bytes) {
  Limbs limbs;
  for (std::size_t i = 0; i < 4; ++i)
    limbs[3 - i] = core::load_be<std::uint64_t>(bytes.data() + 8 * i);
  return limbs;
}

// a / 2 modulo n, by making it even first.
void halve_var(Limbs& a) {
  std::uint64_t carry = 0;
  if ((a[0] & 1U) != 0) carry = add_limbs(a, a, kOrder);
  for (std::size_t i = 0; i < 3; ++i) a[i] = (a[i] >> 1U) | (a[i + 1] << 63U);
  a[3] = (a[3] >> 1U) | (carry << 63U);
}

void shift_right_var(Limbs& a, unsigned bits) {
  for (std::size_t i = 0; i < 3; ++i) a[i] = (a[i] >> bits) | (a[i + 1] << (64U - bits));
  a[3] >>= bits;
}

bool below_var(const Limbs& a, const Limbs& b) {
  Limbs ignored;
  return sub_limbs(ignored, a, b) != 0;
}

// Divides `value` by 2 until it is odd, and `factor` as often modulo n.
void make_odd_var(Limbs& value, Limbs& factor) {
  while ((value[0] & 1U) == 0) {
    const auto zeros = static_cast<unsigned>(std::countr_zero(value[0] | (1ULL << 62U)));
    shift_right_var(value, zeros);
    for (unsigned i = 0; i < zeros; ++i) halve_var(factor);
  }
}

}  // namespace

void Scalar::verify() const {
#ifdef TALLY_VERIFY
  Limbs ignored;
  if (declassified(sub_limbs(ignored, limbs_, kOrder)) == 0) {
    std::fputs("a scalar is not reduced\n", stderr);
    std::abort();
  }
#endif
}

std::optional<Scalar> Scalar::parse(ByteView bytes) {
  const Limbs limbs = load(bytes);
  Limbs ignored;
  if (declassified(sub_limbs(ignored, limbs, kOrder)) == 0) return std::nullopt;
  return Scalar(limbs);
}

Scalar Scalar::from_bytes_reduced(ByteView bytes) {
  const Scalar r(reduce_once(load(bytes), 0));
  r.verify();
  return r;
}

ByteArray<32> Scalar::encode() const {
  ByteArray<32> bytes;
  encode_to(bytes);
  return bytes;
}

void Scalar::encode_to(MutableByteView out) const {
  verify();
  for (std::size_t i = 0; i < 4; ++i) core::store_be(out.data() + 8 * i, limbs_[3 - i]);
}

bool Scalar::is_zero() const {
  verify();
  return is_zero_bit(limbs_) != 0;
}

Scalar operator+(const Scalar& a, const Scalar& b) {
  a.verify();
  b.verify();
  Limbs sum;
  const std::uint64_t carry = add_limbs(sum, a.limbs_, b.limbs_);
  const Scalar r(reduce_once(sum, carry));
  r.verify();
  return r;
}

Scalar operator-(const Scalar& a, const Scalar& b) {
  a.verify();
  b.verify();
  Limbs difference;
  const std::uint64_t borrow = sub_limbs(difference, a.limbs_, b.limbs_);
  Limbs raised;
  add_limbs(raised, difference, kOrder);
  const Scalar r(select(difference, raised, mask_from(borrow)));
  r.verify();
  return r;
}

Scalar operator*(const Scalar& a, const Scalar& b) {
  a.verify();
  b.verify();
  std::array<std::uint64_t, 8> wide{};
  unrolled<4>([&](auto i) {
    Wide sum = 0;
    unrolled<4>([&](auto j) {
      sum = Wide{a.limbs_[i]} * b.limbs_[j] + wide[i + j] + high(sum);
      wide[i + j] = low(sum);
    });
    wide[i + 4] = high(sum);
  });
  const Scalar r(reduce_wide(wide));
  r.verify();
  return r;
}

Scalar operator-(const Scalar& a) {
  return Scalar() - a;
}

bool operator==(const Scalar& a, const Scalar& b) {
  Limbs difference;
  for (std::size_t i = 0; i < 4; ++i) difference[i] = a.limbs_[i] ^ b.limbs_[i];
  return is_zero_bit(difference) != 0;
}

void Scalar::cmov(const Scalar& other, bool flag) {
  limbs_ = select(limbs_, other.limbs_, mask_from(static_cast<std::uint64_t>(flag)));
  verify();
}

// The binary extended Euclidean algorithm (Knuth, TAOCP 2, 4.5.2, exercise 39): u = x*a and
// v = y*a modulo n all the way, until u is 1.
Scalar Scalar::inverse_var(const Scalar& a) {
  a.verify();
  Limbs u = a.limbs_;
  Limbs v = kOrder;
  Scalar x(1);
  Scalar y;
  const Limbs one = {1, 0, 0, 0};
  make_odd_var(u, x.limbs_);
  while (u != one) {
    if (below_var(u, v)) {
      std::swap(u, v);
      std::swap(x, y);
    }
    sub_limbs(u, u, v);
    x = x - y;
    make_odd_var(u, x.limbs_);
  }
  x.verify();
  return x;
}

}  // namespace tally::crypto
