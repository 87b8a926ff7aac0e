#include "mpc/session.hpp"

namespace tally::mpc {

using crypto::Point;
using crypto::Scalar;
using crypto::Sha256;

Outcome<Session> Session::open(const Quorum& quorum, const AggNonce& aggnonce, ByteView message) {
  static const Sha256 kChallenge = Sha256::tagged("BIP0340/challenge");
  const crypto::XonlyBytes& key = quorum.key().xonly();
  Session session(quorum);
  session.nonce_coefficient_ = Scalar::from_bytes_reduced(
      crypto::tagged_hash(quorum.nonce_coefficient_prefix(), {aggnonce, key, message}));
  if (session.nonce_coefficient_.is_zero()) return failed(Fault::negligible);

  const auto first = Point::parse_with_infinity(ByteView(aggnonce).first(33));
  const auto second = Point::parse_with_infinity(ByteView(aggnonce).subspan(33));
  if (!first || !second) return failed(Fault::bad_aggnonce);
  Point nonce = *first + Point::mul_var(session.nonce_coefficient_, *second);
  // Some signer cheated. Going on with any nonce makes the partial signatures show who.
  if (nonce.is_infinity()) nonce = Point::generator();
  session.nonce_x_ = nonce.xonly();
  session.negates_nonces_ = !nonce.has_even_y();

  session.challenge_ =
      Scalar::from_bytes_reduced(crypto::tagged_hash(kChallenge, {session.nonce_x_, key, message}));
  if (session.challenge_.is_zero()) return failed(Fault::negligible);
  return session;
}

Scalar Session::share_factor(std::uint32_t position) const {
  const Scalar factor = challenge_ * quorum_->lagrange(position);
  return quorum_->key().negates_shares() ? -factor : factor;
}

}  // namespace tally::mpc
