#include <doctest/doctest.h>
#include <set>

#include "crypto/schnorr.hpp"
#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using tally::test::FrostWorld;
using tally::test::random_32;

TEST_SUITE_BEGIN("mpc");

// Errata 25: a sign that is forgotten in one of six places shows for some parities only.
TEST_CASE("errata 25 signatures verify for every parity of the nonce and the key and its tweaks") {
  // The parities of key, key after a plain tweak, that after an x-only tweak, and nonce.
  std::set<unsigned> met;
  for (int run = 0; met.size() < 16 && run < 2000; ++run) {
    const FrostWorld world(2, 3);
    auto quorum = mpc::Quorum::make(world.dealing.group(), std::vector<mpc::PartyId>{0, 2}).value();
    unsigned parities = quorum.key().point().has_even_y() ? 0U : 1U;
    REQUIRE(quorum.apply_tweak(random_32(), mpc::TweakMode::plain));
    parities |= quorum.key().point().has_even_y() ? 0U : 2U;
    REQUIRE(quorum.apply_tweak(random_32(), mpc::TweakMode::xonly));
    parities |= quorum.key().point().has_even_y() ? 0U : 4U;
    tally::test::Round round(world, quorum, core::as_bytes("every parity"));
    const auto session = round.open();
    parities |= session.negates_nonces() ? 8U : 0U;
    if (!met.insert(parities).second) continue;
    CAPTURE(parities);
    round.sign_all(session);
    for (std::uint32_t i = 0; i < quorum.size(); ++i) {
      CHECK(mpc::verify_partial(session, i, round.pubnonces[i], round.partials[i]));
    }
    const auto signature = mpc::aggregate(session, round.partials);
    REQUIRE(signature);
    CHECK(crypto::schnorr_verify(*signature, round.message, quorum.key().xonly()));
  }
  CHECK(met.size() == 16);
}

TEST_CASE("row 23 the first of several wrong partial signatures is named among many signers") {
  const FrostWorld world(12, 12);
  std::vector<mpc::PartyId> ids;
  for (mpc::PartyId id = 0; id < 12; ++id) ids.push_back(id);
  const auto quorum = mpc::Quorum::make(world.dealing.group(), ids).value();
  tally::test::Round round(world, quorum, core::as_bytes("who is it"));
  const auto session = round.open();
  round.sign_all(session);
  CHECK(mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message));
  round.partials[9][31] ^= 1U;
  round.partials[7][30] ^= 1U;
  auto verdict = mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error() == mpc::Failure{mpc::Fault::wrong_partial, 7, 7});
  round.pubnonces[2][0] = 5;
  verdict = mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error() == mpc::Failure{mpc::Fault::bad_pubnonce, 2, 2});
}

TEST_SUITE_END();
