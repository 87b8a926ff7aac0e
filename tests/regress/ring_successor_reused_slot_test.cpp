// A consumer that was killed after it had freed a slot left a ring whose next consumer waited for
// ever, if the producer had filled the slot again in between: layout v1 freed slots by their
// stamps, which were then neither "committed" nor "released". Found by tests/model/takeover.pml.
#include <doctest/doctest.h>

#include "ring/consumer.hpp"
#include "ring/producer.hpp"
#include "support/ring.hpp"

TEST_SUITE_BEGIN("regress");

TEST_CASE("a successor sees past slots that were released and filled again") {
  const tally::test::RingName name("regress-reused");
  tally::ring::Options options;
  options.slots = 4;
  options.bytes = 8;
  auto producer = tally::ring::Producer::open(name.str(), options).value();
  auto consumer = tally::ring::Consumer::open(name.str()).value();
  tally::ring::RecordMeta meta;
  const auto push = [&] {
    meta.sequence = producer.position();
    return producer.try_push(meta, {});
  };
  for (int i = 0; i < 4; ++i) REQUIRE(push());
  REQUIRE(consumer.peek(2) == 2);
  consumer.release(2);
  REQUIRE(push());
  consumer.close();
  auto successor = tally::ring::Consumer::open(name.str()).value();
  CHECK(successor.position() == 2);
  REQUIRE(successor.peek(4) == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(successor.record(i).meta.sequence == 2 + i);
}

TEST_SUITE_END();
