// Rings as sources and sinks: what is said of one that ended.
#include <doctest/doctest.h>

#include "net/ring_common.hpp"

TEST_SUITE_BEGIN("net");

TEST_CASE("of a ring that was given up its place says what to do") {
  using tally::ring::Place;
  const auto handed = tally::net::ring_given_up("s", Place::handed);
  CHECK(handed.message == "ring s was given up");
  CHECK(handed.hint == "start both sides again");
  CHECK(tally::net::ring_given_up("s", Place::named).hint ==
        "tally-relay ring stat s shows both sides");
}

TEST_SUITE_END();
