// A ring of bytes that nobody held and whose first record was broken was made anew by its next
// opener: what was in it was lost without a word, and a reader waited for ever for a producer.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/layout.hpp"
#include "support/ring.hpp"

TEST_SUITE_BEGIN("regress");

TEST_CASE("a broken first record of a ring that nobody holds gives the ring up") {
  const tally::test::RingName name("regress-broken");
  tally::ring::Options options;
  options.bytes = 4096;
  {
    auto producer = tally::ring::ByteProducer::open(name.str(), options).value();
    REQUIRE(producer.try_push(tally::core::as_bytes("good")));
  }
  const tally::core::UniqueFd file(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
  const std::uint32_t length = 0x7fffffff;
  REQUIRE(::pwrite(file.get(), &length, sizeof length,
                   static_cast<off_t>(tally::ring::kSlotsOffset + 8)) == sizeof length);
  auto consumer = tally::ring::ByteConsumer::open(name.str()).value();
  CHECK(consumer.wait_readable(1) == tally::ring::PopResult::poisoned);
}

TEST_SUITE_END();
