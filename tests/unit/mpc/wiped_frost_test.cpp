#include <doctest/doctest.h>
#include <memory>

#include "support/memory_image.hpp"
#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace mpc = tally::mpc;
using tally::test::FrostWorld;
using tally::test::MaskedSecret;

TEST_SUITE_BEGIN("mpc");

TEST_CASE("row 26 no share is left in memory after a FROST signature") {
  tally::test::need_own_memory();
  auto world = std::make_unique<FrostWorld>(2, 3);
  const MaskedSecret first(world->shares[0].secret_bytes());
  const MaskedSecret second(world->shares[1].secret_bytes());
  CHECK(first.copies_in_memory() > 0);
  {
    const auto quorum =
        mpc::Quorum::make(world->dealing.group(), std::vector<mpc::PartyId>{0, 1}).value();
    tally::test::Round round(*world, quorum, core::as_bytes("forget"));
    const auto session = round.open();
    round.sign_all(session);
    CHECK(mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message));
  }
  CHECK(second.copies_in_memory() > 0);
  world.reset();
  CHECK(first.copies_in_memory() == 0);
  CHECK(second.copies_in_memory() == 0);
}

TEST_SUITE_END();
