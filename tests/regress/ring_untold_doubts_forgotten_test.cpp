// Records in doubt that consumers had counted before they were killed were forgotten with a ring
// that had nothing to read: made anew by who opened it next, removed by a producer that left last,
// and told of by no consumer that left before the producer.
#include <csignal>
#include <doctest/doctest.h>
#include <unistd.h>

#include "ring/inspector.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "support/child.hpp"
#include "support/crc_records.hpp"
#include "support/ring.hpp"
#include "support/shared_ring.hpp"

namespace ring = tally::ring;
using tally::test::Child;
using tally::test::Mpmc;
using tally::test::push_crc;
using tally::test::RingName;
using tally::test::Spmc;

namespace {

template <typename Kind>
ring::Options options_of() {
  ring::Options options;
  options.form = Kind::kForm;
  options.slots = 8;
  options.bytes = tally::test::kCrcPayloadBytes;
  return options;
}

// A consumer that is killed with a claim of so many.
template <typename Kind>
int killed_with(const RingName& name, std::size_t claimed) {
  Child dies([&] {
    auto dead = ring::SpmcConsumer::open(name.str(), options_of<Kind>());
    if (!dead || dead->peek(8) != claimed) return 2;
    ::raise(SIGKILL);
    return 0;
  });
  return dies.reap();
}

// Eight records in doubt, counted by one that was killed then as well; and so was the producer.
template <typename Kind>
void leave_untold(const RingName& name) {
  ::unlink(name.path().c_str());
  Child all([&] {
    auto producer = Kind::Producer::open(name.str(), options_of<Kind>()).value();
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (!push_crc(producer, i)) return 2;
    }
    if (killed_with<Kind>(name, 8) != -SIGKILL || killed_with<Kind>(name, 0) != -SIGKILL) return 3;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(all.reap() == -SIGKILL);
  const auto status = ring::stat_ring(name.str()).value();
  REQUIRE(status.head == 8);
  REQUIRE(status.in_doubt == 8);
  REQUIRE(status.untold == 8);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE_TEMPLATE("who opens a drained ring with doubts that nobody told of tells of them", Kind,
                   Spmc, Mpmc) {
  const RingName name("regress-untold");
  leave_untold<Kind>(name);
  auto consumer = ring::SpmcConsumer::open(name.str(), options_of<Kind>()).value();
  CHECK(ring::stat_ring(name.str()).value().untold == 8);
  consumer.close();
  CHECK(consumer.found_in_doubt() == 8);
  CHECK_FALSE(name.exists());
}

TEST_CASE_TEMPLATE("a producer that leaves last keeps doubts that nobody told of for a consumer",
                   Kind, Spmc, Mpmc) {
  const RingName name("regress-untold");
  leave_untold<Kind>(name);
  auto producer = Kind::Producer::open(name.str(), options_of<Kind>()).value();
  producer.close();
  REQUIRE(name.exists());
  auto consumer = ring::SpmcConsumer::open(name.str(), options_of<Kind>()).value();
  consumer.close();
  CHECK(consumer.found_in_doubt() == 8);
  CHECK_FALSE(name.exists());
}

TEST_CASE_TEMPLATE("the last consumer tells for the dead while the producer goes on", Kind, Spmc,
                   Mpmc) {
  const RingName name("regress-untold");
  leave_untold<Kind>(name);
  auto first = ring::SpmcConsumer::open(name.str(), options_of<Kind>()).value();
  auto last = ring::SpmcConsumer::open(name.str(), options_of<Kind>()).value();
  auto producer = Kind::Producer::open(name.str(), options_of<Kind>()).value();
  first.close();
  CHECK(first.found_in_doubt() == 0);
  last.close();
  CHECK(last.found_in_doubt() == 8);
  // Once, and there is nothing left to keep the ring for.
  auto next = ring::SpmcConsumer::open(name.str(), options_of<Kind>()).value();
  next.close();
  CHECK(next.found_in_doubt() == 0);
  producer.close();
  CHECK_FALSE(name.exists());
}

TEST_SUITE_END();
