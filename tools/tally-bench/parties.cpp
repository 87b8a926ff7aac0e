#include "parties.hpp"

#include <numeric>
#include <utility>

#include "core/endian.hpp"
#include "mpc/deal.hpp"
#include "mpc/session.hpp"

namespace tally::bench_tool {

Result<std::shared_ptr<Parties>> Parties::make(std::uint32_t t, std::uint32_t n) {
  constexpr ByteArray<32> kSeed{1};
  const auto dealing = mpc::deal(t, n, kSeed);
  if (!dealing) return fail(Error(dealing.error()));
  std::vector<mpc::PartyId> ids(t);
  std::iota(ids.begin(), ids.end(), mpc::PartyId{0});
  auto quorum = mpc::Quorum::make(dealing->group(), ids);
  if (!quorum) return fail(Error(quorum.error()));
  std::shared_ptr<Parties> parties(new Parties(std::move(*quorum)));
  for (const mpc::PartyId id : ids) {
    auto share = dealing->share(id);
    if (!share) return fail(Error(share.error()));
    parties->shares_.push_back(std::move(*share));
  }
  for (const mpc::Share& share : parties->shares_) {
    auto signer = mpc::Signer::make(share, parties->quorum_);
    if (!signer) return fail(Error(signer.error()));
    parties->signers_.push_back(*signer);
  }
  return parties;
}

mpc::Outcome<mpc::NoncePair> Parties::nonce(std::size_t position) {
  ByteArray<32> random{};
  core::store_le(random.data(), ++nonces_made_);
  const mpc::Share& share = shares_[position];
  const auto pubshare = share.pubshare().encode();
  return mpc::nonce_gen(random, {.secret_share = share.secret_bytes(),
                                 .pubshare = pubshare,
                                 .xonly_key = {},
                                 .message = {},
                                 .extra = {}});
}

std::optional<mpc::Signature> sign_once(Parties& parties, ByteView message) {
  const std::size_t count = parties.signers().size();
  std::vector<mpc::SecNonce> secret_nonces;
  std::vector<mpc::PubNonce> public_nonces;
  for (std::size_t position = 0; position < count; ++position) {
    auto pair = parties.nonce(position);
    if (!pair) return std::nullopt;
    secret_nonces.push_back(std::move(pair->secret));
    public_nonces.push_back(pair->pub);
  }
  const auto aggregated = mpc::nonce_agg(public_nonces);
  if (!aggregated) return std::nullopt;
  std::vector<mpc::PartialSignature> partials;
  for (std::size_t position = 0; position < count; ++position) {
    const auto session = mpc::Session::open(parties.quorum(), *aggregated, message);
    if (!session) return std::nullopt;
    const auto made = mpc::sign(std::move(secret_nonces[position]), parties.signers()[position],
                                *session, mpc::SelfCheck::off);
    if (!made) return std::nullopt;
    partials.push_back(*made);
  }
  const auto session = mpc::Session::open(parties.quorum(), *aggregated, message);
  if (!session) return std::nullopt;
  const auto signature = mpc::aggregate_verified(*session, public_nonces, partials, message);
  if (!signature) return std::nullopt;
  return *signature;
}

}  // namespace tally::bench_tool
