// Lean rings: records of a cache line or less, without what others carry beside the payload.
#include <algorithm>
#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "core/clock.hpp"
#include "core/crc32c.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/lean_consumer.hpp"
#include "ring/lean_producer.hpp"
#include "ring/producer.hpp"
#include "ring/verify.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"
#include "support/step.hpp"

namespace {

using namespace tally::ring;  // NOLINT(google-build-using-namespace): what is tested
using tally::core::as_bytes;
using tally::core::as_text;
using tally::core::monotonic_ns;
using tally::test::RingName;

constexpr std::uint64_t kShortNs = 2'000'000;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

Options lean(std::uint64_t slots, std::uint32_t bytes = kMaxLeanBytes) {
  Options options;
  options.form = SlotForm::lean;
  options.slots = slots;
  options.bytes = bytes;
  return options;
}

// A payload that a torn record cannot have: a checksum ends it, and it says which one it is.
tally::Bytes numbered(std::uint64_t number) {
  tally::Bytes payload(12 + number % (kMaxLeanBytes - 11), static_cast<std::uint8_t>(number * 31));
  std::memcpy(payload.data(), &number, sizeof number);
  const std::uint32_t crc = tally::core::crc32c(tally::ByteView(payload).first(payload.size() - 4));
  std::memcpy(payload.data() + payload.size() - 4, &crc, sizeof crc);
  return payload;
}

bool is_numbered(const SlotRecord& record, std::uint64_t number) {
  const tally::Bytes expected = numbered(number);
  return record.meta.sequence == number + 1 && record.meta.length == expected.size() &&
         std::equal(expected.begin(), expected.end(), record.payload.begin(), record.payload.end());
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("lean records come out in order with their lengths") {
  const RingName name("lean-order");
  auto producer = LeanProducer::open(name.str(), lean(4)).value();
  auto consumer = LeanConsumer::open(name.str()).value();
  CHECK(consumer.payload_bytes() == kMaxLeanBytes);
  std::array<std::uint8_t, kMaxLeanBytes> buffer{};
  std::size_t length = 0;
  CHECK_FALSE(consumer.try_pop(buffer, length));
  for (std::uint64_t i = 0; i < 300; ++i) {
    const tally::Bytes payload(i % (kMaxLeanBytes + 1), static_cast<std::uint8_t>(i));
    REQUIRE(producer.try_push(payload));
    REQUIRE(consumer.try_pop(buffer, length));
    REQUIRE(length == payload.size());
    CHECK(std::equal(payload.begin(), payload.end(), buffer.begin()));
  }
  CHECK(producer.position() == 300);
  CHECK(consumer.position() == 300);
  CHECK(consumer.depth() == 0);
}

TEST_CASE("a lean slot is of sixteen or thirty two or sixty four bytes") {
  struct Shape {
    std::uint32_t payload;
    std::uint32_t slot;
  };
  constexpr std::array<Shape, 6> kShapes = {
      {{1, 16}, {8, 16}, {9, 32}, {24, 32}, {25, 64}, {56, 64}}};
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.payload);
    CHECK(lean_slot_bytes(shape.payload) == shape.slot);
    const RingName name("lean-slot");
    auto producer = LeanProducer::open(name.str(), lean(2, shape.payload)).value();
    CHECK(stat_ring(name.str()).value().slot_bytes == shape.slot);
    CHECK(producer.try_push(tally::Bytes(shape.payload, 1)));
    CHECK_FALSE(producer.try_push(tally::Bytes(shape.payload + 1, 1)));
    CHECK(producer.push(tally::Bytes(shape.payload + 1, 1), 0) == PushResult::too_large);
  }
}

TEST_CASE("a full lean ring waits or drops or ends by the policy") {
  const RingName name("lean-full");
  auto producer = LeanProducer::open(name.str(), lean(2)).value();
  auto consumer = LeanConsumer::open(name.str()).value();
  CHECK(producer.push({}) == PushResult::ok);
  CHECK(producer.push({}) == PushResult::ok);
  CHECK_FALSE(producer.try_push({}));
  CHECK(producer.push({}, monotonic_ns() + kShortNs) == PushResult::timeout);
  CHECK(producer.stats().stalls > 0);
  consumer.close();
  CHECK(producer.push({}) == PushResult::closed);
  producer.close();

  const RingName drops("lean-drops");
  Options dropping = lean(2);
  dropping.full = Full::drop_new;
  auto dropper = LeanProducer::open(drops.str(), dropping).value();
  CHECK(dropper.push({}) == PushResult::ok);
  CHECK(dropper.push({}) == PushResult::ok);
  CHECK(dropper.push({}) == PushResult::dropped);
  CHECK(stat_ring(drops.str()).value().lost == 1);
}

TEST_CASE("a batch of lean records is put and committed and then peeked and released") {
  const RingName name("lean-batch");
  auto producer = LeanProducer::open(name.str(), lean(8)).value();
  auto consumer = LeanConsumer::open(name.str()).value();
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int round = 0; round < 40; ++round) {
    while (producer.put(numbered(in))) ++in;
    CHECK(in == out + 8);
    CHECK(consumer.peek(8) == 8);  // a reader that polls does not wait for the commit
    producer.commit();
    CHECK(producer.depth() == 8);
    REQUIRE(consumer.peek(5) == 5);
    for (std::size_t i = 0; i < 5; ++i) REQUIRE(is_numbered(consumer.record(i), out + i));
    consumer.release(3);
    out += 3;
    CHECK(consumer.position() == out);
    consumer.release(1);  // a release ends what was peeked
    CHECK(consumer.position() == out);
  }
  const RingStatus status = stat_ring(name.str()).value();
  CHECK(status.producer.records == in);
  CHECK(status.consumer.records == out);
  CHECK(status.depth == in - out);
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < in; ++i) bytes += numbered(i).size();
  CHECK(status.producer.bytes == bytes);
}

TEST_CASE("a lean consumer takes everything before it hears of the end") {
  const RingName name("lean-end");
  auto producer = LeanProducer::open(name.str(), lean(4)).value();
  auto consumer = LeanConsumer::open(name.str()).value();
  std::array<std::uint8_t, kMaxLeanBytes> buffer{};
  std::size_t length = 0;
  CHECK(consumer.pop_wait(buffer, length, monotonic_ns() + kShortNs) == PopResult::timeout);
  REQUIRE(producer.try_push(as_bytes("last")));
  producer.close();
  REQUIRE(consumer.pop_wait(buffer, length) == PopResult::ok);
  CHECK(as_text({buffer.data(), length}) == "last");
  CHECK(consumer.pop_wait(buffer, length) == PopResult::closed);
}

TEST_CASE("a sleeping lean consumer is woken by a commit") {
  const RingName name("lean-wake");
  Options sleeping = lean(4096);
  sleeping.wait = tally::queue::WaitPolicy::futex;
  auto producer = LeanProducer::open(name.str(), sleeping).value();
  tally::test::Child child([&] {
    auto consumer = LeanConsumer::open(name.str(), sleeping);
    if (!consumer) return 1;
    std::size_t length = 0;
    PopResult popped = PopResult::ok;
    while (popped == PopResult::ok) popped = consumer->pop_wait({}, length);
    return popped == PopResult::closed ? 0 : 2;
  });
  // It sleeps whenever nothing has come for twenty microseconds.
  const std::uint64_t deadline_ns = monotonic_ns() + 10 * kSecondNs;
  while (producer.stats().wakes.load() == 0 && monotonic_ns() < deadline_ns) {
    static_cast<void>(producer.try_push(as_bytes("wake")));
    ::usleep(1000);
  }
  CHECK(producer.stats().wakes.load() > 0);
  producer.close();
  CHECK(child.reap() == 0);
}

TEST_CASE("lean positions wrap at two to the fifty eighth and to the sixty fourth") {
  for (const unsigned bits : {64 - kLeanLengthBits, 64U}) {
    CAPTURE(bits);
    const std::uint64_t start = (bits == 64 ? 0 : std::uint64_t{1} << bits) - 5;
    const RingName name("lean-wrap");
    {
      // A ring whose two ends have been killed at that position with one record unread there.
      auto region = Region::open(name.str(), lean(8), Role::producer).value();
      const LeanSlots slots = region.lean_slots();
      for (std::uint64_t i = 1; i < 8; ++i) slots.word(start + i) = lean_word(start + i - 8, 3);
      slots.word(start) = lean_word(start, 0);
      region.header().head = start;
      region.header().tail = start;  // stored before the word: recovery has to go on
    }
    auto producer = LeanProducer::open(name.str()).value();
    auto consumer = LeanConsumer::open(name.str()).value();
    CHECK(producer.position() == start + 1);
    std::size_t length = 0;
    for (std::uint64_t i = 1; i < 30; ++i) {
      REQUIRE(producer.try_push(tally::Bytes(i, 1)));
      REQUIRE(consumer.try_pop({}, length));
      CHECK(length == i - 1);
    }
    CHECK(consumer.depth() == 1);
  }
}

TEST_CASE("a lean ring is made and joined as what it is") {
  const RingName name("lean-kind");
  const auto parsed = parse_endpoint("shm:" + name.str() + ",kind=lean,slots=16");
  REQUIRE(parsed.has_value());
  CHECK(parsed->options.form == SlotForm::lean);
  auto producer = LeanProducer::open(name.str(), parsed->options).value();
  CHECK(producer.payload_bytes() == kMaxLeanBytes);
  CHECK(producer.capacity() == 16);
  const auto other = Consumer::open(name.str());
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message ==
        "ring " + name.str() + ": the ring has kind=lean, which is not what was asked for");
  const auto asked = LeanConsumer::open(name.str(), lean(16, 8));
  REQUIRE_FALSE(asked.has_value());
  CHECK(asked.error().message.find("bytes=8 was asked for") != std::string::npos);
  const auto large = parse_endpoint("shm:x,kind=lean,bytes=57");
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().message == "shm: key bytes cannot be '57'");
  CHECK(large.error().hint == "bytes takes for kind=lean the largest payload, 1 to 56");
}

TEST_CASE("a lean length that is out of range gives the ring up") {
  const RingName name("lean-length");
  auto region = Region::open(name.str(), lean(4, 8), Role::producer).value();
  auto consumer = LeanConsumer::open(name.str()).value();
  region.lean_slots().word(0) = lean_word(0, 9);
  region.header().tail = 1;
  const Verdict verdict = verify_ring(name.str()).value();
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0] == "a length of 9 is out of range at position 0");
  CHECK(consumer.wait_readable(monotonic_ns() + kSecondNs) == PopResult::poisoned);
  CHECK(stat_ring(name.str()).value().poison_reason == PoisonReason::bad_length);
}

TEST_CASE("verify walks a lean ring to its last record") {
  const RingName name("lean-verify");
  {
    auto producer = LeanProducer::open(name.str(), lean(8)).value();
    for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(producer.try_push(numbered(i)));
  }
  Verdict verdict = verify_ring(name.str()).value();
  CHECK(verdict.findings.empty());
  CHECK(verdict.records == 5);
  auto region = Region::open(name.str(), lean(8), Role::consumer).value();
  region.lean_slots().word(3) = lean_word(11, 0);
  verdict = verify_ring(name.str()).value();
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0] == "a published record has no stamp at position 3");
}

TEST_CASE("a lean producer killed after every instruction of a batch leaves whole records") {
  tally::test::skip_where_steps_mislead();
  const RingName name("lean-step-push");
  constexpr std::uint64_t kBefore = 3;
  const auto run_child = [&] {
    auto producer = LeanProducer::open(name.str());
    if (!producer || !tally::test::may_be_stepped()) return 77;
    const tally::Bytes first = numbered(kBefore);
    const tally::Bytes second = numbered(kBefore + 1);
    tally::test::reach_step();
    if (producer->put(first) && producer->put(second)) producer->commit();
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 3> outcomes{};
  tally::test::for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    {
      auto producer = LeanProducer::open(name.str(), lean(8)).value();
      for (std::uint64_t i = 0; i < kBefore; ++i) REQUIRE(producer.try_push(numbered(i)));
    }
    auto consumer = LeanConsumer::open(name.str()).value();
    return [&, consumer = std::move(consumer)]() mutable {
      CHECK(verify_ring(name.str()).value().findings.empty());
      auto successor = LeanProducer::open(name.str()).value();
      const std::uint64_t committed = successor.position();
      REQUIRE(committed >= kBefore);
      REQUIRE(committed <= kBefore + 2);
      ++outcomes[committed - kBefore];
      for (std::uint64_t i = committed; i < 8; ++i) REQUIRE(successor.try_push(numbered(i)));
      REQUIRE(consumer.peek(8) == 8);
      for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(is_numbered(consumer.record(i), i));
      consumer.release(8);
    };
  });
  for (const int seen : outcomes) CHECK(seen > 0);
}

TEST_CASE("a lean consumer killed after every instruction of a release frees all or none") {
  tally::test::skip_where_steps_mislead();
  const RingName name("lean-step-release");
  const auto run_child = [&] {
    auto consumer = LeanConsumer::open(name.str());
    if (!consumer || !tally::test::may_be_stepped()) return 77;
    if (consumer->peek(2) != 2) return 2;
    tally::test::reach_step();
    consumer->release(2);
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 3> outcomes{};
  tally::test::for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    auto producer = LeanProducer::open(name.str(), lean(4)).value();
    for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(producer.try_push(numbered(i)));
    return [&, producer = std::move(producer)]() mutable {
      std::uint64_t freed = 0;
      while (producer.try_push(numbered(4 + freed))) ++freed;
      REQUIRE(freed <= 2);
      ++outcomes[freed];
      auto successor = LeanConsumer::open(name.str()).value();
      REQUIRE(successor.position() == freed);
      REQUIRE(successor.peek(4) == 4);
      for (std::uint64_t i = 0; i < 4; ++i) {
        REQUIRE(is_numbered(successor.record(i), freed + i));
      }
    };
  });
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[1] == 0);
  CHECK(outcomes[2] > 0);
}

TEST_SUITE_END();
