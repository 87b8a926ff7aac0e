// When a batch stopped behind the second round, all parties of the quorum were left out as silent,
// also those that had told what they made.
#include <doctest/doctest.h>

#include "unit/tally-sign/ecdsa_table.hpp"

using namespace tally;
using namespace tally::test;

namespace {

// Both rounds of parties 0 and 1.
void talk(Table& table) {
  for (const std::uint8_t round : {std::uint8_t{1}, std::uint8_t{2}}) {
    REQUIRE(table.say_relayed(0, 1, 1, round));
    REQUIRE(table.say_relayed(1, 1, 0, round));
  }
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("of a batch that stops at its end those who lag are left out") {
  Table table(2, 3, one_ahead());
  agree(table, 2);
  talk(table);
  REQUIRE(table.say_presigned(0, 1, 0));
  table.advance(2 * kTimeoutNs);
  CHECK(table.engine().is_up(0));
  CHECK_FALSE(table.engine().is_up(1));
}

TEST_CASE("of a digest who does not open is left out and nobody else") {
  Table table(2, 3, digests());
  table.submit(Bytes(32, 7));
  agree(table, 2);
  talk(table);
  REQUIRE(table.say_presigned(1, 1, 0));
  REQUIRE(table.say_opening(1, 1));
  REQUIRE(table.say_presigned(0, 1, 0));
  table.advance(2 * kTimeoutNs);
  CHECK_FALSE(table.engine().is_up(0));
  CHECK(table.engine().is_up(1));
}

TEST_SUITE_END();
