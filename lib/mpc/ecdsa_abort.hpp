// How a threshold ECDSA session ends when it does not end well, as a value a program acts on. Only
// what this party has checked itself bans anybody; what others say about each other does not count.
//
//   drop          not for this session, or malformed: as if it had never come; keep waiting
//   own           this side cannot go on; nobody is to blame
//   abort         the session is over, and the party named sent what it must not
//   ban           the same; the pair setup with it was burnt, and the burning is on record
//   equivocation  two parties saw different first messages of somebody: exchange the signed ones,
//                 and name only an author of two (equivocation_author)
//   stale_setup   a party has another pair setup than we: nobody is to blame; set up again
//   unattributed  somebody among the suspects is wrong, and DKLs23 has no way to tell who
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "mpc/dkls_suite.hpp"

namespace tally::mpc {

enum class Verdict : std::uint8_t {
  drop,
  own,
  abort,
  ban,
  equivocation,
  stale_setup,
  unattributed
};

enum class Cause : std::uint8_t {
  wrong_length,    // a message is longer or shorter than its kind
  wrong_session,   // another sid
  wrong_receiver,  // not to this party, or from no other party of the quorum
  out_of_turn,     // not awaited now, or the second of its kind
  bad_terms,       // a proposal that does not hold together, or is not of this key
  not_a_quorum,    // its parties are not exactly t, ascending, in range, and this party one of them
  bad_accept,      // an acceptance of something else, or not one of each party
  sid_used,        // this party has seen this session before
  not_allowed,     // this party's rules do not allow what is proposed, or it has no room
  too_many_resets,    // a pair was set up as often as an epoch allows
  setup_missing,      // no pair setup with a party of the quorum
  setup_burnt,        // the pair setup was burnt, here or in another session
  journal_failed,     // what must be on record first could not be put there
  bad_point,          // 33 bytes that are no point
  bad_scalar,         // 32 bytes not below the group order
  bad_tree,           // the trees of a pair setup do not match their proof
  wrong_opening,      // a commitment does not open
  ot_check,           // Bob's first message is not consistent
  vole_check,         // Alice's answer is not consistent (mu)
  gamma_check,        // R_j, pk_j and what was multiplied do not belong together
  digests_differ,     // of all first messages
  wrong_key_sum,      // the parties' keys do not add up to the group's
  nonce_at_infinity,  // the nonces cancel
  wrong_digest,       // a party signs something else with this presignature
  wrong_signature,    // what came out does not verify
  negligible,         // a secret came out as zero: not to be met with in practice
  out_of_memory,
};

struct Abort {
  Verdict verdict = Verdict::own;
  Cause cause = Cause::out_of_turn;
  // The party named (abort, ban, stale_setup), or everybody who may have done it (unattributed).
  std::vector<dkls::XId> suspects = {};

  bool operator==(const Abort&) const = default;
  // The same as one line for a user.
  operator Error() const;  // NOLINT(google-explicit-constructor): TALLY_TRY passes it on as Error
};

template <typename T>
using Attempt = core::Expected<T, Abort>;

[[nodiscard]] inline auto aborted(Verdict verdict, Cause cause,
                                  std::vector<dkls::XId> suspects = {}) {
  return core::unexpected(Abort{verdict, cause, std::move(suspects)});
}

[[nodiscard]] std::string_view to_text(Verdict verdict);
[[nodiscard]] std::string_view to_text(Cause cause);

}  // namespace tally::mpc

// MPC_TRY(auto value, attempt()) and MPC_CHECK(attempt()) return the Abort upwards.
#define MPC_TRY(declaration, expression) \
  MPC_TRY_INNER(declaration, expression, TALLY_JOIN(mpc_attempt_, __COUNTER__))
#define MPC_TRY_INNER(declaration, expression, name)           \
  auto name = (expression);                                    \
  if (!name) [[unlikely]]                                      \
    return ::tally::core::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
#define MPC_CHECK(expression)                                           \
  do {                                                                  \
    if (auto mpc_attempt = (expression); !mpc_attempt) [[unlikely]]     \
      return ::tally::core::unexpected(std::move(mpc_attempt).error()); \
  } while (false)
