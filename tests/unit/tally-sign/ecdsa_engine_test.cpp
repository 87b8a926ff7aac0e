// The coordinator of threshold ECDSA against parties that are no more than the frames a test makes
// up, so that each can break the protocol where it likes.
#include <doctest/doctest.h>

#include "ecdsa_table.hpp"

using namespace tally;
using namespace tally::test;

TEST_SUITE_BEGIN("sign");

TEST_CASE("setups told twice break the protocol and the quorum stays as it is") {
  Table table(2, 3, one_ahead());
  table.advance();
  table.all_say_setups();
  table.advance();
  Bytes none;
  wire::encode(wire::Setups{}, none);
  // The next proposal would have named setups that the party no longer tells of.
  CHECK_FALSE(table.say(0, none));
  table.advance();
  CHECK(table.told(1)[wire::Type::proposal].size() == 2);
  CHECK(table.told(2)[wire::Type::proposal].size() == 1);
}

TEST_CASE("a party that floods its peer is left and keeps no batch alive") {
  Table table(3, 3, one_ahead());
  agree(table, 3);
  for (const std::uint8_t round : {std::uint8_t{1}, std::uint8_t{2}}) {
    CHECK(table.say_relayed(0, 1, 1, round));
    CHECK(table.say_relayed(0, 1, 2, round));
  }
  CHECK_FALSE(table.say_relayed(0, 1, 1, 2));
  CHECK_FALSE(table.engine().is_up(0));
}

TEST_CASE("of a digest each party of the quorum gives one opening") {
  Table table(2, 3, digests());
  table.submit(Bytes(32, 7));
  agree(table, 2);
  CHECK(table.say_opening(1, 1));
  CHECK_FALSE(table.say_opening(1, 1));
  Table other(2, 3, digests());
  other.submit(Bytes(32, 7));
  agree(other, 2);
  CHECK_FALSE(other.say_opening(2, 1));
}

TEST_CASE("an opening that nobody asked for costs no record another attempt") {
  Table table(2, 3, one_ahead());
  agree(table, 2);
  CHECK(table.say_presigned(0, 1, 0));
  CHECK(table.say_presigned(1, 1, 0));
  table.submit(Bytes(32, 7));
  table.advance();
  const auto told = table.told(0);
  wire::Bind bind;
  REQUIRE(wire::decode(told.at(wire::Type::bind).at(0), bind));
  CHECK_FALSE(table.say_opening(2, bind.session));
  CHECK(table.engine().counts().retried == 0);
}

TEST_CASE("whoever accepts something else is left and not who accepts last") {
  Table table(2, 3, one_ahead());
  table.advance();
  table.all_say_setups();
  table.advance();
  const Bytes proposal = table.told(0).at(wire::Type::proposal).at(0);
  CHECK_FALSE(table.say_accept(0, proposal, 2));
  CHECK_FALSE(table.engine().is_up(0));
  CHECK(table.say_accept(1, proposal, 1));
  CHECK(table.engine().is_up(1));
  // The others go on, and a second acceptance is no other.
  table.advance();
  const Bytes next = table.told(1).at(wire::Type::proposal).at(1);
  CHECK(table.say_accept(1, next, 1));
  CHECK_FALSE(table.say_accept(1, next, 1));
}

TEST_SUITE_END();
