#include "mpc/signing_rounds.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "mpc/derive.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {
namespace {

Bytes encode_terms(const SigningTerms& terms) {
  Bytes out;
  core::append_be(out, static_cast<std::uint16_t>(terms.signers.size()));
  for (const PartyId id : terms.signers) core::append_be(out, static_cast<std::uint16_t>(id));
  out.push_back(static_cast<std::uint8_t>(terms.path.size()));
  for (const std::uint32_t level : terms.path) core::append_be(out, level);
  core::append(out, terms.message_hash);
  return out;
}

}  // namespace

Bytes NonceOffer::encode() const {
  Bytes out = encode_terms(terms);
  core::append(out, nonce);
  return out;
}

std::optional<NonceOffer> NonceOffer::decode(ByteView bytes) {
  NonceOffer offer;
  SigningTerms& terms = offer.terms;
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t signers = core::load_be<std::uint16_t>(bytes.data());
  const std::size_t path_at = 2 + 2 * signers;
  if (signers == 0 || signers > kMostParties || bytes.size() <= path_at) return std::nullopt;
  const std::size_t levels = bytes[path_at];
  const std::size_t hash_at = path_at + 1 + 4 * levels;
  if (levels > kMostPathLevels ||
      bytes.size() != hash_at + terms.message_hash.size() + offer.nonce.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < signers; ++i) {
    terms.signers.push_back(core::load_be<std::uint16_t>(&bytes[2 + 2 * i]));
  }
  // One spelling: strictly ascending.
  if (std::ranges::adjacent_find(terms.signers, std::ranges::greater_equal{}) !=
      terms.signers.end()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < levels; ++i) {
    terms.path.push_back(core::load_be<std::uint32_t>(&bytes[path_at + 1 + 4 * i]));
  }
  const ByteView rest = bytes.subspan(hash_at);
  std::ranges::copy(rest.first(terms.message_hash.size()), terms.message_hash.begin());
  std::ranges::copy(rest.subspan(terms.message_hash.size()), offer.nonce.begin());
  return offer;
}

SigningRounds::SigningRounds(const GroupKey& group, SigningTerms terms, Quorum quorum,
                             ByteView message)
    : terms_(std::move(terms)),
      terms_digest_(Transcript("signing-terms")
                        .add("group", group.digest())
                        .add("terms", encode_terms(terms_))
                        .finish()),
      quorum_(std::move(quorum)),
      message_(message.begin(), message.end()) {}

Outcome<SigningRounds> SigningRounds::make(const GroupKey& group, std::vector<PartyId> signers,
                                           std::vector<std::uint32_t> path, ByteView message) {
  if (!group.may(Scheme::schnorr)) return failed(Fault::wrong_scheme);
  std::ranges::sort(signers);
  auto quorum = Quorum::make(group, signers);
  if (!quorum) return core::unexpected(quorum.error());
  const auto child = derive(group, path);
  if (!child) return core::unexpected(child.error());
  if (!path.empty()) {
    const auto tweaked = quorum->apply_tweak(child->tweak_bytes(), TweakMode::plain);
    if (!tweaked) return core::unexpected(tweaked.error());
  }
  SigningTerms terms{std::move(signers), std::move(path), crypto::Sha256::digest(message)};
  return SigningRounds(group, std::move(terms), std::move(*quorum), message);
}

Outcome<NoncePair> SigningRounds::draw(const Share& share, ByteView random) const {
  if (const auto signer = Signer::make(share, quorum_); !signer) {
    return core::unexpected(signer.error());
  }
  const auto pubshare = share.pubshare().encode();
  NonceInputs inputs;
  inputs.secret_share = share.secret_bytes();
  inputs.pubshare = pubshare;
  inputs.xonly_key = public_key();
  inputs.message = message_;
  inputs.extra = terms_digest_;
  return nonce_gen(random, inputs);
}

ByteArray<32> SigningRounds::session_id(std::span<const PubNonce> nonces) const {
  Transcript transcript("signing-session");
  transcript.add("terms", terms_digest_);
  for (const PubNonce& nonce : nonces) transcript.add("nonce", nonce);
  return transcript.finish();
}

Outcome<PartialSignature> SigningRounds::sign(SecNonce nonce, const Share& share,
                                              std::span<const PubNonce> nonces) const {
  if (nonces.size() != quorum_.size()) return failed(Fault::bad_length);
  const auto signer = Signer::make(share, quorum_);
  if (!signer) return core::unexpected(signer.error());
  const auto sum = nonce_agg(nonces);
  if (!sum) return core::unexpected(sum.error());
  const auto session = Session::open(quorum_, *sum, message_);
  if (!session) return core::unexpected(session.error());
  return mpc::sign(std::move(nonce), *signer, *session, SelfCheck::on);
}

Outcome<Signature> SigningRounds::combine(std::span<const PubNonce> nonces,
                                          std::span<const PartialSignature> partials) const {
  if (nonces.size() != quorum_.size()) return failed(Fault::bad_length);
  const auto sum = nonce_agg(nonces);
  if (!sum) return core::unexpected(sum.error());
  const auto session = Session::open(quorum_, *sum, message_);
  if (!session) return core::unexpected(session.error());
  return aggregate_verified(*session, nonces, partials, message_);
}

}  // namespace tally::mpc
