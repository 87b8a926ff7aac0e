// A producer and a consumer in processes of their own, one of which is killed and replaced, or
// stopped for a while, again and again: every record arrives whole and in its order, and twice only
// where a consumer was killed between its look at a record and the release.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <memory>
#include <random>
#include <sys/mman.h>
#include <thread>

#include "core/clock.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "support/child.hpp"
#include "support/crc_payload.hpp"
#include "support/ring.hpp"
#include "support/rounds.hpp"

using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::test::Child;
using tally::test::kPatienceNs;
using tally::test::rounds;
using tally::test::wait_ready;

namespace {

constexpr std::size_t kMostBytes = tally::test::kCrcPayloadBytes;
constexpr std::size_t kBatch = 4;

// What outlives a killed process: what a producer was about to commit, and how far consumers came.
struct Ledger {
  struct Batch {
    std::uint64_t first;
    std::uint64_t count;
    std::uint64_t position;  // of the ring before the commit
  };
  std::array<Batch, 2> batches;
  std::atomic<std::uint64_t> batch;  // the one of the two that counts
  std::atomic<std::uint64_t> expected;
  std::atomic<std::uint64_t> wrong;
  std::atomic<std::uint64_t> ready;  // ends that were opened
  std::atomic<bool> over;
};

struct SlotRing {
  static constexpr const char* kName = "rounds-slots";
  static Options options() {
    Options options;
    options.slots = 16;
    options.bytes = kMostBytes;
    return options;
  }
  struct Producer {
    tally::ring::Producer end = tally::ring::Producer::open(ring_name(), options()).value();
    PushResult wait() { return end.wait_writable(tally::core::monotonic_ns() + kPatienceNs); }
    std::uint64_t fill(std::uint64_t first) {
      const std::size_t room = end.claim(kBatch);
      for (std::size_t i = 0; i < room; ++i) {
        const auto slot = end.slot(i);
        slot.meta = RecordMeta{};
        slot.meta.time_ns = 1;
        slot.meta.length = static_cast<std::uint32_t>(
            tally::test::make_crc_payload(first + i, slot.payload.data()));
      }
      filled = room;
      return room;
    }
    void commit() { end.commit(filled); }
    // Of a batch that a killed predecessor was about to commit: a prefix.
    static std::uint64_t committed(const Ledger::Batch& batch, std::uint64_t position) {
      return position - batch.position;
    }
    std::size_t filled = 0;
  };
  struct Consumer {
    tally::ring::Consumer end = tally::ring::Consumer::open(ring_name(), options()).value();
    PopResult wait() { return end.wait_readable(tally::core::monotonic_ns() + kPatienceNs); }
    template <typename Look>
    void take(Look look) {
      const std::size_t there = end.peek(kBatch);
      for (std::size_t i = 0; i < there; ++i) look(end.record(i).payload);
      end.release(there);
    }
  };
  static std::string& ring_name() {
    static std::string name;
    return name;
  }
};

struct ByteRing {
  static constexpr const char* kName = "rounds-bytes";
  static Options options() {
    Options options;
    options.bytes = 4096;
    return options;
  }
  struct Producer {
    tally::ring::ByteProducer end = tally::ring::ByteProducer::open(ring_name(), options()).value();
    PushResult wait() {
      return end.wait_writable(kMostBytes, tally::core::monotonic_ns() + kPatienceNs);
    }
    std::uint64_t fill(std::uint64_t first) {
      std::uint64_t count = 0;
      for (; count < kBatch; ++count) {
        const auto room = end.claim(kMostBytes);
        if (room.data() == nullptr) break;
        end.finish(tally::test::make_crc_payload(first + count, room.data()));
      }
      return count;
    }
    void commit() { end.commit(); }
    // The same: all of it or nothing.
    static std::uint64_t committed(const Ledger::Batch& batch, std::uint64_t position) {
      return position == batch.position ? 0 : batch.count;
    }
  };
  struct Consumer {
    tally::ring::ByteConsumer end = tally::ring::ByteConsumer::open(ring_name(), options()).value();
    PopResult wait() { return end.wait_readable(tally::core::monotonic_ns() + kPatienceNs); }
    template <typename Look>
    void take(Look look) {
      std::array<tally::ring::ByteRecord, kBatch> records;
      const std::size_t there = end.peek(records);
      for (std::size_t i = 0; i < there; ++i) look(records[i].payload);
      end.release({records.data(), there});
    }
  };
  static std::string& ring_name() {
    static std::string name;
    return name;
  }
};

template <typename Kind>
int produce(Ledger& ledger) {
  typename Kind::Producer producer;
  const Ledger::Batch& last = ledger.batches[ledger.batch % 2];
  std::uint64_t next = last.first + Kind::Producer::committed(last, producer.end.position());
  // The predecessor may have noted a batch that it did not commit, and this end may be told to end
  // before it has one of its own.
  ledger.batches[(ledger.batch + 1) % 2] = {next, 0, producer.end.position()};
  ledger.batch += 1;
  ledger.ready += 1;
  while (!ledger.over) {
    const PushResult waited = producer.wait();
    if (waited == PushResult::peer_dead) continue;  // its successor is on the way
    if (waited != PushResult::ok) return 2;
    const std::uint64_t position = producer.end.position();
    const std::uint64_t count = producer.fill(next);
    ledger.batches[(ledger.batch + 1) % 2] = {next, count, position};
    ledger.batch += 1;
    producer.commit();
    next += count;
  }
  producer.end.close();
  return 0;
}

template <typename Kind>
int consume(Ledger& ledger) {
  typename Kind::Consumer consumer;
  ledger.ready += 1;
  bool is_first = true;
  for (;;) {
    const PopResult waited = consumer.wait();
    if (waited == PopResult::closed) return 0;
    if (waited == PopResult::peer_dead) continue;  // its successor is on the way
    if (waited != PopResult::ok) return 2;
    consumer.take([&](tally::ByteView payload) {
      const auto number = tally::test::number_of_crc_payload(payload);
      const std::uint64_t expected = ledger.expected;
      // The first look of a successor may show again what its predecessor did not release.
      const bool again = is_first && number && *number <= expected && expected - *number <= kBatch;
      if (!number || (*number != expected && !again)) ledger.wrong += 1;
      if (number) ledger.expected = *number + 1;
      is_first = false;
    });
  }
}

// The same of a broadcast: where its last ends came to.
struct CastLedger {
  std::atomic<std::uint64_t> published;
  std::atomic<std::uint64_t> accounted;
  std::atomic<std::uint64_t> seen;
  std::atomic<std::uint64_t> wrong;
  std::atomic<std::uint64_t> ready;
  std::atomic<bool> over;
};

int cast(CastLedger& ledger, const std::string& name, tally::ring::Full full) {
  Options options;
  options.bytes = 4096;
  options.full = full;
  auto producer = tally::ring::BroadcastProducer::open(name, options).value();
  ledger.ready += 1;
  std::array<std::uint8_t, kMostBytes> payload{};
  while (!ledger.over) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const std::size_t length = tally::test::make_crc_payload(producer.number(), payload.data());
      const PushResult put = producer.put({}, {payload.data(), length});
      if (put == PushResult::full) break;
      if (put != PushResult::ok) return 2;
    }
    producer.commit();
    if (full == tally::ring::Full::drop_old) continue;
    // Stops are for some hundred microseconds, and nobody holds it up for longer who was killed.
    const PushResult waited =
        producer.wait_writable(kMostBytes, tally::core::monotonic_ns() + kPatienceNs);
    if (waited != PushResult::ok) return 3;
  }
  ledger.published = producer.number();
  producer.close();
  return 0;
}

// Every record is whole and the one of its number, and these only grow, over kills as well.
int receive(CastLedger& ledger, const std::string& name) {
  Options options;
  options.bytes = 4096;
  auto reader = tally::ring::BroadcastReader::open(name, options).value();
  std::array<tally::ring::BroadcastRecord, kBatch> records;
  tally::Bytes room(reader.room_bytes());
  if (reader.number() < ledger.accounted) ledger.wrong += 1;
  ledger.ready += 1;
  for (;;) {
    const PopResult waited = reader.wait_readable(tally::core::monotonic_ns() + kPatienceNs);
    if (waited == PopResult::closed) return 0;
    if (waited == PopResult::peer_dead) continue;  // its successor is on the way
    if (waited != PopResult::ok) return 2;
    const std::size_t count = reader.read(records, room);
    std::uint64_t next = reader.number();
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = tally::test::number_of_crc_payload(records[i].payload);
      const bool right = number && *number + 1 == records[i].next.number && *number >= next;
      if (!right) ledger.wrong += 1;
      next = records[i].next.number;
    }
    reader.release({records.data(), count});
    ledger.seen += count;
    ledger.accounted = reader.number();
  }
}

// The same of a ring of many producers. A batch that a killed producer had noted may have been
// committed or not, but none of which commit() has returned may be missing.
constexpr std::size_t kWriters = 3;
constexpr std::size_t kRemembered = 4096;  // numbers, far more than the ring holds
constexpr std::uint64_t kWriterShift = 48;
struct ManyLedger {
  struct Writer {
    std::atomic<std::uint64_t> noted;     // numbers below this may have been committed
    std::atomic<std::uint64_t> expected;  // by the consumer
    std::array<std::atomic<bool>, kRemembered> done;
  };
  std::array<Writer, kWriters> writers;
  std::atomic<std::uint64_t> wrong;
  std::atomic<std::uint64_t> ready;
  std::atomic<bool> over;
};

Options many_options() {
  Options options;
  options.form = tally::ring::SlotForm::claimed;
  options.slots = 16;
  options.bytes = kMostBytes;
  return options;
}

int produce_as_one_of_many(ManyLedger& ledger, const std::string& name, std::size_t index) {
  auto producer = tally::ring::MpscProducer::open(name, many_options()).value();
  ManyLedger::Writer& writer = ledger.writers[index];
  ledger.ready += 1;
  while (!ledger.over) {
    const PushResult waited = producer.wait_writable(tally::core::monotonic_ns() + kPatienceNs);
    if (waited == PushResult::peer_dead) continue;  // its successor is on the way
    if (waited != PushResult::ok) return 2;
    const std::uint64_t first = writer.noted;
    const std::size_t claimed = producer.claim(1 + first % kBatch);
    const std::size_t count = claimed > 1 ? claimed - first % 2 : claimed;  // gives one up at times
    for (std::size_t i = 0; i < count; ++i) {
      const auto slot = producer.slot(i);
      slot.meta = RecordMeta{};
      slot.meta.time_ns = 1;
      slot.meta.length = static_cast<std::uint32_t>(tally::test::make_crc_payload(
          std::uint64_t{index} << kWriterShift | (first + i), slot.payload.data()));
      writer.done[(first + i) % kRemembered] = false;
    }
    writer.noted = first + count;
    producer.commit(count);
    for (std::size_t i = 0; i < count; ++i) writer.done[(first + i) % kRemembered] = true;
  }
  producer.close();
  return 0;
}

// Whether none of the numbers below `end` that did not come was committed for certain.
bool may_be_missing(const ManyLedger::Writer& writer, std::uint64_t end) {
  for (std::uint64_t number = writer.expected; number < end; ++number) {
    if (writer.done[number % kRemembered]) return false;
  }
  return true;
}

int consume_from_many(ManyLedger& ledger, const std::string& name) {
  auto consumer = tally::ring::Consumer::open(name, many_options()).value();
  ledger.ready += 1;
  bool is_first = true;
  for (;;) {
    const PopResult waited = consumer.wait_readable(tally::core::monotonic_ns() + kPatienceNs);
    if (waited == PopResult::closed) return 0;
    if (waited == PopResult::peer_dead) continue;  // its successor is on the way
    if (waited != PopResult::ok) return 2;
    const std::size_t there = consumer.peek(kBatch);
    for (std::size_t i = 0; i < there; ++i) {
      const auto payload = tally::test::number_of_crc_payload(consumer.record(i).payload);
      const std::uint64_t index = payload.value_or(~std::uint64_t{0}) >> kWriterShift;
      if (index >= kWriters) {
        ledger.wrong += 1;
        continue;
      }
      ManyLedger::Writer& writer = ledger.writers[index];
      const std::uint64_t number = *payload & ((std::uint64_t{1} << kWriterShift) - 1);
      // The first look of a successor may show again what its predecessor did not release.
      const bool again = is_first && number < writer.expected;
      const bool right =
          number >= writer.expected && number < writer.noted && may_be_missing(writer, number);
      if (!again && !right) ledger.wrong += 1;
      if (!again) writer.expected = number + 1;
    }
    is_first = false;
    consumer.release(there);
  }
}

// Kills one of the two ends, or stops it for a while, round after round, and starts a successor for
// what was killed. `start` starts the producer, or the other end. Both end well once all is over.
template <typename Any, typename Start>
void kill_and_stop(Any& ledger, std::uint64_t seed, const Start& start) {
  auto producer = std::make_unique<Child>(start(true));
  auto other = std::make_unique<Child>(start(false));
  std::uint64_t opened = 2;
  REQUIRE(wait_ready(ledger, opened));
  std::mt19937_64 random(seed);
  for (std::uint64_t round = 0; round < rounds(); ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
    const bool at_producer = random() % 2 == 0;
    auto& victim = at_producer ? producer : other;
    if (random() % 3 == 0) {
      victim->send(SIGSTOP);
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
      victim->send(SIGCONT);
      continue;
    }
    victim->kill_and_reap();
    victim = std::make_unique<Child>(start(at_producer));
    // Both ends gone at once would be a ring that nobody holds, which is made anew.
    REQUIRE(wait_ready(ledger, ++opened));
  }
  ledger.over = true;
  CHECK(producer->reap() == 0);
  CHECK(other->reap() == 0);
  CHECK(ledger.wrong == 0);
}

}  // namespace

TEST_SUITE_BEGIN("ring rounds");

TEST_CASE_TEMPLATE("ends that are killed and stopped at random lose no record and change none",
                   Kind, SlotRing, ByteRing) {
  const tally::test::RingName name(Kind::kName);
  Kind::ring_name() = name.str();
  void* const page =
      ::mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  Ledger& ledger = *new (page) Ledger{};
  kill_and_stop(ledger, 20'261'125, [&](bool producer) {
    return Child(
        [&, producer] { return producer ? produce<Kind>(ledger) : consume<Kind>(ledger); });
  });
  const Ledger::Batch& last = ledger.batches[ledger.batch % 2];
  CHECK(ledger.expected == last.first + last.count);
  CHECK(ledger.expected > 0);
  ::munmap(page, sizeof(Ledger));
}

TEST_CASE("ends of a broadcast that are killed and stopped at random account for every record") {
  const tally::test::RingName name("rounds-cast");
  void* const page = ::mmap(nullptr, sizeof(CastLedger), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  CastLedger& ledger = *new (page) CastLedger{};
  kill_and_stop(ledger, 20'261'126, [&](bool producer) {
    return Child([&, producer] {
      return producer ? cast(ledger, name.str(), tally::ring::Full::drop_old)
                      : receive(ledger, name.str());
    });
  });
  CHECK(ledger.seen > 0);
  // The last reader went on to the end, and all that its kind released or lost is all there was.
  CHECK(ledger.accounted == ledger.published);
  ::munmap(page, sizeof(CastLedger));
}

TEST_CASE("a reader that is never killed loses nothing to those of a gated broadcast that are") {
  const tally::test::RingName name("rounds-gate");
  void* const pages = ::mmap(nullptr, 2 * sizeof(CastLedger), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  CastLedger& ledger = *new (pages) CastLedger{};
  CastLedger& spared = *new (&ledger + 1) CastLedger{};
  Child stays([&] { return receive(spared, name.str()); });
  REQUIRE(wait_ready(spared, 1));
  kill_and_stop(ledger, 20'261'128, [&](bool producer) {
    return Child([&, producer] {
      return producer ? cast(ledger, name.str(), tally::ring::Full::block)
                      : receive(ledger, name.str());
    });
  });
  CHECK(stays.reap() == 0);
  CHECK(spared.wrong == 0);
  CHECK(spared.seen == ledger.published);
  CHECK(spared.accounted == ledger.published);
  CHECK(ledger.seen > 0);
  CHECK(ledger.accounted == ledger.published);
  ::munmap(pages, 2 * sizeof(CastLedger));
}

TEST_CASE("ends of a ring of many producers that are killed and stopped at random lose no record") {
  const tally::test::RingName name("rounds-many");
  void* const page = ::mmap(nullptr, sizeof(ManyLedger), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  ManyLedger& ledger = *new (page) ManyLedger{};
  const auto start = [&](std::size_t index) {
    return std::make_unique<Child>([&, index] {
      return index == kWriters ? consume_from_many(ledger, name.str())
                               : produce_as_one_of_many(ledger, name.str(), index);
    });
  };
  std::array<std::unique_ptr<Child>, kWriters + 1> ends;  // the consumer is the last
  (void)tally::test::kill_and_stop_some(ledger, ends, 20'261'127, start, [] {});
  ledger.over = true;
  for (auto& end : ends) CHECK(end->reap() == 0);
  CHECK(ledger.wrong == 0);
  for (const ManyLedger::Writer& writer : ledger.writers) {
    CHECK(writer.expected > 0);
    CHECK(may_be_missing(writer, writer.noted));
  }
  ::munmap(page, sizeof(ManyLedger));
}

TEST_SUITE_END();
