#include "mpc/ecdsa_abort.hpp"

#include <string>

namespace tally::mpc {

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::drop:
      return "dropped";
    case Verdict::own:
      return "cannot go on";
    case Verdict::abort:
      return "session aborted";
    case Verdict::ban:
      return "session aborted and party banned";
    case Verdict::equivocation:
      return "parties saw different messages";
    case Verdict::stale_setup:
      return "stale pair setup";
    case Verdict::unattributed:
      break;
  }
  return "session aborted, nobody named";
}

std::string_view to_text(Cause cause) {
  switch (cause) {
    case Cause::wrong_length:
      return "a message has the wrong length";
    case Cause::wrong_session:
      return "a message belongs to another session";
    case Cause::wrong_receiver:
      return "a message is not from or to a party of this session";
    case Cause::out_of_turn:
      return "a message is not awaited, or came twice";
    case Cause::bad_terms:
      return "the proposal does not hold together";
    case Cause::not_a_quorum:
      return "the parties proposed are no quorum";
    case Cause::bad_accept:
      return "an acceptance does not fit the proposal";
    case Cause::sid_used:
      return "the session was used before";
    case Cause::not_allowed:
      return "this party does not sign that, or has no room for it";
    case Cause::too_many_resets:
      return "the pair was set up too often";
    case Cause::setup_missing:
      return "there is no pair setup";
    case Cause::setup_burnt:
      return "the pair setup was burnt";
    case Cause::journal_failed:
      return "the journal could not be written";
    case Cause::bad_point:
      return "a point is malformed";
    case Cause::bad_scalar:
      return "a scalar is out of range";
    case Cause::bad_tree:
      return "the trees of the pair setup do not match their proof";
    case Cause::wrong_opening:
      return "a commitment does not open";
    case Cause::ot_check:
      return "the oblivious transfer is not consistent";
    case Cause::vole_check:
      return "the multiplication is not consistent";
    case Cause::gamma_check:
      return "nonce, key share and multiplication do not belong together";
    case Cause::digests_differ:
      return "the digests of the first messages differ";
    case Cause::wrong_key_sum:
      return "the key shares do not add up to the key";
    case Cause::nonce_at_infinity:
      return "the nonces cancel";
    case Cause::wrong_digest:
      return "the presignature is bound to another digest";
    case Cause::wrong_signature:
      return "the signature does not verify";
    case Cause::negligible:
      return "a value that is never zero was zero";
    case Cause::out_of_memory:
      break;
  }
  return "memory for a secret could not be locked";
}

Abort::operator Error() const {
  std::string who;
  // People count parties from 0, the scheme's x coordinates from 1.
  for (const dkls::XId id : suspects) {
    who += (who.empty() ? " (party " : ", ") + std::to_string(id - 1);
  }
  if (!who.empty()) who += ")";
  const Code code = verdict == Verdict::own ? Code::bad_data : Code::protocol;
  return Error{
      code, std::string(to_text(verdict)) + ": " + std::string(to_text(cause)) + who, {}, 0};
}

}  // namespace tally::mpc
