// Eight secret multiplications at once in the lanes of AVX-512 IFMA: what secret_mul.hpp is made
// of. Constant time: which instructions run and which addresses they touch depends on no digit and
// no point. Tables are read whole, and masks and permutations within registers choose.
//
// No step of the ladders but the last can meet an exception of the incomplete formulas
// (group_formulas.hpp), and the last is made by a complete one:
//
// of G: before row j the sum is S * G with S odd and |S| < 2^(window * j), the term is d * G with
//   |d| an odd multiple of 2^(window * j), so that S is neither d nor -d; and |S| + |d| is below
//   2^(window * (j + 1)), which is below n for every row but the last, so that they differ modulo n
//   as well;
// of P: before an addition the sum is (a + lambda * b) * P, and the term is d * P or lambda * d * P
//   with d odd and below 2^window. An exception needs x + lambda * y = 0 modulo n for (x, y) = (a
//   -+ d, b) or (a, b -+ d), which is not (0, 0): at the first of two additions a is even, at the
//   second it is odd. All such (x, y) have x^2 - x y + y^2 divisible by n, so the larger of |x| and
//   |y| is at least sqrt(n / 3) > 2^127; before the last window both are below 2^126.
//
// Any thread; nothing is allocated. Sums and tables are wiped; what the compiler spills is not.
//
// Source: odd signed digits as in Joye and Tunstall, "Exponent Recoding and Regular Exponentiation
// Algorithms" (AFRICACRYPT 2009); the offset that makes every scalar fit them is the idea of
// libsecp256k1's ecmult_const_impl.h; the table of P on the curve of 2 P is that of its
// ecmult_impl.h.
#pragma once

#include "crypto/field.hpp"

namespace tally::crypto {

// A scalar k as the odd digits of e = (k + 2^L - 1) / 2 modulo n, L = kFixedDigits * kFixedWindow:
// with v_j the window j of e, k = sum of (2 v_j - (2^window - 1)) * 2^(window * j) modulo n. No
// digit is zero.
inline constexpr int kFixedWindow = 8;
inline constexpr int kFixedDigits = 32;
inline constexpr std::size_t kFixedMultiples = std::size_t{1} << (kFixedWindow - 1);
static_assert(kFixedWindow * kFixedDigits >= 256);

// Row j: the odd multiples (2 m + 1) * 2^(kFixedWindow * j) * G for m below kFixedMultiples, word
// by word: the words of x, least significant first, then of y.
struct FixedRow {
  alignas(64) std::uint64_t word[8][kFixedMultiples];
};

// The same for both halves of a scalar that the endomorphism cut.
inline constexpr int kSecretWindow = 5;
inline constexpr int kSecretDigits = 26;
static_assert(kSecretWindow * kSecretDigits >= 129);

// Eight scalars; digit v_j of scalar i is digit[..][j][i].
struct FixedMulBlock {
  std::uint8_t digit[kFixedDigits][8];
};
struct SecretMulBlock {
  AffineWords point[8];  // on the curve and not infinity
  std::uint8_t digit[2][kSecretDigits][8];
};

// out[i] is the product of scalar i, (0, 0) for infinity. `table` has kFixedDigits rows.
struct SecretMulKernel {
  void (*mul_generator)(const FixedMulBlock& block, const FixedRow* table, AffineWords* out);
  void (*mul_point)(const SecretMulBlock& block, AffineWords* out);
};
// Null when the compiler was not told to make one; runs where the processor has avx512_ifma.
[[nodiscard]] const SecretMulKernel* compiled_secret_mul_kernel();

}  // namespace tally::crypto
