// A ring of many consumers inside one process, of one producer and of many: who gets what, order,
// runs that are claimed and released piece by piece, limits, endings, and the positions' wrap.
#include <array>
#include <doctest/doctest.h>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "ring/verify.hpp"
#include "support/page_faults.hpp"
#include "support/ring.hpp"
#include "support/shared_ring.hpp"

using tally::core::as_bytes;
using tally::core::monotonic_ns;
using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::ring::SlotForm;
using tally::ring::SpmcConsumer;
using tally::test::Mpmc;
using tally::test::RingName;
using tally::test::Spmc;

namespace {

constexpr std::uint64_t kLongPast = 1;
constexpr std::uint64_t kShortNs = 2'000'000;

Options shared(SlotForm form, std::uint64_t slots = 8) {
  Options options;
  options.form = form;
  options.slots = slots;
  options.bytes = 64;
  return options;
}

RecordMeta numbered(std::uint64_t sequence, std::uint16_t source = 0) {
  RecordMeta meta;
  meta.sequence = sequence;
  meta.source = source;
  return meta;
}

// The number of the next record, or nothing.
std::optional<std::uint64_t> pop(SpmcConsumer& consumer) {
  RecordMeta meta;
  if (!consumer.try_pop(meta, {})) return std::nullopt;
  return meta.sequence;
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE_TEMPLATE("each record goes to one of many consumers and is whole", Kind, Spmc, Mpmc) {
  const RingName name("share-each");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm)).value();
  std::vector<SpmcConsumer> consumers;
  consumers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    consumers.push_back(SpmcConsumer::open(name.str(), shared(Kind::kForm)).value());
  }
  std::array<std::uint8_t, 64> buffer{};
  for (std::uint64_t round = 0; round < 50; ++round) {
    for (std::uint64_t i = 0; i < 6; ++i) {
      REQUIRE(producer.try_push(numbered(6 * round + i, 9), as_bytes("for one of three")));
    }
    for (std::uint64_t i = 0; i < 6; ++i) {
      RecordMeta meta;
      REQUIRE(consumers[i % 3].try_pop(meta, buffer));
      CHECK(meta.sequence == 6 * round + i);
      CHECK(meta.source == 9);
      CHECK(meta.length == 16);
      CHECK(meta.time_ns != 0);
      CHECK(buffer[0] == 'f');
    }
    for (auto& consumer : consumers) CHECK_FALSE(pop(consumer));
  }
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.form == Kind::kForm);
  CHECK(status.published() == 300);
  CHECK(status.released() == 300);
  REQUIRE(status.more_readers.size() == 2);
  CHECK(status.consumer.records == 100);
  CHECK(status.more_readers[1].records == 100);
  CHECK(status.more_readers[1].bytes == 1600);
  CHECK(status.more_readers[0].last_record_ns != 0);
  CHECK(status.depth == 0);
  CHECK(status.in_hand == 0);
  CHECK(status.in_doubt == 0);
}

TEST_CASE_TEMPLATE("a claim keeps its slots from the producer and nothing from the others", Kind,
                   Spmc, Mpmc) {
  const RingName name("share-claim");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm, 4)).value();
  auto first = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  auto second = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(producer.try_push(numbered(i), as_bytes("x")));
  REQUIRE(first.peek(2) == 2);
  CHECK(first.peek(3) == 2);  // the same again
  CHECK(first.record(1).meta.sequence == 1);
  CHECK(first.record(1).payload.size() == 1);
  CHECK(second.depth() == 2);
  CHECK(pop(second) == 2);
  CHECK(pop(second) == 3);
  CHECK_FALSE(pop(second));
  // What the second has released lies behind what the first still reads.
  CHECK_FALSE(producer.try_push(numbered(4), {}));
  auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.in_hand == 2);
  CHECK(status.in_doubt == 0);
  CHECK(status.depth == 0);
  auto verdict = tally::ring::verify_ring(name.str()).value();
  CHECK(verdict.findings.empty());
  CHECK(verdict.taken == 2);
  CHECK(verdict.records == 0);
  // However often the others look: the first one lives.
  for (int i = 0; i < 1000; ++i) REQUIRE(second.peek(1) == 0);
  CHECK(second.wait_readable(monotonic_ns() + kShortNs) == PopResult::timeout);
  first.release(1);
  REQUIRE(producer.try_push(numbered(4), {}));
  CHECK_FALSE(producer.try_push(numbered(5), {}));
  CHECK(first.peek(4) == 1);
  CHECK(first.record(0).meta.sequence == 1);
  first.release(9);
  for (std::uint64_t i = 5; i < 8; ++i) REQUIRE(producer.try_push(numbered(i), {}));
  CHECK_FALSE(producer.try_push(numbered(8), {}));
  first.release(1);  // nothing is claimed
  CHECK(second.peek(9) == 4);
  second.release(4);
  status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.released() == 8);
  CHECK(status.head == 8);
  CHECK(status.in_doubt == 0);
}

TEST_CASE_TEMPLATE("what a consumer leaves with counts as in doubt and its slots are free", Kind,
                   Spmc, Mpmc) {
  const RingName name("share-leave");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm, 4)).value();
  auto other = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  {
    auto leaves = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
    for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(producer.try_push(numbered(i), {}));
    REQUIRE(leaves.peek(3) == 3);
    leaves.release(1);
    CHECK(leaves.found_in_doubt() == 0);
  }
  CHECK(tally::ring::stat_ring(name.str()).value().in_doubt == 2);
  CHECK(pop(other) == 3);
  CHECK_FALSE(pop(other));
  CHECK(producer.claim(9) == 4);
  producer.commit(0);
  auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.in_doubt == 2);
  CHECK(status.released() == 2);
  // Behind one that still reads it is counted when that one is done.
  RecordMeta meta;
  while (other.try_pop(meta, {})) {
  }
  for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(producer.try_push(numbered(10 + i), {}));
  REQUIRE(other.peek(1) == 1);
  {
    auto leaves = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
    REQUIRE(leaves.peek(1) == 1);
    CHECK(leaves.record(0).meta.sequence == 11);
  }
  CHECK(tally::ring::stat_ring(name.str()).value().in_doubt == 3);
  other.release(1);
  CHECK(pop(other) == 12);
  CHECK(other.wait_readable(monotonic_ns() + kShortNs) == PopResult::timeout);
  status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.in_doubt == 3);
  CHECK(status.head == status.tail);
  CHECK(other.found_in_doubt() == 1);
  // Assigned over, it leaves as well.
  other = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  CHECK(tally::ring::stat_ring(name.str()).value().consumer.state !=
        tally::ring::EndpointState::dead);
}

TEST_CASE_TEMPLATE("a full ring of many consumers waits or drops by its policy", Kind, Spmc, Mpmc) {
  const RingName name("share-full");
  auto waits = Kind::Producer::open(name.str(), shared(Kind::kForm, 4)).value();
  auto consumer = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  CHECK(waits.claim(9) == 4);
  waits.commit(4);
  CHECK(waits.push({}, {}, monotonic_ns() + kShortNs) == PushResult::timeout);
  waits.count_dropped(2);
  CHECK(consumer.dropped_by_producer() == 2);
  CHECK(consumer.peek(9) == 4);
  CHECK(waits.push({}, {}, monotonic_ns() + kShortNs) == PushResult::timeout);
  consumer.release(4);
  CHECK(waits.push({}, {}, kLongPast) == PushResult::ok);
  CHECK(waits.claim(9) == 3);
  waits.commit(3);
  consumer.close();
  CHECK(waits.push({}, {}, kLongPast) == PushResult::closed);
}

TEST_CASE_TEMPLATE("a ring takes sixteen consumers and names the kind to who wants another", Kind,
                   Spmc, Mpmc) {
  const RingName name("share-sixteen");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm, 32)).value();
  std::vector<SpmcConsumer> consumers;
  for (std::size_t i = 0; i < tally::ring::kMostConsumers; ++i) {
    consumers.push_back(SpmcConsumer::open(name.str(), shared(Kind::kForm, 32)).value());
    REQUIRE(producer.try_push(numbered(i), {}));
  }
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    REQUIRE(consumers[i].peek(1) == 1);
    CHECK(consumers[i].record(0).meta.sequence == i);
  }
  const auto refused = SpmcConsumer::open(name.str(), shared(Kind::kForm, 32));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == tally::Code::try_again);
  CHECK(refused.error().message.find("already has 16 consumers") != std::string::npos);
  const auto plain = tally::ring::Consumer::open(name.str());
  REQUIRE_FALSE(plain.has_value());
  CHECK(plain.error().message.find(Kind::kKind) != std::string::npos);
  Options asked;
  asked.form = Kind::kForm;
  CHECK(tally::ring::Consumer::open(name.str(), asked).error().hint.find("kind=mpsc") !=
        std::string::npos);
  CHECK(tally::ring::stat_ring(name.str()).value().in_hand == 16);
  // Whoever releases last moves the head over all of them.
  for (auto consumer = consumers.rbegin(); consumer != consumers.rend(); ++consumer) {
    CHECK(tally::ring::stat_ring(name.str()).value().head == 0);
    consumer->release(1);
  }
  CHECK(tally::ring::stat_ring(name.str()).value().head == 16);
  consumers.erase(consumers.begin() + 3);
  CHECK(SpmcConsumer::open(name.str(), shared(Kind::kForm, 32)).has_value());
  CHECK(tally::ring::stat_ring(name.str()).value().more_readers.size() == 15);
}

TEST_CASE("sixteen producers and sixteen consumers share one ring") {
  const RingName name("share-all");
  const Options options = shared(SlotForm::traded, 64);
  std::vector<tally::ring::MpscProducer> producers;
  std::vector<SpmcConsumer> consumers;
  for (std::uint16_t i = 0; i < 16; ++i) {
    producers.push_back(tally::ring::MpscProducer::open(name.str(), options).value());
    consumers.push_back(SpmcConsumer::open(name.str(), options).value());
    REQUIRE(producers[i].try_push(numbered(i, i), {}));
  }
  CHECK_FALSE(tally::ring::MpscProducer::open(name.str(), options).has_value());
  CHECK_FALSE(SpmcConsumer::open(name.str(), options).has_value());
  // One of one producer cannot join, nor can one that names another kind.
  CHECK_FALSE(tally::ring::Producer::open(name.str()).has_value());
  CHECK_FALSE(tally::ring::MpscProducer::open(name.str()).has_value());
  CHECK_FALSE(SpmcConsumer::open(name.str()).has_value());
  for (std::uint16_t i = 0; i < 16; ++i) CHECK(pop(consumers[i]) == i);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.more_producers.size() == 15);
  CHECK(status.more_readers.size() == 15);
  CHECK(status.sides().size() == 32);
  for (const auto* side : status.sides()) {
    CHECK(side->state == tally::ring::EndpointState::alive);
    CHECK(side->records == 1);
  }
}

TEST_CASE_TEMPLATE("records of many consumers wait for one when all have left", Kind, Spmc, Mpmc) {
  const RingName name("share-kept");
  {
    auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm)).value();
    REQUIRE(producer.try_push(numbered(1), as_bytes("kept")));
  }
  REQUIRE(name.exists());
  {
    auto consumer = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
    auto other = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
    CHECK(consumer.depth() == 1);
    RecordMeta meta;
    CHECK(consumer.pop_wait(meta, {}) == PopResult::ok);
    CHECK(consumer.pop_wait(meta, {}) == PopResult::closed);
    CHECK(other.pop_wait(meta, {}) == PopResult::closed);
  }
  CHECK_FALSE(name.exists());
}

TEST_CASE_TEMPLATE("what many consumers leave unread is told of by the last of them", Kind, Spmc,
                   Mpmc) {
  const RingName name("share-unread");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm)).value();
  auto first = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
  auto last = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
  for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(producer.try_push(numbered(i), {}));
  REQUIRE(first.peek(2) == 2);
  first.release(1);
  producer.close();
  first.close();
  CHECK(first.gone_unread() == 0);
  CHECK(first.found_in_doubt() == 0);
  last.close();
  CHECK_FALSE(name.exists());
  // The one that the first gave up is told of by itself.
  CHECK(last.gone_unread() == 3);
  CHECK(last.found_in_doubt() == 0);
}

TEST_CASE("gaps of many producers are passed over once by many consumers") {
  const RingName name("share-gaps");
  const Options options = shared(SlotForm::traded);
  auto first = SpmcConsumer::open(name.str(), options).value();
  auto second = SpmcConsumer::open(name.str(), options).value();
  auto producer = tally::ring::MpscProducer::open(name.str(), options).value();
  auto other = tally::ring::MpscProducer::open(name.str(), options).value();
  for (std::uint64_t round = 0; round < 20; ++round) {
    REQUIRE(producer.claim(3) == 3);
    REQUIRE(other.try_push(numbered(round, 2), {}));
    CHECK_FALSE(pop(first));
    CHECK_FALSE(pop(second));
    producer.slot(0).meta = numbered(round, 1);
    producer.commit(1);
    auto& taker = round % 2 == 0 ? first : second;
    CHECK(pop(taker) == round);
    CHECK(pop(first) == round);
    CHECK_FALSE(pop(second));
  }
  CHECK(first.stats().tombstones + second.stats().tombstones == 40);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.head == 80);
  CHECK(status.released() == 40);
}

TEST_CASE_TEMPLATE("positions of many consumers wrap at two to the sixty fourth", Kind, Spmc,
                   Mpmc) {
  const RingName name("share-wrap");
  constexpr std::uint64_t kStart = std::uint64_t{0} - 21;
  const Options options = shared(Kind::kForm);
  {
    auto region =
        tally::ring::Region::open(name.str(), options, tally::ring::Role::producer).value();
    for (std::uint64_t i = 0; i < 8; ++i) {
      region.slots().at(kStart + i).stamp = kStart + i;  // released a lap before
    }
    region.header().head = kStart;
    region.header().taken = kStart;
    region.header().tail = kStart;
    auto consumer = SpmcConsumer::open(name.str(), options).value();
    region.leave();
    auto producer = Kind::Producer::open(name.str(), options).value();
    auto second = SpmcConsumer::open(name.str(), options).value();
    for (std::uint64_t i = 0; i < 30; ++i) {
      for (std::uint64_t k = 0; k < 4; ++k) REQUIRE(producer.try_push(numbered(4 * i + k), {}));
      REQUIRE(consumer.peek(2) == 2);
      CHECK(consumer.record(1).meta.sequence == 4 * i + 1);
      CHECK(pop(second) == 4 * i + 2);
      consumer.release(2);
      if (i % 5 == 4) {
        auto leaves = SpmcConsumer::open(name.str(), options).value();
        REQUIRE(leaves.peek(1) == 1);
      } else {
        CHECK(pop(second) == 4 * i + 3);
      }
    }
    const auto status = tally::ring::stat_ring(name.str()).value();
    CHECK(status.head == kStart + 120);
    CHECK(status.taken == kStart + 120);
    CHECK(status.in_doubt == 6);
    CHECK(tally::ring::verify_ring(name.str()).value().findings.empty());
  }
}

TEST_CASE_TEMPLATE("a length out of bounds gives a ring of many consumers up", Kind, Spmc, Mpmc) {
  const RingName name("share-length");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm, 4)).value();
  auto consumer = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  REQUIRE(producer.claim(2) == 2);
  producer.slot(0).meta.length = 65;
  producer.commit(1);
  RecordMeta meta;
  CHECK_FALSE(consumer.try_pop(meta, {}));
  CHECK(consumer.peek(4) == 0);
  CHECK(consumer.wait_readable(tally::queue::kForeverNs) == PopResult::poisoned);
  CHECK(consumer.pop_wait(meta, {}) == PopResult::poisoned);
  CHECK(tally::ring::stat_ring(name.str()).value().poison_reason ==
        tally::ring::PoisonReason::bad_length);
}

TEST_CASE("a tail that makes no sense gives a ring of many of both up") {
  const RingName name("share-tail");
  const Options options = shared(SlotForm::traded, 4);
  auto consumer = SpmcConsumer::open(name.str(), options).value();
  auto region = tally::ring::Region::open(name.str(), options, tally::ring::Role::producer).value();
  region.header().tail = 77;
  RecordMeta meta;
  CHECK(consumer.pop_wait(meta, {}, monotonic_ns() + 1'000'000'000) == PopResult::poisoned);
}

TEST_CASE_TEMPLATE("cursors of many consumers that do not fit are refused", Kind, Spmc, Mpmc) {
  const RingName name("share-cursors");
  const Options options = shared(Kind::kForm, 4);
  auto producer = Kind::Producer::open(name.str(), options).value();
  REQUIRE(producer.try_push({}, {}));
  auto region = tally::ring::Region::open(name.str(), options, tally::ring::Role::consumer).value();
  for (const std::uint64_t taken : {std::uint64_t{2}, std::uint64_t{9}, ~std::uint64_t{0}}) {
    region.header().taken = taken;
    const auto refused = SpmcConsumer::open(name.str(), options);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == tally::Code::bad_data);
  }
  region.header().taken = 1;
  CHECK(SpmcConsumer::open(name.str(), options).has_value());
}

TEST_CASE("pushes and pops of a ring of many of both take no page fault") {
  tally::test::skip_where_shadow_memory_faults();
  const RingName name("share-faults");
  const Options options = shared(SlotForm::traded, 1024);
  auto producer = tally::ring::MpscProducer::open(name.str(), options).value();
  auto first = SpmcConsumer::open(name.str(), options).value();
  auto second = SpmcConsumer::open(name.str(), options).value();
  static std::array<std::uint8_t, 64> payload = {1};
  static std::array<std::uint8_t, 64> got = {1};
  std::uint64_t failed = 0;
  RecordMeta meta;
  const auto loop = [&](int count) {
    for (int i = 0; i < count; ++i) {
      failed += producer.try_push({}, payload) && producer.try_push({}, payload) ? 0U : 1U;
      failed += first.try_pop(meta, got) && second.try_pop(meta, got) ? 0U : 1U;
    }
  };
  tally::test::check_takes_no_page_fault(loop);
  CHECK(failed == 0);
}

TEST_SUITE_END();
