// The signers of a session, checked once (ValidateSignersCtx of BIP-445) and kept for all messages
// they sign: parsed public shares, Lagrange coefficients, the tweaked key and the hash state over
// the identifiers. Building one costs a multiplication a signer; sessions then cost only what
// depends on the nonce and the message.
//
// Immutable but for apply_tweak(); any thread may read it. Sessions and signers keep a pointer to
// their quorum: it must outlive them and stay where it is.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "crypto/sha256.hpp"
#include "mpc/group.hpp"
#include "mpc/tweak.hpp"

namespace tally::mpc {

// A Signers Context as it comes over the wire. `ids` and `pubshares` belong together by position,
// in any order.
struct SignersContext {
  std::uint32_t parties = 0;    // n
  std::uint32_t threshold = 0;  // t
  std::span<const PartyId> ids;
  std::span<const crypto::PointBytes> pubshares;
  ByteView group_key;  // 33 bytes
};

class Quorum {
 public:
  // Faults: bad_parameters, signer_count, bad_length, id_out_of_range, bad_pubshare (with the
  // position), duplicate_id, key_mismatch.
  [[nodiscard]] static Outcome<Quorum> make(const SignersContext& context);
  // The parties `ids` of a group. Faults: signer_count, id_out_of_range, duplicate_id.
  [[nodiscard]] static Outcome<Quorum> make(const GroupKey& group, std::span<const PartyId> ids);

  // Tweaks the key that sessions opened from now on sign for. Faults: as TweakedKey::apply.
  [[nodiscard]] Outcome<void> apply_tweak(ByteView tweak, TweakMode mode) {
    return key_.apply(tweak, mode);
  }

  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  [[nodiscard]] std::span<const PartyId> ids() const { return ids_; }
  [[nodiscard]] std::optional<std::uint32_t> position_of(PartyId id) const;
  [[nodiscard]] const crypto::Point& pubshare(std::uint32_t position) const {
    return pubshares_[position];
  }
  [[nodiscard]] const crypto::Scalar& lagrange(std::uint32_t position) const {
    return lagrange_[position];
  }
  [[nodiscard]] const crypto::Point& group_key() const { return group_key_; }
  [[nodiscard]] const TweakedKey& key() const { return key_; }
  // The hash of the nonce coefficient after the identifiers in ascending order.
  [[nodiscard]] const crypto::Sha256& nonce_coefficient_prefix() const { return prefix_; }

 private:
  Quorum(std::vector<PartyId> ids, std::vector<crypto::Point> pubshares,
         const crypto::Point& group_key);

  std::vector<PartyId> ids_;
  std::vector<crypto::Point> pubshares_;
  std::vector<crypto::Scalar> lagrange_;
  crypto::Point group_key_;
  TweakedKey key_;
  crypto::Sha256 prefix_;
};

}  // namespace tally::mpc
