// What the participants of a ChillDKG ceremony agree on beforehand: each one's long-lived host
// public key, in one order, and the threshold (BlockstreamResearch/bip-frost-dkg, "SessionParams").
// The position in the list is the party's identifier. Values; any thread.
//
// Host keys must be known to be their owners': participants compare params_hash() by another way.
#pragma once

#include <optional>
#include <vector>

#include "crypto/point.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc {

struct DkgParams {
  std::uint32_t t = 0;
  std::vector<crypto::PointBytes> host_keys;

  [[nodiscard]] std::uint32_t n() const { return static_cast<std::uint32_t>(host_keys.size()); }
  [[nodiscard]] std::optional<PartyId> id_of(const crypto::PointBytes& host_key) const;
  bool operator==(const DkgParams&) const = default;
};

// Faults: bad_parameters (also for fewer than 2 or more than 255 participants), bad_host_key with
// the party; duplicate_host_key with the second party and the first's position.
[[nodiscard]] Outcome<void> check_params(const DkgParams& params);

// "params_hash" of ChillDKG. Faults: those of check_params.
[[nodiscard]] Outcome<ByteArray<32>> params_hash(const DkgParams& params);

// A host secret key, 32 bytes, and its public key. Constant time. Faults: bad_length;
// bad_host_secret for zero and for values not below n.
struct HostKey {
  crypto::SecretScalar secret;
  crypto::PointBytes pub{};
};
[[nodiscard]] Outcome<HostKey> host_key(ByteView secret);

// A tagged hash of ChillDKG: "BIP DKG/" and the tag.
[[nodiscard]] ByteArray<32> chill_hash(std::string_view tag, std::initializer_list<ByteView> parts);

}  // namespace tally::mpc
