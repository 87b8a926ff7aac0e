// Two threads on one shared-memory ring, each with a mapping of its own as two processes have:
// every record once, in order, whole, in each way of waiting.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <doctest/doctest.h>
#include <thread>

#include "core/clock.hpp"
#include "core/crc32c.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/consumer.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "support/crc_payload.hpp"
#include "support/ring.hpp"
#include "support/time_limit.hpp"

using tally::ring::Consumer;
using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::Producer;
using tally::ring::PushResult;
using tally::ring::RecordMeta;

namespace {

constexpr std::uint64_t kRecords = 20'000;
constexpr std::uint64_t kMinuteNs = 60'000'000'000;
constexpr std::size_t kPayloadBytes = 96;

std::uint64_t a_minute_on() {
  return tally::core::monotonic_ns() + kMinuteNs;
}

tally::ByteView payload_of(std::uint64_t sequence, tally::MutableByteView into) {
  const std::size_t length = 12 + sequence % (kPayloadBytes - 12);
  for (std::size_t i = 0; i + 4 < length; ++i) into[i] = static_cast<std::uint8_t>(sequence + i);
  const std::uint32_t crc = tally::core::crc32c(into.first(length - 4));
  std::memcpy(into.data() + length - 4, &crc, sizeof crc);
  return into.first(length);
}

Options small(tally::queue::WaitPolicy wait) {
  Options options;
  options.slots = 8;
  options.bytes = kPayloadBytes;
  options.wait = wait;
  return options;
}

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("records cross a ring between threads whole and in order") {
  const tally::test::TimeLimit limit;
  for (const auto wait : {tally::queue::WaitPolicy::yield, tally::queue::WaitPolicy::futex,
                          tally::queue::WaitPolicy::automatic}) {
    const tally::test::RingName name("stress");
    auto producer = Producer::open(name.str(), small(wait)).value();
    auto consumer = Consumer::open(name.str(), small(wait)).value();
    std::thread writer([producer = std::move(producer)]() mutable {
      std::array<std::uint8_t, kPayloadBytes> buffer{};
      for (std::uint64_t i = 0; i < kRecords; ++i) {
        RecordMeta meta;
        meta.sequence = i;
        if (producer.push(meta, payload_of(i, buffer), a_minute_on()) != PushResult::ok) return;
      }
      producer.close();
    });
    std::array<std::uint8_t, kPayloadBytes> got{};
    std::array<std::uint8_t, kPayloadBytes> buffer{};
    std::uint64_t next = 0;
    std::uint64_t wrong = 0;
    RecordMeta meta;
    PopResult result = PopResult::ok;
    while ((result = consumer.pop_wait(meta, got, a_minute_on())) == PopResult::ok) {
      const auto expected = payload_of(next, buffer);
      const bool right = meta.sequence == next && meta.length == expected.size() &&
                         std::memcmp(got.data(), expected.data(), expected.size()) == 0;
      wrong += right ? 0U : 1U;
      ++next;
    }
    writer.join();
    CHECK(result == PopResult::closed);
    CHECK(next == kRecords);
    CHECK(wrong == 0);
    CHECK(consumer.position() == kRecords);
    CHECK(consumer.stats().max_depth <= 8);
  }
}

TEST_CASE(
    "readers of a broadcast that threads overtake see whole records and miss none in silence") {
  const tally::test::TimeLimit limit;
  for (const auto wait : {tally::queue::WaitPolicy::yield, tally::queue::WaitPolicy::futex}) {
    const tally::test::RingName name("stress-cast");
    Options options;
    options.bytes = 4096;
    options.wait = wait;
    auto producer = tally::ring::BroadcastProducer::open(name.str(), options).value();
    const auto receive = [&](tally::ring::BroadcastReader reader, std::uint64_t& wrong) {
      std::array<tally::ring::BroadcastRecord, 4> records;
      tally::Bytes room(reader.room_bytes());
      std::uint64_t taken = 0;
      while (reader.wait_readable(a_minute_on()) == PopResult::ok) {
        const std::size_t count = reader.read(records, room);
        for (std::size_t i = 0; i < count; ++i) {
          const auto number = tally::test::number_of_crc_payload(records[i].payload);
          if (number != records[i].next.number - 1) ++wrong;
        }
        reader.release({records.data(), count});
        taken += count;
      }
      if (taken + reader.lost() != kRecords || reader.number() != kRecords) ++wrong;
    };
    std::array<std::uint64_t, 2> wrong{};
    std::array<std::thread, 2> readers;
    for (std::size_t i = 0; i < readers.size(); ++i) {
      auto reader = tally::ring::BroadcastReader::open(name.str(), options).value();
      readers[i] = std::thread([&receive, &wrong, i, reader = std::move(reader)]() mutable {
        receive(std::move(reader), wrong[i]);
      });
    }
    std::array<std::uint8_t, tally::test::kCrcPayloadBytes> payload{};
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      const std::size_t length = tally::test::make_crc_payload(i, payload.data());
      REQUIRE(producer.push({payload.data(), length}) == PushResult::ok);
    }
    producer.close();
    for (std::thread& reader : readers) reader.join();
    CHECK(wrong[0] == 0);
    CHECK(wrong[1] == 0);
  }
}

TEST_CASE("readers of a gated broadcast that come and leave between threads miss nothing") {
  const tally::test::TimeLimit limit;
  for (const auto wait : {tally::queue::WaitPolicy::yield, tally::queue::WaitPolicy::futex}) {
    const tally::test::RingName name("stress-gate");
    Options options;
    options.bytes = 4096;
    options.wait = wait;
    options.full = tally::ring::Full::block;
    // Reads until the producer has left, or `most` records; false where one is missing or torn.
    const auto receive = [&](tally::ring::BroadcastReader& reader, std::uint64_t most) {
      std::array<tally::ring::BroadcastRecord, 4> records;
      tally::Bytes room(reader.room_bytes());
      bool right = true;
      std::uint64_t next = reader.number();
      while (right && most > 0 && reader.wait_readable(a_minute_on()) == PopResult::ok) {
        const std::size_t count = reader.read(records, room);
        for (std::size_t i = 0; i < count; ++i) {
          right = right && tally::test::number_of_crc_payload(records[i].payload) == next++;
        }
        reader.release({records.data(), count});
        most -= std::min<std::uint64_t>(most, count);
      }
      return right && reader.lost() == 0;
    };
    auto producer = tally::ring::BroadcastProducer::open(name.str(), options).value();
    auto first = tally::ring::BroadcastReader::open(name.str(), options).value();
    std::array<bool, 3> right{};
    std::thread stays([&] { right[0] = receive(first, UINT64_MAX) && first.number() == kRecords; });
    std::array<std::thread, 2> others;
    for (std::size_t i = 0; i < others.size(); ++i) {
      others[i] = std::thread([&, i] {
        right[i + 1] = true;
        for (int round = 0; round < 50 && right[i + 1]; ++round) {
          auto joins = tally::ring::BroadcastReader::open(name.str(), options);
          if (!joins) break;  // all is over, and the ring another one's
          if (joins->peer() != tally::ring::Peer::alive) break;
          right[i + 1] = receive(*joins, 20);
        }
      });
    }
    std::array<std::uint8_t, tally::test::kCrcPayloadBytes> payload{};
    bool pushed = true;
    for (std::uint64_t i = 0; i < kRecords && pushed;) {
      const std::size_t length = tally::test::make_crc_payload(i, payload.data());
      const PushResult put = producer.push({payload.data(), length});
      if (put == PushResult::ok) ++i;
      pushed = put == PushResult::ok ||
               (put == PushResult::full &&
                producer.wait_writable(length, a_minute_on()) == PushResult::ok);
    }
    CHECK(pushed);
    producer.close();
    for (std::thread& other : others) other.join();
    stays.join();
    for (const bool each : right) CHECK(each);
  }
}

TEST_CASE("records of many producers cross a ring between threads whole and in order") {
  const tally::test::TimeLimit limit;
  constexpr std::uint16_t kWriters = 3;
  for (const auto wait : {tally::queue::WaitPolicy::yield, tally::queue::WaitPolicy::futex}) {
    const tally::test::RingName name("stress-many");
    Options options = small(wait);
    options.form = tally::ring::SlotForm::claimed;
    auto consumer = Consumer::open(name.str(), options).value();
    std::array<std::thread, kWriters> writers;
    for (std::uint16_t source = 0; source < kWriters; ++source) {
      auto opened = tally::ring::MpscProducer::open(name.str(), options).value();
      writers[source] = std::thread([source, producer = std::move(opened)]() mutable {
        std::array<std::uint8_t, kPayloadBytes> payload{};
        RecordMeta meta;
        meta.source = source;
        while (meta.sequence < kRecords / 2) {
          if (meta.sequence % 3 != 0) {
            if (producer.push(meta, payload_of(meta.sequence, payload), a_minute_on()) !=
                PushResult::ok)
              return;
            ++meta.sequence;
            continue;
          }
          // A batch in place, of which the last is given up.
          const std::size_t claimed = producer.claim(3);
          const std::size_t count = claimed > 1 ? claimed - 1 : claimed;
          for (std::size_t i = 0; i < count; ++i, ++meta.sequence) {
            const auto slot = producer.slot(i);
            slot.meta = meta;
            slot.meta.length =
                static_cast<std::uint32_t>(payload_of(meta.sequence, slot.payload).size());
          }
          producer.commit(count);
          if (claimed == 0 && producer.wait_writable(a_minute_on()) != PushResult::ok) return;
        }
      });
    }
    std::array<std::uint64_t, kWriters> expected{};
    std::uint64_t wrong = 0;
    std::array<std::uint8_t, kPayloadBytes> buffer{};
    std::array<std::uint8_t, kPayloadBytes> right{};
    RecordMeta meta;
    PopResult popped = PopResult::ok;
    while ((popped = consumer.pop_wait(meta, buffer, a_minute_on())) == PopResult::ok) {
      const auto payload = payload_of(meta.sequence, right);
      const bool whole = meta.length == payload.size() &&
                         std::memcmp(buffer.data(), payload.data(), payload.size()) == 0;
      if (meta.source >= kWriters || meta.sequence != expected[meta.source]++ || !whole) ++wrong;
    }
    for (auto& writer : writers) writer.join();
    CHECK(popped == PopResult::closed);
    CHECK(wrong == 0);
    for (const std::uint64_t count : expected) CHECK(count >= kRecords / 2);
    CHECK(consumer.stats().tombstones > 0);
  }
}

TEST_CASE("records that threads share out of a ring each come once and whole") {
  const tally::test::TimeLimit limit;
  constexpr std::uint16_t kWriters = 2;
  constexpr std::size_t kReaders = 3;
  constexpr std::uint64_t kOfEach = kRecords / 2;
  for (const auto wait : {tally::queue::WaitPolicy::yield, tally::queue::WaitPolicy::futex}) {
    const tally::test::RingName name("stress-share");
    Options options = small(wait);
    options.form = tally::ring::SlotForm::traded;
    std::array<std::thread, kReaders> readers;
    static std::array<std::array<std::atomic<std::uint8_t>, kOfEach>, kWriters> times;
    for (auto& of_one : times) {
      for (auto& count : of_one) count = 0;
    }
    std::atomic<std::uint64_t> wrong{0};
    for (std::size_t reader = 0; reader < kReaders; ++reader) {
      auto opened = tally::ring::SpmcConsumer::open(name.str(), options).value();
      readers[reader] = std::thread([&wrong, reader, consumer = std::move(opened)]() mutable {
        std::array<std::uint64_t, kWriters> next{};
        std::array<std::uint8_t, kPayloadBytes> right{};
        for (;;) {
          const PopResult waited = consumer.wait_readable(a_minute_on());
          if (waited == PopResult::closed) break;
          if (waited != PopResult::ok) {
            ++wrong;
            break;
          }
          const std::size_t there = consumer.peek(1 + reader);
          for (std::size_t i = 0; i < there; ++i) {
            const auto record = consumer.record(i);
            const auto payload = payload_of(record.meta.sequence, right);
            const bool whole =
                record.payload.size() == payload.size() &&
                std::memcmp(record.payload.data(), payload.data(), payload.size()) == 0;
            const std::uint16_t source = record.meta.source;
            // Of one producer each reader gets some, in their order.
            if (source >= kWriters || record.meta.sequence < next[source] || !whole) {
              ++wrong;
              continue;
            }
            next[source] = record.meta.sequence + 1;
            ++times[source][record.meta.sequence];
          }
          consumer.release(there > 2 ? there - 1 : there);
          consumer.release(1);
        }
      });
    }
    std::array<std::thread, kWriters> writers;
    for (std::uint16_t source = 0; source < kWriters; ++source) {
      auto opened = tally::ring::MpscProducer::open(name.str(), options).value();
      writers[source] = std::thread([source, &wrong, producer = std::move(opened)]() mutable {
        std::array<std::uint8_t, kPayloadBytes> payload{};
        RecordMeta meta;
        meta.source = source;
        for (; meta.sequence < kOfEach; ++meta.sequence) {
          // Gaps, too.
          if (meta.sequence % 7 == 0 && producer.claim(1) == 1) producer.commit(0);
          if (producer.push(meta, payload_of(meta.sequence, payload), a_minute_on()) !=
              PushResult::ok) {
            ++wrong;
            return;
          }
        }
      });
    }
    for (auto& writer : writers) writer.join();
    for (auto& reader : readers) reader.join();
    CHECK(wrong == 0);
    std::uint64_t not_once = 0;
    for (const auto& of_one : times) {
      for (const auto& count : of_one) not_once += count == 1 ? 0U : 1U;
    }
    CHECK(not_once == 0);
  }
}

TEST_SUITE_END();
