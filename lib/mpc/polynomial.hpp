// Polynomials over the scalars, secret ones by their coefficients and committed ones by these times
// the generator (Feldman 1987), constant term first.
#pragma once

#include <span>
#include <vector>

#include "crypto/point.hpp"
#include "crypto/scalar.hpp"

namespace tally::mpc {

// Horner's rule in constant time in the coefficients; x is public.
[[nodiscard]] crypto::SecretScalar evaluate(std::span<const crypto::SecretScalar> coefficients,
                                            const crypto::Scalar& x);

// The committed polynomial at x. Variable time; allocates nothing.
[[nodiscard]] crypto::Point evaluate_var(std::span<const crypto::Point> commitments,
                                         const crypto::Scalar& x);

// One multiplication of the generator a coefficient. A zero coefficient gives infinity.
[[nodiscard]] std::vector<crypto::Point> commit(std::span<const crypto::SecretScalar> coefficients);

}  // namespace tally::mpc
