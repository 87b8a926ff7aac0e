// Of a broadcast that waits for its readers: a dead reader was counted by each producer that
// followed; one that was killed before it had stored where it begins handed on a place that it
// never had; a wait that expired had passed over a dead reader and said that there was no room; a
// place in the middle of a record kept a waiting producer from sleeping; and ring verify blamed a
// reader for what its killed producer had not come to store.
#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/layout.hpp"
#include "ring/verify.hpp"
#include "support/broadcast.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"

using tally::ring::PushResult;
using tally::test::Child;
using tally::test::fill;
using tally::test::open_gated;
using tally::test::RingName;
using tally::test::Taker;

namespace {

void write_word(const RingName& name, std::uint64_t at, std::uint64_t word) {
  REQUIRE(tally::test::store_word(name.str(), at, word));
}
std::uint64_t read_word(const RingName& name, std::uint64_t at) {
  const tally::UniqueFd file(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
  std::uint64_t word = 0;
  REQUIRE(::pread(file.get(), &word, sizeof word, static_cast<off_t>(at)) == sizeof word);
  return word;
}
// Of a field of a reader's entry.
std::uint64_t at_reader(std::size_t index, std::size_t field) {
  const std::size_t entry = tally::ring::kConsumerEntry + index;
  return offsetof(tally::ring::Header, endpoints) + entry * sizeof(tally::ring::Endpoint) + field;
}

void leave_dead_reader(const RingName& name) {
  Child child([&] {
    const Taker taker(name.str());
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(child.reap() == -SIGKILL);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a dead reader is counted by one producer of a broadcast and by none that follows") {
  const RingName name("regress-passed");
  auto first = open_gated(name);
  Taker lives(name.str());
  leave_dead_reader(name);
  for (int i = 0; i < 10; ++i) {
    CHECK(fill(first, 5) == 5);
    REQUIRE(lives.take_all());
  }
  CHECK(first.stats().passed_readers == 1);
  first.close();
  auto second = open_gated(name);
  for (int i = 0; i < 10; ++i) {
    CHECK(fill(second, 5) == 5);
    REQUIRE(lives.take_all());
  }
  CHECK(second.stats().passed_readers == 1);
  CHECK(lives.reader.lost() == 0);
}

TEST_CASE("a wait that expires with a dead reader finds the room that this one held") {
  const RingName name("regress-expired");
  auto producer = open_gated(name);
  Child child([&] {
    const Taker taker(name.str());
    ::raise(SIGSTOP);
    return 0;
  });
  int status = 0;
  REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
  fill(producer);
  child.kill_and_reap();
  CHECK(producer.wait_writable(tally::test::kLargest, 1) == PushResult::ok);
  CHECK(producer.stats().passed_readers == 1);
}

TEST_CASE("who follows a reader that was killed while it came begins with the next record") {
  const RingName name("regress-coming");
  auto producer = open_gated(name);
  Taker lives(name.str());
  fill(producer, 9);
  REQUIRE(lives.take_all());
  leave_dead_reader(name);
  // As if it had not come to store that it begins behind the nine.
  const std::uint64_t cursor = at_reader(1, offsetof(tally::ring::Endpoint, cursor));
  const std::uint64_t turn = offsetof(tally::ring::ReaderCursor, turn);
  write_word(name, cursor + turn, read_word(name, cursor + turn) - 1);
  write_word(name, at_reader(1, offsetof(tally::ring::Endpoint, intent)), 1);
  Taker follows(name.str());
  CHECK(follows.reader.number() == 9);
  CHECK(follows.reader.behind_records() == 0);
  // Of its own it has promised all.
  fill(producer, 4);
  REQUIRE(follows.take_all());
  CHECK(follows.taken == 4);
  CHECK(read_word(name, at_reader(1, offsetof(tally::ring::Endpoint, intent))) == 0);
}

TEST_CASE("a producer that waits for a reader in the middle of a record sleeps") {
  const RingName name("regress-middle");
  auto producer = open_gated(name);
  Taker slow(name.str());
  // Records of 112 bytes of the area. The next one, which begins with the next lap, needs the first
  // 120: two records, of which the place leaves half of the second.
  const tally::Bytes payload(88);
  while (producer.push(payload) == PushResult::ok) {
  }
  const std::uint64_t cursor = at_reader(0, offsetof(tally::ring::Endpoint, cursor));
  const std::uint64_t turn = read_word(name, cursor + offsetof(tally::ring::ReaderCursor, turn));
  write_word(name, cursor + turn % 2 * sizeof(tally::ring::ReaderPlace), 160);
  const std::uint64_t until = tally::core::monotonic_ns() + 50'000'000;
  CHECK(producer.wait_writable(payload.size(), until) == PushResult::timeout);
  CHECK(producer.stats().sleeps > 0);
}

TEST_CASE("a broadcast or a ring of bytes whose producer was killed before its tail is whole") {
  for (const bool cast : {true, false}) {
    CAPTURE(cast);
    const RingName name("regress-cast-tail");
    Child child([&] {
      if (cast) {
        auto producer = open_gated(name);
        Taker taker(name.str());
        fill(producer, 3);
        if (!taker.take(3)) return 1;
        write_word(name, offsetof(tally::ring::Header, tail), 0);
        ::raise(SIGKILL);
      }
      auto producer = tally::ring::ByteProducer::open(name.str(), {}).value();
      auto consumer = tally::ring::ByteConsumer::open(name.str(), {}).value();
      for (int i = 0; i < 3; ++i) (void)producer.try_push(tally::Bytes(20));
      std::array<tally::ring::ByteRecord, 2> records;
      if (consumer.peek(records) != 2) return 2;
      consumer.release(records);
      write_word(name, offsetof(tally::ring::Header, tail), 0);
      ::raise(SIGKILL);
      return 0;
    });
    REQUIRE(child.reap() == -SIGKILL);
    const tally::ring::Verdict verdict = tally::ring::verify_ring(name.str()).value();
    CHECK(verdict.findings.empty());
    CHECK(verdict.records == (cast ? 3U : 1U));
  }
}

TEST_SUITE_END();
