// Child keys of BIP-32, non-hardened: from the group key and its chain code anybody can derive the
// public key of a path, and a quorum signs for it by adding one public number, the tweak, to the
// key (mpc/tweak.hpp). Hardened children need the secret key, which nobody holds. A value; any
// thread.
//
// Who adds the tweak: the aggregator in FROST (BIP-445), the lowest identifier of the quorum in
// ECDSA (errata row 33 of the project's list).
#pragma once

#include <span>

#include "mpc/group.hpp"

namespace tally::mpc {

// Longer paths are of no use, and whoever takes them from a peer must stop somewhere.
inline constexpr std::size_t kMostPathLevels = 64;

struct DerivedKey {
  crypto::Point key;
  ByteArray<32> chain_code{};
  crypto::Scalar tweak;  // key is the group key + tweak * G

  [[nodiscard]] ByteArray<32> tweak_bytes() const { return tweak.encode(); }
};

// The key at `path` below the group key; an empty path is the group key itself. Costs an
// HMAC-SHA512 and a multiplication of the generator a level. Faults: hardened_path with the level;
// no_chain_code for a path from a key whose chain code is all zero, as of one that came without;
// negligible for an index that has no key (chance 2^-127).
[[nodiscard]] Outcome<DerivedKey> derive(const crypto::Point& key, const ByteArray<32>& chain_code,
                                         std::span<const std::uint32_t> path);
[[nodiscard]] inline Outcome<DerivedKey> derive(const GroupKey& group,
                                                std::span<const std::uint32_t> path) {
  return derive(group.key(), group.facts().chain_code, path);
}

}  // namespace tally::mpc
