// FROST signing after BIP-445 (draft 0.6.0): t of n parties make one BIP-340 signature, with one
// round of nonces that can run ahead and one round of partial signatures.
//
//   party         nonce_gen                  -> public nonce to the coordinator
//   coordinator   nonce_agg                  -> aggregated nonce and message to the parties
//   party         Session::open, sign        -> partial signature
//   coordinator   Session::open, aggregate   -> signature; verify_partial names a culprit
//
// What is fixed between messages (Quorum, Signer) is computed once and kept. All of it allocates
// nothing per message but what is said; sign() runs in constant time in share and nonce.
//
// There is no DeterministicSign: nonces that can be derived again invite the replay that gives the
// share away, and safety would hang on all other signers' nonces being hashed in.
#pragma once

#include <span>

#include "crypto/schnorr.hpp"
#include "mpc/partial.hpp"
#include "mpc/session.hpp"

namespace tally::mpc {

using Signature = crypto::SchnorrSignature;

// A share in its place in a quorum. Holds no secret of its own: share and quorum must outlive it.
class Signer {
 public:
  // Faults: not_a_signer when the party is not in the quorum, or the quorum is of another key or
  // gives the party another public share; wrong_scheme when the key is not for Schnorr signatures.
  [[nodiscard]] static Outcome<Signer> make(const Share& share, const Quorum& quorum);

  [[nodiscard]] const Share& share() const { return *share_; }
  [[nodiscard]] const Quorum& quorum() const { return *quorum_; }
  [[nodiscard]] std::uint32_t position() const { return position_; }

 private:
  Signer(const Share& share, const Quorum& quorum, std::uint32_t position)
      : share_(&share), quorum_(&quorum), position_(position) {}

  const Share* share_;
  const Quorum* quorum_;
  std::uint32_t position_;
};

// Sign. The nonce is used up whatever happens. Faults: not_a_signer for a session of another
// quorum, nonce_spent, bad_share when the share was wiped (a forked child), self_check_failed.
[[nodiscard]] Outcome<PartialSignature> sign(SecNonce nonce, const Signer& signer,
                                             const Session& session,
                                             SelfCheck self_check = SelfCheck::on);

// PartialSigVerify for the signer at `position`, whose public nonce went into the session's
// aggregated nonce. Faults: bad_length, bad_pubnonce, bad_partial, wrong_partial, each naming
// position and party. A partial signature that verifies authenticates nobody.
[[nodiscard]] Outcome<void> verify_partial(const Session& session, std::uint32_t position,
                                           const PubNonce& pubnonce,
                                           const PartialSignature& partial);

// PartialSigAgg: the sum, in the quorum's order. It is a valid signature if every partial signature
// verifies, and only then. Faults: bad_length, bad_partial with position and party.
[[nodiscard]] Outcome<Signature> aggregate(const Session& session,
                                           std::span<const PartialSignature> partials);

// aggregate(), and out only if libsecp256k1 verifies the signature under the quorum's key;
// otherwise the public nonces tell who sent a wrong share. `message` is the session's.
// Faults: those of aggregate and verify_partial; wrong_signature when no signer is to blame, which
// means that the aggregated nonce was not the sum of these public nonces.
[[nodiscard]] Outcome<Signature> aggregate_verified(const Session& session,
                                                    std::span<const PubNonce> pubnonces,
                                                    std::span<const PartialSignature> partials,
                                                    ByteView message);

}  // namespace tally::mpc
