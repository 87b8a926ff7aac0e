// Broadcasts whose producer waits for its readers: nothing is lost while a reader is attached, the
// slowest one that lives holds the producer up, and nobody else does. Readers come, leave, are
// stopped and are killed.
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <memory>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/clock.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/inspector.hpp"
#include "ring/reader_gate.hpp"
#include "support/broadcast.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"

using tally::core::monotonic_ns;
using tally::ring::BroadcastProducer;
using tally::ring::Full;
using tally::ring::Options;
using tally::ring::PushResult;
using tally::test::Child;
using tally::test::fill;
using tally::test::gated;
using tally::test::kAreaBytes;
using tally::test::kLargest;
using tally::test::numbered;
using tally::test::open_gated;
using tally::test::push_numbered;
using tally::test::RingName;
using tally::test::Taker;

namespace {

constexpr std::uint64_t kShortNs = 2'000'000;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

// A reader in a process of its own that has released `released` records, and waits to be killed.
Child start_reader(const RingName& name, std::size_t released) {
  Child child([&] {
    Taker taker(name.str());
    if (!taker.take(released) || taker.count_taken != released) return 1;
    ::raise(SIGSTOP);
    for (;;) ::pause();
  });
  int status = 0;
  REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
  REQUIRE(WIFSTOPPED(status));
  return child;
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("a gated broadcast loses nothing whoever is slow") {
  const RingName name("gate-all");
  auto producer = open_gated(name);
  std::vector<Taker> takers;
  takers.reserve(3);
  for (int i = 0; i < 3; ++i) takers.emplace_back(name.str());
  std::mt19937 random(4);
  std::uint64_t full = 0;
  for (int round = 0; round < 20000; ++round) {
    if (!push_numbered(producer)) ++full;
    Taker& taker = takers[random() % takers.size()];
    if (random() % 5 == 0) REQUIRE(taker.take(random() % 9));
  }
  CHECK(full > 1000);
  CHECK(producer.stats().stalls == full);
  CHECK(producer.number() > 3000);
  for (Taker& taker : takers) {
    REQUIRE(taker.take_all());
    CHECK(taker.taken == producer.number());
    CHECK(taker.reader.lost() == 0);
  }
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.lost == 0);
  CHECK(status.producer.full == Full::block);
}

TEST_CASE("a gated producer waits for the first reader and that one gets every record") {
  const RingName name("gate-first");
  auto producer = open_gated(name);
  const std::uint64_t held = fill(producer);
  CHECK(held > 12);
  CHECK(held < 40);
  CHECK(producer.wait_writable(kLargest, monotonic_ns() + kShortNs) == PushResult::timeout);
  Taker first(name.str());
  CHECK(first.reader.number() == 0);
  for (int i = 0; i < 200; ++i) {
    fill(producer);
    REQUIRE(first.take_all());
  }
  CHECK(first.taken == producer.number());
  CHECK(first.reader.lost() == 0);
  CHECK(producer.close() == 0);
}

TEST_CASE(
    "a later reader of a gated broadcast begins with the next record and leaves at any time") {
  const RingName name("gate-join");
  auto producer = open_gated(name);
  Taker first(name.str());
  for (int round = 0; round < 300; ++round) {
    fill(producer, 7);
    REQUIRE(first.take_all());
    Taker joins(name.str());
    CHECK(joins.reader.number() == producer.number());
    CHECK(joins.reader.behind_records() == 0);
    fill(producer, 5);
    REQUIRE(joins.take_all());
    CHECK(joins.taken == 5);
    CHECK(joins.reader.lost() == 0);
    REQUIRE(first.take_all());
    // It holds the producer up until it leaves.
    const std::uint64_t held = fill(producer);
    CHECK(held < 40);
    REQUIRE(first.take_all());
    CHECK(fill(producer) < 10);
    joins.reader.close();
    CHECK(push_numbered(producer));
    REQUIRE(first.take_all());
  }
  CHECK(first.taken == producer.number());
  CHECK(first.reader.lost() == 0);
  // With nobody left, records are for nobody.
  first.reader.close();
  CHECK(fill(producer) == 1000);
  Taker late(name.str());
  CHECK(late.reader.number() == producer.number());
  REQUIRE(push_numbered(producer));
  REQUIRE(late.take_all());
  CHECK(late.taken == 1);
  CHECK(late.reader.lost() == 0);
}

TEST_CASE("a gated producer is woken by the reader that makes room and by one that leaves") {
  for (const auto wait : {tally::queue::WaitPolicy::futex, tally::queue::WaitPolicy::spin}) {
    const RingName name("gate-wake");
    Options options = gated();
    options.wait = wait;
    auto producer = BroadcastProducer::open(name.str(), options).value();
    Taker quick(name.str());
    auto slow = std::make_unique<Taker>(name.str());
    REQUIRE(fill(producer) > 12);
    REQUIRE(quick.take_all());
    std::thread releases([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      (void)slow->take(8);
    });
    CHECK(producer.wait_writable(kLargest, monotonic_ns() + 10 * kSecondNs) == PushResult::ok);
    releases.join();
    if (wait == tally::queue::WaitPolicy::futex) {
      CHECK(producer.stats().sleeps > 0);
      CHECK(slow->reader.stats().wakes > 0);
    } else {
      CHECK(producer.stats().sleeps == 0);
      CHECK(slow->reader.stats().wakes == 0);
    }
    fill(producer);
    REQUIRE(quick.take_all());
    const auto wakes_of_all = [&] {
      return tally::test::gate_epoch(name.str(), offsetof(tally::ring::Header, writers));
    };
    const std::uint32_t before = wakes_of_all();
    std::thread leaves([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      slow.reset();
    });
    CHECK(producer.wait_writable(kLargest, monotonic_ns() + 10 * kSecondNs) == PushResult::ok);
    leaves.join();
    CHECK(wakes_of_all() > before);
    fill(producer);
    REQUIRE(quick.take_all());
    CHECK(quick.taken == producer.number());
    CHECK(producer.wait_writable(kAreaBytes, 0) == PushResult::too_large);
  }
}

TEST_CASE("a stopped reader holds a gated producer up and a killed one does not") {
  const RingName name("gate-kill");
  auto producer = open_gated(name);
  Taker lives(name.str());
  fill(producer, 10);
  Child child = start_reader(name, 0);
  REQUIRE(lives.take_all());
  std::uint64_t before = producer.number();
  const std::uint64_t held = fill(producer);
  CHECK(held < 40);
  CHECK(producer.wait_writable(kLargest, monotonic_ns() + 10 * kShortNs) == PushResult::timeout);
  const auto stopped = tally::ring::stat_ring(name.str()).value();
  REQUIRE(stopped.more_readers.size() == 1);
  CHECK(stopped.more_readers[0].state == tally::ring::EndpointState::stopped);
  CHECK(stopped.more_readers[0].behind == held);
  CHECK(stopped.producer.passed_readers == 0);
  REQUIRE(lives.take_all());
  child.kill_and_reap();
  CHECK(push_numbered(producer));
  CHECK(producer.stats().passed_readers == 1);
  for (int i = 0; i < 50; ++i) {
    fill(producer, 10);
    REQUIRE(lives.take_all());
  }
  CHECK(producer.stats().passed_readers == 1);  // told once
  CHECK(lives.taken == producer.number());
  CHECK(lives.reader.lost() == 0);
  // Who follows it counts what was given up in between, and is waited for again.
  Taker successor(name.str());
  CHECK(successor.reader.number() == before);
  before = producer.number();
  fill(producer);
  REQUIRE(lives.take_all());
  CHECK(fill(producer) < 10);
  REQUIRE(successor.take_all());
  const std::uint64_t lost = successor.reader.lost();
  CHECK(lost > 400);
  for (int i = 0; i < 50; ++i) {
    fill(producer);
    REQUIRE(lives.take_all());
    REQUIRE(successor.take_all());
  }
  CHECK(successor.reader.lost() == lost);
  CHECK(lives.reader.lost() == 0);
  CHECK(tally::ring::stat_ring(name.str()).value().producer.passed_readers == 1);
}

TEST_CASE("a reader that is killed while the producer sleeps for it lets it go on") {
  const RingName name("gate-kill-asleep");
  auto producer = open_gated(name);
  Child child = start_reader(name, 0);
  fill(producer);
  std::thread kills([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    child.send(SIGKILL);
  });
  CHECK(producer.wait_writable(kLargest, monotonic_ns() + 10 * kSecondNs) == PushResult::ok);
  kills.join();
  CHECK(producer.stats().sleeps > 0);
  CHECK(producer.stats().passed_readers == 1);
  (void)child.reap();
}

TEST_CASE("who follows a killed reader in time loses nothing") {
  const RingName name("gate-follow");
  auto producer = open_gated(name);
  Taker first(name.str());
  fill(producer, 12);
  REQUIRE(first.take_all());
  Child child = start_reader(name, 0);
  fill(producer, 8);
  child.kill_and_reap();
  Taker successor(name.str());
  CHECK(successor.reader.behind_records() == 8);
  REQUIRE(first.take_all());
  fill(producer);
  REQUIRE(successor.take_all());
  CHECK(successor.reader.lost() == 0);
  CHECK(producer.stats().passed_readers == 0);
}

TEST_CASE("a producer that drops the new counts it and nobody misses another record") {
  const RingName name("gate-drop");
  auto producer = BroadcastProducer::open(name.str(), gated(Full::drop_new)).value();
  Taker slow(name.str());
  std::uint64_t dropped = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!push_numbered(producer)) {
      producer.count_dropped(1);
      ++dropped;
    }
    if (i % 10 == 0) REQUIRE(slow.take(4));
  }
  REQUIRE(slow.take_all());
  CHECK(dropped > 200);
  CHECK(slow.taken + dropped == 1000);
  CHECK(slow.reader.lost() == 0);
  CHECK(tally::ring::stat_ring(name.str()).value().lost == dropped);
}

TEST_CASE("the last of sixteen readers is the one that a gated producer waits for") {
  const RingName name("gate-sixteen");
  auto producer = open_gated(name);
  std::vector<Taker> takers;
  takers.reserve(16);
  for (int i = 0; i < 16; ++i) takers.emplace_back(name.str());
  for (std::size_t slowest = 0; slowest < takers.size(); ++slowest) {
    fill(producer);
    for (std::size_t i = 0; i < takers.size(); ++i) {
      if (i != slowest) REQUIRE(takers[i].take_all());
    }
    CHECK_FALSE(push_numbered(producer));
    REQUIRE(takers[slowest].take_all());
    CHECK(push_numbered(producer));
    for (Taker& taker : takers) REQUIRE(taker.take_all());
  }
  for (const Taker& taker : takers) CHECK(taker.taken == producer.number());
}

TEST_CASE("positions of a gated broadcast pass their wrap") {
  const RingName name("gate-wrap");
  auto holder = std::make_unique<Taker>(name.str());
  const std::uint64_t near = std::uint64_t{0} - 3 * kAreaBytes;
  {
    const tally::UniqueFd fd(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
    for (const std::size_t at :
         {offsetof(tally::ring::Header, head), offsetof(tally::ring::Header, tail)}) {
      REQUIRE(::pwrite(fd.get(), &near, sizeof near, static_cast<off_t>(at)) == sizeof near);
    }
  }
  auto producer = open_gated(name);
  CHECK(producer.position() == near);
  holder.reset();
  Taker slow(name.str());
  Taker quick(name.str());
  for (int i = 0; i < 100; ++i) {
    fill(producer);
    REQUIRE(quick.take_all());
    REQUIRE(slow.take_all());
  }
  CHECK(producer.position() < near);
  CHECK(quick.taken == producer.number());
  CHECK(slow.taken == producer.number());
  CHECK(quick.reader.lost() + slow.reader.lost() == 0);
}

TEST_CASE("a batch that a slow reader cuts short is published and goes on") {
  const RingName name("gate-batch");
  auto producer = open_gated(name);
  Taker taker(name.str());
  std::uint64_t put = 0;
  for (int round = 0; round < 200; ++round) {
    while (producer.put({}, numbered(put), static_cast<std::uint16_t>(put),
                        static_cast<std::uint16_t>(put * 3)) == PushResult::ok) {
      ++put;
    }
    producer.commit();
    REQUIRE(producer.wait_writable(kLargest, 1) == PushResult::timeout);
    REQUIRE(taker.take(3));
    REQUIRE(taker.count_taken > 0);
  }
  REQUIRE(taker.take_all());
  CHECK(taker.taken == put);
  CHECK(put > 400);
  CHECK(taker.reader.lost() == 0);
}

TEST_SUITE_END();
