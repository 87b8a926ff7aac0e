// A peer that stored a wrong `taken` in a ring of many consumers had them wait for ever for a
// position that no producer comes to, and count as in doubt what nobody had claimed.
#include <cstddef>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "ring/inspector.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "ring/verify.hpp"
#include "support/child.hpp"
#include "support/crc_records.hpp"
#include "support/ring.hpp"
#include "support/shared_ring.hpp"

namespace ring = tally::ring;
using tally::test::kSecondNs;
using tally::test::Mpmc;
using tally::test::pop_crc;
using tally::test::push_crc;
using tally::test::RingName;
using tally::test::Spmc;

namespace {

constexpr std::uint64_t kSlots = 8;

ring::Options options_of(ring::SlotForm form) {
  ring::Options options;
  options.form = form;
  options.slots = kSlots;
  options.bytes = tally::test::kCrcPayloadBytes;
  return options;
}

void store_taken(const RingName& name, std::uint64_t taken) {
  REQUIRE(tally::test::store_word(name.str(), offsetof(ring::Header, taken), taken));
}

// Of twelve records, eleven are released: head and taken are 11, the tail is 12.
template <typename Kind>
void with_taken(std::uint64_t wrong) {
  CAPTURE(wrong);
  const RingName name("regress-taken");
  auto producer = Kind::Producer::open(name.str(), options_of(Kind::kForm)).value();
  auto consumer = ring::SpmcConsumer::open(name.str(), options_of(Kind::kForm)).value();
  for (std::uint64_t i = 0; i < 12; ++i) {
    REQUIRE(push_crc(producer, i));
    if (i < 11) REQUIRE(pop_crc(consumer) == i);
  }
  store_taken(name, wrong);
  CHECK(consumer.wait_readable(tally::core::monotonic_ns() + 2 * kSecondNs) ==
        ring::PopResult::poisoned);
  const auto status = ring::stat_ring(name.str()).value();
  CHECK(status.state == ring::State::poisoned);
  CHECK(status.poison_reason == ring::PoisonReason::bad_cursor);
  CHECK(status.head == 11);
  consumer.close();
  CHECK(consumer.found_in_doubt() == 0);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE_TEMPLATE("a cursor that no consumer stores gives a ring of many consumers up", Kind, Spmc,
                   Mpmc) {
  // In the lap before, a lap behind, beyond all that was claimed or committed, a lap and more
  // ahead, and far away.
  for (const std::uint64_t wrong : {3U, 2U, 13U, 18U, 19U, 20U, 27U, 1U << 30U}) {
    with_taken<Kind>(wrong);
  }
  with_taken<Kind>(~std::uint64_t{0} - 5);
}

TEST_CASE_TEMPLATE("a consumer that sleeps finds a wrong cursor when it is woken", Kind, Spmc,
                   Mpmc) {
  const RingName name("regress-taken-asleep");
  auto producer = Kind::Producer::open(name.str(), options_of(Kind::kForm)).value();
  tally::test::Child sleeps([&] {
    auto consumer = ring::SpmcConsumer::open(name.str(), options_of(Kind::kForm)).value();
    const auto waited = consumer.wait_readable(tally::core::monotonic_ns() + 10 * kSecondNs);
    return waited == ring::PopResult::poisoned ? 0 : 2;
  });
  const auto slept = [&] { return ring::stat_ring(name.str()).value().consumer.stalls > 0; };
  while (!slept()) ::usleep(1000);
  ::usleep(20'000);
  store_taken(name, 5);
  REQUIRE(push_crc(producer, 1));
  CHECK(sleeps.reap() == 0);
  CHECK(ring::stat_ring(name.str()).value().poison_reason == ring::PoisonReason::bad_cursor);
}

TEST_CASE("a ring that nobody holds and whose consumers are ahead of its records is no whole one") {
  const RingName name("regress-taken-verify");
  {
    auto producer =
        ring::Producer::open(name.str(), options_of(ring::SlotForm::shared_out)).value();
    for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(push_crc(producer, i));
  }
  CHECK(ring::verify_ring(name.str()).value().findings.empty());
  store_taken(name, 4);
  const auto findings = ring::verify_ring(name.str()).value().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0] == "head 0, taken 4 and tail 3 are not in this order");
}

TEST_SUITE_END();
