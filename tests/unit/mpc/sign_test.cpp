#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>

#include "unit/mpc/frost_world.hpp"

namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using tally::Bytes;
using tally::test::FrostWorld;
using tally::test::Round;

namespace {

// At least t distinct parties of n, in any order.
std::vector<mpc::PartyId> draw_quorum(std::mt19937& random, std::uint32_t t, std::uint32_t n) {
  std::vector<mpc::PartyId> ids(n);
  std::iota(ids.begin(), ids.end(), 0U);
  std::shuffle(ids.begin(), ids.end(), random);
  ids.resize(std::uniform_int_distribution<std::uint32_t>(t, n)(random));
  return ids;
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("messages over random quorums and tweaks verify with libsecp256k1") {
  const char* const wanted = std::getenv("TALLY_FROST_MESSAGES");
  const std::size_t messages = wanted != nullptr ? std::stoul(wanted) : 500;
  std::mt19937 random(445);
  // R odd, Q odd, g * gacc = -1: each of the eight combinations must occur.
  std::array<int, 8> seen{};
  constexpr std::array<std::array<std::uint32_t, 2>, 5> kSizes = {
      {{1, 2}, {2, 3}, {3, 4}, {3, 5}, {5, 7}}};
  for (std::size_t i = 0; i < messages; ++i) {
    const auto [t, n] = kSizes[i % kSizes.size()];
    const FrostWorld world(t, n);
    auto quorum = mpc::Quorum::make(world.dealing.group(), draw_quorum(random, t, n)).value();
    for (std::size_t tweaks = i % 4; tweaks > 0; --tweaks) {
      const auto mode = random() % 2 == 0 ? mpc::TweakMode::plain : mpc::TweakMode::xonly;
      REQUIRE(quorum.apply_tweak(tally::test::random_32(), mode));
    }
    Bytes message(random() % 100);
    tally::core::random_bytes(message);
    Round round(world, quorum, message);
    const auto session = round.open();
    round.sign_all(session);
    for (std::uint32_t p = 0; p < quorum.size(); ++p) {
      CHECK(mpc::verify_partial(session, p, round.pubnonces[p], round.partials[p]));
    }
    const auto signature =
        mpc::aggregate_verified(session, round.pubnonces, round.partials, message);
    REQUIRE(signature);
    CHECK(crypto::schnorr_verify(*signature, message, quorum.key().xonly()));
    ++seen[(session.negates_nonces() ? 4U : 0U) + (quorum.key().point().has_even_y() ? 0U : 2U) +
           (quorum.key().negates_shares() ? 1U : 0U)];
  }
  CHECK(std::none_of(seen.begin(), seen.end(), [](int count) { return count == 0; }));
}

TEST_SUITE_END();
