// How shares travel through a coordinator that must not read them: EncPedPop of ChillDKG. A dealer
// adds to each share a pad that only it and the recipient can compute, from an ephemeral key and
// the recipient's host key. Pads add up as shares do, so the coordinator sums sealed shares and the
// recipient takes the sum of pads off (multi-recipient hashed ElGamal, Pinto, Poettering, Schuldt
// 2014). Any thread. Secrets in scalars that wipe themselves; constant time in them.
#pragma once

#include <vector>

#include "mpc/dkg_params.hpp"

namespace tally::mpc {

// What every pad is bound to: t and the host keys in order.
[[nodiscard]] Bytes seal_context(const DkgParams& params);

// Adds to each of `shares` the pad of its recipient; shares[i] is for participant i. `my_id` is the
// dealer's own position, whose pad is a hash of its host secret, or nothing when the dealer is none
// of the recipients. Faults: bad_host_key with the party. Pre: shares.size() == params.n().
struct Sealer {
  const crypto::SecretScalar* nonce_secret;
  crypto::PointBytes nonce{};
  const crypto::SecretScalar* host_secret;  // used for the own pad only
  std::optional<PartyId> my_id;
};
[[nodiscard]] Outcome<std::vector<crypto::Scalar>> seal_shares(
    const DkgParams& params, const Sealer& sealer, std::span<const crypto::SecretScalar> shares);

// The pads of the shares that dealers with these nonces sealed for participant `my_id`, in order.
// `dealer_is_self` says at which position the participant dealt to itself.
// Faults: bad_dealer_nonce with the dealer's position.
[[nodiscard]] Outcome<std::vector<crypto::SecretScalar>> pads_for(
    const DkgParams& params, const HostKey& host, PartyId my_id,
    std::span<const crypto::PointBytes> nonces, std::optional<std::uint32_t> dealer_is_self);

}  // namespace tally::mpc
