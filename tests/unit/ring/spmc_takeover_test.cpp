// Consumers of one ring that are killed or stopped anywhere between their claim and their release,
// and its producers likewise: the living are waited for, what the dead held is freed and counted,
// and no record is given to two.
#include <array>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <optional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "ring/inspector.hpp"
#include "ring/liveness.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "ring/verify.hpp"
#include "support/child.hpp"
#include "support/crc_payload.hpp"
#include "support/crc_records.hpp"
#include "support/ring.hpp"
#include "support/shared_ring.hpp"
#include "support/step.hpp"

using tally::core::monotonic_ns;
using tally::ring::MpscProducer;
using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::ring::SlotForm;
using tally::ring::SpmcConsumer;
using tally::test::Child;
using tally::test::fill_crc;
using tally::test::kNoNumber;
using tally::test::kSecondNs;
using tally::test::Mpmc;
using tally::test::pop_crc;
using tally::test::push_crc;
using tally::test::RingName;
using tally::test::Spmc;

namespace {

// Each needs one more process, which under AddressSanitizer takes half a second to make.
constexpr int kKillsOfAnother = tally::test::kAddressSanitizer ? 100 : 300;
constexpr std::uint64_t kOthers = 1000;

Options shared(SlotForm form, std::uint64_t slots = 8) {
  Options options;
  options.form = form;
  options.slots = slots;
  options.bytes = tally::test::kCrcPayloadBytes;
  return options;
}

std::uint64_t number_at(const SpmcConsumer& consumer, std::size_t index) {
  const auto number = tally::test::number_of_crc_payload(consumer.record(index).payload);
  REQUIRE(number.has_value());
  return *number;
}

tally::ring::RingStatus status_of(const RingName& name) {
  return tally::ring::stat_ring(name.str()).value();
}

// What a consumer that is stepped through says of itself, in memory that outlives it: how many
// records it is about to release, and how many it has released.
struct Diary {
  volatile std::uint64_t before;
  volatile std::uint64_t behind;
};

struct SharedDiary {
  SharedDiary() {
    void* const page =
        ::mmap(nullptr, sizeof(Diary), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    diary = new (page) Diary{};
  }
  SharedDiary(const SharedDiary&) = delete;
  SharedDiary& operator=(const SharedDiary&) = delete;
  ~SharedDiary() { ::munmap(diary, sizeof(Diary)); }
  Diary* diary = nullptr;
};

// Takes three of the six that are there and releases two and one, then pops one more.
int take_stepped(const std::string& name, SlotForm form, Diary& diary) {
  auto consumer = SpmcConsumer::open(name, shared(form));
  if (!consumer || !tally::test::may_be_stepped()) return 77;
  RecordMeta meta;
  tally::test::reach_step();
  if (consumer->peek(3) != 3) return 2;
  diary.before = 2;
  consumer->release(2);
  diary.behind = 2;
  diary.before = 3;
  consumer->release(1);
  diary.behind = 3;
  diary.before = 4;
  if (!consumer->try_pop(meta, {})) return 3;
  diary.behind = 4;
  tally::test::reach_step();
  return 0;
}

// Stops with a claim of `count`, then releases it.
int stop_with(const std::string& name, SlotForm form, std::size_t count) {
  auto consumer = SpmcConsumer::open(name, shared(form));
  if (!consumer || consumer->peek(count) != count) return 2;
  ::raise(SIGSTOP);
  for (std::size_t i = 0; i < count; ++i) {
    if (!tally::test::number_of_crc_payload(consumer->record(i).payload)) return 3;
  }
  consumer->release(count);
  return 0;
}

void wait_stopped(const Child& child) {
  int status = 0;
  REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
  REQUIRE(WIFSTOPPED(status));
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE_TEMPLATE("one of many consumers killed after every single instruction of its takes", Kind,
                   Spmc, Mpmc) {
  tally::test::skip_where_steps_mislead();
  const RingName name("share-step");
  const SharedDiary shared_diary;
  Diary& diary = *shared_diary.diary;
  std::array<int, 5> released{};
  std::array<int, 4> doubted{};
  int uncounted = 0;
  tally::test::for_every_step(
      [&] { return take_stepped(name.str(), Kind::kForm, diary); },
      [&] {
        ::unlink(name.path().c_str());
        diary.before = 0;
        diary.behind = 0;
        auto from = Kind::Producer::open(name.str(), shared(Kind::kForm));
        auto lives = SpmcConsumer::open(name.str(), shared(Kind::kForm));
        for (std::uint64_t i = 0; i < 6; ++i) REQUIRE(push_crc(*from, i));
        return [&, producer = std::move(from).value(), other = std::move(lives).value()]() mutable {
          // What an inspector says of it before anybody has counted.
          const auto seen = status_of(name);
          REQUIRE(seen.in_hand == 0);
          // Those that are left come in their order, to the one that lives.
          std::uint64_t got = pop_crc(other);
          const std::uint64_t first = got;
          REQUIRE((first == 0 || first == 3 || first == 4));
          for (std::uint64_t next = first; next < 5; ++next) {
            REQUIRE(got == next);
            got = pop_crc(other);
          }
          REQUIRE(got == 5);
          REQUIRE(pop_crc(other, 0) == kNoNumber);
          const auto status = status_of(name);
          REQUIRE(status.head == 6);
          REQUIRE(status.taken == 6);
          // Of what it took, all is released or in doubt. It released no less than it knew and no
          // more than it tried to.
          REQUIRE(status.in_doubt == seen.in_doubt);
          REQUIRE(status.in_doubt <= first);
          const std::uint64_t done = first - status.in_doubt;
          // What it had released and not counted yet is the rest.
          const std::uint64_t others = 6 - first;
          REQUIRE(status.released() + status.uncounted == done + others);
          if (status.uncounted > 0) ++uncounted;
          REQUIRE(done >= diary.behind);
          REQUIRE(done <= diary.before);
          ++released[done];
          ++doubted[status.in_doubt];
          REQUIRE(tally::ring::verify_ring(name.str()).value().findings.empty());
          // All the room is there, and a successor is in nobody's way.
          auto successor = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
          for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(push_crc(producer, kOthers + i));
          REQUIRE(successor.peek(4) == 4);
          REQUIRE(number_at(successor, 3) == kOthers + 3);
          REQUIRE(pop_crc(other) == kOthers + 4);
          successor.release(4);
          REQUIRE(status_of(name).in_doubt == status.in_doubt);
        };
      });
  // Kills fell everywhere.
  for (const int count : released) CHECK(count > 0);
  for (const int count : doubted) CHECK(count > 0);
  CHECK(uncounted > 0);
}

TEST_CASE_TEMPLATE("a consumer killed after every instruction of counting what the dead left", Kind,
                   Spmc, Mpmc) {
  tally::test::skip_where_steps_mislead();
  const RingName name("share-step-mend");
  const auto look = [&] {
    auto consumer = SpmcConsumer::open(name.str(), shared(Kind::kForm));
    // Its claim at the head ends only now, so that nothing could be counted on opening.
    if (!consumer || consumer->peek(1) != 1) return 2;
    {
      Child dies([&] {
        auto dead = SpmcConsumer::open(name.str(), shared(Kind::kForm));
        if (!dead || dead->peek(2) != 2) return 2;
        ::raise(SIGKILL);
        return 0;
      });
      if (dies.reap() != -SIGKILL) return 4;
    }
    if (!tally::test::may_be_stepped()) return 77;
    tally::test::reach_step();
    consumer->release(1);
    if (consumer->peek(4) != 2) return 3;
    consumer->release(2);
    // An end of waiting counts what it finds.
    if (consumer->wait_readable(1) != PopResult::timeout) return 5;
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 3> counted{};
  tally::test::for_every_step(
      look,
      [&] {
        ::unlink(name.path().c_str());
        auto from = Kind::Producer::open(name.str(), shared(Kind::kForm));
        for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(push_crc(*from, i));
        return [&, producer = std::move(from).value()]() mutable {
          const auto seen = status_of(name);
          auto successor = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
          const auto status = status_of(name);
          REQUIRE(status.in_doubt == seen.in_doubt);
          // The two of the dead one, and whatever this one had claimed itself: the first, or the
          // two behind.
          REQUIRE(status.in_doubt >= 2);
          REQUIRE(status.in_doubt <= 4);
          ++counted[status.in_doubt - 2];
          REQUIRE(status.head == status.taken);
          std::uint64_t left = 5 - status.taken;
          for (; left > 0; --left) REQUIRE(pop_crc(successor) == 5 - left);
          for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(push_crc(producer, i));
          for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(pop_crc(successor) == i);
          REQUIRE(status_of(name).in_doubt == status.in_doubt);
        };
      },
      kKillsOfAnother);
  CHECK(counted[0] > 0);
  CHECK(counted[1] > 0);
  CHECK(counted[2] > 0);
}

TEST_CASE("a consumer killed after every instruction of passing over a dead producer") {
  tally::test::skip_where_steps_mislead();
  const RingName name("share-step-pass");
  const Options options = shared(SlotForm::traded);
  const auto consume = [&] {
    auto consumer = SpmcConsumer::open(name.str(), options);
    if (!consumer || !tally::test::may_be_stepped()) return 77;
    tally::test::reach_step();
    for (int i = 0; i < 70 && consumer->peek(1) == 0; ++i) {
    }
    consumer->release(1);
    tally::test::reach_step();
    return 0;
  };
  std::array<int, 3> outcomes{};
  tally::test::for_every_step(
      consume,
      [&] {
        ::unlink(name.path().c_str());
        auto lives = MpscProducer::open(name.str(), options);
        // Whose claim keeps the place until all is set up.
        REQUIRE(lives->claim(1) == 1);
        {
          Child child([&] {
            auto producer = MpscProducer::open(name.str(), options).value();
            const bool claimed = producer.claim(2) == 2;
            ::raise(SIGKILL);
            return claimed ? 0 : 1;
          });
          REQUIRE(child.reap() == -SIGKILL);
        }
        lives->commit(0);
        REQUIRE(push_crc(*lives, 5));
        REQUIRE(push_crc(*lives, 6));
        return [&, producer = std::move(lives).value()]() mutable {
          auto successor = SpmcConsumer::open(name.str(), options).value();
          const std::uint64_t in_doubt = status_of(name).in_doubt;
          REQUIRE(in_doubt <= 1);
          const std::uint64_t got = pop_crc(successor);
          const bool again = got == 5;
          REQUIRE((again || got == 6));
          if (again) {
            REQUIRE(in_doubt == 0);
            REQUIRE(pop_crc(successor) == 6);
          }
          ++outcomes[again ? 0 : 1 + in_doubt];
          REQUIRE(status_of(name).head == 5);
          REQUIRE(producer.claim(9) == 8);
        };
      },
      kKillsOfAnother);
  for (const int count : outcomes) CHECK(count > 0);
}

TEST_CASE("a producer of many consumers killed after every single instruction of its pushes") {
  tally::test::skip_where_steps_mislead();
  const RingName name("share-step-push");
  const Options options = shared(SlotForm::shared_out);
  std::array<int, 4> outcomes{};
  tally::test::for_every_step(
      [&] {
        auto producer = tally::ring::Producer::open(name.str(), options);
        if (!producer || !tally::test::may_be_stepped()) return 77;
        tally::test::reach_step();
        if (!push_crc(*producer, 0) || producer->claim(3) != 3) return 2;
        for (std::uint64_t i = 0; i < 3; ++i) fill_crc(*producer, i, 1 + i);
        producer->commit(2);
        tally::test::reach_step();
        return 0;
      },
      [&] {
        ::unlink(name.path().c_str());
        auto first = SpmcConsumer::open(name.str(), options);
        auto second = SpmcConsumer::open(name.str(), options);
        return [&, one = std::move(first).value(), two = std::move(second).value()]() mutable {
          // They take what is committed, whether the tail says so or not, before a successor comes.
          std::uint64_t expected = 0;
          while (pop_crc(expected % 2 == 0 ? one : two, 0) == expected) ++expected;
          REQUIRE(expected <= 3);
          ++outcomes[expected];
          auto successor = tally::ring::Producer::open(name.str(), options).value();
          REQUIRE(successor.position() == expected);
          REQUIRE(successor.claim(9) == 8);
          for (std::uint64_t i = 0; i < 8; ++i) fill_crc(successor, i, 100 + i);
          successor.commit(8);
          for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(pop_crc(i % 2 == 0 ? two : one) == 100 + i);
          REQUIRE(status_of(name).in_doubt == 0);
        };
      });
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[1] > 0);
  CHECK(outcomes[3] > 0);
}

TEST_CASE_TEMPLATE("a stopped consumer keeps what it claimed and only its death puts it in doubt",
                   Kind, Spmc, Mpmc) {
  const RingName name("share-stop");
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm)).value();
  auto other = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
  for (const bool killed : {false, true}) {
    CAPTURE(killed);
    for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(push_crc(producer, i));
    Child child([&] { return stop_with(name.str(), Kind::kForm, 2); });
    wait_stopped(child);
    for (std::uint64_t i = 2; i < 8; ++i) REQUIRE(pop_crc(other) == i);
    CHECK_FALSE(push_crc(producer, 9));  // everything is behind what it reads
    CHECK(pop_crc(other, kSecondNs / 20) == kNoNumber);
    for (int i = 0; i < 300; ++i) REQUIRE(other.peek(8) == 0);
    auto status = status_of(name);
    CHECK(status.in_hand == 2);
    CHECK(status.in_doubt == 0);
    CHECK(status.head == status.taken - 8);
    if (killed) {
      child.kill_and_reap();
      CHECK(status_of(name).in_doubt == 2);
      CHECK(status_of(name).in_hand == 0);
      CHECK(pop_crc(other, kSecondNs / 20) == kNoNumber);
      CHECK(other.found_in_doubt() == 2);
    } else {
      child.send(SIGCONT);
      CHECK(child.reap() == 0);
    }
    status = status_of(name);
    CHECK(status.head == status.taken);
    CHECK(status.in_doubt == (killed ? 2 : 0));
  }
}

TEST_CASE_TEMPLATE("a producer that sleeps before a dead consumer is woken by one that lives", Kind,
                   Spmc, Mpmc) {
  const RingName name("share-asleep");
  auto other = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4)).value();
  auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm, 4)).value();
  other.close();
  for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(push_crc(producer, i));
  Child dies([&] {
    auto dead = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4));
    if (!dead || dead->peek(4) != 4) return 2;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(dies.reap() == -SIGKILL);
  // No consumer is left; then one comes, and finds what the dead one left.
  CHECK(producer.wait_writable(monotonic_ns() + kSecondNs) == PushResult::peer_dead);
  Child comes([&] {
    ::usleep(20'000);
    auto consumer = SpmcConsumer::open(name.str(), shared(Kind::kForm, 4));
    if (!consumer) return 2;
    // By what it mended as it came: what it releases later wakes the producer as well.
    if (consumer->stats().wakes == 0) return 4;
    RecordMeta meta;
    const bool popped =
        consumer->pop_wait(meta, {}, monotonic_ns() + 10 * kSecondNs) == PopResult::ok;
    return popped && consumer->found_in_doubt() == 4 ? 0 : 3;
  });
  PushResult waited = PushResult::peer_dead;
  while (waited == PushResult::peer_dead) {
    waited = producer.wait_writable(monotonic_ns() + 10 * kSecondNs);
  }
  CHECK(waited == PushResult::ok);
  CHECK(push_crc(producer, 4));
  CHECK(comes.reap() == 0);
  CHECK(status_of(name).in_doubt == 4);
}

TEST_CASE_TEMPLATE("what a dead consumer left is counted by who comes after all have gone", Kind,
                   Spmc, Mpmc) {
  const RingName name("share-last");
  {
    auto producer = Kind::Producer::open(name.str(), shared(Kind::kForm)).value();
    for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(push_crc(producer, i));
    Child dies([&] {
      auto dead = SpmcConsumer::open(name.str(), shared(Kind::kForm));
      if (!dead || dead->peek(3) != 3) return 2;
      ::raise(SIGKILL);
      return 0;
    });
    REQUIRE(dies.reap() == -SIGKILL);
  }
  // Nothing is left to read, and yet it is no ring to be made anew.
  REQUIRE(name.exists());
  CHECK(status_of(name).depth == 0);
  CHECK(status_of(name).in_doubt == 3);
  {
    auto successor = SpmcConsumer::open(name.str(), shared(Kind::kForm)).value();
    CHECK(successor.found_in_doubt() == 3);
    CHECK(pop_crc(successor) == kNoNumber);
  }
  CHECK_FALSE(name.exists());
}

TEST_CASE("a long run of a dead consumer is counted in steps") {
  const RingName name("share-long");
  const Options options = shared(SlotForm::shared_out, 1024);
  auto producer = tally::ring::Producer::open(name.str(), options).value();
  auto lives = SpmcConsumer::open(name.str(), options).value();
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(push_crc(producer, i));
  Child dies([&] {
    auto dead = SpmcConsumer::open(name.str(), options);
    if (!dead || dead->peek(1000) != 1000) return 2;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(dies.reap() == -SIGKILL);
  CHECK(status_of(name).in_doubt == 1000);
  REQUIRE(lives.peek(1) == 0);
  CHECK(status_of(name).head > 0);
  CHECK(status_of(name).head < 1000);
  CHECK(status_of(name).in_doubt == 1000);
  while (status_of(name).head < 1000) {
    REQUIRE(lives.wait_readable(monotonic_ns() + 1'000'000) == PopResult::timeout);
  }
  CHECK(lives.found_in_doubt() == 1000);
}

TEST_CASE("the last consumer counts all that a dead one had claimed before the ring goes") {
  const RingName name("share-last");
  const Options options = shared(SlotForm::shared_out, 1024);
  auto producer = tally::ring::Producer::open(name.str(), options).value();
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(push_crc(producer, i));
  Child dies([&] {
    auto dead = SpmcConsumer::open(name.str(), options);
    if (!dead || dead->peek(900) != 900) return 2;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(dies.reap() == -SIGKILL);
  producer.close();
  // Its own, which it gives up, are no news to it.
  auto last = SpmcConsumer::open(name.str(), options).value();
  REQUIRE(last.peek(100) == 100);
  last.close();
  CHECK(last.found_in_doubt() == 900);
  CHECK_FALSE(name.exists());
}

TEST_CASE("what a consumer had found in doubt before it was killed is told of by the last one") {
  const RingName name("share-untold");
  const Options options = shared(SlotForm::shared_out, 64);
  auto producer = tally::ring::Producer::open(name.str(), options).value();
  for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(push_crc(producer, i));
  const auto killed = [&](std::size_t claimed) {
    Child dies([&] {
      auto dead = SpmcConsumer::open(name.str(), options);
      if (!dead || dead->peek(8) != claimed) return 2;
      ::raise(SIGKILL);
      return 0;
    });
    return dies.reap() == -SIGKILL;
  };
  REQUIRE(killed(8));
  // Opens, finds these, and has nothing to claim.
  REQUIRE(killed(0));
  REQUIRE(status_of(name).head == 8);
  auto last = SpmcConsumer::open(name.str(), options).value();
  producer.close();
  CHECK(last.found_in_doubt() == 0);
  last.close();
  CHECK(last.found_in_doubt() == 8);
  CHECK_FALSE(name.exists());
}

TEST_CASE("who leaves while another frees what the dead left waits for that one") {
  const RingName name("share-busy");
  const Options options = shared(SlotForm::shared_out);
  auto producer = tally::ring::Producer::open(name.str(), options).value();
  auto leaves = SpmcConsumer::open(name.str(), options).value();
  for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(push_crc(producer, i));
  REQUIRE(leaves.peek(1) == 1);
  Child dies([&] {
    auto dead = SpmcConsumer::open(name.str(), options);
    if (!dead || dead->peek(2) != 2) return 2;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(dies.reap() == -SIGKILL);
  // The other has the lock and has come no further than what this one still says that it reads.
  const tally::UniqueFd other(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(tally::ring::try_lock_byte(other.get(), tally::ring::kMendLockByte).value());
  std::thread frees([&] {
    ::usleep(50'000);
    tally::ring::unlock_byte(other.get(), tally::ring::kMendLockByte);
  });
  leaves.close();
  frees.join();
  CHECK(leaves.found_in_doubt() == 2);
  CHECK(status_of(name).in_doubt == 3);
  CHECK(status_of(name).head == 3);
}

TEST_SUITE_END();
