#include "mpc/partial.hpp"

#include <algorithm>
#include <vector>

#include "crypto/ctime.hpp"
#include "mpc/verdicts.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

// k1 + b k2, negated where R has an odd y. `b` and the sign are public.
SecretScalar effective_nonce(const SecNonce& nonce, const PartialTerms& terms) {
  SecretScalar sum(nonce.first() + terms.nonce_coefficient * nonce.second());
  return terms.negates_nonces ? SecretScalar(-sum.value()) : std::move(sum);
}

}  // namespace

Outcome<PartialSignature> make_partial(SecNonce nonce, const PartialTerms& terms,
                                       const Share& share, SelfCheck self_check) {
  if (crypto::declassified(nonce.first().is_zero())) return failed(Fault::nonce_spent, 0);
  if (crypto::declassified(nonce.second().is_zero())) return failed(Fault::nonce_spent, 1);
  const SecretScalar secret = share.secret();
  if (crypto::declassified(secret.value().is_zero())) return failed(Fault::bad_share);

  const SecretScalar k = effective_nonce(nonce, terms);
  const Scalar partial = crypto::declassified(k.value() + terms.share_factor * secret.value());
  if (self_check == SelfCheck::on) {
    // The nonce point is computed anew from the secret scalars, which is the same point as R1 + b
    // R2 and saves a multiplication.
    const Point seen = Point::mul_sum_var(-terms.share_factor, share.pubshare(), partial);
    if (Point::mul_generator(k.value()) != seen) {
      return failed(Fault::self_check_failed, terms.position, terms.party);
    }
  }
  return partial.encode();
}

Outcome<void> check_partial(const PartialTerms& terms, const PubNonce& pubnonce,
                            const Point& pubshare, const PartialSignature& partial) {
  const auto s = Scalar::parse(partial);
  if (!s) return failed(Fault::bad_partial, terms.position, terms.party);
  const auto first = Point::parse(ByteView(pubnonce).first(33));
  const auto second = Point::parse(ByteView(pubnonce).subspan(33));
  if (!first || !second) return failed(Fault::bad_pubnonce, terms.position, terms.party);

  const Point nonce = *first + Point::mul_var(terms.nonce_coefficient, *second);
  const Point seen = Point::mul_sum_var(-terms.share_factor, pubshare, *s);
  if (seen != (terms.negates_nonces ? -nonce : nonce)) {
    return failed(Fault::wrong_partial, terms.position, terms.party);
  }
  return {};
}

Outcome<void> check_partials(std::span<const PartialClaim> claims) {
  struct Encoded {
    crypto::PointBytes pubshare{};
    ByteArray<2 * 33 + 2 * 32 + 1> message{};
  };
  std::vector<Encoded> encoded(claims.size());
  std::vector<crypto::VerifyItem> items(claims.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const PartialClaim& claim = claims[i];
    const MutableByteView message(encoded[i].message);
    encoded[i].pubshare = claim.pubshare.encode();
    std::ranges::copy(claim.pubnonce, message.begin());
    claim.terms.nonce_coefficient.encode_to(message.subspan(66, 32));
    claim.terms.share_factor.encode_to(message.subspan(98, 32));
    message.back() = claim.terms.negates_nonces ? 1 : 0;
    items[i].scheme = crypto::Scheme::partial;
    items[i].key = encoded[i].pubshare;
    items[i].message = encoded[i].message;
    items[i].signature = claim.partial;
  }
  const auto bad = first_bad_var(items);
  if (!bad) return {};
  // Alone once more, for what is wrong with it.
  const PartialClaim& claim = claims[*bad];
  return check_partial(claim.terms, claim.pubnonce, claim.pubshare, claim.partial);
}

}  // namespace tally::mpc
