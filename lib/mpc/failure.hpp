// What can go wrong in a signing session, as values a program can act on. The protocol names a
// culprit where it can: by the position in the list the caller passed, and by party identifier
// where that is known. A name is worth what the transport is worth: only when nonces and partial
// signatures came authenticated from their authors, and were aggregated honestly, has the named
// party misbehaved (BIP-445, "Identifying Disruptive Signers").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tally::mpc {

// Identifier of a party, 0 .. n-1. Its share is the secret polynomial at x = identifier + 1.
using PartyId = std::uint32_t;

enum class Fault : std::uint8_t {
  bad_parameters,      // not 1 <= t <= n or n out of bounds
  bad_length,          // an argument has the wrong number of bytes or of elements
  signer_count,        // fewer signers than the threshold, or more than parties
  id_out_of_range,     // an identifier is n or above
  duplicate_id,        // an identifier occurs twice
  bad_pubshare,        // a public share is no point, or infinity
  key_mismatch,        // public shares and group key do not belong together
  bad_tweak,           // a tweak is not below the group order
  tweak_to_infinity,   // a tweak cancels the key
  bad_pubnonce,        // a signer's public nonce is malformed; names the signer
  bad_aggnonce,        // the aggregated nonce is malformed; the coordinator's doing
  bad_share,           // a secret share is zero or not below the group order
  share_mismatch,      // a secret share does not belong to its public share
  not_a_signer,        // the party is not in the quorum, or holds a share of another key
  wrong_scheme,        // the key may not be used with this signature scheme
  nonce_spent,         // the secret nonce was used, wiped or never drawn
  self_check_failed,   // a fresh partial signature does not verify: a hardware fault, or tampering
  bad_partial,         // a partial signature is not below the group order; names the signer
  wrong_partial,       // a partial signature does not verify; names the signer
  wrong_signature,     // the aggregate does not verify, and no single signer is to blame
  negligible,          // a hash came out as zero: not to be met with in practice
  unexpected_message,  // a message of a party that is not awaited, or its second one
  // Key generation and everything that moves shares between parties.
  bad_host_secret,     // the own host secret key is zero or not below the group order
  unknown_host_key,    // the own host key is not among the participants'
  bad_host_key,        // a participant's host public key is no point
  duplicate_host_key,  // two participants have one host key
  bad_randomness,      // the random bytes are all zero
  bad_contribution,    // a participant's first message is malformed; names it
  bad_proof,           // a proof of knowledge does not verify; its author or the coordinator
  bad_dealer_nonce,    // a nonce for encryption is no point; its author or the coordinator
  bad_collection,      // the coordinator's message is malformed, or changes what this party sent
  wrong_dealt_share,   // the sum of the shares dealt to this party is wrong; investigate who
  wrong_dealt_part,    // one dealer's share is wrong; that dealer or the coordinator
  bad_agreement,       // a participant's signature on the result does not verify; names it
  bad_certificate,     // the coordinator's certificate does not verify
  bad_recovery_data,   // recovery data is malformed or not certified
  hardened_path,       // a child key that only the secret key gives
  no_chain_code,       // a child of a key that has no chain code
  wrong_epoch,         // shares or messages of different epochs of a key
  wrong_ceremony,      // a message of another ceremony
  wrong_commitment,    // a dealer does not deal the share it holds; names it
  out_of_memory,       // memory for a secret could not be locked
};

struct Failure {
  Fault fault;
  std::optional<std::uint32_t> position = {};  // in the list the caller passed
  std::optional<PartyId> party = {};

  bool operator==(const Failure&) const = default;
  // The same as one line for a user. Faults of a peer are protocol, of the caller's data bad_data,
  // too few signers negative.
  operator Error() const;  // NOLINT(google-explicit-constructor): TALLY_TRY passes it on as Error
};

// Whom a failure accuses, assuming that messages came authenticated from their authors. Evidence
// that went through a coordinator accuses the coordinator as well: it may have changed it (errata
// row 11).
enum class Blame : std::uint8_t {
  nobody,                // the caller's own data, the machine, or chance
  party,                 // the named one
  party_or_coordinator,  // the named one, or the coordinator framed it
  coordinator,
  unattributed,  // somebody, and the protocol cannot tell who
};
[[nodiscard]] Blame blame_of(Fault fault);

template <typename T>
using Outcome = core::Expected<T, Failure>;

[[nodiscard]] inline auto failed(Fault fault, std::optional<std::uint32_t> position = {},
                                 std::optional<PartyId> party = {}) {
  return core::unexpected(Failure{fault, position, party});
}

[[nodiscard]] std::string_view to_text(Fault fault);

}  // namespace tally::mpc
