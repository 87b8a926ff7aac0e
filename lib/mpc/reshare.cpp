#include "mpc/reshare.hpp"

#include <algorithm>

#include "mpc/dkg_proof.hpp"
#include "mpc/dkg_seal.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/polynomial.hpp"
#include "mpc/reshare_messages.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

// What each dealer deals, times the generator: lambda times its public share.
std::vector<Point> parts_of(const ReshareParams& params) {
  const auto lambda = lagrange_at_zero_var(params.dealers);
  std::vector<Point> parts;
  for (std::size_t i = 0; i < params.dealers.size(); ++i) {
    parts.push_back(Point::mul_var(lambda[i], params.old.pubshares()[params.dealers[i]]));
  }
  return parts;
}

// Whether each dealer knows what it deals.
Outcome<void> verify_dealers(const ReshareParams& params, std::span<const Point> parts,
                             std::span<const Proof> proofs) {
  const auto ceremony = params.ceremony();
  std::vector<ProofClaim> claims;
  for (std::size_t i = 0; i < proofs.size(); ++i) {
    claims.push_back({proofs[i], parts[i], {ceremony, params.dealers[i], 0}});
  }
  return verify_proofs(claims);
}

// A secret drawn from the dealer's share, the ceremony and fresh randomness together.
SecretScalar draw(std::string_view what, const ReshareParams& params, const Share& share,
                  ByteView random, std::uint32_t index) {
  const auto ceremony = params.ceremony();
  return SecretScalar(Transcript("reshare-draw")
                          .add("what", core::as_bytes(what))
                          .add("index", index)
                          .add("ceremony", ceremony)
                          .add("share", share.secret_bytes())
                          .add("random", random)
                          .finish_scalar());
}

// The old key under the next epoch.
Outcome<GroupKey> next_group(const KeyFacts& facts, const DkgParams& next,
                             std::span<const Point> sum_commitments) {
  std::vector<Point> pubshares;
  for (PartyId id = 0; id < next.n(); ++id) {
    pubshares.push_back(evaluate_var(sum_commitments, x_of(id)));
    if (pubshares.back().is_infinity()) return failed(Fault::negligible);
  }
  return GroupKey::make(next.t, next.n(), sum_commitments.front(), std::move(pubshares), facts);
}

KeyFacts next_facts(const ReshareParams& params) {
  KeyFacts facts = params.old.facts();
  ++facts.epoch;
  return facts;
}

ReshareAgreement agreement_of(const ReshareParams& params, const ReshareCollection& collection) {
  ReshareAgreement agreement{params.ceremony(),  next_facts(params), params.next,
                             {params.old.key()}, collection.nonces,  collection.sealed_sums};
  agreement.sum_commitments.insert(agreement.sum_commitments.end(), collection.other_sums.begin(),
                                   collection.other_sums.end());
  return agreement;
}

SecretScalar unseal(const Scalar& sealed_sum, std::span<const SecretScalar> pads) {
  SecretScalar secret(sealed_sum);
  for (const SecretScalar& pad : pads) secret = SecretScalar(secret.value() - pad.value());
  return secret;
}

Outcome<Share> make_share(const GroupKey& group, PartyId id, const SecretScalar& secret) {
  ByteArray<32> bytes;
  secret.value().encode_to(bytes);
  auto share = Share::make(group, id, bytes);
  core::wipe(bytes);
  return share;
}

Bytes joined(ByteView first, ByteView second) {
  Bytes out(first.begin(), first.end());
  out.insert(out.end(), second.begin(), second.end());
  return out;
}

}  // namespace

ByteArray<32> ReshareParams::ceremony() const {
  Transcript transcript("reshare");
  transcript.add("group", old.digest());
  for (const PartyId id : dealers) transcript.add("dealer", id);
  transcript.add("t", next.t);
  for (const auto& key : next.host_keys) transcript.add("host", key);
  return transcript.finish();
}

Outcome<void> check_params(const ReshareParams& params) {
  const auto& dealers = params.dealers;
  if (dealers.size() != params.old.threshold()) return failed(Fault::signer_count);
  for (std::uint32_t i = 0; i < dealers.size(); ++i) {
    if (dealers[i] >= params.old.parties()) return failed(Fault::id_out_of_range, i, dealers[i]);
    if (i > 0 && dealers[i] <= dealers[i - 1]) return failed(Fault::duplicate_id, i, dealers[i]);
  }
  if (params.old.epoch() == UINT32_MAX) return failed(Fault::bad_parameters);
  return check_params(params.next);
}

Outcome<Bytes> deal_again(const ReshareParams& params, const Share& share, ByteView random) {
  if (const auto checked = check_params(params); !checked) {
    return core::unexpected(checked.error());
  }
  if (random.size() != 32) return failed(Fault::bad_length);
  const auto found = std::find(params.dealers.begin(), params.dealers.end(), share.id());
  if (found == params.dealers.end() || share.group().digest() != params.old.digest()) {
    return failed(Fault::not_a_signer, {}, share.id());
  }
  const auto position = static_cast<std::size_t>(found - params.dealers.begin());
  const Scalar lambda = lagrange_at_zero_var(params.dealers)[position];
  std::vector<SecretScalar> polynomial;
  polynomial.emplace_back(lambda * share.secret().value());
  for (std::uint32_t k = 1; k < params.next.t; ++k) {
    polynomial.push_back(draw("coefficient", params, share, random, k));
  }
  ReshareDealt message;
  message.commitments = commit(polynomial);
  const auto ceremony = params.ceremony();
  auto proof = prove(polynomial.front(), {ceremony, share.id(), 0}, random);
  if (!proof) return core::unexpected(proof.error());
  message.proof = *proof;
  const SecretScalar nonce = draw("nonce", params, share, random, 0);
  message.nonce = Point::mul_generator(nonce.value()).encode();
  std::vector<SecretScalar> shares;
  for (PartyId to = 0; to < params.next.n(); ++to) {
    shares.push_back(evaluate(polynomial, x_of(to)));
  }
  auto sealed = seal_shares(params.next, {&nonce, message.nonce, nullptr, {}}, shares);
  if (!sealed) return core::unexpected(sealed.error());
  message.sealed = std::move(*sealed);
  return encode(message);
}

Outcome<ReshareCoordinator> ReshareCoordinator::collect(const ReshareParams& params,
                                                        std::span<const Bytes> dealt) {
  if (const auto checked = check_params(params); !checked) {
    return core::unexpected(checked.error());
  }
  if (dealt.size() != params.dealers.size()) return failed(Fault::bad_length);
  const auto parts = parts_of(params);
  std::vector<Contribution> decoded;
  ReshareCollection collection;
  collection.sealed_sums.resize(params.next.n());
  for (std::uint32_t i = 0; i < dealt.size(); ++i) {
    const PartyId party = params.dealers[i];
    auto one = decode_reshare_dealt(dealt[i], params.next.t, params.next.n());
    if (!one) {
      const bool length = one.error() == Malformed::length;
      return failed(length ? Fault::bad_length : Fault::bad_contribution, i, party);
    }
    if (one->commitments[0] != parts[i]) return failed(Fault::wrong_commitment, i, party);
    collection.proofs.push_back(one->proof);
    collection.nonces.push_back(one->nonce);
    for (PartyId to = 0; to < params.next.n(); ++to) {
      collection.sealed_sums[to] = collection.sealed_sums[to] + one->sealed[to];
    }
    decoded.push_back({std::move(one->commitments), {}, one->nonce, std::move(one->sealed)});
  }
  const auto proven = verify_dealers(params, parts, collection.proofs);
  if (!proven) return core::unexpected(proven.error());
  for (std::uint32_t k = 1; k < params.next.t; ++k) {
    std::vector<Point> terms;
    terms.reserve(decoded.size());
    for (const Contribution& one : decoded) terms.push_back(one.commitments[k]);
    collection.other_sums.push_back(Point::sum(terms));
  }
  ReshareCoordinator out(params, std::move(decoded));
  out.collection_ = encode(collection);
  const ReshareAgreement agreement = agreement_of(params, collection);
  out.agreed_ = encode(agreement);
  auto group = next_group(agreement.facts, params.next, agreement.sum_commitments);
  if (!group) return core::unexpected(group.error());
  out.group_ = std::move(*group);
  return out;
}

Bytes ReshareCoordinator::investigation(PartyId new_id) const {
  Investigation message;
  for (const Contribution& one : dealt_) {
    message.sealed.push_back(one.sealed[new_id]);
    message.partial_pubshares.push_back(evaluate_var(one.commitments, x_of(new_id)));
  }
  return encode(message);
}

Outcome<DkgPublicResult> ReshareCoordinator::finish(std::span<const Bytes> signatures) const {
  auto certificate = certify(params_.next, agreed_, signatures);
  if (!certificate) return core::unexpected(certificate.error());
  Bytes recovery_data = joined(agreed_, *certificate);
  return DkgPublicResult{*group_, std::move(*certificate), std::move(recovery_data)};
}

Outcome<ReshareReceiver> ReshareReceiver::make(const ReshareParams& params, ByteView host_secret) {
  if (const auto checked = check_params(params); !checked) {
    return core::unexpected(checked.error());
  }
  auto host = host_key(host_secret);
  if (!host) return core::unexpected(host.error());
  const auto id = params.next.id_of(host->pub);
  if (!id) return failed(Fault::unknown_host_key);
  return ReshareReceiver(params, std::move(*host), *id);
}

Outcome<SchnorrSignature> ReshareReceiver::agree(ByteView collection, ByteView aux) {
  if (asked_) return failed(Fault::unexpected_message);
  if (aux.size() != 32) return failed(Fault::bad_length);
  const auto dealers = static_cast<std::uint32_t>(params_.dealers.size());
  const auto decoded =
      decode_reshare_collection(collection, dealers, params_.next.t, params_.next.n());
  if (!decoded) {
    return failed(decoded.error() == Malformed::length ? Fault::bad_length : Fault::bad_collection);
  }
  asked_ = true;
  auto pads = pads_for(params_.next, host_, id_, decoded->nonces, {});
  if (!pads) {
    const std::uint32_t position = *pads.error().position;
    return failed(Fault::bad_dealer_nonce, position, params_.dealers[position]);
  }
  const auto parts = parts_of(params_);
  const auto proven = verify_dealers(params_, parts, decoded->proofs);
  if (!proven) return core::unexpected(proven.error());
  const ReshareAgreement agreement = agreement_of(params_, *decoded);
  SecretScalar secret = unseal(agreement.sealed_sums[id_], *pads);
  const Point expected = evaluate_var(agreement.sum_commitments, x_of(id_));
  if (Point::mul_generator(secret.value()) != expected) {
    wrong_ = {std::move(*pads), agreement.sealed_sums[id_], expected};
    return failed(Fault::wrong_dealt_share);
  }
  Bytes agreed = encode(agreement);
  auto group = next_group(agreement.facts, params_.next, agreement.sum_commitments);
  if (!group) return core::unexpected(group.error());
  auto signature = sign_statement(Statement::agreed, host_.secret, id_, agreed, aux);
  if (!signature) return signature;
  group_ = std::move(*group);
  secret_ = std::move(secret);
  agreed_ = std::move(agreed);
  return signature;
}

Failure ReshareReceiver::investigate(ByteView investigation) const {
  Failure failure = wrong_.investigate(investigation, {});
  if (failure.position) failure.party = params_.dealers[*failure.position];
  return failure;
}

Outcome<DkgResult> ReshareReceiver::finish(ByteView certificate) const {
  if (!group_) return failed(Fault::unexpected_message);
  if (certificate.size() != std::size_t{64} * params_.next.n()) return failed(Fault::bad_length);
  if (first_bad_signature(params_.next, agreed_, certificate)) {
    return failed(Fault::bad_certificate);
  }
  auto share = make_share(*group_, id_, secret_);
  if (!share) return core::unexpected(share.error());
  return DkgResult{std::move(*share), joined(agreed_, certificate)};
}

Outcome<RecoveredKey> recover_reshared(ByteView recovery_data, ByteView host_secret) {
  const auto parts = decode_reshare_recovery(recovery_data);
  if (!parts || !check_params(parts->agreement.next) ||
      first_bad_signature(parts->agreement.next, parts->agreed, parts->certificate)) {
    return failed(Fault::bad_recovery_data);
  }
  const ReshareAgreement& agreement = parts->agreement;
  auto group = next_group(agreement.facts, agreement.next, agreement.sum_commitments);
  if (!group) return failed(Fault::bad_recovery_data);
  RecoveredKey out{agreement.next, std::move(*group), {}};
  if (host_secret.empty()) return out;
  const auto host = host_key(host_secret);
  if (!host) return core::unexpected(host.error());
  const auto id = agreement.next.id_of(host->pub);
  if (!id) return failed(Fault::unknown_host_key);
  const auto pads = pads_for(agreement.next, *host, *id, agreement.nonces, {});
  if (!pads) return failed(Fault::bad_recovery_data);
  auto share = make_share(out.group, *id, unseal(agreement.sealed_sums[*id], *pads));
  if (!share) return core::unexpected(share.error());
  out.share = std::move(*share);
  return out;
}

}  // namespace tally::mpc
