#include "mpc/lagrange.hpp"

namespace tally::mpc {

using crypto::Scalar;

std::vector<Scalar> lagrange_at_var(std::span<const PartyId> ids, const Scalar& x) {
  std::vector<Scalar> coefficients;
  coefficients.reserve(ids.size());
  for (const PartyId mine : ids) {
    Scalar numerator(1);
    Scalar denominator(1);
    for (const PartyId other : ids) {
      if (other == mine) continue;
      numerator = numerator * (x_of(other) - x);
      denominator = denominator * (x_of(other) - x_of(mine));
    }
    coefficients.push_back(numerator * Scalar::inverse_var(denominator));
  }
  return coefficients;
}

}  // namespace tally::mpc
