// A presignature, and the types that keep it from what it must not meet.
//
// With a presignature's nonce point known beforehand, one signature over a digest that somebody
// else chose forges a signature over any digest (Groth and Shoup, ePrint 2021/1330), and two over
// different digests give the key away. So a Presignature is bound to one derived key, epoch and
// quorum; it meets only a ComputedDigest, which is made by hashing a message here; and binding the
// two uses it up. A digest from elsewhere goes into a proposal (Purpose::raw_digest) before the
// nonce exists; such a session never gives out a Presignature, only a BoundPresignature.
#pragma once

#include <utility>

#include "mpc/ecdsa_terms.hpp"

namespace tally::mpc {

enum class DigestKind : std::uint8_t { sha256, double_sha256 };

// A digest of a message that this program has seen.
class ComputedDigest {
 public:
  [[nodiscard]] static ComputedDigest of(DigestKind kind, ByteView message);
  [[nodiscard]] const ByteArray<32>& bytes() const { return bytes_; }

 private:
  // Tests show with it what would follow if a chosen digest could be signed; nothing else defines
  // such a type.
  friend struct ChosenDigest;
  explicit ComputedDigest(const ByteArray<32>& bytes) : bytes_(bytes) {}
  ByteArray<32> bytes_;
};

// What is public of a presignature and what it is bound to.
struct PresignatureFacts {
  ByteArray<32> id{};
  ByteArray<32> sid{};
  ByteArray<32> key_id{};
  std::uint32_t epoch = 0;
  dkls::XId me = 0;
  std::vector<dkls::XId> ids;
  std::vector<ByteArray<32>> setup_ids;  // of this party's pairs, in the order of the other ids
  crypto::Point public_key;              // PK'
  crypto::Point nonce;                   // R
};

inline constexpr std::size_t kPresignatureSecretBytes = 96;

// Move-only; wiped when moved from and at the end.
class Presignature {
 public:
  Presignature() = default;
  Presignature(Presignature&&) noexcept = default;
  Presignature& operator=(Presignature&&) noexcept = default;

  [[nodiscard]] const PresignatureFacts& facts() const { return facts_; }

  // phi, u, v into `out` and out of here, for a store in locked memory; and back, which wipes
  // `secrets`. Never for a file that could be read twice. Pre: kPresignatureSecretBytes.
  [[nodiscard]] static PresignatureFacts move_to(Presignature presignature, MutableByteView out);
  [[nodiscard]] static Presignature take_from(PresignatureFacts facts, MutableByteView secrets);

 private:
  friend class Presigning;
  friend class EcdsaSigning;

  PresignatureFacts facts_;
  crypto::SecretScalar phi_;
  crypto::SecretScalar u_;
  crypto::SecretScalar v_;
};

// A presignature and the one digest it may ever be used for. Before it signs, the reservation must
// be on record where presignatures outlive the process (custody/presignature_store.hpp).
class BoundPresignature {
 public:
  BoundPresignature(Presignature presignature, const ComputedDigest& digest)
      : presignature_(std::move(presignature)), digest_(digest.bytes()) {}

  [[nodiscard]] const PresignatureFacts& facts() const { return presignature_.facts(); }
  [[nodiscard]] const ByteArray<32>& digest() const { return digest_; }

 private:
  friend class Presigning;
  friend class EcdsaSigning;
  BoundPresignature(Presignature presignature, const ByteArray<32>& digest)
      : presignature_(std::move(presignature)), digest_(digest) {}

  Presignature presignature_;
  ByteArray<32> digest_;
};

}  // namespace tally::mpc
