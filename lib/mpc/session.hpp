// One message being signed: the values everybody computes alike from the quorum, the aggregated
// nonce and the message (GetSessionValues of BIP-445). Holds no secret; coordinator and parties
// open it each for themselves.
//
// Immutable once opened; any thread. Opening costs two point decodings and one multiplication of
// public values, and allocates nothing. It keeps a pointer to the quorum.
#pragma once

#include "mpc/nonce.hpp"
#include "mpc/quorum.hpp"

namespace tally::mpc {

class Session {
 public:
  // Faults: bad_aggnonce (the coordinator's doing), negligible. Pre: the quorum outlives the
  // session and is neither moved nor tweaked meanwhile.
  [[nodiscard]] static Outcome<Session> open(const Quorum& quorum, const AggNonce& aggnonce,
                                             ByteView message);

  [[nodiscard]] const Quorum& quorum() const { return *quorum_; }
  // b, which binds each signer's second nonce to this session.
  [[nodiscard]] const crypto::Scalar& nonce_coefficient() const { return nonce_coefficient_; }
  // e of BIP-340.
  [[nodiscard]] const crypto::Scalar& challenge() const { return challenge_; }
  // The signature's first half, and whether nonces enter negated because R has an odd y.
  [[nodiscard]] const crypto::XonlyBytes& nonce_x() const { return nonce_x_; }
  [[nodiscard]] bool negates_nonces() const { return negates_nonces_; }

  // e * lambda * g * gacc for the signer at `position`: what its share is multiplied with.
  [[nodiscard]] crypto::Scalar share_factor(std::uint32_t position) const;

 private:
  explicit Session(const Quorum& quorum) : quorum_(&quorum) {}

  const Quorum* quorum_;
  crypto::Scalar nonce_coefficient_;
  crypto::Scalar challenge_;
  crypto::XonlyBytes nonce_x_{};
  bool negates_nonces_ = false;
};

}  // namespace tally::mpc
