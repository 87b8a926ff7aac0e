// With three parties one of them may have every first message while another still waits for its
// last, and answers at once. The second message that came so early was dropped, and the session
// never ended.
#include <doctest/doctest.h>

#include "unit/mpc/dkls_world.hpp"

using namespace tally;
using mpc::Round;
using mpc::dkls::XId;

namespace {

// One message on its way.
mpc::Attempt<void> carry(test::World& world, Round round, XId from, XId to) {
  const mpc::Presigning& author = *world.members.at(from).presigning;
  mpc::Presigning& receiver = *world.members.at(to).presigning;
  const auto envelope = author.envelope_to(to, round);
  return round == Round::r1 ? receiver.take_r1(envelope, author.r1_to(to))
                            : receiver.take_r2(envelope, author.r2_to(to));
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a second message that comes before the last first message is kept") {
  auto world = test::World::make(3, 3);
  world.agree(world.propose({1, 2, 3}));
  REQUIRE(world.start());
  mpc::Presigning& late = *world.members.at(3).presigning;
  for (const XId to : {XId{1}, XId{2}}) {
    for (const XId from : {XId{1}, XId{2}, XId{3}}) {
      if (from != to) REQUIRE(carry(world, Round::r1, from, to));
    }
    REQUIRE(world.members.at(to).presigning->make_r2());
  }
  // Party 1 is heard of twice before party 2 is heard of once, and that even the wrong way round.
  REQUIRE(carry(world, Round::r2, 1, 3));
  CHECK(carry(world, Round::r2, 1, 3).error().cause == mpc::Cause::out_of_turn);
  REQUIRE(carry(world, Round::r1, 1, 3));
  CHECK_FALSE(late.has_all(Round::r1));
  REQUIRE(carry(world, Round::r2, 2, 3));
  CHECK(late.finish().error().cause == mpc::Cause::out_of_turn);
  REQUIRE(carry(world, Round::r1, 2, 3));
  REQUIRE(late.make_r2());
  for (const XId to : {XId{1}, XId{2}}) {
    for (const XId from : {XId{1}, XId{2}, XId{3}}) {
      if (from != to) REQUIRE(carry(world, Round::r2, from, to));
    }
  }
  REQUIRE(world.finish());
  world.bind(mpc::ComputedDigest::of(mpc::DigestKind::sha256, core::as_bytes("early")));
  CHECK(world.sign());
}

TEST_SUITE_END();
