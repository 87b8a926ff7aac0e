// Rings of variable records: order, wrap, limits, endings, old payloads that look like headers, and
// a producer or consumer that is killed after any instruction.
#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <random>
#include <string>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/endian.hpp"
#include "core/file.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/inspector.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"
#include "support/step.hpp"

using tally::Code;
using tally::core::as_bytes;
using tally::core::as_text;
using tally::core::monotonic_ns;
using tally::ring::ByteConsumer;
using tally::ring::ByteProducer;
using tally::ring::ByteRecord;
using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::test::RingName;

namespace {

constexpr std::uint32_t kAreaBytes = 4096;
constexpr std::uint64_t kShortNs = 2'000'000;

Options small() {
  Options options;
  options.bytes = kAreaBytes;
  return options;
}

// A payload of which length and bytes follow from its number.
tally::Bytes numbered(std::uint64_t number, std::size_t most = 900) {
  tally::Bytes payload(number * 37 % most);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::uint8_t>(number * 31 + i);
  }
  return payload;
}

bool is_numbered(const ByteRecord& record, std::uint64_t number) {
  const tally::Bytes expected = numbered(number);
  return record.payload.size() == expected.size() &&
         std::equal(expected.begin(), expected.end(), record.payload.begin()) &&
         record.type == static_cast<std::uint16_t>(number) &&
         record.flags == static_cast<std::uint16_t>(number * 3);
}

bool push_numbered(ByteProducer& producer, std::uint64_t number) {
  return producer.try_push(numbered(number), static_cast<std::uint16_t>(number),
                           static_cast<std::uint16_t>(number * 3));
}

void write_word(const std::string& path, std::size_t at, std::uint64_t word) {
  const tally::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::pwrite(fd.get(), &word, sizeof word, static_cast<off_t>(at)) == sizeof word);
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("variable records come out in order and whole through many wraps") {
  const RingName name("bytes-order");
  auto producer = ByteProducer::open(name.str(), small()).value();
  auto consumer = ByteConsumer::open(name.str()).value();
  CHECK(producer.payload_bytes() == kAreaBytes / 4 - 16);
  std::array<ByteRecord, 8> records;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::mt19937 random(1);
  while (out < 5000) {
    for (auto tries = random() % 12; tries > 0 && push_numbered(producer, in); --tries) ++in;
    const std::size_t count = consumer.peek(records);
    for (std::size_t i = 0; i < count; ++i) REQUIRE(is_numbered(records[i], out + i));
    const std::size_t kept = count > 0 ? random() % (count + 1) : 0;  // the rest is shown again
    consumer.release({records.data(), count - kept});
    out += count - kept;
  }
  CHECK(producer.stats().records == in);
  CHECK(consumer.stats().records == out);
  CHECK(consumer.depth_records() == in - out);
  CHECK(tally::ring::stat_ring(name.str()).value().depth == in - out);
}

TEST_CASE("a batch of variable records is seen whole and an aborted one never") {
  const RingName name("bytes-batch");
  auto producer = ByteProducer::open(name.str(), small()).value();
  auto consumer = ByteConsumer::open(name.str()).value();
  std::array<ByteRecord, 8> records;
  for (int round = 0; round < 100; ++round) {
    for (std::size_t i = 0; i < 3; ++i) {
      const auto room = producer.claim(100);
      REQUIRE(room.data() != nullptr);
      std::memset(room.data(), round + static_cast<int>(i), 100);
      producer.finish(10 * (i + 1), 7);
      CHECK(consumer.peek(records) == 0);
    }
    if (round % 3 == 0) {
      producer.abort();
      producer.commit();
      CHECK(consumer.peek(records) == 0);
      continue;
    }
    producer.commit();
    REQUIRE(consumer.peek(records) == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(records[i].payload.size() == 10 * (i + 1));
      CHECK(records[i].payload[0] == static_cast<std::uint8_t>(round + static_cast<int>(i)));
    }
    consumer.release({records.data(), 3});
  }
  CHECK(producer.stats().merged == 2 * 66);
}

TEST_CASE("what is written late to a claimed or peeked record is what is read") {
  // No payload is copied between claim and peek: both sides see one memory.
  const RingName name("bytes-alias");
  auto producer = ByteProducer::open(name.str(), small()).value();
  auto consumer = ByteConsumer::open(name.str()).value();
  const auto room = producer.claim(8);
  std::memcpy(room.data(), "earlier.", 8);
  producer.finish(8);
  producer.commit();
  std::array<ByteRecord, 1> records;
  REQUIRE(consumer.peek(records) == 1);
  std::memcpy(room.data(), "too late", 8);
  CHECK(as_text(records[0].payload) == "too late");
}

TEST_CASE("a record over a quarter of the area is refused and the largest one passes") {
  const RingName name("bytes-large");
  auto producer = ByteProducer::open(name.str(), small()).value();
  auto consumer = ByteConsumer::open(name.str()).value();
  const tally::Bytes largest(producer.payload_bytes(), 9);
  std::array<ByteRecord, 1> records;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(producer.try_push(largest));
    REQUIRE(consumer.peek(records) == 1);
    CHECK(records[0].payload.size() == largest.size());
    consumer.release(records);
  }
  CHECK_FALSE(producer.try_push(tally::Bytes(producer.payload_bytes() + 1)));
  CHECK(producer.wait_writable(producer.payload_bytes() + 1, 1) == PushResult::too_large);
  CHECK(producer.try_push({}));
  REQUIRE(consumer.peek(records) == 1);
  CHECK(records[0].payload.empty());
}

TEST_CASE("a full ring of bytes is waited for and its ends are told apart") {
  const RingName name("bytes-full");
  auto producer = ByteProducer::open(name.str(), small()).value();
  auto consumer = ByteConsumer::open(name.str()).value();
  const tally::Bytes payload(500, 1);
  while (producer.try_push(payload)) {
  }
  CHECK(producer.wait_writable(500, monotonic_ns() + kShortNs) == PushResult::timeout);
  std::array<ByteRecord, 16> records;
  const std::size_t held = consumer.peek(records);
  CHECK(held >= 6);
  consumer.release({records.data(), 2});
  CHECK(producer.wait_writable(500, monotonic_ns() + kShortNs) == PushResult::ok);
  CHECK(consumer.peek(records) == held - 2);
  producer.close();
  consumer.release({records.data(), held - 2});
  CHECK(consumer.wait_readable(1) == PopResult::closed);
}

TEST_CASE("an old payload that looks like a header is not taken for a record") {
  const RingName name("bytes-forged");
  auto producer = ByteProducer::open(name.str(), small()).value();
  auto consumer = ByteConsumer::open(name.str()).value();
  std::array<ByteRecord, 1> records;
  // Every aligned word of every payload is the stamp that would be right there a lap later.
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t position = producer.position();
    tally::Bytes payload(static_cast<std::size_t>(i % 60) * 16);
    for (std::size_t at = 0; at < payload.size(); at += 16) {
      tally::core::store_le(payload.data() + at, position + 16 + at + kAreaBytes + 1);
    }
    REQUIRE(producer.try_push(payload));
    REQUIRE(consumer.peek(records) == 1);
    REQUIRE(records[0].payload.size() == payload.size());
    consumer.release(records);
    REQUIRE(consumer.peek(records) == 0);
    REQUIRE(consumer.wait_readable(1) == PopResult::timeout);
  }
}

TEST_CASE("a length that leaves the area gives the ring up") {
  for (const std::uint64_t length : {std::uint64_t{1009}, std::uint64_t{0xfffffffe}}) {
    const RingName name("bytes-length");
    auto producer = ByteProducer::open(name.str(), small()).value();
    auto consumer = ByteConsumer::open(name.str()).value();
    REQUIRE(producer.try_push(as_bytes("good")));
    write_word(name.path(), tally::ring::kSlotsOffset + 8, length);
    std::array<ByteRecord, 1> records;
    CHECK(consumer.peek(records) == 0);
    CHECK(consumer.wait_readable(1) == PopResult::poisoned);
    CHECK(tally::ring::stat_ring(name.str()).value().poison_reason ==
          tally::ring::PoisonReason::bad_length);
  }
}

TEST_CASE("a ring of bytes and one of slots are not taken for each other") {
  const RingName name("bytes-kind");
  auto producer = ByteProducer::open(name.str(), small()).value();
  const auto refused = tally::ring::Consumer::open(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().message.find("the ring has kind=bytes") != std::string::npos);
  Options larger = small();
  larger.bytes = 2 * kAreaBytes;
  CHECK(ByteConsumer::open(name.str(), larger).error().message.find("bytes=8192 was asked for") !=
        std::string::npos);
  const auto odd = tally::ring::parse_endpoint("shm:x,kind=bytes,bytes=5000");
  REQUIRE_FALSE(odd.has_value());
  CHECK(odd.error().code == Code::usage);
  CHECK(odd.error().hint.find("a power of two") != std::string::npos);
  CHECK_FALSE(tally::ring::parse_endpoint("shm:x,kind=bytes,slots=64").has_value());
  CHECK(tally::ring::parse_endpoint("shm:x,kind=bytes,bytes=65536").has_value());
}

TEST_CASE("images of a ring of bytes with any byte changed are refused or survived") {
  const RingName name("bytes-image");
  {
    auto producer = ByteProducer::open(name.str(), small()).value();
    for (std::uint64_t i = 0; i < 12; ++i) REQUIRE(push_numbered(producer, i));
  }
  const auto text = tally::core::read_file(name.path()).value();
  const tally::Bytes image(as_bytes(text).begin(), as_bytes(text).end());
  std::mt19937 random(7);
  std::array<ByteRecord, 32> records;
  for (int round = 0; round < 400; ++round) {
    tally::Bytes changed = image;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      // Half of the changes hit the cursors and the first headers, where they tell most.
      const std::size_t at = random() % 2 == 0   ? random() % changed.size()
                             : random() % 2 == 0 ? 256 + random() % 264
                                                 : tally::ring::kSlotsOffset + random() % 512;
      changed[at] = static_cast<std::uint8_t>(random());
    }
    ::unlink(name.path().c_str());
    REQUIRE(tally::core::create_file(name.path(), changed, 0600).has_value());
    auto consumer = ByteConsumer::open(name.str(), small());
    auto producer = ByteProducer::open(name.str(), small());
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (producer) (void)push_numbered(*producer, i);
      if (!consumer) continue;
      const std::size_t count = consumer->peek(records);
      for (std::size_t k = 0; k < count; ++k) {
        REQUIRE(records[k].payload.size() <= consumer->payload_bytes());
      }
      consumer->release({records.data(), count});
    }
    CHECK((consumer.has_value() || consumer.error().code != Code::internal));
  }
}

TEST_CASE("a producer of bytes killed after every single instruction") {
  tally::test::skip_where_steps_mislead();
  // A batch of two records of which the first goes behind the wrap, so that a pad record leads it.
  const RingName name("bytes-step");
  constexpr std::uint64_t kBefore = 4;
  const auto prepared = [](ByteProducer& producer) {
    for (std::uint64_t i = 0; i < kBefore; ++i) {
      if (!producer.try_push(tally::Bytes(900, static_cast<std::uint8_t>(i)))) return false;
    }
    return true;
  };
  const auto run_child = [&] {
    auto producer = ByteProducer::open(name.str(), small());
    if (!producer || !tally::test::may_be_stepped()) return 77;
    const std::array<tally::Bytes, 2> payloads = {numbered(20), numbered(21)};
    tally::test::reach_step();
    for (std::uint64_t i = 20; i < 22; ++i) {
      const tally::Bytes& payload = payloads[i - 20];
      const auto room = producer->claim(payload.size());
      if (room.data() == nullptr) return 3;
      std::memcpy(room.data(), payload.data(), payload.size());
      producer->finish(payload.size(), static_cast<std::uint16_t>(i),
                       static_cast<std::uint16_t>(i * 3));
    }
    producer->commit();
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 2> outcomes{};
  tally::test::for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    auto first = ByteProducer::open(name.str(), small()).value();
    REQUIRE(prepared(first));
    auto consumer = ByteConsumer::open(name.str()).value();
    std::array<ByteRecord, 8> records;
    REQUIRE(consumer.peek(records) == kBefore);
    consumer.release({records.data(), 3});
    first.close();
    return [&name, &outcomes, consumer = std::move(consumer)]() mutable {
      auto successor = ByteProducer::open(name.str()).value();
      std::array<ByteRecord, 8> seen;
      const std::size_t count = consumer.peek(seen);
      REQUIRE((count == 1 || count == 3));  // the batch whole, or not at all
      ++outcomes[count == 3 ? 1 : 0];
      CHECK(seen[0].payload.size() == 900);
      for (std::size_t i = 1; i < count; ++i) REQUIRE(is_numbered(seen[i], 19 + i));
      REQUIRE(push_numbered(successor, 30));
      REQUIRE(consumer.peek(seen) == count + 1);
      REQUIRE(is_numbered(seen[count], 30));
    };
  });
  for (const int outcome : outcomes) CHECK(outcome > 0);
}

TEST_CASE("a consumer of bytes killed after every single instruction of a release") {
  tally::test::skip_where_steps_mislead();
  const RingName name("bytes-step-release");
  const auto run_child = [&] {
    auto consumer = ByteConsumer::open(name.str());
    if (!consumer || !tally::test::may_be_stepped()) return 77;
    std::array<ByteRecord, 2> records;
    if (consumer->peek(records) != 2) return 2;
    tally::test::reach_step();
    consumer->release(records);
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 2> outcomes{};
  tally::test::for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    auto producer = ByteProducer::open(name.str(), small()).value();
    std::uint64_t in = 0;
    while (push_numbered(producer, in)) ++in;
    return [&name, &outcomes, in, producer = std::move(producer)]() mutable {
      std::uint64_t more = in;
      while (push_numbered(producer, more)) ++more;
      auto successor = ByteConsumer::open(name.str()).value();
      std::array<ByteRecord, 64> seen;
      const std::size_t count = successor.peek(seen);
      const std::uint64_t first = more - count;
      REQUIRE((first == 0 || first == 2));
      ++outcomes[first == 2 ? 1 : 0];
      for (std::size_t i = 0; i < count; ++i) REQUIRE(is_numbered(seen[i], first + i));
    };
  });
  for (const int outcome : outcomes) CHECK(outcome > 0);
}

TEST_SUITE_END();
