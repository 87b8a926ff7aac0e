#include "mpc/frost.hpp"

#include "crypto/ctime.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

// k1 + b k2, negated where R has an odd y. `b` and the sign are public.
SecretScalar effective_nonce(const SecNonce& nonce, const Session& session) {
  SecretScalar sum(nonce.first() + session.nonce_coefficient() * nonce.second());
  return session.negates_nonces() ? SecretScalar(-sum.value()) : std::move(sum);
}

// s*G = +-(k1 + b k2)*G + factor*P. The nonce point is computed anew from the secret scalars, which
// is the same point as R1 + b R2 and saves a multiplication.
bool self_check(const Scalar& partial, const SecNonce& nonce, const Signer& signer,
                const Session& session) {
  const SecretScalar k = effective_nonce(nonce, session);
  const Point expected =
      Point::mul_generator(k.value()) + Point::mul_var(session.share_factor(signer.position()),
                                                       signer.quorum().pubshare(signer.position()));
  return Point::mul_generator(partial) == expected;
}

}  // namespace

Outcome<Signer> Signer::make(const Share& share, const Quorum& quorum) {
  if (!share.group().may(Scheme::schnorr)) return failed(Fault::wrong_scheme, {}, share.id());
  const auto position = quorum.position_of(share.id());
  const bool belongs = position && quorum.group_key() == share.group().key() &&
                       quorum.pubshare(*position) == share.pubshare();
  if (!belongs) return failed(Fault::not_a_signer, {}, share.id());
  return Signer(share, quorum, *position);
}

Outcome<PartialSignature> sign(SecNonce nonce, const Signer& signer, const Session& session,
                               SelfCheck check) {
  if (&session.quorum() != &signer.quorum()) {
    return failed(Fault::not_a_signer, {}, signer.share().id());
  }
  if (crypto::declassified(nonce.first().is_zero())) return failed(Fault::nonce_spent, 0);
  if (crypto::declassified(nonce.second().is_zero())) return failed(Fault::nonce_spent, 1);
  const SecretScalar share = signer.share().secret();
  if (crypto::declassified(share.value().is_zero())) return failed(Fault::bad_share);

  const SecretScalar k = effective_nonce(nonce, session);
  const Scalar partial =
      crypto::declassified(k.value() + session.share_factor(signer.position()) * share.value());
  if (check == SelfCheck::on && !self_check(partial, nonce, signer, session)) {
    return failed(Fault::self_check_failed, signer.position(), signer.share().id());
  }
  return partial.encode();
}

Outcome<void> verify_partial(const Session& session, std::uint32_t position,
                             const PubNonce& pubnonce, const PartialSignature& partial) {
  const Quorum& quorum = session.quorum();
  if (position >= quorum.size()) return failed(Fault::bad_length, position);
  const PartyId party = quorum.ids()[position];
  const auto s = Scalar::parse(partial);
  if (!s) return failed(Fault::bad_partial, position, party);
  const auto first = Point::parse(ByteView(pubnonce).first(33));
  const auto second = Point::parse(ByteView(pubnonce).subspan(33));
  if (!first || !second) return failed(Fault::bad_pubnonce, position, party);

  const Point nonce = *first + Point::mul_var(session.nonce_coefficient(), *second);
  const Point expected = (session.negates_nonces() ? -nonce : nonce) +
                         Point::mul_var(session.share_factor(position), quorum.pubshare(position));
  if (Point::mul_generator(*s) != expected) return failed(Fault::wrong_partial, position, party);
  return {};
}

Outcome<Signature> aggregate(const Session& session, std::span<const PartialSignature> partials) {
  const Quorum& quorum = session.quorum();
  if (partials.size() != quorum.size()) return failed(Fault::bad_length);
  Scalar sum = session.challenge() * quorum.key().offset();
  for (std::uint32_t i = 0; i < partials.size(); ++i) {
    const auto s = Scalar::parse(partials[i]);
    if (!s) return failed(Fault::bad_partial, i, quorum.ids()[i]);
    sum = sum + *s;
  }
  Signature signature;
  std::copy(session.nonce_x().begin(), session.nonce_x().end(), signature.begin());
  sum.encode_to(MutableByteView(signature).subspan(32));
  return signature;
}

Outcome<Signature> aggregate_verified(const Session& session, std::span<const PubNonce> pubnonces,
                                      std::span<const PartialSignature> partials,
                                      ByteView message) {
  if (pubnonces.size() != partials.size()) return failed(Fault::bad_length);
  auto signature = aggregate(session, partials);
  if (!signature) return signature;
  if (crypto::schnorr_verify(*signature, message, session.quorum().key().xonly())) {
    return signature;
  }
  for (std::uint32_t i = 0; i < partials.size(); ++i) {
    const auto verdict = verify_partial(session, i, pubnonces[i], partials[i]);
    if (!verdict) return core::unexpected(verdict.error());
  }
  return failed(Fault::wrong_signature);
}

}  // namespace tally::mpc
