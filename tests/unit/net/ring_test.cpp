// Rings as sources and sinks: what is said of one that ended, and what becomes of records that a
// source of many took and did not pass on.
#include "support/ring.hpp"

#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "net/open.hpp"
#include "net/ring_common.hpp"
#include "net/ring_source.hpp"
#include "ring/inspector.hpp"
#include "ring/producer.hpp"

using tally::net::Flow;
using tally::net::Record;
using tally::net::SpmcRingSource;
using tally::ring::Options;
using tally::ring::Producer;
using tally::ring::SlotForm;
using tally::ring::SpmcConsumer;

namespace {

const Options kShared = [] {
  Options options;
  options.form = SlotForm::shared_out;
  options.slots = 8;
  options.bytes = 64;
  return options;
}();

// The producer of a ring of many consumers, behind six records.
Producer fill_shared(const tally::test::RingName& name) {
  auto producer = Producer::open(name.str(), kShared).value();
  for (int i = 0; i < 6; ++i) REQUIRE(producer.try_push({}, {}));
  return producer;
}

}  // namespace

TEST_SUITE_BEGIN("net");

TEST_CASE("of a ring that was given up its place says what to do") {
  using tally::ring::Place;
  const auto handed = tally::net::ring_given_up("s", Place::handed);
  CHECK(handed.message == "ring s was given up");
  CHECK(handed.hint == "start both sides again");
  CHECK(tally::net::ring_given_up("s", Place::named).hint ==
        "tally-relay ring stat s shows both sides");
}

TEST_CASE("records that a source of many consumers did not pass on are in doubt and no others") {
  const tally::test::RingName name("net-share");
  auto producer = fill_shared(name);
  std::array<Record, 4> records;
  SpmcRingSource first(SpmcConsumer::open(name.str(), kShared).value());
  SpmcRingSource second(SpmcConsumer::open(name.str(), kShared).value());
  REQUIRE(first.pull(records, 1).count == 4);
  first.settle(1);
  // The producer has left, but the second one is there: what nobody has taken is its own.
  producer.close();
  CHECK(first.leave(3) == 0);
  CHECK(first.counts().ring_lost == 0);
  CHECK(first.counts().in_doubt == 0);
  CHECK(tally::ring::stat_ring(name.str()).value().in_doubt == 3);
  REQUIRE(second.pull(records, 1).count == 2);
  second.settle(2);
  CHECK(second.pull(records, tally::core::monotonic_ns() + 1'000'000'000).flow == Flow::end);
  CHECK(second.leave(0) == 0);
  CHECK(second.counts().ring_lost == 0);
  CHECK(second.counts().records == 2);
  CHECK_FALSE(name.exists());
}

TEST_CASE("what the last of many consumers leaves in a ring that goes is lost") {
  const tally::test::RingName name("net-last");
  auto producer = fill_shared(name);
  std::array<Record, 2> records;
  SpmcRingSource source(SpmcConsumer::open(name.str(), kShared).value());
  REQUIRE(source.pull(records, 1).count == 2);
  producer.close();
  CHECK(source.leave(2) == 0);
  CHECK(source.counts().ring_lost == 4);
  CHECK_FALSE(name.exists());
}

TEST_CASE("what a reader of a broadcast that waits leaves undelivered is kept for nobody") {
  const tally::test::RingName name("net-gated");
  const std::string ring = "shm:" + name.str() + ",kind=broadcast,bytes=4096";
  const auto open_sink = [](const std::string& text) {
    return std::move(
        tally::net::open_sink(tally::net::parse_endpoint(text).value(), {}).value().side);
  };
  const auto push = [](tally::net::Sink& sink, std::uint64_t sequence) {
    const Record record{sequence, 0, 0, 0, tally::core::as_bytes("payload")};
    return sink.push({&record, 1}, 0).count;
  };
  auto first = open_sink(ring + ",full=block");
  const auto source = std::move(
      tally::net::open_source(tally::net::parse_endpoint(ring).value(), {}, -1).value().side);
  for (std::uint64_t i = 1; i <= 4; ++i) REQUIRE(push(*first, i) == 1);
  REQUIRE(first->close(0).has_value());
  first.reset();
  // Who follows the producer waits as well, unless it says otherwise.
  const auto second = open_sink("shm:" + name.str());
  CHECK(tally::ring::stat_ring(name.str()).value().is_gated());
  REQUIRE(push(*second, 5) == 1);
  std::array<Record, 4> records;
  REQUIRE(source->pull(records, tally::core::monotonic_ns() + 1'000'000'000).count == 4);
  source->settle(1);
  CHECK(source->leave(3) == 0);
  REQUIRE(second->close(0).has_value());
}

TEST_CASE("a lean ring carries payloads and numbers them from one") {
  const tally::test::RingName name("net-lean");
  const auto sink = std::move(
      tally::net::open_sink(
          tally::net::parse_endpoint("shm:" + name.str() + ",kind=lean,slots=4").value(), {})
          .value()
          .side);
  const tally::Bytes large(57, 1);
  const std::array<Record, 3> in = {Record{70, 5, 1, 2, tally::core::as_bytes("one")},
                                    Record{71, 6, 1, 2, large},
                                    Record{72, 7, 1, 2, tally::core::as_bytes("three")}};
  CHECK(sink->push(in, 1).count == 3);
  CHECK(sink->counts().sent == 2);
  CHECK(sink->counts().too_long == 1);
  CHECK(sink->counts().bytes == 8);

  // Nobody says the kind: the ring is taken as what it is.
  const auto source = std::move(
      tally::net::open_source(tally::net::parse_endpoint("shm:" + name.str()).value(), {}, -1)
          .value()
          .side);
  std::array<Record, 4> out;
  const std::uint64_t before_ns = tally::core::monotonic_ns();
  REQUIRE(source->pull(out, 1).count == 2);
  CHECK(out[0].sequence == 1);
  CHECK(tally::core::as_text(out[0].payload) == "one");
  CHECK(out[1].sequence == 2);
  CHECK(tally::core::as_text(out[1].payload) == "three");
  CHECK(out[1].time_ns >= before_ns);
  CHECK(out[1].flags == 0);
  source->settle(2);

  for (int i = 0; i < 4; ++i) CHECK(sink->push(std::span(in).first(1), 1).count == 1);
  CHECK(sink->push(std::span(in).first(1), 1).count == 0);  // full, and it waits
  CHECK(source->leave(0) == 0);
}

TEST_SUITE_END();
