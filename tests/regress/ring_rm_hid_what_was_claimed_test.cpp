// What consumers had claimed and not released went with a removed ring in no count.
#include <csignal>
#include <doctest/doctest.h>

#include "ring/inspector.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "support/child.hpp"
#include "support/crc_records.hpp"
#include "support/ring.hpp"

namespace ring = tally::ring;
using tally::test::push_crc;
using tally::test::RingName;

namespace {

ring::Options shared() {
  ring::Options options;
  options.form = ring::SlotForm::shared_out;
  options.slots = 8;
  options.bytes = tally::test::kCrcPayloadBytes;
  return options;
}

void die_with(const RingName& name, std::size_t claimed) {
  tally::test::Child dies([&] {
    auto dead = ring::SpmcConsumer::open(name.str(), shared());
    if (!dead || dead->peek(claimed) != claimed) return 2;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(dies.reap() == -SIGKILL);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a ring of many consumers that is removed says what was in hand and in doubt") {
  const RingName name("regress-rm");
  auto producer = ring::Producer::open(name.str(), shared()).value();
  for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(push_crc(producer, i));
  die_with(name, 3);
  ring::Removal removal;
  SUBCASE("by nobody who holds it") {
    producer.close();
    removal = ring::remove_ring(name.str()).value();
    CHECK(removal.discarded == 5);
    CHECK(removal.in_hand == 0);
    CHECK(removal.in_doubt == 3);
  }
  SUBCASE("by force, from one that lives and has found what is in doubt") {
    auto consumer = ring::SpmcConsumer::open(name.str(), shared()).value();
    CHECK(consumer.found_in_doubt() == 3);
    REQUIRE(consumer.peek(2) == 2);
    removal = ring::remove_ring(name.str(), true).value();
    CHECK(removal.discarded == 3);
    CHECK(removal.in_hand == 2);
    CHECK(removal.in_doubt == 3);
  }
  SUBCASE("after what was in doubt was told of") {
    ring::SpmcConsumer::open(name.str(), shared()).value().close();
    die_with(name, 1);
    producer.close();
    removal = ring::remove_ring(name.str()).value();
    CHECK(removal.discarded == 4);
    CHECK(removal.in_doubt == 1);
  }
}

TEST_SUITE_END();
