#include "mpc/frost.hpp"

#include <vector>

namespace tally::mpc {
namespace {

using crypto::Scalar;

PartialTerms terms_of(const Session& session, std::uint32_t position) {
  return {session.nonce_coefficient(), session.negates_nonces(), session.share_factor(position),
          position, session.quorum().ids()[position]};
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
  return make_partial(std::move(nonce), terms_of(session, signer.position()), signer.share(),
                      check);
}

Outcome<void> verify_partial(const Session& session, std::uint32_t position,
                             const PubNonce& pubnonce, const PartialSignature& partial) {
  const Quorum& quorum = session.quorum();
  if (position >= quorum.size()) return failed(Fault::bad_length, position);
  return check_partial(terms_of(session, position), pubnonce, quorum.pubshare(position), partial);
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
  std::vector<PartialClaim> claims;
  for (std::uint32_t i = 0; i < partials.size(); ++i) {
    claims.push_back(
        {terms_of(session, i), pubnonces[i], session.quorum().pubshare(i), partials[i]});
  }
  const auto verdict = check_partials(claims);
  if (!verdict) return core::unexpected(verdict.error());
  return failed(Fault::wrong_signature);
}

}  // namespace tally::mpc
