// Secret scalars cut into the odd digits that the lanes multiply by (secret_mul_kernel.hpp says
// which). Constant time. Any thread; allocates nothing; the caller wipes the blocks.
#pragma once

#include <cstddef>

#include "crypto/scalar.hpp"
#include "crypto/secret_mul_kernel.hpp"

namespace tally::crypto {

// The digits of k become those of scalar `lane` of the block. Pre: lane < 8.
void cut_fixed(const Scalar& k, std::size_t lane, FixedMulBlock& block);
// Both halves: k = first + lambda * second, where the digits of each half give
// 2 v - (2^L - 1), L = kSecretDigits * kSecretWindow, for a v from 0 to 2^129.
void cut_secret(const Scalar& k, std::size_t lane, SecretMulBlock& block);

}  // namespace tally::crypto
