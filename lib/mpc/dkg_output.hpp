// From what the participants of a ceremony agreed on to the key: shared by participants,
// coordinator and recovery. Any thread.
#pragma once

#include "mpc/dkg_messages.hpp"
#include "mpc/share.hpp"

namespace tally::mpc {

// The summed commitments with the tweak that commits to an unspendable script (BIP-341) added to
// the first, so that no participant can have hidden a script in the key. ChillDKG does this to
// every key: for ECDSA it is simply the key, and nobody undoes it.
struct TweakedCommitments {
  std::vector<crypto::Point> commitments;
  crypto::Scalar tweak;
};
// Faults: negligible when the sum of first commitments is infinity.
[[nodiscard]] Outcome<TweakedCommitments> tweak_commitments(
    std::vector<crypto::Point> sum_commitments);

// The chain code of BIP-32 for a key made without a dealer: Transcript "chaincode" over the SHA-256
// of the encoded agreement, so that recovery finds the same addresses. ChillDKG has none of its
// own.
[[nodiscard]] ByteArray<32> chain_code_of(ByteView agreed);

// The group of a ceremony, epoch 0. Costs t - 1 small multiplications a participant and the check
// of GroupKey::make. Faults: those of GroupKey::make, negligible.
[[nodiscard]] Outcome<GroupKey> group_of(const DkgParams& params, const TweakedCommitments& tweaked,
                                         ByteView agreed);

}  // namespace tally::mpc
