#include "mpc/polynomial.hpp"

#include "crypto/secret_mul.hpp"
#include "mpc/secret_batch.hpp"

namespace tally::mpc {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

SecretScalar evaluate(std::span<const SecretScalar> coefficients, const Scalar& x) {
  SecretScalar value;
  for (std::size_t k = coefficients.size(); k > 0; --k) {
    value = SecretScalar(value.value() * x + coefficients[k - 1].value());
  }
  return value;
}

Point evaluate_var(std::span<const Point> commitments, const Scalar& x) {
  Point value;
  for (std::size_t k = commitments.size(); k > 0; --k) {
    value = Point::mul_var(x, value) + commitments[k - 1];
  }
  return value;
}

std::vector<Point> commit(std::span<const SecretScalar> coefficients) {
  SecretBatch batch(coefficients.size());
  for (const SecretScalar& coefficient : coefficients) batch.add(coefficient.value());
  std::vector<Point> commitments(coefficients.size());
  crypto::mul_generator_each(batch.get(), commitments);
  return commitments;
}

}  // namespace tally::mpc
