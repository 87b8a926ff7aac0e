// The messages of ChillDKG as bytes (BlockstreamResearch/bip-frost-dkg). Every list has the length
// that t and n give it, so that a message has one length and one reading; integers are big-endian,
// points 33 bytes compressed where 33 zero bytes are infinity, scalars 32 bytes below n.
//
//   contribution   participant to coordinator: t commitments, proof 64, nonce 33, n sealed shares
//   collection     coordinator to all: n first commitments, t-1 sums of the others, n proofs,
//                  n nonces, n sealed sums of shares
//   investigation  coordinator to one: n sealed shares for it, n points they must match
//   agreement      what all sign, and the front of the recovery data: t u32, t summed commitments,
//                  n host keys, n nonces, n sealed sums
//   certificate    n signatures of 64 bytes
//
// Values; any thread. Decoding allocates the lists.
#pragma once

#include <vector>

#include "crypto/point.hpp"
#include "crypto/schnorr.hpp"
#include "mpc/dkg_params.hpp"

namespace tally::mpc {

using crypto::SchnorrSignature;

struct Contribution {
  std::vector<crypto::Point> commitments;
  SchnorrSignature proof{};
  crypto::PointBytes nonce{};  // not parsed: the recipients find out
  std::vector<crypto::Scalar> sealed;
};

struct Collection {
  std::vector<crypto::Point> first_commitments;
  std::vector<crypto::Point> other_sums;
  std::vector<SchnorrSignature> proofs;
  std::vector<crypto::PointBytes> nonces;
  std::vector<crypto::Scalar> sealed_sums;
};

struct Investigation {
  std::vector<crypto::Scalar> sealed;
  std::vector<crypto::Point> partial_pubshares;
};

struct EqualityInput {
  DkgParams params;
  std::vector<crypto::Point> sum_commitments;  // before the tweak
  std::vector<crypto::PointBytes> nonces;
  std::vector<crypto::Scalar> sealed_sums;
};

// What went wrong with a message: its length, or a field in it that names nothing.
enum class Malformed : std::uint8_t { length, field };
template <typename T>
using Decoded = core::Expected<T, Malformed>;

[[nodiscard]] std::size_t contribution_bytes(std::uint32_t t, std::uint32_t n);
[[nodiscard]] std::size_t collection_bytes(std::uint32_t t, std::uint32_t n);

[[nodiscard]] Bytes encode(const Contribution& message);
[[nodiscard]] Bytes encode(const Collection& message);
[[nodiscard]] Bytes encode(const Investigation& message);
[[nodiscard]] Bytes encode(const EqualityInput& agreement);

[[nodiscard]] Decoded<Contribution> decode_contribution(ByteView bytes, std::uint32_t t,
                                                        std::uint32_t n);
[[nodiscard]] Decoded<Collection> decode_collection(ByteView bytes, std::uint32_t t,
                                                    std::uint32_t n);
[[nodiscard]] Decoded<Investigation> decode_investigation(ByteView bytes, std::uint32_t n);

// Splits recovery data into what was agreed and the certificate, whose signatures are not checked
// here. Bounds as check_params; host keys are not parsed.
struct RecoveryParts {
  EqualityInput agreement;
  ByteView agreed;  // the encoded agreement
  ByteView certificate;
};
[[nodiscard]] Decoded<RecoveryParts> decode_recovery(ByteView bytes);

}  // namespace tally::mpc
