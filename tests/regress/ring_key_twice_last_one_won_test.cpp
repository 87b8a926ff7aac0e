// Of a key that stood twice in the name of a ring, the last value was taken without a word:
// tally-sign serve --from shm:x,slots=64,slots=128 asked for 128 slots.
#include <doctest/doctest.h>
#include <string>

#include "ring/options.hpp"

namespace ring = tally::ring;

TEST_CASE("a key of a ring that stands twice is refused by both sides") {
  const std::string text = "shm:x,slots=64,slots=128";
  for (const auto& refused : {ring::parse_endpoint(text), ring::parse_reader_endpoint(text)}) {
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == tally::Code::usage);
    CHECK(refused.error().message == "shm: key slots stands twice");
  }
}
