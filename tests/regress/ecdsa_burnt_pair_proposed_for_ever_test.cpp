// A party whose pair setup was burnt while it signed for another coordinator refused every proposal
// before it was accepted; this coordinator took it for a party that has no room, and proposed the
// same pair again for ever instead of ending for want of one.
#include <doctest/doctest.h>

#include "unit/tally-sign/ecdsa_table.hpp"

using namespace tally;
using namespace tally::test;

namespace {

Bytes no_setups() {
  Bytes out;
  wire::encode(wire::Setups{}, out);
  return out;
}

// Two parties with one presignature ready and put to use, and a proposal that party 1 refuses for
// the sake of its pair with party 0.
void refuse_second(Table& table) {
  agree(table, 2);
  for (mpc::PartyId id : {0U, 1U}) REQUIRE(table.say_presigned(id, 1, 0));
  table.submit(Bytes(32, 7));
  table.advance();
  REQUIRE(table.told(1).at(wire::Type::bind).size() == 1);
  table.told(0);
  REQUIRE(table.say_aborted(1, 2, mpc::Verdict::own, 0));
  table.advance();
  REQUIRE(table.told(1)[wire::Type::setups_ask].size() == 1);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a pair that a party has burnt is proposed to it once") {
  Table table(2, 2, one_ahead());
  table.submit(Bytes(32, 7));
  table.advance();
  table.all_say_setups();
  table.advance();
  REQUIRE(table.told(1)[wire::Type::proposal].size() == 1);
  REQUIRE(table.say_aborted(1, 1, mpc::Verdict::own, 0));
  table.advance();
  REQUIRE(table.told(1)[wire::Type::setups_ask].size() == 1);
  REQUIRE(table.say(1, no_setups()));
  for (int turn = 0; turn < 3; ++turn) table.advance(kTimeoutNs);
  CHECK_FALSE(table.told(1).contains(wire::Type::proposal));
  const auto shortage = table.engine().shortage();
  REQUIRE(shortage);
  CHECK(shortage->code == Code::no_input);
  CHECK(shortage->message == "no common pair setup of parties 0 and 1");
}

TEST_CASE("what was made ahead with a pair that is burnt goes with it") {
  Table table(2, 2, one_ahead());
  refuse_second(table);
  REQUIRE(table.say(1, no_setups()));
  CHECK(table.told(0).contains(wire::Type::forget));
  CHECK(table.engine().counts().retried == 1);
}

TEST_CASE("a pair that is still there is used again when its party has rested") {
  Table table(2, 2, one_ahead());
  refuse_second(table);
  // Its rest is over before it has told what there is to be proposed.
  table.advance(kTimeoutNs - 1'000'000);
  CHECK_FALSE(table.told(1).contains(wire::Type::proposal));
  REQUIRE(table.say_setups(1));
  table.advance(0);
  const auto told = table.told(1);
  CHECK(told.contains(wire::Type::proposal));
  CHECK_FALSE(told.contains(wire::Type::forget));
}

TEST_CASE("a party that refuses two proposals at a time is asked once") {
  Table table(2, 2, digests());
  for (std::uint8_t i = 0; i < 2; ++i) table.submit(Bytes(32, i));
  table.advance();
  table.all_say_setups();
  table.advance();
  table.told(1);
  REQUIRE(table.say_aborted(1, 1, mpc::Verdict::own, 0));
  table.advance();
  REQUIRE(table.say_aborted(1, 2, mpc::Verdict::own, 0));
  table.advance();
  CHECK(table.told(1)[wire::Type::setups_ask].size() == 1);
}

TEST_SUITE_END();
