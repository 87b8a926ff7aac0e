// One party's share of a key: the public group, the party's identifier and its secret scalar, which
// lives in locked memory (core/secret.hpp). Its encoding is the plaintext that custody encrypts:
//
//   offset  bytes
//        0      4  "TSH1": magic and version
//        4      2  party, big-endian
//        6     32  secret scalar, big-endian
//       38      4  length of the group's encoding
//       42      g  the group (mpc/group.hpp)
//
// One thread at a time; move-only. Creating and encoding map memory; the rest allocates nothing.
#pragma once

#include "core/secret.hpp"
#include "crypto/scalar.hpp"
#include "mpc/group.hpp"

namespace tally::mpc {

// Whether `secret`, 32 bytes, is the share of party `id`: id < n, 0 < secret < n, and secret*G is
// the party's public share. Faults: bad_length, id_out_of_range, bad_share, share_mismatch.
[[nodiscard]] Outcome<void> check_share(const GroupKey& group, PartyId id, ByteView secret);

class Share {
 public:
  // Copies the secret to locked memory after check_share. Faults: those, and out_of_memory.
  [[nodiscard]] static Outcome<Share> make(GroupKey group, PartyId id, ByteView secret);

  // Faults: bad_length for a plaintext that is truncated or goes on, bad_parameters for another
  // magic or version, and those of GroupKey::decode and make.
  [[nodiscard]] static Outcome<Share> decode(ByteView plaintext);
  [[nodiscard]] Outcome<core::SecretBytes> encode() const;

  [[nodiscard]] const GroupKey& group() const { return group_; }
  [[nodiscard]] PartyId id() const { return id_; }
  [[nodiscard]] const crypto::Point& pubshare() const { return group_.pubshares()[id_]; }
  // A copy that wipes itself. Zero in a forked child, whose pages are wiped by the kernel.
  [[nodiscard]] crypto::SecretScalar secret() const;
  [[nodiscard]] ByteView secret_bytes() const { return secret_.bytes(); }

 private:
  Share(GroupKey group, PartyId id, core::SecretBytes secret)
      : group_(std::move(group)), id_(id), secret_(std::move(secret)) {}

  GroupKey group_;
  PartyId id_;
  core::SecretBytes secret_;
};

}  // namespace tally::mpc
