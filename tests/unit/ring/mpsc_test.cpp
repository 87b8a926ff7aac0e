// A ring of many producers inside one process: order, runs that are claimed, given up and passed
// over, limits, endings, and the positions' wrap.
#include <array>
#include <doctest/doctest.h>
#include <vector>

#include "core/clock.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/intent.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/verify.hpp"
#include "support/page_faults.hpp"
#include "support/ring.hpp"

using tally::core::as_bytes;
using tally::core::monotonic_ns;
using tally::ring::Consumer;
using tally::ring::MpscProducer;
using tally::ring::Options;
using tally::ring::Peer;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::test::RingName;

namespace {

constexpr std::uint64_t kLongPast = 1;
constexpr std::uint64_t kShortNs = 2'000'000;

Options many(std::uint64_t slots = 8) {
  Options options;
  options.form = tally::ring::SlotForm::claimed;
  options.slots = slots;
  options.bytes = 64;
  return options;
}

RecordMeta from(std::uint16_t source, std::uint64_t sequence) {
  RecordMeta meta;
  meta.sequence = sequence;
  meta.source = source;
  return meta;
}

void fill(MpscProducer& producer, std::size_t index, const RecordMeta& meta) {
  producer.slot(index).meta = meta;
}

}  // namespace

TEST_SUITE_BEGIN("ring");

static_assert(tally::ring::is_intended(tally::ring::intent_word({7, 2}), 8));
static_assert(!tally::ring::is_intended(tally::ring::intent_word({7, 2}), 9));
static_assert(!tally::ring::is_intended(tally::ring::intent_word({7, 2}), 6));
static_assert(!tally::ring::is_intended(0, 0));
static_assert(tally::ring::is_intended(tally::ring::intent_word({~std::uint64_t{0}, 2}), 0));
static_assert(tally::ring::is_intended(tally::ring::intent_word({5, tally::ring::kMaxSlots}),
                                       4 + tally::ring::kMaxSlots));

TEST_CASE("records of many producers come in the order of their claims") {
  const RingName name("many-order");
  auto consumer = Consumer::open(name.str(), many()).value();
  std::vector<MpscProducer> producers;
  producers.reserve(3);
  for (int i = 0; i < 3; ++i) producers.push_back(MpscProducer::open(name.str()).value());
  RecordMeta meta;
  std::array<std::uint8_t, 64> buffer{};
  for (std::uint16_t round = 0; round < 50; ++round) {
    for (std::uint16_t i = 0; i < 3; ++i) {
      REQUIRE(producers[i].try_push(from(i, round), as_bytes("from one of three")));
    }
    for (std::uint16_t i = 0; i < 3; ++i) {
      REQUIRE(consumer.try_pop(meta, buffer));
      CHECK(meta.source == i);
      CHECK(meta.sequence == round);
      CHECK(meta.length == 17);
      CHECK(meta.time_ns != 0);
    }
    CHECK_FALSE(consumer.try_pop(meta, buffer));
  }
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.producer.records == 50);
  REQUIRE(status.more_producers.size() == 2);
  CHECK(status.more_producers[1].records == 50);
  CHECK(status.published() == 150);
  CHECK(status.published_bytes() == 150 * 17);
  CHECK(status.consumer.records == 150);
}

TEST_CASE("a claim holds back what comes behind it until it is committed or given up") {
  const RingName name("many-claim");
  auto consumer = Consumer::open(name.str(), many()).value();
  auto first = MpscProducer::open(name.str()).value();
  auto second = MpscProducer::open(name.str()).value();
  REQUIRE(first.claim(3) == 3);
  REQUIRE(second.claim(2) == 2);
  fill(second, 0, from(2, 0));
  fill(second, 1, from(2, 1));
  second.commit(2);
  // Its owner lives, so no look and no time makes the consumer pass it.
  for (int i = 0; i < 1000; ++i) REQUIRE(consumer.peek(8) == 0);
  CHECK(consumer.wait_readable(monotonic_ns() + kShortNs) == PopResult::timeout);
  CHECK(consumer.depth() == 2);
  auto verdict = tally::ring::verify_ring(name.str()).value();
  CHECK(verdict.findings.empty());
  CHECK(verdict.records == 2);
  CHECK(verdict.claimed == 3);
  CHECK(first.claim(2) == 2);  // the same slots again
  fill(first, 0, from(1, 0));
  first.commit(1);
  REQUIRE(consumer.peek(8) == 1);
  CHECK(consumer.record(0).meta.source == 1);
  consumer.release(1);
  // The two that were given up are passed over at once.
  REQUIRE(consumer.peek(8) == 2);
  CHECK(consumer.record(0).meta.source == 2);
  CHECK(consumer.record(1).meta.sequence == 1);
  consumer.release(2);
  CHECK(consumer.position() == 5);
  CHECK(consumer.stats().tombstones == 2);
  CHECK(first.stats().tombstones == 2);
  CHECK(second.stats().tombstones == 0);
  CHECK(tally::ring::stat_ring(name.str()).value().consumer.records == 3);
}

TEST_CASE("a producer that leaves gives up what it had claimed") {
  const RingName name("many-leave");
  auto consumer = Consumer::open(name.str(), many()).value();
  auto other = MpscProducer::open(name.str()).value();
  {
    auto leaving = MpscProducer::open(name.str()).value();
    REQUIRE(leaving.claim(4) == 4);
    REQUIRE(other.try_push(from(7, 0), {}));
  }
  RecordMeta meta;
  REQUIRE(consumer.try_pop(meta, {}));
  CHECK(meta.source == 7);
  CHECK(consumer.stats().tombstones == 4);
  CHECK(consumer.peer() == Peer::alive);
  // Assigned over, it leaves as well.
  REQUIRE(other.claim(1) == 1);
  other = MpscProducer::open(name.str()).value();
  REQUIRE(other.try_push(from(8, 0), {}));
  REQUIRE(consumer.try_pop(meta, {}));
  CHECK(meta.source == 8);
  other.close();
  CHECK(consumer.pop_wait(meta, {}) == PopResult::closed);
}

TEST_CASE("a full ring of many producers waits or drops by the policy of each") {
  const RingName name("many-full");
  auto consumer = Consumer::open(name.str(), many(4)).value();
  auto waits = MpscProducer::open(name.str()).value();
  Options dropping = many(4);
  dropping.full = tally::ring::Full::drop_new;
  auto drops = MpscProducer::open(name.str(), dropping).value();
  CHECK(waits.claim(9) == 4);
  CHECK(drops.push({}, {}) == PushResult::dropped);
  waits.commit(3);
  // What was given up takes its slot until the consumer has passed it.
  CHECK(waits.push({}, {}, monotonic_ns() + kShortNs) == PushResult::timeout);
  CHECK(drops.push({}, {}) == PushResult::dropped);
  CHECK(drops.push({}, tally::Bytes(65)) == PushResult::too_large);
  REQUIRE(consumer.peek(4) == 3);
  consumer.release(3);
  CHECK(consumer.peek(1) == 0);  // passes the fourth
  CHECK(waits.claim(9) == 4);
  waits.commit(4);
  CHECK(consumer.dropped_by_producer() == 2);
  CHECK(tally::ring::stat_ring(name.str()).value().lost == 2);
  CHECK(consumer.peek(9) == 4);
  consumer.close();
  CHECK(waits.push({}, {}, kLongPast) == PushResult::closed);
}

TEST_CASE("a ring takes sixteen producers and names the kind to who wants another") {
  const RingName name("many-sixteen");
  std::vector<MpscProducer> producers;
  for (std::size_t i = 0; i < tally::ring::kMostProducers; ++i) {
    producers.push_back(MpscProducer::open(name.str(), many(32)).value());
    REQUIRE(producers.back().try_push(from(static_cast<std::uint16_t>(i), 0), {}));
  }
  const auto refused = MpscProducer::open(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == tally::Code::try_again);
  CHECK(refused.error().message.find("already has 16 producers") != std::string::npos);
  const auto plain = tally::ring::Producer::open(name.str());
  REQUIRE_FALSE(plain.has_value());
  CHECK(plain.error().message.find("kind=mpsc") != std::string::npos);
  CHECK_FALSE(Consumer::open(name.str()).has_value());
  auto consumer = Consumer::open(name.str(), many(32)).value();
  CHECK(consumer.peek(32) == 16);
  producers.erase(producers.begin() + 3);
  CHECK(MpscProducer::open(name.str()).has_value());
  CHECK(tally::ring::stat_ring(name.str()).value().more_producers.size() == 15);
}

TEST_CASE("records of many producers wait for a consumer when all have left") {
  const RingName name("many-kept");
  {
    auto first = MpscProducer::open(name.str(), many()).value();
    auto second = MpscProducer::open(name.str()).value();
    REQUIRE(first.claim(2) == 2);
    REQUIRE(second.try_push(from(2, 0), as_bytes("kept")));
  }
  REQUIRE(name.exists());
  {
    auto consumer = Consumer::open(name.str(), many()).value();
    CHECK(consumer.depth() == 1);
    RecordMeta meta;
    CHECK(consumer.pop_wait(meta, {}) == PopResult::ok);
    CHECK(consumer.pop_wait(meta, {}) == PopResult::closed);
  }
  CHECK_FALSE(name.exists());
}

TEST_CASE("positions of many producers wrap at two to the sixty fourth") {
  const RingName name("many-wrap");
  constexpr std::uint64_t kStart = std::uint64_t{0} - 21;
  auto first = MpscProducer::open(name.str(), many()).value();
  {
    auto region =
        tally::ring::Region::open(name.str(), many(), tally::ring::Role::producer).value();
    for (std::uint64_t i = 0; i < 8; ++i) {
      region.slots().at(kStart + i).stamp = kStart + i - 7;  // committed a lap before
    }
    region.header().head = kStart;
    region.header().tail = kStart;
  }
  auto consumer = Consumer::open(name.str(), many()).value();
  auto second = MpscProducer::open(name.str()).value();
  RecordMeta meta;
  for (std::uint16_t i = 0; i < 30; ++i) {
    REQUIRE(first.claim(3) == 3);
    REQUIRE(second.try_push(from(2, i), {}));
    CHECK(consumer.peek(1) == 0);
    fill(first, 0, from(1, i));
    first.commit(1);
    REQUIRE(consumer.try_pop(meta, {}));
    CHECK(meta.source == 1);
    REQUIRE(consumer.try_pop(meta, {}));
    CHECK(meta.source == 2);
    CHECK(meta.sequence == i);
  }
  CHECK(consumer.position() == kStart + 30 * 4);
}

TEST_CASE("a head that makes no sense gives a ring of many producers up") {
  const RingName name("many-head");
  auto producer = MpscProducer::open(name.str(), many(4)).value();
  auto region = tally::ring::Region::open(name.str(), many(4), tally::ring::Role::producer).value();
  region.header().head = 77;
  while (producer.try_push({}, {})) {
  }
  CHECK(producer.push({}, {}) == PushResult::poisoned);
  CHECK(tally::ring::stat_ring(name.str()).value().poison_reason ==
        tally::ring::PoisonReason::bad_cursor);
}

TEST_CASE("a length out of bounds gives a ring of many producers up") {
  const RingName name("many-length");
  auto producer = MpscProducer::open(name.str(), many(4)).value();
  auto consumer = Consumer::open(name.str(), many(4)).value();
  REQUIRE(producer.claim(2) == 2);
  producer.slot(0).meta.length = 65;
  producer.commit(1);
  RecordMeta meta;
  CHECK_FALSE(consumer.try_pop(meta, {}));
  CHECK(consumer.peek(4) == 0);
  CHECK(consumer.pop_wait(meta, {}) == PopResult::poisoned);
  CHECK(tally::ring::stat_ring(name.str()).value().poison_reason ==
        tally::ring::PoisonReason::bad_length);
}

TEST_CASE("a tail that makes no sense gives a ring of many producers up") {
  const RingName name("many-tail");
  auto producer = MpscProducer::open(name.str(), many(4)).value();
  auto consumer = Consumer::open(name.str(), many(4)).value();
  auto region = tally::ring::Region::open(name.str(), many(4), tally::ring::Role::producer).value();
  region.header().tail = 77;
  RecordMeta meta;
  CHECK(consumer.pop_wait(meta, {}, monotonic_ns() + 1'000'000'000) == PopResult::poisoned);
}

TEST_CASE("pushes and pops of a ring of many producers take no page fault") {
  tally::test::skip_where_shadow_memory_faults();
  const RingName name("many-faults");
  auto first = MpscProducer::open(name.str(), many(1024)).value();
  auto second = MpscProducer::open(name.str()).value();
  auto consumer = Consumer::open(name.str(), many(1024)).value();
  static std::array<std::uint8_t, 64> payload = {1};
  static std::array<std::uint8_t, 64> got = {1};
  std::uint64_t failed = 0;
  RecordMeta meta;
  const auto loop = [&](int count) {
    for (int i = 0; i < count; ++i) {
      failed += first.try_push({}, payload) && second.try_push({}, payload) ? 0U : 1U;
      failed += consumer.try_pop(meta, got) && consumer.try_pop(meta, got) ? 0U : 1U;
    }
  };
  tally::test::check_takes_no_page_fault(loop);
  CHECK(failed == 0);
}

TEST_SUITE_END();
