// What the forms of scalar arithmetic share: four 64-bit limbs, least significant first, modulo n.
// Callers use scalar.hpp. Everything is constant time; nothing is allocated.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "crypto/ctime.hpp"
#include "crypto/scalar.hpp"

namespace tally::crypto::limbs {

__extension__ typedef unsigned __int128 Wide;
using Limbs = Scalar::Limbs;
using Product = std::array<std::uint64_t, 8>;

inline constexpr Limbs kOrder = {0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE,
                                 0xFFFFFFFFFFFFFFFF};
// 2^256 - n, 129 bits: 2^256 and this are the same number modulo n.
inline constexpr std::array<std::uint64_t, 3> kFold = {0x402DA1732FC9BEBF, 0x4551231950B75FC4, 1};

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
constexpr std::uint64_t add(Limbs& r, const Limbs& a, const Limbs& b) {
  Wide sum = 0;
  unrolled<4>([&](auto i) {
    sum = Wide{a[i]} + b[i] + high(sum);
    r[i] = low(sum);
  });
  return high(sum);
}

// r = a - b; returns the borrow.
constexpr std::uint64_t sub(Limbs& r, const Limbs& a, const Limbs& b) {
  std::uint64_t borrow = 0;
  unrolled<4>([&](auto i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    r[i] = low(difference);
    borrow = high(difference) & 1U;
  });
  return borrow;
}

// All ones for 1, zero for 0, without the optimiser knowing that there are only these two.
inline std::uint64_t mask_from(std::uint64_t bit) {
  return value_barrier(0 - bit);
}

inline Limbs select(const Limbs& a, const Limbs& b, std::uint64_t mask_for_b) {
  Limbs r;
  for (std::size_t i = 0; i < 4; ++i) r[i] = a[i] ^ ((a[i] ^ b[i]) & mask_for_b);
  return r;
}

// Takes carry * 2^256 + a, which is below 2n, modulo n. a - n is a + (2^256 - n) without its carry,
// and that carry says that a was not below n.
inline Limbs reduce_once(const Limbs& a, std::uint64_t carry) {
  constexpr Limbs kFold256 = {kFold[0], kFold[1], kFold[2], 0};
  Limbs reduced;
  const std::uint64_t not_below = add(reduced, a, kFold256);
  return select(a, reduced, mask_from(not_below | carry));
}

// out[kAt..] += factor * (2^256 - n), the carry going up to the end of `out`.
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
[[gnu::always_inline]] inline std::array<std::uint64_t, kOut> fold(const std::uint64_t* low_part,
                                                                   const std::uint64_t* high_part) {
  std::array<std::uint64_t, kOut> out{};
  unrolled<4>([&](auto i) { out[i] = low_part[i]; });
  unrolled<kHigh>([&](auto i) { add_folded<kOut, decltype(i)::value>(out, high_part[i]); });
  return out;
}

// 512 -> 386 -> 260 -> 257 bits, then one subtraction: a fold of h bits above 2^256 leaves at most
// max(256, h + 129) + 1 bits, and after the third a carry means that the rest is below 2^134.
[[gnu::always_inline]] inline Limbs reduce(const Product& wide) {
  const auto first = fold<7, 4>(wide.data(), wide.data() + 4);
  const auto second = fold<5, 3>(first.data(), first.data() + 4);
  const auto third = fold<5, 1>(second.data(), second.data() + 4);
  return reduce_once({third[0], third[1], third[2], third[3]}, third[4]);
}

[[gnu::always_inline]] inline void multiply_portable(Product& wide, const Limbs& a,
                                                     const Limbs& b) {
  wide = {};
  unrolled<4>([&](auto i) {
    Wide sum = 0;
    unrolled<4>([&](auto j) {
      sum = Wide{a[i]} * b[j] + wide[i + j] + high(sum);
      wide[i + j] = low(sum);
    });
    wide[i + 4] = high(sum);
  });
}

// The two forms of the product of two scalars. The second asks for mulx, adcx and adox.
void multiply_reduced_portable(Limbs& r, const Limbs& a, const Limbs& b);
void multiply_reduced_mulx(Limbs& r, const Limbs& a, const Limbs& b);
void multiply_mulx(Product& wide, const Limbs& a, const Limbs& b);
// Whether the processor has what the second form asks for and TALLY_CPU allows it.
[[nodiscard]] bool has_mulx();

}  // namespace tally::crypto::limbs
