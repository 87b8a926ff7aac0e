// Two processes, one of which is killed or stopped anywhere: what was committed is neither lost nor
// torn, the other side hears of a death at once, and a stopped process is never given up.
#include <array>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <random>
#include <string>
#include <sys/mman.h>
#include <time.h>

#include "core/clock.hpp"
#include "core/crc32c.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/producer.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"
#include "support/skip.hpp"
#include "support/step.hpp"

using tally::core::monotonic_ns;
using tally::ring::Consumer;
using tally::ring::EndpointState;
using tally::ring::Options;
using tally::ring::Peer;
using tally::ring::PopResult;
using tally::ring::Producer;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::test::Child;
using tally::test::for_every_step;
using tally::test::may_be_stepped;
using tally::test::reach_step;
using tally::test::RingName;
using tally::test::skip_where_steps_mislead;

namespace {

constexpr std::uint32_t kPayloadBytes = 200;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

Options small(std::uint64_t slots) {
  Options options;
  options.slots = slots;
  options.bytes = kPayloadBytes;
  return options;
}

std::uint64_t soon_ns(std::uint64_t wait_ns = 10 * kSecondNs) {
  return monotonic_ns() + wait_ns;
}

unsigned below(std::mt19937& random, unsigned limit) {
  return static_cast<unsigned>(random() % limit);
}

void sleep_us(unsigned microseconds) {
  const timespec time{0, static_cast<long>(microseconds) * 1000};
  ::nanosleep(&time, nullptr);
}

// A payload that a torn record cannot have: its length and bytes follow from the sequence, and a
// checksum ends it.
std::size_t fill(std::uint64_t sequence, tally::MutableByteView payload) {
  const std::size_t length = 16 + sequence % (kPayloadBytes - 16);
  for (std::size_t i = 0; i < length; ++i) {
    payload[i] = static_cast<std::uint8_t>(sequence * 31 + i);
  }
  const std::uint32_t crc = tally::core::crc32c(payload.first(length - 4));
  std::memcpy(payload.data() + length - 4, &crc, 4);
  return length;
}

bool is_whole(const RecordMeta& meta, tally::ByteView payload) {
  tally::ByteArray<kPayloadBytes> expected{};
  const std::size_t length = fill(meta.sequence, expected);
  return meta.length == length && payload.size() >= length &&
         std::memcmp(payload.data(), expected.data(), length) == 0;
}

bool push_numbered(Producer& producer) {
  tally::ByteArray<kPayloadBytes> payload{};
  RecordMeta meta;
  meta.sequence = producer.position();
  const std::size_t length = fill(meta.sequence, payload);
  return producer.push(meta, tally::ByteView(payload).first(length), soon_ns()) == PushResult::ok;
}

// The same for a ring whose reader was killed or has left, until the next one comes.
bool push_to_successor(Producer& producer) {
  tally::ByteArray<kPayloadBytes> payload{};
  RecordMeta meta;
  meta.sequence = producer.position();
  const std::size_t length = fill(meta.sequence, payload);
  const std::uint64_t deadline_ns = soon_ns();
  PushResult pushed = PushResult::peer_dead;
  while ((pushed == PushResult::peer_dead || pushed == PushResult::closed) &&
         monotonic_ns() < deadline_ns) {
    pushed = producer.push(meta, tally::ByteView(payload).first(length), deadline_ns);
  }
  return pushed == PushResult::ok;
}

// Pushes one by one and in batches until it is killed.
int produce_forever(const std::string& name, std::uint64_t slots) {
  auto producer = Producer::open(name, small(slots));
  if (!producer) return 1;
  for (std::uint64_t round = 0;; ++round) {
    if (round % 2 == 0) {
      if (!push_numbered(*producer)) return 2;
      continue;
    }
    const std::size_t count = producer->claim(1 + round % 3);
    for (std::size_t i = 0; i < count; ++i) {
      auto slot = producer->slot(i);
      slot.meta = {};
      slot.meta.sequence = producer->position() + i;
      slot.meta.length = static_cast<std::uint32_t>(fill(slot.meta.sequence, slot.payload));
    }
    producer->commit(count);
  }
}

// What a reader that may die at any moment has done, in memory that outlives it.
struct Progress {
  std::uint64_t released;
  std::uint64_t peeked;
};

int consume_forever(const std::string& name, volatile Progress& progress) {
  auto consumer = Consumer::open(name);
  if (!consumer) return 1;
  for (;;) {
    if (consumer->wait_readable(soon_ns()) != PopResult::ok) return 2;
    const std::size_t count = consumer->peek(4);
    for (std::size_t i = 0; i < count; ++i) {
      const auto record = consumer->record(i);
      if (record.meta.sequence != consumer->position() + i) return 3;
      if (!is_whole(record.meta, record.payload)) return 4;
    }
    progress.peeked = consumer->position() + count;
    consumer->release(count);
    progress.released = consumer->position();
  }
}

int rounds() {
  const char* const asked = std::getenv("TALLY_TEST_ROUNDS");
  return asked != nullptr ? std::atoi(asked) : 150;
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("a producer killed anywhere loses nothing it committed") {
  const RingName name("kill-producer");
  constexpr std::uint64_t kSlots = 16;
  auto consumer = Consumer::open(name.str(), small(kSlots)).value();
  std::mt19937 random(1);
  std::uint64_t expected = 0;
  tally::ByteArray<kPayloadBytes> buffer{};
  RecordMeta meta;
  for (int round = 0; round < rounds(); ++round) {
    Child child([&] { return produce_forever(name.str(), kSlots); });
    // Takes a random number of records, then kills at a moment that nothing is aligned to: now and
    // then before the child is there.
    if (below(random, 8) != 0) REQUIRE(consumer.wait_for_peer(10 * kSecondNs).has_value());
    for (std::uint32_t i = below(random, 40); i > 0; --i) {
      const auto popped = consumer.pop_wait(meta, buffer, soon_ns());
      if (popped == PopResult::peer_dead) break;  // the predecessor, seen before the child came
      REQUIRE(popped == PopResult::ok);
      REQUIRE(meta.sequence == expected++);
      REQUIRE(is_whole(meta, buffer));
    }
    if (below(random, 4) == 0) sleep_us(below(random, 300));
    child.kill_and_reap();
    for (;;) {
      const auto popped = consumer.pop_wait(meta, buffer, soon_ns(kSecondNs / 100));
      if (popped != PopResult::ok) {
        // A child that was killed before it ever attached is nobody.
        const bool nobody_came = popped == PopResult::timeout && consumer.peer() == Peer::absent;
        CHECK((popped == PopResult::peer_dead || nobody_came));
        break;
      }
      REQUIRE(meta.sequence == expected++);
      REQUIRE(is_whole(meta, buffer));
    }
  }
  CHECK(expected > static_cast<std::uint64_t>(rounds()));
  auto successor = Producer::open(name.str()).value();
  CHECK(successor.position() == expected);
}

TEST_CASE("a consumer killed anywhere leaves what it had not released") {
  const RingName name("kill-consumer");
  constexpr std::uint64_t kSlots = 16;
  void* const memory =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto& progress = *static_cast<volatile Progress*>(memory);
  auto producer = Producer::open(name.str(), small(kSlots)).value();
  std::mt19937 random(2);
  for (int round = 0; round < rounds(); ++round) {
    Child child([&] { return consume_forever(name.str(), progress); });
    for (std::uint32_t i = below(random, 60); i > 0; --i) REQUIRE(push_to_successor(producer));
    if (below(random, 4) == 0) sleep_us(below(random, 300));
    child.send(SIGKILL);
    CHECK(child.reap() == -SIGKILL);
    auto successor = Consumer::open(name.str()).value();
    CHECK(successor.position() >= progress.released);
    CHECK(successor.position() <= std::max(progress.peeked, progress.released));
    const std::size_t left = successor.peek(kSlots);
    CHECK(left == producer.position() - successor.position());
    for (std::size_t i = 0; i < left; ++i) {
      REQUIRE(successor.record(i).meta.sequence == successor.position() + i);
      REQUIRE(is_whole(successor.record(i).meta, successor.record(i).payload));
    }
    successor.release(left);
    progress.released = successor.position();
    progress.peeked = successor.position();
  }
  ::munmap(memory, sizeof(Progress));
}

TEST_CASE("a death is noticed at once while waiting") {
  const RingName name("notice");
  for (const auto wait : {tally::queue::WaitPolicy::futex, tally::queue::WaitPolicy::spin}) {
    Options options = small(2);
    options.wait = wait;
    auto consumer = Consumer::open(name.str(), options).value();
    Child child([&] {
      auto producer = Producer::open(name.str());
      for (;;) ::pause();
      return 0;
    });
    REQUIRE(consumer.wait_for_peer(10 * kSecondNs).has_value());
    CHECK(consumer.peer() == Peer::alive);
    child.kill_and_reap();
    const std::uint64_t killed_ns = monotonic_ns();
    RecordMeta meta;
    CHECK(consumer.pop_wait(meta, {}, soon_ns()) == PopResult::peer_dead);
    CHECK(consumer.peer() == Peer::dead);
    // Far from a timing test: a time-out would have taken ten seconds.
    CHECK(monotonic_ns() - killed_ns < 5 * kSecondNs);
    consumer.close();
  }
}

TEST_CASE("a stopped producer keeps its place and goes on") {
  const RingName name("stop");
  auto consumer = Consumer::open(name.str(), small(16)).value();
  Child child([&] { return produce_forever(name.str(), 16); });
  tally::ByteArray<kPayloadBytes> buffer{};
  RecordMeta meta;
  REQUIRE(consumer.pop_wait(meta, buffer, soon_ns()) == PopResult::ok);
  std::uint64_t expected = meta.sequence + 1;
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    sleep_us(below(random, 200));
    child.send(SIGSTOP);
    int status = 0;
    REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
    REQUIRE(WIFSTOPPED(status));
    while (consumer.try_pop(meta, buffer)) {
      REQUIRE(meta.sequence == expected++);
      REQUIRE(is_whole(meta, buffer));
    }
    CHECK(consumer.pop_wait(meta, buffer, monotonic_ns() + kSecondNs / 500) == PopResult::timeout);
    CHECK(consumer.peer() == Peer::alive);
    const auto refused = Producer::open(name.str());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("pid " + std::to_string(child.pid())) != std::string::npos);
    const auto ring = tally::ring::stat_ring(name.str()).value();
    CHECK(ring.producer.state == EndpointState::stopped);
    CHECK(ring.producer.pid == static_cast<std::uint32_t>(child.pid()));
    CHECK(ring.consumer.state == EndpointState::alive);
    CHECK(tally::ring::remove_ring(name.str()).error().code == tally::Code::try_again);
    child.send(SIGCONT);
    REQUIRE(consumer.pop_wait(meta, buffer, soon_ns()) == PopResult::ok);
    REQUIRE(meta.sequence == expected++);
  }
}

TEST_CASE("a producer killed after every single instruction of a push") {
  skip_where_steps_mislead();
  const RingName name("step");
  constexpr std::uint64_t kBefore = 3;
  const auto run_child = [&] {
    auto producer = Producer::open(name.str(), small(4));
    if (!producer || !may_be_stepped()) return 77;
    for (std::uint64_t i = 0; i < kBefore; ++i) {
      if (!push_numbered(*producer)) return 2;
    }
    tally::ByteArray<kPayloadBytes> payload{};
    RecordMeta meta;
    meta.sequence = producer->position();
    const std::size_t length = fill(meta.sequence, payload);
    reach_step();
    producer->try_push(meta, tally::ByteView(payload).first(length));
    reach_step();
    return 0;
  };
  std::array<int, 2> outcomes{};
  for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    return [&, consumer = Consumer::open(name.str(), small(4)).value()]() mutable {
      auto successor = Producer::open(name.str()).value();
      const std::uint64_t committed = successor.position();
      REQUIRE((committed == kBefore || committed == kBefore + 1));
      ++outcomes[committed - kBefore];
      REQUIRE(consumer.peek(4) == committed);
      if (committed == kBefore) REQUIRE(push_numbered(successor));
      REQUIRE(consumer.peek(4) == kBefore + 1);
      for (std::size_t i = 0; i <= kBefore; ++i) {
        REQUIRE(consumer.record(i).meta.sequence == i);
        REQUIRE(is_whole(consumer.record(i).meta, consumer.record(i).payload));
      }
      consumer.release(kBefore + 1);
    };
  });
  // Both outcomes were seen, so the kills fell on both sides of the commit.
  for (const int outcome : outcomes) CHECK(outcome > 0);
}

TEST_CASE("a consumer killed after every single instruction of a release") {
  skip_where_steps_mislead();
  // The release of two records, after which the producer fills what was freed before the successor
  // comes.
  const RingName name("step-release");
  const auto run_child = [&] {
    auto consumer = Consumer::open(name.str());
    if (!consumer || !may_be_stepped()) return 77;
    if (consumer->peek(2) != 2) return 2;
    reach_step();
    consumer->release(2);
    reach_step();
    return 0;
  };
  std::array<int, 3> outcomes{};
  for_every_step(run_child, [&] {
    ::unlink(name.path().c_str());
    auto from = Producer::open(name.str(), small(4)).value();
    while (from.claim(1) == 1) REQUIRE(push_numbered(from));
    return [&, producer = std::move(from)]() mutable {
      std::uint64_t freed = 0;
      for (; producer.claim(1) == 1; ++freed) REQUIRE(push_numbered(producer));
      REQUIRE(freed <= 2);
      ++outcomes[freed];
      auto successor = Consumer::open(name.str()).value();
      REQUIRE(successor.position() == freed);
      REQUIRE(successor.peek(4) == 4);
      for (std::size_t i = 0; i < 4; ++i) {
        REQUIRE(successor.record(i).meta.sequence == freed + i);
        REQUIRE(is_whole(successor.record(i).meta, successor.record(i).payload));
      }
    };
  });
  // A batch is freed whole or not at all, and the kills fell on both sides.
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[1] == 0);
  CHECK(outcomes[2] > 0);
}

TEST_SUITE_END();
