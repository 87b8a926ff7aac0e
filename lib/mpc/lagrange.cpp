#include "mpc/lagrange.hpp"

namespace tally::mpc {

using crypto::Scalar;

namespace {

// a[i] / b[i] with one inversion for all (P. Montgomery, "Speeding the Pollard and elliptic curve
// methods of factorization", 1987). Pre: no b[i] is zero.
void divide_each_var(std::span<Scalar> a, std::span<const Scalar> b) {
  Scalar product(1);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = a[i] * product;
    product = product * b[i];
  }
  // a[i] is times all of b before it now, and `inverse` one over those and b[i].
  Scalar inverse = Scalar::inverse_var(product);
  for (std::size_t i = a.size(); i-- > 0;) {
    a[i] = a[i] * inverse;
    inverse = inverse * b[i];
  }
}

}  // namespace

std::vector<Scalar> lagrange_at_var(std::span<const PartyId> ids, const Scalar& x) {
  std::vector<Scalar> coefficients;
  std::vector<Scalar> denominators;
  coefficients.reserve(ids.size());
  denominators.reserve(ids.size());
  for (const PartyId mine : ids) {
    Scalar numerator(1);
    Scalar denominator(1);
    for (const PartyId other : ids) {
      if (other == mine) continue;
      numerator = numerator * (x_of(other) - x);
      denominator = denominator * (x_of(other) - x_of(mine));
    }
    coefficients.push_back(numerator);
    denominators.push_back(denominator);
  }
  divide_each_var(coefficients, denominators);
  return coefficients;
}

}  // namespace tally::mpc
