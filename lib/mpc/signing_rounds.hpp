// FROST signing of one message in two rounds that lie apart, by parties without a coordinator: each
// tells all others its public nonce, then its partial signature, and anybody who has all of both
// has the signature. What is signed, by whom and for which key is fixed before the first nonce is
// drawn and goes with it, so that nobody learns only afterwards that others meant something else.
//
// An offer, a party's first message, big-endian:
//
//   offset  bytes
//        0      2  number of signers, s
//        2     2s  the signers, ascending
//     2+2s      1  levels of the path, l; zero for the key itself
//     3+2s     4l  the path
//  3+2s+4l     32  SHA-256 of the message
// 35+2s+4l     66  public nonce
//
// The second is the partial signature's 32 bytes. Who wrote a message is its carrier's to know. Any
// thread.
#pragma once

#include <optional>

#include "mpc/frost.hpp"

namespace tally::mpc {

struct SigningTerms {
  std::vector<PartyId> signers;     // ascending
  std::vector<std::uint32_t> path;  // of the child that is signed for; empty for the key itself
  ByteArray<32> message_hash{};

  bool operator==(const SigningTerms&) const = default;
};

struct NonceOffer {
  SigningTerms terms;
  PubNonce nonce{};

  [[nodiscard]] Bytes encode() const;
  // Nothing for bytes that encode() writes for no terms. Whether a key has these signers, and
  // whether the nonce is one, is not judged yet.
  [[nodiscard]] static std::optional<NonceOffer> decode(ByteView bytes);
};

class SigningRounds {
 public:
  // Faults: those of Quorum::make and derive; wrong_scheme for a key that is not for Schnorr
  // signatures. Costs what these do.
  [[nodiscard]] static Outcome<SigningRounds> make(const GroupKey& group,
                                                   std::vector<PartyId> signers,
                                                   std::vector<std::uint32_t> path,
                                                   ByteView message);

  [[nodiscard]] const SigningTerms& terms() const { return terms_; }
  // Of key, epoch and terms; one name for all who sign this.
  [[nodiscard]] const ByteArray<32>& terms_digest() const { return terms_digest_; }
  // What the signature verifies under.
  [[nodiscard]] const crypto::XonlyBytes& public_key() const { return quorum_.key().xonly(); }

  // A nonce for this message and these signers alone; `random` as for nonce_gen. Faults: those of
  // nonce_gen, and of Signer::make.
  [[nodiscard]] Outcome<NoncePair> draw(const Share& share, ByteView random) const;

  // The following take public nonces by position in the signers' order.

  // What a nonce must never meet two of: the terms, and every public nonce.
  [[nodiscard]] ByteArray<32> session_id(std::span<const PubNonce> nonces) const;

  // The nonce is used up whatever happens, and the result verifies. Faults: those of nonce_agg,
  // Session::open, Signer::make and mpc::sign.
  [[nodiscard]] Outcome<PartialSignature> sign(SecNonce nonce, const Share& share,
                                               std::span<const PubNonce> nonces) const;

  // A signature that libsecp256k1 has verified. Faults: those of aggregate_verified.
  [[nodiscard]] Outcome<Signature> combine(std::span<const PubNonce> nonces,
                                           std::span<const PartialSignature> partials) const;

 private:
  SigningRounds(const GroupKey& group, SigningTerms terms, Quorum quorum, ByteView message);

  SigningTerms terms_;
  ByteArray<32> terms_digest_{};
  Quorum quorum_;
  Bytes message_;
};

}  // namespace tally::mpc
