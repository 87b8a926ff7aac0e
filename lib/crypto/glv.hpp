// Scalars cut up for multiplication: into halves by the endomorphism, into signed digits. What ends
// in `_var` takes variable time: public scalars only. Any thread; allocates nothing.
//
// Source: Gallant, Lambert, Vanstone, "Faster Point Multiplication on Elliptic Curves with
// Efficient Endomorphisms" (CRYPTO 2001), with the short lattice basis of secp256k1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/scalar.hpp"

namespace tally::crypto {

// +-(low + 2^64 * high).
struct HalfScalar {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool negative = false;

  [[nodiscard]] bool is_zero() const { return (low | high) == 0; }
};

// k = first + lambda * second modulo n, where lambda * (x, y) = (beta * x, y).
struct SplitScalar {
  HalfScalar first, second;
};
[[nodiscard]] SplitScalar split_endomorphism_var(const Scalar& k);

// The same in constant time, as 256-bit numbers in two's complement; both are above -2^128 and
// below 2^128.
struct SplitLimbs {
  Scalar::Limbs first, second;
};
[[nodiscard]] SplitLimbs split_endomorphism(const Scalar& k);

// k = low + 2^128 * high, both non-negative.
struct ScalarWords {
  HalfScalar low, high;
};
[[nodiscard]] ScalarWords split_words_var(const Scalar& k);

// k = sum of digit[j] * 2^(window * j), -2^(window-1) <= digit[j] <= 2^(window-1), for j below
// 128 / window + 1. Digit j goes to digits[j * stride]. Pre: 2 <= window <= 15.
void signed_digits_var(const HalfScalar& k, int window, std::int16_t* digits, std::size_t stride);

}  // namespace tally::crypto
