// A party that said it would take no part, for want of room or because it could not write its
// journal, was chosen again at once, as fast as messages go, and each time all presignatures of its
// quorum were wiped.
#include <doctest/doctest.h>

#include "unit/tally-sign/ecdsa_table.hpp"

using namespace tally;
using namespace tally::test;

namespace {

constexpr std::uint64_t kMs = 1'000'000;

// Proposals that a party was told of since the last call.
std::size_t proposals(Table& table, mpc::PartyId id) {
  return table.told(id)[wire::Type::proposal].size();
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a party that takes no part rests and another stands in") {
  Table table(2, 3, one_ahead());
  table.advance();
  table.all_say_setups();
  table.advance();
  for (mpc::PartyId id : {0U, 1U}) REQUIRE(proposals(table, id) == 1);
  REQUIRE(table.say_aborted(1, 1, mpc::Verdict::own));
  // The other one is told to wipe the batch.
  table.submit(Bytes(32, 7));
  table.advance();
  const auto told = table.told(0);
  CHECK(told.at(wire::Type::abandon).size() == 1);
  CHECK(told.at(wire::Type::proposal).size() == 1);
  CHECK(proposals(table, 1) == 0);
  CHECK(proposals(table, 2) == 1);
  // And comes back when its time is over: after the parties that were there all along.
  table.engine().party_down(2);
  table.advance(kTimeoutNs);
  table.advance();
  CHECK(proposals(table, 1) == 1);
}

TEST_CASE("what was made ahead outlives a party that takes no further part") {
  Table table(2, 2, one_ahead());
  agree(table, 2);
  for (mpc::PartyId id : {0U, 1U}) REQUIRE(table.say_presigned(id, 1, 0));
  REQUIRE(table.engine().ready() == 1);
  table.submit(Bytes(32, 7));
  table.advance();
  for (mpc::PartyId id : {0U, 1U}) REQUIRE(proposals(table, id) == 1);
  REQUIRE(table.say_aborted(1, 2, mpc::Verdict::own));
  table.advance();
  const auto told = table.told(0);
  CHECK_FALSE(told.contains(wire::Type::forget));
  CHECK(table.engine().counts().retried == 0);
}

TEST_CASE("a party that always refuses is asked a few times and at leisure") {
  Table table(2, 2, one_ahead());
  table.submit(Bytes(32, 7));
  table.advance();
  table.all_say_setups();
  std::uint64_t number = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    table.advance();
    REQUIRE(proposals(table, 1) == 1);
    REQUIRE(table.say_aborted(1, ++number, mpc::Verdict::own));
    for (int turn = 0; turn < 100; ++turn) table.advance(kMs);
    REQUIRE(proposals(table, 1) == 0);
    if (attempt == 3) break;
    // The coordinator would have it in its words if it had to give up now.
    CHECK(table.engine().shortage()->message == "no quorum: party 1 says: why");
    CHECK(table.engine().shortage()->code == Code::try_again);
    table.advance(kTimeoutNs);
  }
  const auto* const failed = table.engine().finished();
  REQUIRE(failed != nullptr);
  CHECK(failed->why == "party 1 says: why");
}

TEST_CASE("of digests that one party refuses at a time the others stay under way") {
  Table table(2, 3, digests());
  for (std::uint8_t i = 0; i < 8; ++i) table.submit(Bytes(32, i));
  table.advance();
  table.all_say_setups();
  table.advance();
  for (std::uint64_t number = 1; number <= 8; ++number) {
    REQUIRE(table.say_aborted(1, number, mpc::Verdict::own));
  }
  table.advance();
  CHECK(table.engine().finished() == nullptr);
  CHECK(proposals(table, 2) == 8);
}

TEST_SUITE_END();
