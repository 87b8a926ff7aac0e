// The messages of a resharing as bytes, after the manner of mpc/dkg_messages.hpp.
//
//   dealt        t' commitments, proof 65, nonce 33, n' sealed shares of 32
//   collection   t'-1 sums of commitments, t proofs of 65, t nonces, n' sealed sums
//   agreement    "TRA1", ceremony 32, schemes u16, epoch u32, chain code 32, t u32 (dealers), t'
//   u32,
//                n' u32, t' summed commitments, n' host keys, t nonces, n' sealed sums; and it is
//                the front of the recovery data, before n' signatures of 64 bytes
#pragma once

#include "mpc/proof.hpp"
#include "mpc/reshare.hpp"

namespace tally::mpc {

struct ReshareDealt {
  std::vector<crypto::Point> commitments;
  Proof proof{};
  crypto::PointBytes nonce{};
  std::vector<crypto::Scalar> sealed;
};

struct ReshareCollection {
  std::vector<crypto::Point> other_sums;
  std::vector<Proof> proofs;
  std::vector<crypto::PointBytes> nonces;
  std::vector<crypto::Scalar> sealed_sums;
};

struct ReshareAgreement {
  ByteArray<32> ceremony{};
  KeyFacts facts;
  DkgParams next;
  std::vector<crypto::Point> sum_commitments;
  std::vector<crypto::PointBytes> nonces;
  std::vector<crypto::Scalar> sealed_sums;
};

[[nodiscard]] Bytes encode(const ReshareDealt& message);
[[nodiscard]] Bytes encode(const ReshareCollection& message);
[[nodiscard]] Bytes encode(const ReshareAgreement& agreement);

// `dealers` of the old parties deal to `n` new ones with the threshold `t`.
[[nodiscard]] Decoded<ReshareDealt> decode_reshare_dealt(ByteView bytes, std::uint32_t t,
                                                         std::uint32_t n);
[[nodiscard]] Decoded<ReshareCollection> decode_reshare_collection(ByteView bytes,
                                                                   std::uint32_t dealers,
                                                                   std::uint32_t t,
                                                                   std::uint32_t n);

struct ReshareRecoveryParts {
  ReshareAgreement agreement;
  ByteView agreed;
  ByteView certificate;
};
[[nodiscard]] Decoded<ReshareRecoveryParts> decode_reshare_recovery(ByteView bytes);

}  // namespace tally::mpc
