#include "mpc/dkg.hpp"

namespace tally::mpc {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

Failure WrongSum::investigate(ByteView investigation, std::optional<std::uint32_t> self) const {
  if (pads.empty()) return Failure{Fault::unexpected_message};
  const auto decoded = decode_investigation(investigation, static_cast<std::uint32_t>(pads.size()));
  if (!decoded) {
    return Failure{decoded.error() == Malformed::length ? Fault::bad_length
                                                        : Fault::bad_collection};
  }
  Scalar sum;
  for (const Scalar& sealed : decoded->sealed) sum = sum + sealed;
  // The coordinator's parts must add up to what it sent before.
  if (Point::sum(decoded->partial_pubshares) != expected || sum != sealed_sum) {
    return Failure{Fault::bad_collection};
  }
  for (std::uint32_t dealer = 0; dealer < pads.size(); ++dealer) {
    const SecretScalar part(decoded->sealed[dealer] - pads[dealer].value());
    if (Point::mul_generator(part.value()) == decoded->partial_pubshares[dealer]) continue;
    // Who looks knows that its own part was good.
    if (dealer == self) return Failure{Fault::bad_collection};
    return Failure{Fault::wrong_dealt_part, dealer};
  }
  // All parts fit and so does their sum, which was found wrong: cannot be.
  return Failure{Fault::negligible};
}

}  // namespace tally::mpc
