// A presigning session forgets its peers when it ends; asking it for a message or an envelope after
// that read through a null peer. Found by the fuzz target of the messages.
#include <doctest/doctest.h>

#include "unit/mpc/dkls_world.hpp"

TEST_SUITE_BEGIN("regress");

TEST_CASE("a presigning session that is over has no message for anybody") {
  using tally::mpc::Round;
  auto world = tally::test::World::make(2, 3);
  world.agree(world.propose({1, 2}));
  REQUIRE(world.presign());
  const tally::mpc::Presigning& over = *world.members.at(1).presigning;
  CHECK(over.r1_to(2).empty());
  CHECK(over.r2_to(2).empty());
  CHECK(over.envelope_to(2, Round::r2).setup_id == tally::ByteArray<32>{});
}

TEST_SUITE_END();
