// Proofs that somebody knows the discrete logarithm of a point: Schnorr's, made non-interactive by
// a hash (Fiat, Shamir 1986), as (R, s) and not (e, s), so that many are checked in one sum (errata
// row 31 of the project's list: the form is 33 + 32 bytes).
//
// The challenge covers the ceremony, the prover and the index of what it proves, so that a proof is
// worth nothing elsewhere (attack checklist, row 18). Extraction rewinds the prover: a statement
// for a simulator that may not rewind would need the ideal proof instead. Any thread; allocates
// nothing but for batches.
#pragma once

#include <span>

#include "crypto/point.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc {

inline constexpr std::size_t kProofBytes = 65;
using Proof = ByteArray<kProofBytes>;  // R compressed, s big-endian

// What a proof is about.
struct ProofContext {
  ByteView ceremony;  // names the run and all it is about; 32 bytes
  PartyId party = 0;
  std::uint32_t index = 0;  // of several secrets of one party
};

// `random` is 32 fresh bytes, hashed with secret and context, so that a generator that repeats
// itself does not repeat a nonce. Constant time in both. Costs two multiplications of the
// generator. Faults: bad_length, bad_share when the secret is zero, negligible.
[[nodiscard]] Outcome<Proof> prove(const crypto::SecretScalar& secret, const ProofContext& context,
                                   ByteView random);

// s*G = R + e*P. Faults: bad_proof, naming the context's party. Infinity is refused.
[[nodiscard]] Outcome<void> verify_proof(ByteView proof, const crypto::Point& point,
                                         const ProofContext& context);

// Many of them together. Faults: bad_proof, naming the position and the party of the first bad one.
struct ProofClaim {
  ByteView proof;
  crypto::Point point;
  ProofContext context;
};
[[nodiscard]] Outcome<void> verify_proofs(std::span<const ProofClaim> claims);

}  // namespace tally::mpc
