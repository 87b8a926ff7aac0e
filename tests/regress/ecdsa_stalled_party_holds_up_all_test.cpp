// No quorum was chosen as long as one party that was there did not tell its setups, and the command
// then ended with "no common pair setup", which was not true.
#include <doctest/doctest.h>

#include "unit/tally-sign/ecdsa_table.hpp"

using namespace tally;
using namespace tally::test;

TEST_SUITE_BEGIN("regress");

TEST_CASE("a party that does not tell its setups holds nobody up for long") {
  Table table(2, 3, one_ahead());
  table.advance();
  for (mpc::PartyId id : {1U, 2U}) REQUIRE(table.say_setups(id));
  table.advance();
  CHECK_FALSE(table.told(1).contains(wire::Type::proposal));
  table.advance(kTimeoutNs / 2);
  CHECK(table.told(1).contains(wire::Type::proposal));
  CHECK(table.engine().is_up(0));
  table.advance(kTimeoutNs);
  CHECK_FALSE(table.engine().is_up(0));
  CHECK(table.notices.back() == "party 0 is silent and is left out until it answers again");
}

TEST_CASE("parties that do not tell their setups are not called unpaired") {
  Table table(2, 2, one_ahead());
  table.advance();
  REQUIRE(table.say_setups(1));
  table.advance(kTimeoutNs / 2);
  const auto shortage = table.engine().shortage();
  REQUIRE(shortage);
  CHECK(shortage->code == Code::try_again);
  CHECK(shortage->message == "no quorum: party 0 does not tell its pair setups");
}

TEST_CASE("a digest whose opening was wrong leaves no batch behind to be blamed on anybody") {
  Table table(2, 2, digests());
  table.submit(Bytes(32, 7));
  agree(table, 2);
  for (mpc::PartyId id : {0U, 1U}) REQUIRE(table.say_presigned(id, 1, 0));
  // Of the right length, and no opening of anything.
  REQUIRE(table.say_opening(0, 1));
  CHECK(table.engine().counts().retried == 1);
  table.advance();
  // The second attempt is the only one that is waited for.
  const auto told = table.told(0);
  const Bytes proposal = told.at(wire::Type::proposal).back();
  REQUIRE(table.say_accept(0, proposal, 0));
  table.advance(2 * kTimeoutNs);
  CHECK(table.engine().is_up(0));
  CHECK_FALSE(table.engine().is_up(1));
}

TEST_SUITE_END();
