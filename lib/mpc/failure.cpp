#include "mpc/failure.hpp"

namespace tally::mpc {
namespace {

Code code_for(Fault fault) {
  switch (fault) {
    case Fault::signer_count:
      return Code::negative;
    case Fault::bad_pubnonce:
    case Fault::bad_aggnonce:
    case Fault::bad_partial:
    case Fault::wrong_partial:
    case Fault::wrong_signature:
    case Fault::unexpected_message:
    case Fault::bad_contribution:
    case Fault::bad_proof:
    case Fault::bad_dealer_nonce:
    case Fault::bad_collection:
    case Fault::wrong_dealt_share:
    case Fault::wrong_dealt_part:
    case Fault::bad_agreement:
    case Fault::bad_certificate:
    case Fault::wrong_commitment:
      return Code::protocol;
    case Fault::self_check_failed:
    case Fault::negligible:
      return Code::internal;
    case Fault::out_of_memory:
      return Code::os_failure;
    default:
      return Code::bad_data;
  }
}

std::string who(const Failure& failure) {
  if (failure.party) {
    const bool or_coordinator = blame_of(failure.fault) == Blame::party_or_coordinator;
    return "party " + std::to_string(*failure.party) +
           (or_coordinator ? " or the coordinator: " : ": ");
  }
  if (failure.position) return "entry " + std::to_string(*failure.position) + ": ";
  return {};
}

// What the user can do about it, for faults that the user makes.
std::string hint_for(Fault fault) {
  switch (fault) {
    case Fault::hardened_path:
      return "take indices below 2147483648, without ' or h";
    case Fault::no_chain_code:
      return "tally-sign deal and dkg make keys with one; in a group file all zeros stand for none";
    default:
      return {};
  }
}

}  // namespace

Blame blame_of(Fault fault) {
  switch (fault) {
    case Fault::bad_pubnonce:
    case Fault::bad_partial:
    case Fault::wrong_partial:
    case Fault::unexpected_message:
    case Fault::bad_host_key:
    case Fault::duplicate_host_key:
    case Fault::bad_contribution:
    case Fault::bad_agreement:
      return Blame::party;
    case Fault::bad_proof:
    case Fault::bad_dealer_nonce:
    case Fault::wrong_dealt_part:
    case Fault::wrong_commitment:
      return Blame::party_or_coordinator;
    case Fault::bad_aggnonce:
    case Fault::bad_collection:
    case Fault::bad_certificate:
      return Blame::coordinator;
    case Fault::wrong_signature:
    case Fault::wrong_dealt_share:
      return Blame::unattributed;
    default:
      return Blame::nobody;
  }
}

std::string_view to_text(Fault fault) {
  switch (fault) {
    case Fault::bad_parameters:
      return "the threshold must be at least 1 and at most the number of parties, 2 to 255";
    case Fault::bad_length:
      return "an argument has the wrong length";
    case Fault::signer_count:
      return "the number of signers is not between the threshold and the number of parties";
    case Fault::id_out_of_range:
      return "the party identifier is out of range";
    case Fault::duplicate_id:
      return "the party identifier occurs twice";
    case Fault::bad_pubshare:
      return "the public share is not a point of the curve";
    case Fault::key_mismatch:
      return "the public shares do not belong to the group key";
    case Fault::bad_tweak:
      return "the tweak is not below the group order";
    case Fault::tweak_to_infinity:
      return "the tweak cancels the group key";
    case Fault::bad_pubnonce:
      return "the public nonce is malformed";
    case Fault::bad_aggnonce:
      return "the coordinator sent a malformed aggregated nonce";
    case Fault::bad_share:
      return "the secret share is zero or not below the group order";
    case Fault::share_mismatch:
      return "the secret share does not belong to the public share";
    case Fault::not_a_signer:
      return "the party is not among the signers of this key";
    case Fault::wrong_scheme:
      return "the key may not be used with this signature scheme";
    case Fault::nonce_spent:
      return "the secret nonce was used before";
    case Fault::self_check_failed:
      return "a fresh partial signature does not verify, nothing was sent";
    case Fault::bad_partial:
      return "the partial signature is not below the group order";
    case Fault::wrong_partial:
      return "the partial signature does not verify";
    case Fault::wrong_signature:
      return "the signature does not verify, and no single signer is to blame";
    case Fault::negligible:
      return "a hash came out as zero";
    case Fault::unexpected_message:
      return "the message was not awaited, or came twice";
    case Fault::bad_host_secret:
      return "the host secret key is zero or not below the group order";
    case Fault::unknown_host_key:
      return "the host key is not among the participants'";
    case Fault::bad_host_key:
      return "the host public key is not a point of the curve";
    case Fault::duplicate_host_key:
      return "the host key is that of another participant";
    case Fault::bad_randomness:
      return "the random bytes are all zero";
    case Fault::bad_contribution:
      return "the first message is malformed";
    case Fault::bad_proof:
      return "the proof of knowledge does not verify";
    case Fault::bad_dealer_nonce:
      return "the nonce for encryption is malformed";
    case Fault::bad_collection:
      return "the coordinator's message is malformed, or changes what this party sent";
    case Fault::wrong_dealt_share:
      return "the shares dealt to this party do not fit their commitments; an investigation can "
             "tell whose";
    case Fault::wrong_dealt_part:
      return "the share it dealt does not fit its commitments";
    case Fault::bad_agreement:
      return "the signature on the result does not verify";
    case Fault::bad_certificate:
      return "the coordinator's certificate does not verify";
    case Fault::bad_recovery_data:
      return "the recovery data is malformed or not certified by all participants";
    case Fault::hardened_path:
      return "a hardened child key cannot be derived: nobody holds the secret key";
    case Fault::no_chain_code:
      return "the key has no chain code, so no child keys";
    case Fault::wrong_epoch:
      return "shares of different epochs of the key do not work together";
    case Fault::wrong_ceremony:
      return "the message belongs to another ceremony";
    case Fault::wrong_commitment:
      return "it does not deal the share it holds";
    case Fault::out_of_memory:
      break;
  }
  return "memory for a secret could not be locked";
}

Failure::operator Error() const {
  return Error{code_for(fault), who(*this) + std::string(to_text(fault)), hint_for(fault), 0};
}

}  // namespace tally::mpc
