// Sealed messages between two parties of one key, which a folder or an untrusted coordinator
// carries: only the other party reads them, and it knows who wrote them.
//
// The key of a pair is the Diffie-Hellman value of its two shares, which each side computes from
// its own share and the other's public share in the group; so there is nothing to set up, and a
// coordinator has nothing to lie about. Each direction has a key of its own. The AEAD is
// XChaCha20-Poly1305 under random nonces of 24 bytes, and what a message belongs to is its
// associated data, so that it opens nowhere else. Whoever learns a share opens what was sent to and
// by its party before as well.
//
// Using the share for this beside signing is our own argument: both points are fixed in the group,
// so that nobody can have the share multiplied with a point of his choice, and all of it goes
// through a hash. One thread.
#pragma once

#include <optional>

#include "core/secret.hpp"
#include "mpc/share.hpp"

namespace tally::custody {

class PairChannels {
 public:
  static constexpr std::size_t kOverheadBytes = 24 + 16;

  // Costs a multiplication a party. Errors: os_failure when memory cannot be locked.
  [[nodiscard]] static Result<PairChannels> make(const mpc::Share& share);

  // Pre: `peer` is another party of the key.
  [[nodiscard]] Bytes seal(mpc::PartyId peer, ByteView about, ByteView message) const;
  // Nothing for what `peer` has not sealed to this party under the same `about`.
  [[nodiscard]] std::optional<Bytes> open(mpc::PartyId peer, ByteView about, ByteView sealed) const;

 private:
  explicit PairChannels(core::SecretBytes keys) : keys_(std::move(keys)) {}

  // Of each party: the key towards it, the key from it.
  core::SecretBytes keys_;
};

}  // namespace tally::custody
