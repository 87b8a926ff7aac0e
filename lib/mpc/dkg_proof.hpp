// The signatures of a ChillDKG ceremony: proofs of possession of the first coefficient, which are
// BIP-340 signatures under tags of their own, and the participants' signatures on what they agreed
// (certified equality) and on having kept the recovery data. Any thread; allocates little.
#pragma once

#include <span>

#include "crypto/schnorr.hpp"
#include "mpc/dkg_params.hpp"

namespace tally::mpc {

// Signs the participant's id with the secret. `aux` is 32 random bytes. Constant time.
// Faults: bad_share when the secret is zero, negligible.
[[nodiscard]] Outcome<crypto::SchnorrSignature> prove_possession(const crypto::SecretScalar& secret,
                                                                 PartyId id, ByteView aux);
[[nodiscard]] bool verify_possession(const crypto::SchnorrSignature& proof,
                                     const crypto::Point& commitment, PartyId id);

enum class Statement : std::uint8_t { agreed, kept_recovery_data };

// Signs `agreed`, the encoded agreement, with a host key. Faults: bad_host_secret.
[[nodiscard]] Outcome<crypto::SchnorrSignature> sign_statement(
    Statement statement, const crypto::SecretScalar& host_secret, PartyId id, ByteView agreed,
    ByteView aux);
[[nodiscard]] bool verify_statement(Statement statement, ByteView signature,
                                    const crypto::PointBytes& host_key, PartyId id,
                                    ByteView agreed);

// The certificate of these signatures, in the order of the parties. Faults: bad_length,
// bad_agreement with the party.
[[nodiscard]] Outcome<Bytes> certify(const DkgParams& params, ByteView agreed,
                                     std::span<const Bytes> signatures);

// Verifies all of a certificate. Nothing, or the first party whose signature is bad.
// Pre: 64 bytes a host key.
[[nodiscard]] std::optional<PartyId> first_bad_signature(const DkgParams& params, ByteView agreed,
                                                         ByteView certificate);

}  // namespace tally::mpc
