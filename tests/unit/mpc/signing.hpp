// One honest signing by the shares of a quorum, for tests that ask whether a key works.
#pragma once

#include <doctest/doctest.h>
#include <vector>

#include "mpc/derive.hpp"
#include "mpc/frost.hpp"
#include "unit/mpc/frost_world.hpp"

namespace tally::test {

// Whether the parties `ids` of `shares`, which are by position in `ids`, make a signature that
// verifies under the group's key.
inline bool quorum_signs(const mpc::GroupKey& group, const std::vector<mpc::PartyId>& ids,
                         const std::vector<const mpc::Share*>& shares,
                         const mpc::DerivedKey* derived = nullptr) {
  auto quorum = mpc::Quorum::make(group, ids).value();
  if (derived != nullptr) {
    REQUIRE(quorum.apply_tweak(derived->tweak_bytes(), mpc::TweakMode::plain));
    REQUIRE(quorum.key().point() == derived->key);
  }
  std::vector<mpc::SecNonce> secrets;
  std::vector<mpc::PubNonce> nonces;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto pair = mpc::nonce_gen(random_32(), {}).value();
    secrets.push_back(std::move(pair.secret));
    nonces.push_back(pair.pub);
  }
  const ByteView message = core::as_bytes("m");
  const auto session = mpc::Session::open(quorum, mpc::nonce_agg(nonces).value(), message).value();
  std::vector<mpc::PartialSignature> partials;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto signer = mpc::Signer::make(*shares[i], quorum);
    if (!signer) return false;
    partials.push_back(mpc::sign(std::move(secrets[i]), *signer, session).value());
  }
  return mpc::aggregate_verified(session, nonces, partials, message).has_value();
}

}  // namespace tally::test
