// Producers of one ring that are killed or stopped anywhere between their claim and their commit:
// the living are waited for, the dead are passed over, and nothing is torn or lost beside what its
// own producer had not committed.
#include <array>
#include <doctest/doctest.h>
#include <sys/wait.h>

#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/mpsc_producer.hpp"
#include "support/child.hpp"
#include "support/crc_payload.hpp"
#include "support/crc_records.hpp"
#include "support/ring.hpp"
#include "support/step.hpp"

using tally::ring::Consumer;
using tally::ring::MpscProducer;
using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::RecordMeta;
using tally::test::Child;
using tally::test::fill_crc;
using tally::test::kNoNumber;
using tally::test::kSecondNs;
using tally::test::pop_crc;
using tally::test::push_crc;
using tally::test::RingName;

namespace {

constexpr int kKillsOfAnother = 300;     // each needs one more process
constexpr std::uint64_t kOthers = 1000;  // numbers of the producer that lives begin here

Options many() {
  Options options;
  options.form = tally::ring::SlotForm::claimed;
  options.slots = 8;
  options.bytes = tally::test::kCrcPayloadBytes;
  return options;
}

// Claims three, commits two of them and gives up the third, then pushes one more.
int push_stepped(const std::string& name) {
  auto producer = MpscProducer::open(name, many());
  if (!producer || !tally::test::may_be_stepped()) return 77;
  if (!push_crc(*producer, 0)) return 2;
  tally::test::reach_step();
  if (producer->claim(3) != 3) return 3;
  fill_crc(*producer, 0, 1);
  fill_crc(*producer, 1, 2);
  producer->commit(2);
  if (!push_crc(*producer, 3)) return 4;
  tally::test::reach_step();
  return 0;
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("one of many producers killed after every single instruction of its pushes") {
  tally::test::skip_where_steps_mislead();
  const RingName name("many-step");
  std::array<int, 4> outcomes{};
  tally::test::for_every_step([&] { return push_stepped(name.str()); },
                              [&] {
                                ::unlink(name.path().c_str());
                                auto there = Consumer::open(name.str(), many());
                                auto lives = MpscProducer::open(name.str());
                                return [&, consumer = std::move(there).value(),
                                        other = std::move(lives).value()]() mutable {
                                  // Behind whatever the dead one claimed.
                                  REQUIRE(push_crc(other, kOthers));
                                  std::uint64_t expected = 0;
                                  std::uint64_t got = pop_crc(consumer);
                                  for (; got != kOthers; got = pop_crc(consumer)) {
                                    REQUIRE(got == expected);
                                    ++expected;
                                  }
                                  REQUIRE(expected >= 1);
                                  REQUIRE(expected <= 4);
                                  ++outcomes[expected - 1];
                                  REQUIRE(consumer.stats().tombstones <= 3);
                                  // A successor has all the room, and is in nobody's way.
                                  auto successor = MpscProducer::open(name.str()).value();
                                  REQUIRE(push_crc(other, kOthers + 1));
                                  REQUIRE(successor.claim(8) == 7);
                                  fill_crc(successor, 0, 7);
                                  successor.commit(1);
                                  REQUIRE(pop_crc(consumer) == kOthers + 1);
                                  REQUIRE(pop_crc(consumer) == 7);
                                };
                              });
  // Kills fell before, between and behind the commits.
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[2] > 0);
  CHECK(outcomes[3] > 0);
}

TEST_CASE("a consumer killed after every single instruction of passing over the dead") {
  tally::test::skip_where_steps_mislead();
  const RingName name("many-step-pass");
  const auto consume = [&] {
    auto consumer = Consumer::open(name.str(), many());
    if (!consumer || !tally::test::may_be_stepped()) return 77;
    tally::test::reach_step();
    if (consumer->peek(1) != 1) return 2;
    consumer->release(1);
    for (int i = 0; i < 20; ++i) (void)consumer->peek(1);  // that some kills fall behind it
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 2> outcomes{};
  tally::test::for_every_step(
      consume,
      [&] {
        ::unlink(name.path().c_str());
        auto lives = MpscProducer::open(name.str(), many());
        {
          Child child([&] {
            auto producer = MpscProducer::open(name.str()).value();
            const bool claimed = producer.claim(2) == 2;
            ::raise(SIGKILL);
            return claimed ? 0 : 1;
          });
          REQUIRE(child.reap() == -SIGKILL);
        }
        REQUIRE(push_crc(*lives, 5));
        REQUIRE(push_crc(*lives, 6));
        return [&, other = std::move(lives).value()]() mutable {
          // Of three at most, whatever was passed over.
          REQUIRE(tally::ring::stat_ring(name.str()).value().consumer.records <= 3);
          auto successor = Consumer::open(name.str(), many()).value();
          std::uint64_t got = pop_crc(successor);
          ++outcomes[got == 5 ? 0 : 1];
          if (got == 5) got = pop_crc(successor);
          REQUIRE(got == 6);
          REQUIRE(successor.position() == 4);
          REQUIRE(other.claim(9) == 8);
        };
      },
      kKillsOfAnother);
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[1] > 0);
}

TEST_CASE("a stopped claimant is waited for and goes on and only its death frees what it claimed") {
  const RingName name("many-stop");
  auto consumer = Consumer::open(name.str(), many()).value();
  auto other = MpscProducer::open(name.str()).value();
  for (const bool killed : {false, true}) {
    CAPTURE(killed);
    const std::uint64_t passed = consumer.stats().tombstones;
    Child child([&] {
      auto producer = MpscProducer::open(name.str());
      if (!producer || producer->claim(2) != 2) return 2;
      fill_crc(*producer, 0, 1);
      ::raise(SIGSTOP);
      fill_crc(*producer, 1, 2);
      producer->commit(2);
      return 0;
    });
    int status = 0;
    REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
    REQUIRE(WIFSTOPPED(status));
    for (std::uint64_t i = 0; i < 6; ++i) REQUIRE(push_crc(other, kOthers + i));
    CHECK_FALSE(push_crc(other, kOthers));  // the ring is full of what waits behind
    CHECK(pop_crc(consumer, kSecondNs / 20) == kNoNumber);
    for (int i = 0; i < 300; ++i) REQUIRE(consumer.peek(8) == 0);
    CHECK(consumer.stats().tombstones == passed);
    if (killed) {
      child.kill_and_reap();
    } else {
      child.send(SIGCONT);
      CHECK(child.reap() == 0);
      CHECK(pop_crc(consumer) == 1);
      CHECK(pop_crc(consumer) == 2);
    }
    for (std::uint64_t i = 0; i < 6; ++i) REQUIRE(pop_crc(consumer) == kOthers + i);
    CHECK(consumer.stats().tombstones == passed + (killed ? 2 : 0));
  }
}

TEST_CASE("a consumer that sleeps behind a claimant that dies goes on without being woken") {
  const RingName name("many-asleep");
  for (const auto wait : {tally::queue::WaitPolicy::futex, tally::queue::WaitPolicy::spin}) {
    Options options = many();
    options.wait = wait;
    auto consumer = Consumer::open(name.str(), options).value();
    auto other = MpscProducer::open(name.str()).value();
    Child child([&] {
      auto producer = MpscProducer::open(name.str());
      if (!producer || producer->claim(1) != 1) return 2;
      ::raise(SIGSTOP);
      return 0;
    });
    int status = 0;
    REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
    REQUIRE(push_crc(other, 1));
    const Child killer([pid = child.pid()] {
      // Long enough for the parent to fall asleep where others have the processor.
      ::usleep(200'000);
      ::kill(pid, SIGKILL);
      return 0;
    });
    // Without a deadline, at which it would look once more by itself.
    std::array<std::uint8_t, tally::test::kCrcPayloadBytes> payload{};
    RecordMeta meta;
    REQUIRE(consumer.pop_wait(meta, payload) == PopResult::ok);
    CHECK(tally::test::number_of_crc_payload(tally::ByteView(payload).first(meta.length)) == 1);
    CHECK(consumer.stats().tombstones == 1);
    CHECK((consumer.stats().sleeps > 0) == (wait == tally::queue::WaitPolicy::futex));
  }
}

TEST_CASE("what a killed producer had claimed counts as no record") {
  const RingName name("many-claimed");
  {
    auto lives = MpscProducer::open(name.str(), many()).value();
    REQUIRE(push_crc(lives, 1));
    Child child([&] {
      auto producer = MpscProducer::open(name.str()).value();
      return producer.claim(3) == 3 ? ::raise(SIGKILL) : 1;
    });
    REQUIRE(child.reap() == -SIGKILL);
    CHECK(tally::ring::stat_ring(name.str()).value().depth == 1);
  }
  CHECK(tally::ring::remove_ring(name.str()).value().discarded == 1);
}

TEST_CASE("the last record of many producers has its own time behind a gap") {
  const RingName name("many-time");
  auto consumer = Consumer::open(name.str(), many()).value();
  auto producer = MpscProducer::open(name.str()).value();
  REQUIRE(producer.claim(2) == 2);
  fill_crc(producer, 0, 1);
  producer.slot(0).meta.time_ns = 77;
  producer.commit(1);
  CHECK(pop_crc(consumer) == 1);
  REQUIRE(push_crc(producer, 2));
  CHECK(pop_crc(consumer) == 2);
  REQUIRE(producer.claim(1) == 1);
  fill_crc(producer, 0, 3);
  producer.slot(0).meta.time_ns = 78;
  producer.commit(1);
  CHECK(pop_crc(consumer) == 3);
  REQUIRE(producer.claim(1) == 1);
  producer.commit(0);
  CHECK(consumer.peek(1) == 0);
  CHECK(consumer.position() == 5);
  CHECK(tally::ring::stat_ring(name.str()).value().consumer.last_record_ns == 78);
}

TEST_CASE("a long run of the dead is passed over in steps") {
  const RingName name("many-long");
  Options options = many();
  options.slots = 1024;
  auto consumer = Consumer::open(name.str(), options).value();
  auto lives = MpscProducer::open(name.str()).value();
  Child child([&] {
    auto producer = MpscProducer::open(name.str()).value();
    return producer.claim(1000) == 1000 ? ::raise(SIGKILL) : 1;
  });
  REQUIRE(child.reap() == -SIGKILL);
  REQUIRE(push_crc(lives, 4));
  RecordMeta meta;
  REQUIRE_FALSE(consumer.try_pop(meta, {}));
  CHECK(consumer.position() > 0);
  CHECK(consumer.position() < 1000);
  CHECK(pop_crc(consumer) == 4);
  CHECK(consumer.stats().tombstones == 1000);
}

TEST_CASE("what the living committed is delivered when all have left and one was killed") {
  const RingName name("many-left");
  auto consumer = Consumer::open(name.str(), many()).value();
  {
    auto lives = MpscProducer::open(name.str()).value();
    {
      Child child([&] {
        auto producer = MpscProducer::open(name.str()).value();
        return producer.claim(3) == 3 ? ::raise(SIGKILL) : 1;
      });
      REQUIRE(child.reap() == -SIGKILL);
    }
    REQUIRE(push_crc(lives, 9));
  }
  CHECK(consumer.depth() == 1);
  CHECK(pop_crc(consumer) == 9);
  RecordMeta meta;
  // A successor of the dead one may come.
  CHECK(consumer.pop_wait(meta, {}) == PopResult::peer_dead);
  MpscProducer::open(name.str()).value().close();
  CHECK(consumer.pop_wait(meta, {}) == PopResult::closed);
}

TEST_SUITE_END();
