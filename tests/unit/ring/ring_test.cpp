// A ring inside one process: order, limits, both ways of moving records, ending, names of errors.
#include "support/ring.hpp"

#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <type_traits>

#include "core/clock.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/producer.hpp"

using tally::core::as_bytes;
using tally::core::as_text;
using tally::core::monotonic_ns;
using tally::ring::Consumer;
using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::Producer;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::test::RingName;

namespace {

Options small(std::uint64_t slots = 8, std::uint32_t bytes = 100) {
  Options options;
  options.slots = slots;
  options.bytes = bytes;
  return options;
}

RecordMeta numbered(std::uint64_t sequence) {
  RecordMeta meta;
  meta.sequence = sequence;
  meta.flags = static_cast<std::uint16_t>(sequence * 3);
  meta.source = static_cast<std::uint16_t>(sequence * 5);
  return meta;
}

constexpr std::uint64_t kShortNs = 2'000'000;

}  // namespace

TEST_SUITE_BEGIN("ring");

static_assert(!std::is_copy_constructible_v<Producer> && std::is_move_constructible_v<Producer>);
static_assert(!std::is_copy_constructible_v<Consumer> && std::is_move_constructible_v<Consumer>);

TEST_CASE("records come out in order with all their fields") {
  const RingName name("order");
  auto producer = Producer::open(name.str(), small()).value();
  auto consumer = Consumer::open(name.str()).value();
  CHECK(consumer.payload_bytes() == 100);
  std::array<std::uint8_t, 100> buffer{};
  RecordMeta meta;
  CHECK_FALSE(consumer.try_pop(meta, buffer));
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::string text = "record " + std::to_string(i);
    const std::uint64_t before_ns = monotonic_ns();
    REQUIRE(producer.try_push(numbered(i), as_bytes(text)));
    REQUIRE(consumer.try_pop(meta, buffer));
    CHECK(meta.sequence == i);
    CHECK(meta.flags == i * 3);
    CHECK(meta.source == i * 5);
    CHECK(meta.time_ns >= before_ns);
    CHECK(meta.time_ns <= monotonic_ns());
    CHECK(as_text({buffer.data(), meta.length}) == text);
  }
}

TEST_CASE("empty and largest payloads pass and a larger one does not") {
  const RingName name("sizes");
  auto producer = Producer::open(name.str(), small(4, 64)).value();
  auto consumer = Consumer::open(name.str()).value();
  const tally::Bytes largest(64, 0xa5);
  CHECK(producer.try_push(numbered(1), {}));
  CHECK(producer.try_push(numbered(2), largest));
  CHECK(producer.push(numbered(3), tally::Bytes(65, 1), 0) == PushResult::too_large);
  CHECK_FALSE(producer.try_push(numbered(3), tally::Bytes(65, 1)));
  tally::Bytes buffer(64);
  RecordMeta meta;
  REQUIRE(consumer.try_pop(meta, buffer));
  CHECK(meta.length == 0);
  REQUIRE(consumer.try_pop(meta, buffer));
  CHECK(meta.length == 64);
  CHECK(buffer == largest);
  CHECK_FALSE(consumer.try_pop(meta, buffer));
}

TEST_CASE("a full ring refuses and the policy decides what push does") {
  const RingName name("full");
  Options dropping = small(4);
  dropping.full = tally::ring::Full::drop_new;
  auto producer = Producer::open(name.str(), dropping).value();
  auto consumer = Consumer::open(name.str()).value();
  for (std::uint64_t i = 0; i < 4; ++i) CHECK(producer.try_push(numbered(i), as_bytes("x")));
  CHECK_FALSE(producer.try_push(numbered(4), as_bytes("x")));
  CHECK(producer.stats().dropped_new == 0);
  CHECK(producer.push(numbered(4), as_bytes("x")) == PushResult::dropped);
  CHECK(consumer.dropped_by_producer() == 1);
  CHECK(tally::ring::stat_ring(name.str()).value().lost == 1);
}

TEST_CASE("a blocking push times out while the reader lives and ends when it has left") {
  const RingName name("block");
  auto producer = Producer::open(name.str(), small(2)).value();
  auto consumer = Consumer::open(name.str()).value();
  CHECK(producer.push(numbered(0), {}) == PushResult::ok);
  CHECK(producer.push(numbered(1), {}) == PushResult::ok);
  CHECK(producer.push(numbered(2), {}, monotonic_ns() + kShortNs) == PushResult::timeout);
  consumer.close();
  CHECK(producer.push(numbered(2), {}) == PushResult::closed);
}

TEST_CASE("batches are claimed and peeked in place") {
  const RingName name("batch");
  auto producer = Producer::open(name.str(), small(8, 16)).value();
  auto consumer = Consumer::open(name.str()).value();
  std::uint64_t next_in = 0;
  std::uint64_t next_out = 0;
  for (int round = 0; round < 40; ++round) {
    const std::size_t claimed = producer.claim(5);
    REQUIRE(claimed == 5);
    for (std::size_t i = 0; i < claimed; ++i) {
      auto slot = producer.slot(i);
      REQUIRE(slot.payload.size() == 16);
      slot.meta = numbered(next_in + i);
      slot.meta.length = 8;
      std::memcpy(slot.payload.data(), &slot.meta.sequence, 8);
    }
    producer.commit(3);  // two claims are given back
    next_in += 3;
    CHECK(consumer.peek(8) == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto record = consumer.record(i);
      CHECK(record.meta.sequence == next_out + i);
      REQUIRE(record.payload.size() == 8);
      CHECK(std::memcmp(record.payload.data(), &record.meta.sequence, 8) == 0);
    }
    consumer.release(2);  // the third is shown again
    REQUIRE(consumer.peek(8) == 1);
    CHECK(consumer.record(0).meta.sequence == next_out + 2);
    consumer.release(1);
    next_out += 3;
  }
  CHECK(producer.position() == 120);
  CHECK(producer.stats().merged == 80);
  CHECK(tally::ring::stat_ring(name.str()).value().producer.batches == 40);
}

TEST_CASE("commit and release never exceed what was claimed and peeked") {
  const RingName name("exceed");
  auto producer = Producer::open(name.str(), small(4)).value();
  auto consumer = Consumer::open(name.str()).value();
  producer.commit(3);
  CHECK(consumer.peek(4) == 0);
  CHECK(producer.claim(100) == 4);
  for (std::size_t i = 0; i < 4; ++i) producer.slot(i).meta = numbered(i);
  producer.commit(100);
  CHECK(producer.claim(1) == 0);
  consumer.release(4);
  CHECK(producer.claim(1) == 0);
  CHECK(consumer.peek(100) == 4);
}

TEST_CASE("the consumer takes everything before it hears of the end") {
  const RingName name("drain");
  auto producer = Producer::open(name.str(), small()).value();
  auto consumer = Consumer::open(name.str()).value();
  for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(producer.try_push(numbered(i), {}));
  producer.close();
  RecordMeta meta;
  std::array<std::uint8_t, 100> buffer{};
  for (std::uint64_t i = 0; i < 5; ++i) {
    REQUIRE(consumer.pop_wait(meta, buffer) == PopResult::ok);
    CHECK(meta.sequence == i);
  }
  CHECK(consumer.pop_wait(meta, buffer) == PopResult::closed);
  CHECK(name.exists());
  consumer.close();
  CHECK_FALSE(name.exists());
}

TEST_CASE("records wait for a reader that comes after the writer has gone") {
  const RingName name("later");
  {
    auto producer = Producer::open(name.str(), small()).value();
    REQUIRE(producer.try_push(numbered(7), as_bytes("late")));
  }
  CHECK(name.exists());
  auto consumer = Consumer::open(name.str()).value();
  RecordMeta meta;
  std::array<std::uint8_t, 100> buffer{};
  REQUIRE(consumer.pop_wait(meta, buffer) == PopResult::ok);
  CHECK(meta.sequence == 7);
  CHECK(consumer.pop_wait(meta, buffer) == PopResult::closed);
  consumer.close();
  CHECK_FALSE(name.exists());
}

TEST_CASE("a reader that closed is not waited for") {
  const RingName name("declined");
  auto producer = Producer::open(name.str(), small()).value();
  auto consumer = Consumer::open(name.str()).value();
  REQUIRE(producer.try_push(numbered(1), {}));
  consumer.close();
  CHECK(name.exists());
  producer.close();
  CHECK_FALSE(name.exists());
}

TEST_CASE("a wait on an empty ring ends at its deadline") {
  const RingName name("deadline");
  for (const auto wait : {tally::queue::WaitPolicy::spin, tally::queue::WaitPolicy::yield,
                          tally::queue::WaitPolicy::futex, tally::queue::WaitPolicy::automatic}) {
    Options options = small();
    options.wait = wait;
    auto consumer = Consumer::open(name.str(), options).value();
    RecordMeta meta;
    const std::uint64_t deadline_ns = monotonic_ns() + kShortNs;
    CHECK(consumer.pop_wait(meta, {}, deadline_ns) == PopResult::timeout);
    CHECK(monotonic_ns() >= deadline_ns);
  }
}

TEST_CASE("a second producer or consumer is refused and told who is there") {
  const RingName name("second");
  auto producer = Producer::open(name.str(), small()).value();
  auto consumer = Consumer::open(name.str()).value();
  const auto refused = Producer::open(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == tally::Code::try_again);
  CHECK(refused.error().message.find("already has a producer, pid " + std::to_string(::getpid())) !=
        std::string::npos);
  CHECK(Consumer::open(name.str()).error().code == tally::Code::try_again);
  // The refusal has not disturbed the ring.
  CHECK(producer.try_push(numbered(1), {}));
  CHECK(consumer.peek(1) == 1);
}

TEST_CASE("values that differ from the ring are named") {
  const RingName name("mismatch");
  auto producer = Producer::open(name.str(), small(8, 100)).value();
  const auto slots = Consumer::open(name.str(), small(16, 100));
  REQUIRE_FALSE(slots.has_value());
  CHECK(slots.error().code == tally::Code::usage);
  CHECK(slots.error().message ==
        "ring " + name.str() + ": slots=16 was asked for, the ring has slots=8");
  const auto bytes = Consumer::open(name.str(), small(8, 99));
  REQUIRE_FALSE(bytes.has_value());
  CHECK(bytes.error().message.find("bytes=99 was asked for") != std::string::npos);
}

TEST_CASE("positions wrap at two to the sixty fourth") {
  const RingName name("wrap");
  constexpr std::uint64_t kStart = std::uint64_t{0} - 5;
  constexpr std::uint64_t kSlots = 8;
  {
    // A ring whose two ends have been killed at position kStart with one record unread there.
    auto region =
        tally::ring::Region::open(name.str(), small(kSlots), tally::ring::Role::producer).value();
    const auto area = region.slots();
    for (std::uint64_t i = 0; i < kSlots; ++i) area.at(kStart + i).stamp = kStart + i;
    area.at(kStart).meta = numbered(0);
    area.at(kStart).stamp = kStart + 1;
    region.header().head = kStart;
    region.header().tail = kStart;  // stored before the stamp's cursor: recovery has to go on
  }
  REQUIRE(name.exists());
  auto producer = Producer::open(name.str()).value();
  auto consumer = Consumer::open(name.str()).value();
  RecordMeta meta;
  for (std::uint64_t i = 1; i < 30; ++i) {
    REQUIRE(producer.try_push(numbered(i), {}));
    REQUIRE(consumer.try_pop(meta, {}));
    CHECK(meta.sequence == i - 1);
  }
  CHECK(producer.depth() == 1);
  for (std::uint64_t i = 30; i < 37; ++i) CHECK(producer.try_push(numbered(i), {}));
  CHECK_FALSE(producer.try_push(numbered(37), {}));
}

TEST_CASE("pages are what the report says") {
  const RingName name("pages");
  Options options = small(4096, 2048);
  options.huge = tally::mem::HugeWish::two_mib;
  auto producer = Producer::open(name.str(), options).value();
  const auto& pages = producer.pages();
  CHECK(pages.mapped_bytes % tally::mem::kHugePageBytes == 0);
  CHECK(pages.prefaulted);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.page_kind == pages.kind);
  if (pages.kind == tally::mem::PageKind::collapsed_2m) {
    CHECK(pages.huge_bytes == pages.mapped_bytes);
  } else {
    CHECK(pages.kind == tally::mem::PageKind::small_4k);
    MESSAGE("this kernel collapsed no page of /dev/shm");
  }
  Options giant = small();
  giant.huge = tally::mem::HugeWish::one_gib;
  giant.huge_strict = true;
  CHECK(Consumer::open(name.str(), giant).error().code == tally::Code::unavailable);
}

TEST_SUITE_END();
