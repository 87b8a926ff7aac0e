#include <algorithm>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "mpc/dkg.hpp"
#include "mpc/dkg_output.hpp"
#include "mpc/dkg_proof.hpp"
#include "mpc/dkg_seal.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/polynomial.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

// A hash of secrets as a scalar; the reference refuses values not below n, which none will meet.
std::optional<SecretScalar> secret_scalar(std::string_view tag,
                                          std::initializer_list<ByteView> in) {
  auto hash = chill_hash(tag, in);
  auto parsed = Scalar::parse(hash);
  core::wipe(hash);
  if (!parsed) return std::nullopt;
  std::optional<SecretScalar> out(std::in_place, *parsed);
  core::wipe(&*parsed, sizeof *parsed);
  return out;
}

// Everything a participant draws, from the host secret and fresh randomness together: the nonce of
// the encryption follows from the same seed as the shares, so that pads never meet other shares.
struct Drawn {
  std::vector<SecretScalar> polynomial;
  SecretScalar nonce;
  ByteArray<32> aux{};
};

std::optional<Drawn> draw(const HostKey& host, const DkgParams& params, ByteView random) {
  ByteArray<32> host_secret;
  host.secret.value().encode_to(host_secret);
  auto seed = chill_hash("encpedpop seed", {host_secret, random, seal_context(params)});
  core::wipe(host_secret);
  Drawn drawn;
  drawn.aux = chill_hash("simplpedpop aux", {seed});
  bool good = true;
  for (std::uint32_t k = 0; k < params.t; ++k) {
    ByteArray<4> index;
    core::store_be(index.data(), k);
    auto coefficient = secret_scalar("vss coeffs", {seed, index});
    good = good && coefficient;
    if (good) drawn.polynomial.push_back(std::move(*coefficient));
  }
  auto nonce = secret_scalar("encpedpop secnonce", {seed});
  core::wipe(seed);
  if (!good || !nonce) return std::nullopt;
  drawn.nonce = std::move(*nonce);
  return drawn;
}

Outcome<Bytes> contribute(const HostKey& host, const DkgParams& params, PartyId id,
                          ByteView random) {
  const auto drawn = draw(host, params, random);
  if (!drawn) return failed(Fault::negligible);
  Contribution message;
  message.commitments = commit(drawn->polynomial);
  auto proof = prove_possession(drawn->polynomial.front(), id, drawn->aux);
  if (!proof) return core::unexpected(proof.error());
  message.proof = *proof;
  message.nonce = Point::mul_generator(drawn->nonce.value()).encode();

  std::vector<SecretScalar> shares;
  for (PartyId to = 0; to < params.n(); ++to) {
    shares.push_back(evaluate(drawn->polynomial, x_of(to)));
  }
  auto sealed = seal_shares(params, {&drawn->nonce, message.nonce, &host.secret, id}, shares);
  if (!sealed) return core::unexpected(sealed.error());
  message.sealed = std::move(*sealed);
  return encode(message);
}

// Whether others proved that they know what they committed to; the first that did not.
std::optional<PartyId> first_bad_proof(const Collection& collection, PartyId mine) {
  for (PartyId id = 0; id < collection.proofs.size(); ++id) {
    if (id == mine) continue;
    if (!verify_possession(collection.proofs[id], collection.first_commitments[id], id)) return id;
  }
  return std::nullopt;
}

Outcome<PartyId> find_self(const HostKey& host, const DkgParams& params) {
  if (const auto checked = check_params(params); !checked) {
    return core::unexpected(checked.error());
  }
  const auto id = params.id_of(host.pub);
  if (!id) return failed(Fault::unknown_host_key);
  return *id;
}

}  // namespace

Outcome<DkgParticipant> DkgParticipant::start(ByteView host_secret, const DkgParams& params,
                                              ByteView random) {
  auto host = mpc::host_key(host_secret);
  if (!host) return core::unexpected(host.error());
  const auto id = find_self(*host, params);
  if (!id) return core::unexpected(id.error());
  if (random.size() != 32) return failed(Fault::bad_length);
  ByteArray<32> zeros{};
  if (crypto::declassified(core::equal_constant_time(random, zeros))) {
    return failed(Fault::bad_randomness);
  }
  auto contribution = contribute(*host, params, *id, random);
  if (!contribution) return core::unexpected(contribution.error());
  return DkgParticipant(std::move(*host), params, *id, std::move(*contribution));
}

Outcome<DkgParticipant> DkgParticipant::resume(ByteView host_secret, const DkgParams& params,
                                               ByteView contribution) {
  auto host = mpc::host_key(host_secret);
  if (!host) return core::unexpected(host.error());
  const auto id = find_self(*host, params);
  if (!id) return core::unexpected(id.error());
  const auto decoded = decode_contribution(contribution, params.t, params.n());
  const bool mine = decoded && verify_possession(decoded->proof, decoded->commitments[0], *id);
  if (!mine) return failed(Fault::bad_contribution, {}, *id);
  return DkgParticipant(std::move(*host), params, *id,
                        Bytes(contribution.begin(), contribution.end()));
}

Outcome<SchnorrSignature> DkgParticipant::agree(ByteView collection, ByteView aux) {
  if (asked_) return failed(Fault::unexpected_message);
  if (aux.size() != 32) return failed(Fault::bad_length);
  auto decoded = decode_collection(collection, params_.t, params_.n());
  if (!decoded) {
    return failed(decoded.error() == Malformed::length ? Fault::bad_length : Fault::bad_collection);
  }
  asked_ = true;
  const Contribution mine = *decode_contribution(contribution_, params_.t, params_.n());
  if (decoded->nonces[id_] != mine.nonce) return failed(Fault::bad_collection);
  auto pads = pads_for(params_, host_, id_, decoded->nonces, id_);
  if (!pads) return core::unexpected(pads.error());
  if (decoded->first_commitments[id_] != mine.commitments[0]) {
    return failed(Fault::bad_collection);
  }
  if (const auto id = first_bad_proof(*decoded, id_)) return failed(Fault::bad_proof, *id, *id);

  EqualityInput agreement{params_, {}, std::move(decoded->nonces), std::move(decoded->sealed_sums)};
  agreement.sum_commitments = {Point::sum(decoded->first_commitments)};
  agreement.sum_commitments.insert(agreement.sum_commitments.end(), decoded->other_sums.begin(),
                                   decoded->other_sums.end());
  const auto tweaked = tweak_commitments(agreement.sum_commitments);
  if (!tweaked) return core::unexpected(tweaked.error());
  SecretScalar secret(agreement.sealed_sums[id_] + tweaked->tweak);
  for (const SecretScalar& pad : *pads) secret = SecretScalar(secret.value() - pad.value());
  const Point expected = evaluate_var(tweaked->commitments, x_of(id_));
  if (Point::mul_generator(secret.value()) != expected) {
    wrong_ = {std::move(*pads), agreement.sealed_sums[id_],
              expected + -Point::mul_generator(tweaked->tweak)};
    return failed(Fault::wrong_dealt_share);
  }
  Bytes agreed = encode(agreement);
  auto group = group_of(params_, *tweaked, agreed);
  if (!group) return core::unexpected(group.error());
  auto signature = sign_statement(Statement::agreed, host_.secret, id_, agreed, aux);
  if (!signature) return signature;
  group_ = std::move(*group);
  secret_ = std::move(secret);
  agreed_ = std::move(agreed);
  return signature;
}

Outcome<DkgResult> DkgParticipant::finish(ByteView certificate) const {
  if (!group_) return failed(Fault::unexpected_message);
  if (certificate.size() != std::size_t{64} * params_.n()) return failed(Fault::bad_length);
  if (first_bad_signature(params_, agreed_, certificate)) return failed(Fault::bad_certificate);
  ByteArray<32> secret;
  secret_.value().encode_to(secret);
  auto share = Share::make(*group_, id_, secret);
  core::wipe(secret);
  if (!share) return core::unexpected(share.error());
  Bytes recovery_data = agreed_;
  recovery_data.insert(recovery_data.end(), certificate.begin(), certificate.end());
  return DkgResult{std::move(*share), std::move(recovery_data)};
}

}  // namespace tally::mpc
