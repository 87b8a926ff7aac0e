// Broadcasts: order, readers that are overtaken and count exactly, successors of either end, images
// that somebody changed, and ends that are killed after any instruction.
#include "ring/broadcast.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <random>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/clock.hpp"
#include "core/endian.hpp"
#include "core/file.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/verify.hpp"
#include "support/broadcast.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"
#include "support/skip.hpp"
#include "support/step.hpp"

using tally::Code;
using tally::core::as_bytes;
using tally::core::monotonic_ns;
using tally::ring::BroadcastProducer;
using tally::ring::BroadcastReader;
using tally::ring::BroadcastRecord;
using tally::ring::EndpointState;
using tally::ring::Options;
using tally::ring::Peer;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::test::Child;
using tally::test::is_numbered;
using tally::test::kAreaBytes;
using tally::test::numbered;
using tally::test::push_numbered;
using tally::test::RingName;
using tally::test::small_broadcast;
using tally::test::Taker;

namespace {

constexpr std::uint64_t kShortNs = 2'000'000;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

void write_word(const std::string& path, std::size_t at, std::uint64_t word) {
  const tally::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::pwrite(fd.get(), &word, sizeof word, static_cast<off_t>(at)) == sizeof word);
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("every reader of a broadcast gets every record that it is there for in time") {
  const RingName name("cast-all");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  std::vector<Taker> takers;
  takers.reserve(17);
  for (int i = 0; i < 3; ++i) takers.emplace_back(name.str());
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(push_numbered(producer));
    for (Taker& taker : takers) REQUIRE(taker.take());
  }
  for (const Taker& taker : takers) {
    CHECK(taker.taken == 5000);
    CHECK(taker.reader.lost() == 0);
    CHECK(taker.reader.stats().records == 5000);
    CHECK(taker.reader.behind_records() == 0);
  }
}

TEST_CASE("a reader that is overtaken counts exactly what it lost and goes on with the oldest") {
  const RingName name("cast-overtaken");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  Taker eager(name.str());
  Taker lazy(name.str());
  std::mt19937 random(4);
  std::uint64_t held_most = 0;
  for (int round = 0; round < 3000; ++round) {
    for (auto pushes = random() % 40; pushes > 0; --pushes) {
      REQUIRE(push_numbered(producer));
      REQUIRE(eager.take_all());
    }
    if (random() % 3 != 0) continue;
    REQUIRE(lazy.take(random() % 9));
    if (lazy.count_taken == 0) continue;
    REQUIRE(lazy.taken + lazy.reader.lost() == lazy.reader.number());
    held_most = std::max(held_most, lazy.reader.behind_records());
  }
  CHECK(eager.reader.lost() == 0);
  CHECK(eager.taken == producer.number());
  REQUIRE(lazy.take_all());
  CHECK(lazy.reader.lost() > 0);
  CHECK(lazy.taken + lazy.reader.lost() == producer.number());
  // Of an area of 4096, seven eighths hold some 17 records of these.
  CHECK(held_most > 12);
  CHECK(held_most < 40);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.lost == lazy.reader.lost());
  REQUIRE(status.more_readers.size() == 1);
  CHECK(status.consumer.lost == 0);
  CHECK(status.more_readers[0].lost == lazy.reader.lost());
  CHECK(status.depth > 12);
  CHECK(tally::ring::verify_ring(name.str()).value().findings.empty());
  CHECK(tally::ring::verify_ring(name.str()).value().records == status.depth);
}

TEST_CASE("a batch of a broadcast is seen whole and one over half the area in parts") {
  const RingName name("cast-batch");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  Taker taker(name.str());
  const auto put = [&](std::size_t bytes) {
    return producer.put({}, tally::Bytes(bytes, 7)) == PushResult::ok;
  };
  std::array<BroadcastRecord, 64> records;
  tally::Bytes room(2 * kAreaBytes);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(put(100));
    CHECK(taker.reader.read(records, room) == 0);
  }
  producer.commit();
  CHECK(taker.reader.read(records, room) == 10);
  taker.reader.release({records.data(), 10});
  for (int i = 0; i < 60; ++i) REQUIRE(put(100));
  producer.commit();
  const std::size_t left = taker.reader.read(records, room);
  CHECK(left > 20);
  CHECK(records[0].next.lost == 60 - left);
  CHECK(records[left - 1].next.number == 70);
  CHECK(producer.stats().records == 70);
}

TEST_CASE("records of two parts and the largest one come out as one and a larger one is refused") {
  const RingName name("cast-parts");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  Taker taker(name.str());
  std::array<BroadcastRecord, 1> records;
  REQUIRE(producer.put(as_bytes("12345678"), as_bytes("abc"), 5, 6) == PushResult::ok);
  producer.commit();
  REQUIRE(taker.reader.read(records, taker.room) == 1);
  CHECK(tally::core::as_text(records[0].payload) == "12345678abc");
  CHECK(records[0].type == 5);
  CHECK(records[0].flags == 6);
  taker.reader.release(records);
  CHECK(producer.payload_bytes() == kAreaBytes / 4 - 24);
  const tally::Bytes largest(producer.payload_bytes(), 9);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(producer.push(largest) == PushResult::ok);
    REQUIRE(taker.reader.read(records, taker.room) == 1);
    CHECK(records[0].payload.size() == largest.size());
    taker.reader.release(records);
  }
  CHECK(taker.reader.lost() == 0);
  CHECK(producer.push(tally::Bytes(producer.payload_bytes() + 1)) == PushResult::too_large);
  REQUIRE(producer.push({}) == PushResult::ok);
  REQUIRE(taker.reader.read(records, taker.room) == 1);
  CHECK(records[0].payload.empty());
}

TEST_CASE("a broadcast has sixteen readers and names what is one too many") {
  const RingName name("cast-sixteen");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  CHECK(producer.peer() == Peer::absent);
  std::vector<Taker> takers;
  takers.reserve(17);
  for (int i = 0; i < 16; ++i) takers.emplace_back(name.str());
  CHECK(producer.peer() == Peer::alive);
  const auto refused = BroadcastReader::open(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::try_again);
  CHECK(refused.error().message.find("16 readers") != std::string::npos);
  CHECK(BroadcastProducer::open(name.str()).error().message.find("already has a producer") !=
        std::string::npos);
  REQUIRE(push_numbered(producer));
  for (Taker& taker : takers) REQUIRE(taker.take_all());
  takers.pop_back();
  takers.emplace_back(name.str());
  REQUIRE(takers.back().take_all());
  CHECK(takers.back().taken == 1);  // begins with the oldest
  CHECK(tally::ring::remove_ring(name.str()).error().message.find("consumer pid") !=
        std::string::npos);
  takers.clear();
  CHECK(producer.peer() == Peer::closed);
  CHECK(name.exists());
  producer.close();
  CHECK_FALSE(name.exists());
}

TEST_CASE("what was overwritten before the first reader came is told by one and only one") {
  const RingName name("cast-unseen");
  constexpr std::uint64_t kRecords = 100;
  std::uint64_t told = 0;
  {
    auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
    for (std::uint64_t i = 0; i < kRecords; ++i) REQUIRE(push_numbered(producer));
    told = producer.close();
    CHECK(told > 50);
  }
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  CHECK(producer.number() == kRecords);
  for (std::uint64_t i = 0; i < kRecords; ++i) REQUIRE(push_numbered(producer));
  Taker taker(name.str());
  REQUIRE(taker.take_all());
  CHECK(taker.taken + taker.reader.lost() + told == 2 * kRecords);
  CHECK(taker.reader.lost() > 50);
  CHECK(tally::ring::stat_ring(name.str()).value().lost == taker.reader.lost() + told);
  // A later one begins with the oldest there is and has lost nothing.
  Taker later(name.str());
  REQUIRE(later.take_all());
  CHECK(later.reader.lost() == 0);
  CHECK(later.taken == taker.taken);
  CHECK(producer.close() == 0);
}

TEST_CASE("a reader waits for records and hears that the producer has left or was killed") {
  for (const auto wait : {tally::queue::WaitPolicy::futex, tally::queue::WaitPolicy::spin}) {
    const RingName name("cast-ends");
    Options options = small_broadcast();
    options.wait = wait;
    auto reader = BroadcastReader::open(name.str(), options).value();
    CHECK(reader.wait_readable(monotonic_ns() + kShortNs) == PopResult::timeout);
    const auto push_three = [&](bool die) {
      auto producer = BroadcastProducer::open(name.str(), small_broadcast());
      if (!producer) return 1;
      for (int i = 0; i < 3; ++i) {
        if (!push_numbered(*producer)) return 2;
      }
      if (die) {
        for (;;) ::pause();
      }
      producer->close();
      return 0;
    };
    std::array<BroadcastRecord, 4> records;
    tally::Bytes room(reader.room_bytes());
    for (const bool die : {true, false}) {
      Child child([&] { return push_three(die); });
      for (int taken = 0; taken < 3;) {
        PopResult waited = PopResult::peer_dead;
        while (waited == PopResult::peer_dead) {  // the one before
          waited = reader.wait_readable(monotonic_ns() + 10 * kSecondNs);
        }
        REQUIRE(waited == PopResult::ok);
        const std::size_t count = reader.read(records, room);
        for (std::size_t i = 0; i < count; ++i) REQUIRE(is_numbered(records[i]));
        reader.release({records.data(), count});
        taken += static_cast<int>(count);
      }
      if (die) {
        child.kill_and_reap();
      } else {
        CHECK(child.reap() == 0);
      }
      CHECK(reader.wait_readable(monotonic_ns() + 10 * kSecondNs) ==
            (die ? PopResult::peer_dead : PopResult::closed));
    }
    CHECK(reader.number() == 6);
  }
}

TEST_CASE("a killed reader is followed where it stood and its gap is counted") {
  const RingName name("cast-successor");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  Taker other(name.str());
  for (int i = 0; i < 10; ++i) REQUIRE(push_numbered(producer));
  Child child([&] {
    Taker taker(name.str());
    if (!taker.take(6) || taker.count_taken != 6) return 1;
    ::raise(SIGSTOP);
    return 0;
  });
  int status = 0;
  REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
  REQUIRE(WIFSTOPPED(status));
  auto ring = tally::ring::stat_ring(name.str()).value();
  REQUIRE(ring.more_readers.size() == 1);
  CHECK(ring.more_readers[0].state == EndpointState::stopped);
  CHECK(ring.more_readers[0].behind == 4);
  child.kill_and_reap();
  {
    Taker successor(name.str());
    CHECK(successor.reader.number() == 6);
    REQUIRE(successor.take(1));
    CHECK(successor.reader.number() == 7);
    successor.reader.close();
  }
  // After an orderly end a reader begins with the oldest; after another kill, with the gap.
  Child again([&] {
    Taker taker(name.str());
    if (!taker.take_all() || taker.taken != 10) return 1;
    for (;;) ::pause();
  });
  while (tally::ring::stat_ring(name.str()).value().more_readers[0].behind > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  again.kill_and_reap();
  for (int i = 0; i < 200; ++i) REQUIRE(push_numbered(producer));
  Taker last(name.str());
  REQUIRE(last.take_all());
  CHECK(last.taken + last.reader.lost() == 200);
  CHECK(last.reader.lost() > 100);
}

TEST_CASE("positions of a broadcast pass their wrap") {
  const RingName name("cast-wrap");
  const auto holder = BroadcastReader::open(name.str(), small_broadcast()).value();
  const std::uint64_t near = std::uint64_t{0} - 3 * kAreaBytes;
  write_word(name.path(), offsetof(tally::ring::Header, head), near);
  write_word(name.path(), offsetof(tally::ring::Header, tail), near);
  auto producer = BroadcastProducer::open(name.str()).value();
  CHECK(producer.position() == near);
  Taker eager(name.str());
  Taker lazy(name.str());
  for (int i = 0; i < 400; ++i) {
    REQUIRE(push_numbered(producer));
    REQUIRE(eager.take_all());
    if (i % 50 == 0) REQUIRE(lazy.take_all());
  }
  REQUIRE(lazy.take_all());
  CHECK(producer.position() < near);
  CHECK(eager.taken == 400);
  CHECK(lazy.taken + lazy.reader.lost() == 400);
}

TEST_CASE("a broadcast and other kinds are not taken for each other") {
  const RingName name("cast-kind");
  auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
  const auto refused = tally::ring::ByteConsumer::open(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().message.find("the ring has kind=broadcast") != std::string::npos);
}

TEST_CASE("a length that leaves the area gives a broadcast up") {
  for (const std::uint64_t length : {std::uint64_t{1009}, std::uint64_t{7}}) {
    const RingName name("cast-length");
    auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
    Taker taker(name.str());
    REQUIRE(producer.push(as_bytes("good")) == PushResult::ok);
    write_word(name.path(), tally::ring::kSlotsOffset + 8, length);
    CHECK_FALSE(tally::ring::verify_ring(name.str()).value().findings.empty());
    CHECK(taker.reader.wait_readable(1) == PopResult::poisoned);
    CHECK(tally::ring::stat_ring(name.str()).value().poison_reason ==
          tally::ring::PoisonReason::bad_length);
  }
}

TEST_CASE("images of a broadcast with any byte changed are refused or survived") {
  const RingName name("cast-image");
  tally::Bytes image;
  {
    auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
    Taker taker(name.str());
    for (std::uint64_t i = 0; i < 60; ++i) {
      REQUIRE(push_numbered(producer));
      if (i == 50) REQUIRE(taker.take());
    }
    const auto text = tally::core::read_file(name.path()).value();
    image.assign(as_bytes(text).begin(), as_bytes(text).end());
  }
  std::mt19937 random(7);
  std::array<BroadcastRecord, 32> records;
  for (int round = 0; round < 400; ++round) {
    tally::Bytes changed = image;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      // Half of the changes hit the cursors and the first headers, where they tell most.
      const std::size_t at = random() % 2 == 0   ? random() % changed.size()
                             : random() % 2 == 0 ? 256 + random() % 264
                                                 : 1024 + 256 + random() % 128;
      changed[at] = static_cast<std::uint8_t>(random());
    }
    ::unlink(name.path().c_str());
    REQUIRE(tally::core::create_file(name.path(), changed, 0600).has_value());
    auto reader = BroadcastReader::open(name.str(), small_broadcast());
    auto producer = BroadcastProducer::open(name.str(), small_broadcast());
    tally::Bytes room(kAreaBytes);
    for (std::uint64_t i = 0; i < 8; ++i) {
      if (producer) (void)push_numbered(*producer);
      if (!reader) continue;
      const std::size_t count = reader->read(records, room);
      for (std::size_t k = 0; k < count; ++k) {
        REQUIRE(records[k].payload.size() <= reader->payload_bytes());
      }
      reader->release({records.data(), count});
    }
    CHECK((reader.has_value() || reader.error().code != Code::internal));
  }
}

TEST_CASE("a producer of a broadcast killed after every single instruction") {
  tally::test::skip_where_steps_mislead();
  // A batch of two records that overwrites others, with a pad record between them.
  const RingName name("cast-step");
  constexpr std::uint64_t kBefore = 22;
  const auto run_child = [&] {
    auto producer = BroadcastProducer::open(name.str(), small_broadcast());
    if (!producer || !tally::test::may_be_stepped()) return 77;
    const std::array<tally::Bytes, 2> payloads = {numbered(kBefore), numbered(kBefore + 1)};
    tally::test::reach_step();
    for (std::uint64_t i = 0; i < 2; ++i) {
      const std::uint64_t number = kBefore + i;
      if (producer->put({}, payloads[i], static_cast<std::uint16_t>(number),
                        static_cast<std::uint16_t>(number * 3)) != PushResult::ok) {
        return 3;
      }
    }
    producer->commit();
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 2> outcomes{};
  int overwritten = 0;
  tally::test::for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    auto first = BroadcastProducer::open(name.str(), small_broadcast()).value();
    auto lazy = std::make_unique<Taker>(name.str());
    auto eager = std::make_unique<Taker>(name.str());
    for (std::uint64_t i = 0; i < kBefore; ++i) {
      REQUIRE(push_numbered(first));
      REQUIRE(eager->take_all());
    }
    first.close();
    return [&, lazy = std::move(lazy), eager = std::move(eager)]() {
      REQUIRE(eager->take_all());
      const std::uint64_t seen = eager->taken;
      REQUIRE((seen == kBefore || seen == kBefore + 2));  // the batch whole, or not at all
      ++outcomes[seen == kBefore ? 0 : 1];
      auto successor = BroadcastProducer::open(name.str()).value();
      REQUIRE(successor.number() == seen);
      REQUIRE(lazy->take_all());
      REQUIRE(lazy->taken + lazy->reader.lost() == seen);
      overwritten += lazy->reader.lost() > 0 ? 1 : 0;
      for (int i = 0; i < 60; ++i) {
        REQUIRE(push_numbered(successor));
        REQUIRE(eager->take_all());
      }
      REQUIRE(lazy->take_all());
      REQUIRE(eager->taken == seen + 60);
      REQUIRE(eager->reader.lost() == 0);
      REQUIRE(lazy->taken + lazy->reader.lost() == seen + 60);
    };
  });
  for (const int outcome : outcomes) CHECK(outcome > 0);
  CHECK(overwritten > outcomes[1]);  // also by batches that never became visible
}

TEST_CASE("a reader of a broadcast killed after every single instruction") {
  tally::test::skip_where_steps_mislead();
  // It reads two records behind a gap, and says that they are dealt with.
  const RingName name("cast-step-reader");
  const auto run_child = [&] {
    auto reader = BroadcastReader::open(name.str());
    if (!reader || !tally::test::may_be_stepped()) return 77;
    std::array<BroadcastRecord, 2> records;
    tally::Bytes room(reader->room_bytes());
    tally::test::reach_step();
    if (reader->read(records, room) != 2) return 2;
    reader->release(records);
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 2> outcomes{};
  constexpr std::uint64_t kRecords = 40;
  tally::test::for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    auto producer = BroadcastProducer::open(name.str(), small_broadcast()).value();
    for (std::uint64_t i = 0; i < kRecords; ++i) REQUIRE(push_numbered(producer));
    return [&, producer = std::move(producer)]() mutable {
      for (int i = 0; i < 3; ++i) REQUIRE(push_numbered(producer));
      Taker successor(name.str());
      const std::uint64_t begun = successor.reader.number();
      const std::uint64_t lost_before = successor.reader.lost();
      // Nothing released: the very first still counts from 0. Else two were, behind what they lost.
      REQUIRE((begun == 0 ? lost_before == 0 : begun == lost_before + 2));
      ++outcomes[begun == 0 ? 0 : 1];
      REQUIRE(successor.take_all());
      REQUIRE(successor.taken + successor.reader.lost() + (begun == 0 ? 0 : 2) == kRecords + 3);
    };
  });
  for (const int outcome : outcomes) CHECK(outcome > 0);
}

TEST_SUITE_END();
