// FROST as others speak it, for signing together with them: FROST(secp256k1, SHA-256) of RFC 9591,
// section 6.5, and the Taproot suite of the Zcash Foundation (frost-secp256k1-tr), whose signatures
// are BIP-340's and whose messages are not BIP-445's. Between parties of this program BIP-445
// (mpc/frost.hpp) is one multiplication a signer cheaper.
//
// Identifiers of RFC 9591 are 1 .. n, the x coordinates of shares: party i here is identifier i + 1
// there. Shares, quorums and nonces are those of BIP-445; nonces are drawn here, with other hashes.
// A quorum with tweaks is refused: these suites tweak shares, and that is another key here.
#pragma once

#include "crypto/schnorr.hpp"
#include "mpc/partial.hpp"
#include "mpc/quorum.hpp"

namespace tally::mpc::rfc9591 {

enum class Suite : std::uint8_t { sha256, taproot };

// Round one: both nonces, each from 32 fresh bytes and the share (section 4.1). Faults: bad_length,
// bad_share, negligible.
[[nodiscard]] Outcome<NoncePair> commit(Suite suite, ByteView hiding_random,
                                        ByteView binding_random, const Share& share);

// One message with everybody's commitments. Holds no secret; keeps a pointer to the quorum.
// Opening costs a multiplication a signer and allocates.
class Session {
 public:
  // `commitments` in the quorum's order. Faults: bad_length, bad_tweak, bad_pubnonce with the
  // position, negligible when the sum of nonces is infinity.
  [[nodiscard]] static Outcome<Session> open(Suite suite, const Quorum& quorum,
                                             std::span<const PubNonce> commitments,
                                             ByteView message);

  [[nodiscard]] Suite suite() const { return suite_; }
  [[nodiscard]] const Quorum& quorum() const { return *quorum_; }
  [[nodiscard]] const crypto::Scalar& binding_factor(std::uint32_t position) const {
    return factors_[position];
  }
  [[nodiscard]] const crypto::Point& nonce() const { return nonce_; }
  [[nodiscard]] const crypto::Scalar& challenge() const { return challenge_; }
  [[nodiscard]] PartialTerms terms(std::uint32_t position) const;

 private:
  Session(Suite suite, const Quorum& quorum) : suite_(suite), quorum_(&quorum) {}

  Suite suite_;
  const Quorum* quorum_;
  std::vector<crypto::Scalar> factors_;
  crypto::Point nonce_;
  crypto::Scalar challenge_;
};

// Round two. Faults: those of make_partial; not_a_signer and wrong_scheme.
[[nodiscard]] Outcome<PartialSignature> sign(SecNonce nonce, const Share& share,
                                             const Session& session,
                                             SelfCheck self_check = SelfCheck::on);

// Faults: bad_length, and those of check_partial.
[[nodiscard]] Outcome<void> verify_partial(const Session& session, std::uint32_t position,
                                           const PubNonce& commitment,
                                           const PartialSignature& partial);

// The signature, verified before it is given out: R compressed and z, 65 bytes, for sha256; 64
// bytes of BIP-340 for taproot. When it does not verify, the partial signatures tell whose fault it
// is. Faults: bad_length, those of verify_partial, wrong_signature.
[[nodiscard]] Outcome<Bytes> aggregate(const Session& session,
                                       std::span<const PubNonce> commitments,
                                       std::span<const PartialSignature> partials,
                                       ByteView message);

// z G = R + c P for 65 bytes, BIP-340 for 64. Variable time.
[[nodiscard]] bool verify(Suite suite, ByteView signature, ByteView message,
                          const crypto::Point& key);

// The proof of knowledge of a participant in the key generation of these suites (the Zcash
// Foundation's; RFC 9591 has none): R and mu, 65 or 64 bytes, over identifier and first commitment.
// Faults: bad_proof naming the party.
[[nodiscard]] Outcome<void> verify_dkg_proof(Suite suite, PartyId party,
                                             const crypto::Point& commitment, ByteView proof);

}  // namespace tally::mpc::rfc9591
