// Giving a party back the share it lost, in the same epoch: t others, the helpers, let it compute
// their polynomial at its place without anybody seeing another's share (Laing, Stinson 2018, the
// "enrolment" protocol). Each helper splits lambda * share into one random piece for each helper;
// each helper adds up the pieces it got and sends the sum to the party, which adds up the sums.
//
// Pieces and sums are secret and travel from party to party by channels of the caller that hide
// them and name their author; the party checks the result against its public share, and when it is
// wrong nobody can tell whose piece was. A party that was not merely unlucky but broken into is not
// repaired: reshare (mpc/reshare.hpp). One thread; scalars wipe themselves.
#pragma once

#include "mpc/share.hpp"

namespace tally::mpc {

// The pieces of `share`, which is one of `helpers` (t distinct parties of the group, not `lost`),
// in the helpers' order. `random` is 32 fresh bytes. Faults: signer_count, id_out_of_range,
// duplicate_id, not_a_signer when the share is no helper's, bad_parameters when the lost party is
// one, bad_length.
[[nodiscard]] Outcome<std::vector<crypto::SecretScalar>> split_for_repair(
    const Share& share, std::span<const PartyId> helpers, PartyId lost, ByteView random);

// One helper's sum of what all helpers sent it, its own piece included.
[[nodiscard]] crypto::SecretScalar sum_pieces(std::span<const crypto::SecretScalar> pieces);

// The lost share from the helpers' sums. Faults: bad_length for another number than t, and those of
// Share::make; share_mismatch says that some helper's pieces were wrong.
[[nodiscard]] Outcome<Share> repair_share(const GroupKey& group, PartyId lost,
                                          std::span<const crypto::SecretScalar> sums);

}  // namespace tally::mpc
