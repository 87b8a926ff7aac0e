// The one online round of threshold ECDSA: each party sends R3 (160 bytes, the same to everybody)
// and any of them, or a coordinator that saw them all, adds up the signature.
//
// The caller sends R3 only after the reservation of the presignature is on record. Sent again it is
// the same bytes. A signature comes out only with a low s and a recovery id under which its key is
// the group's; the presignature is gone whatever happens. One thread a signing.
#pragma once

#include "mpc/ecdsa_presignature.hpp"

namespace tally::mpc {

struct EcdsaSignature {
  ByteArray<64> compact{};  // r || s
  int recovery_id = 0;

  bool operator==(const EcdsaSignature&) const = default;
};

class EcdsaSigning {
 public:
  // Computes R3 and wipes the presignature.
  explicit EcdsaSigning(BoundPresignature bound);
  // For a coordinator, which has no part of its own: adds up the R3 of all parties of `facts`,
  // whose `me` is 0. r3() is then of no use to anybody.
  EcdsaSigning(PresignatureFacts facts, const ByteArray<32>& digest);

  [[nodiscard]] const PresignatureFacts& facts() const { return facts_; }
  [[nodiscard]] const ByteArray<dkls::kR3Bytes>& r3() const { return r3_; }

  // `from` as the transport authenticated it. Aborts: drop for a wrong length, sid, presignature or
  // sender and for a second message; abort naming the party for another digest (its view was split,
  // or it cheats: the presignature is lost to both) and for scalars out of range.
  [[nodiscard]] Attempt<void> take_r3(dkls::XId from, ByteView message);
  [[nodiscard]] bool has_all() const;

  // Aborts: own with out_of_turn; unattributed with wrong_signature.
  [[nodiscard]] Attempt<EcdsaSignature> combine();

 private:
  struct Part {
    crypto::Scalar u;
    crypto::Scalar w;
  };
  [[nodiscard]] Attempt<EcdsaSignature> assemble(const Part& sum) const;

  PresignatureFacts facts_;
  ByteArray<dkls::kR3Bytes> r3_{};
  std::vector<std::optional<Part>> parts_;  // in the order of ids, our own among them
  bool over_ = false;
};

}  // namespace tally::mpc
