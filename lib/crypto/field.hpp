// The field of secp256k1, integers modulo p = 2^256 - 0x1000003D1: the contract that both
// representations keep. field_5x52.hpp holds one element in portable code, field_ifma.hpp eight
// elements in the lanes of AVX-512 registers; everything above (chains, groups, kernels) is written
// once, as templates over a "width", Portable or Lanes, that names its types.
//
// An element is five limbs to the base 2^52, unsigned, and carries its magnitude M in its type:
//
//     each limb is at most 2 * M * (2^52 - 1), the topmost at most 2 * M * (2^48 - 1)
//
// so a sum of elements of magnitude A and B has A + B, and the compiler refuses what could
// overflow.
//
//     mul, sqr        operands up to magnitude kMulMagnitude; result 1
//     a + b           A + B
//     negate(a)       A + 1;   a - b is a + negate(b)
//     times<K>(a)     K * A
//     half(a)         A / 2 + 1, for an odd element after adding p
//     weak(a)         1: the value may still be p or above
//     normal(a)       1: the value is below p, limbs below 2^52
//     tight(a)        what mul wants of an operand that is used more than once
//     select(m, a, b) b where the mask is set, lane by lane
//
// IFMA reads the low 52 bits of a limb and no more, so in lanes mul, sqr carry operands above
// magnitude 1 first; the portable multiplication has room and does not. A build with TALLY_VERIFY
// checks the bounds of every operand of mul, sqr and normal, and ends the process when one is
// broken; not where tests watch for branches on secrets, of which this would be one.
//
// No operation branches on a value or addresses memory by one, on which secret_mul_kernel.hpp and
// secret_lift.hpp rely; the portable width cuts digits for public data only. Any thread; nothing
// allocates.
//
// Source: the magnitudes are the idea of libsecp256k1's field.h; SEC 2, section 2.4.1 for p.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tally::crypto {

// An element as four 64-bit words, least significant first. What is read may be p or above; what is
// written is below p.
using FieldWords = std::array<std::uint64_t, 4>;

// A point as one cache line. Infinity is x = y = 0, which is not on the curve.
struct alignas(64) AffineWords {
  FieldWords x{};
  FieldWords y{};

  [[nodiscard]] bool is_infinity() const {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < 4; ++i) any |= x[i] | y[i];
    return any == 0;
  }
  friend bool operator==(const AffineWords&, const AffineWords&) = default;
};

inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << 52U) - 1;
inline constexpr std::uint64_t kTopMask = (std::uint64_t{1} << 48U) - 1;
inline constexpr std::uint64_t kFieldFold = 0x1000003D1;          // 2^256 modulo p
inline constexpr std::uint64_t kFieldFold260 = kFieldFold << 4U;  // 2^260 modulo p
inline constexpr std::uint64_t kPrimeLimb0 = 0xFFFFEFFFFFC2F;
inline constexpr int kMulMagnitude = 8;
constexpr int larger(int a, int b) {
  return a < b ? b : a;
}

inline constexpr FieldWords kPrimeWords = {0xFFFFFFFEFFFFFC2F, 0xFFFFFFFFFFFFFFFF,
                                           0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
// A cube root of one: (beta * x, y) is lambda * (x, y).
inline constexpr FieldWords kBetaWords = {0xC1396C28719501EE, 0x9CF0497512F58995,
                                          0x6E64479EAC3434E9, 0x7AE96A2B657C0710};

// Says that an element broke its bounds, and ends the process.
[[noreturn]] void field_bounds_broken();

}  // namespace tally::crypto
