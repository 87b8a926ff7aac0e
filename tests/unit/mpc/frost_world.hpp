// A dealt key with its parties, and one whole signing of a message, for tests.
#pragma once

#include <doctest/doctest.h>
#include <vector>

#include "core/secret.hpp"
#include "mpc/deal.hpp"
#include "mpc/frost.hpp"

namespace tally::test {

inline ByteArray<32> random_32() {
  ByteArray<32> bytes{};
  core::random_bytes(bytes);
  return bytes;
}

struct FrostWorld {
  FrostWorld(std::uint32_t t, std::uint32_t n) : FrostWorld(t, n, random_32()) {}
  FrostWorld(std::uint32_t t, std::uint32_t n, const ByteArray<32>& seed)
      : dealing(mpc::deal(t, n, seed).value()) {
    for (mpc::PartyId id = 0; id < n; ++id) shares.push_back(dealing.share(id).value());
  }

  mpc::Dealing dealing;
  std::vector<mpc::Share> shares;
};

// The round of one message in which everybody is honest, step by step so that a test can interfere
// between the steps.
struct Round {
  Round(const FrostWorld& its_world, const mpc::Quorum& its_quorum, ByteView its_message)
      : world(its_world), quorum(its_quorum), message(its_message.begin(), its_message.end()) {
    for (const mpc::PartyId id : quorum.ids()) {
      auto pair = mpc::nonce_gen(random_32(), {world.shares[id].secret_bytes(), {}, {}, {}, {}});
      REQUIRE(pair);
      secnonces.push_back(std::move(pair->secret));
      pubnonces.push_back(pair->pub);
    }
  }

  [[nodiscard]] mpc::Session open() const {
    return mpc::Session::open(quorum, mpc::nonce_agg(pubnonces).value(), message).value();
  }

  void sign_all(const mpc::Session& session) {
    for (std::uint32_t i = 0; i < quorum.size(); ++i) {
      const auto signer = mpc::Signer::make(world.shares[quorum.ids()[i]], quorum);
      REQUIRE(signer);
      const auto partial = mpc::sign(std::move(secnonces[i]), *signer, session);
      REQUIRE(partial);
      partials.push_back(*partial);
    }
  }

  const FrostWorld& world;
  const mpc::Quorum& quorum;
  Bytes message;
  std::vector<mpc::SecNonce> secnonces;
  std::vector<mpc::PubNonce> pubnonces;
  std::vector<mpc::PartialSignature> partials;
};

}  // namespace tally::test
