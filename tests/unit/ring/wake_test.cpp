// Who sleeps is woken by what it sleeps for, and not only found ready by the look that it takes
// every ten milliseconds: the wakes are counted where they are made. A wait that ends in vain has
// left its mark at the gate, so that nobody has to be asleep at the very moment.
#include <atomic>
#include <doctest/doctest.h>
#include <utility>

#include "core/clock.hpp"
#include "ring/layout.hpp"
#include "support/ring.hpp"
#include "support/ring_kinds.hpp"

using tally::core::monotonic_ns;
using tally::ring::Header;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::test::ByteArea;
using tally::test::gate_epoch;
using tally::test::GatedCast;
using tally::test::LeanSlots;
using tally::test::LossyCast;
using tally::test::ManyToMany;
using tally::test::ManyToOne;
using tally::test::OneToMany;
using tally::test::OneToOne;
using tally::test::RingName;

namespace {

constexpr std::uint64_t kShortNs = 1'000'000;

// Whether a side that waits in vain, a while and again, has slept in it. Where others have the
// processor a wait may end before its first sleep.
template <typename Wait>
bool sleeps(const std::atomic<std::uint64_t>& sleeps, Wait waits_in_vain) {
  const std::uint64_t before = sleeps.load();
  for (int i = 0; i < 1000 && sleeps.load() == before; ++i) {
    if (!waits_in_vain()) return false;
  }
  return sleeps.load() > before;
}

template <typename Kind>
struct Ends {
  explicit Ends(const RingName& name)
      : producer(Kind::Producer::open(name.str(), Kind::options()).value()),
        consumer(Kind::Consumer::open(name.str(), Kind::options()).value()) {}

  void fill() {
    while (Kind::push(producer)) {
    }
  }
  [[nodiscard]] bool sleeps_for_record() {
    return sleeps(consumer.stats().sleeps, [this] {
      return consumer.wait_readable(monotonic_ns() + kShortNs) == PopResult::timeout;
    });
  }
  [[nodiscard]] bool sleeps_for_room() {
    return sleeps(producer.stats().sleeps, [this] {
      return Kind::wait_room(producer, monotonic_ns() + kShortNs) == PushResult::timeout;
    });
  }

  typename Kind::Producer producer;
  typename Kind::Consumer consumer;
};

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE_TEMPLATE("a consumer that sleeps is woken by a record and by an end", Kind, OneToOne,
                   ManyToOne, OneToMany, ManyToMany, LeanSlots, ByteArea, LossyCast, GatedCast) {
  const RingName name("wake-consumer");
  Ends<Kind> ends(name);
  REQUIRE(Kind::push(ends.producer));
  CHECK(ends.producer.stats().wakes.load() == 0);
  REQUIRE(Kind::take(ends.consumer));
  REQUIRE(ends.sleeps_for_record());
  REQUIRE(Kind::push(ends.producer));
  CHECK(ends.producer.stats().wakes.load() == 1);
  // Once: nobody sleeps any more.
  REQUIRE(Kind::take(ends.consumer));
  REQUIRE(Kind::push(ends.producer));
  CHECK(ends.producer.stats().wakes.load() == 1);
  REQUIRE(Kind::take(ends.consumer));
  REQUIRE(ends.sleeps_for_record());
  const std::uint32_t before = gate_epoch(name.str(), offsetof(Header, readers));
  ends.producer.close();
  CHECK(gate_epoch(name.str(), offsetof(Header, readers)) == before + 1);
  CHECK(ends.consumer.wait_readable(monotonic_ns() + kShortNs) == PopResult::closed);
}

TEST_CASE_TEMPLATE("a producer that sleeps is woken by room and by an end", Kind, OneToOne,
                   ManyToOne, OneToMany, ManyToMany, LeanSlots, ByteArea, GatedCast) {
  const RingName name("wake-producer");
  Ends<Kind> ends(name);
  ends.fill();
  REQUIRE(ends.sleeps_for_room());
  CHECK(ends.consumer.stats().wakes.load() == 0);
  REQUIRE(Kind::take(ends.consumer));
  CHECK(ends.consumer.stats().wakes.load() == 1);
  while (Kind::take(ends.consumer)) {
  }
  CHECK(ends.consumer.stats().wakes.load() == 1);
  ends.fill();
  REQUIRE(ends.sleeps_for_room());
  const std::uint32_t before = gate_epoch(name.str(), offsetof(Header, writers));
  ends.consumer.close();
  CHECK(gate_epoch(name.str(), offsetof(Header, writers)) > before);
}

TEST_SUITE_END();
