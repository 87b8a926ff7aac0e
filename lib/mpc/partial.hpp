// The arithmetic that every FROST here shares: one signer's s = +-(k1 + b k2) + f d, where the
// suite says what b and f are and whether nonces enter negated, and its check s G = +-(R1 + b R2) +
// f P. BIP-445 has one b for all signers, RFC 9591 one for each. For mpc/frost.cpp and
// mpc/rfc9591.cpp.
#pragma once

#include <span>

#include "mpc/nonce.hpp"
#include "mpc/share.hpp"

namespace tally::mpc {

using PartialSignature = ByteArray<32>;

// Whether sign() verifies its result before giving it out, for two multiplications of the generator
// and one other. A wrong partial signature, made by a failing or provoked machine, can leak the
// share; leave it off only where a fault cannot be provoked.
enum class SelfCheck : bool { off, on };

// What a suite computes for one signer of one session; all public.
struct PartialTerms {
  crypto::Scalar nonce_coefficient;  // b
  bool negates_nonces = false;
  crypto::Scalar share_factor;  // f
  std::uint32_t position = 0;
  PartyId party = 0;
};

// The nonce is used up whatever happens. Constant time in nonce and share. Faults: nonce_spent,
// bad_share when the share was wiped (a forked child), self_check_failed.
[[nodiscard]] Outcome<PartialSignature> make_partial(SecNonce nonce, const PartialTerms& terms,
                                                     const Share& share, SelfCheck self_check);

// Faults: bad_partial, bad_pubnonce, wrong_partial, each naming position and party.
[[nodiscard]] Outcome<void> check_partial(const PartialTerms& terms, const PubNonce& pubnonce,
                                          const crypto::Point& pubshare,
                                          const PartialSignature& partial);

// Many together. Faults: those of check_partial, of the first bad one.
struct PartialClaim {
  PartialTerms terms;
  PubNonce pubnonce{};
  crypto::Point pubshare;
  PartialSignature partial{};
};
[[nodiscard]] Outcome<void> check_partials(std::span<const PartialClaim> claims);

}  // namespace tally::mpc
