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
  if (failure.party) return "party " + std::to_string(*failure.party) + ": ";
  if (failure.position) return "entry " + std::to_string(*failure.position) + ": ";
  return {};
}

}  // namespace

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
    case Fault::out_of_memory:
      break;
  }
  return "memory for a secret could not be locked";
}

Failure::operator Error() const {
  return Error{code_for(fault), who(*this) + std::string(to_text(fault)), {}, 0};
}

}  // namespace tally::mpc
