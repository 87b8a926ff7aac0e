// The producer of a broadcast never waits, and so never heard that its ring was given up: it went
// on for ever into memory that nobody would read.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/inspector.hpp"
#include "support/ring.hpp"

using tally::ring::PushResult;

TEST_SUITE_BEGIN("regress");

TEST_CASE("a producer of a broadcast hears that its ring was given up") {
  const tally::test::RingName name("regress-unheard");
  tally::ring::Options options;
  options.bytes = 4096;
  for (const bool by_force : {true, false}) {
    auto producer = tally::ring::BroadcastProducer::open(name.str(), options).value();
    REQUIRE(producer.push(tally::core::as_bytes("good")) == PushResult::ok);
    if (by_force) {
      REQUIRE(tally::ring::remove_ring(name.str(), true).has_value());
    } else {
      auto reader = tally::ring::BroadcastReader::open(name.str(), options).value();
      const tally::UniqueFd file(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
      const std::uint32_t length = 0x7fffffff;
      REQUIRE(::pwrite(file.get(), &length, sizeof length,
                       static_cast<off_t>(tally::ring::kSlotsOffset + 8)) == sizeof length);
      REQUIRE(reader.wait_readable(1) == tally::ring::PopResult::poisoned);
    }
    CHECK(producer.push(tally::core::as_bytes("to nobody")) == PushResult::poisoned);
    CHECK(producer.number() == 1);
  }
}

TEST_SUITE_END();
