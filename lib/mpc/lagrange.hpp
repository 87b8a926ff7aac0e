// Interpolation over party identifiers (DeriveInterpolatingValue of BIP-445). Identifiers
// are public, so variable time is fine.
#pragma once

#include <span>
#include <vector>

#include "crypto/scalar.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc {

// The x coordinate at which the secret polynomial gives this party's share: never zero.
[[nodiscard]] inline crypto::Scalar x_of(PartyId id) {
  return crypto::Scalar(std::uint64_t{id} + 1);
}

// One coefficient for each id, in the order given, for the value at x. Pre: the ids are distinct.
[[nodiscard]] std::vector<crypto::Scalar> lagrange_at_var(std::span<const PartyId> ids,
                                                          const crypto::Scalar& x);
// The same at zero, where the key is.
[[nodiscard]] inline std::vector<crypto::Scalar> lagrange_at_zero_var(
    std::span<const PartyId> ids) {
  return lagrange_at_var(ids, crypto::Scalar());
}

}  // namespace tally::mpc
