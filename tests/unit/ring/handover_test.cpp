// Rings without a name, handed from the process that makes one to the one that takes it: what
// arrives, who is refused, and what is left.
#include "ring/handover.hpp"

#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/file.hpp"
#include "mem/memory_file.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"
#include "support/skip.hpp"

using tally::Code;
using tally::core::as_bytes;
using tally::core::monotonic_ns;
using tally::ring::Consumer;
using tally::ring::HandoverSocket;
using tally::ring::Options;
using tally::ring::Peer;
using tally::ring::PopResult;
using tally::ring::Producer;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::test::Child;

namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

Options handed(std::uint64_t timeout_ns = 10 * kSecondNs) {
  Options options;
  options.place = tally::ring::Place::handed;
  options.bytes = 64;
  options.slots = 8;
  options.open_timeout_ns = timeout_ns;
  return options;
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// Gives whatever `fd` is to the one who comes.
int give(const std::string& path, int fd) {
  const std::uint64_t deadline_ns = monotonic_ns() + kSecondNs;
  const auto socket = HandoverSocket::open(path, deadline_ns);
  if (!socket || !socket->gives()) return 1;
  return socket->give(fd, deadline_ns).has_value() ? 0 : 2;
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("a ring that is handed over carries records and leaves no file") {
  for (const bool producer_first : {true, false}) {
    const tally::test::Folder folder;
    const std::string path = folder.file("ring");
    const auto produce = [&] {
      auto producer = Producer::open(path, handed());
      if (!producer) return 1;
      for (std::uint64_t i = 0; i < 100; ++i) {
        RecordMeta meta;
        meta.sequence = i;
        if (producer->push(meta, as_bytes("payload"), monotonic_ns() + 10 * kSecondNs) !=
            PushResult::ok) {
          return 2;
        }
      }
      producer->close();
      return 0;
    };
    Child child([&] {
      while (!producer_first && !is_there(path)) ::usleep(1000);
      return produce();
    });
    while (producer_first && !is_there(path)) ::usleep(1000);
    auto consumer = Consumer::open(path, handed()).value();
    std::array<std::uint8_t, 64> payload{};
    RecordMeta meta;
    for (std::uint64_t i = 0; i < 100; ++i) {
      REQUIRE(consumer.pop_wait(meta, payload, monotonic_ns() + 10 * kSecondNs) == PopResult::ok);
      REQUIRE(meta.sequence == i);
    }
    CHECK(consumer.pop_wait(meta, payload, monotonic_ns() + 10 * kSecondNs) == PopResult::closed);
    CHECK(child.reap() == 0);
    CHECK_FALSE(is_there(path));
  }
}

TEST_CASE("the death of the side that gave a ring or took it is seen at once by the other") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  for (const bool giver_dies : {true, false}) {
    Child child([&] {
      while (!giver_dies && !is_there(path)) ::usleep(1000);
      auto producer = Producer::open(path, handed());
      for (;;) ::pause();
      return 0;
    });
    while (giver_dies && !is_there(path)) ::usleep(1000);
    auto consumer = Consumer::open(path, handed()).value();
    CHECK(consumer.peer() == Peer::alive);
    child.kill_and_reap();
    CHECK(consumer.peer() == Peer::dead);
  }
}

TEST_CASE("a broadcast is handed over as well and other kinds are refused") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  Options area = handed();
  area.slots.reset();
  area.bytes = 4096;
  Child child([&] {
    auto producer = tally::ring::BroadcastProducer::open(path, area);
    if (!producer || producer->push(as_bytes("payload")) != PushResult::ok) return 1;
    producer->close();
    return 0;
  });
  while (!is_there(path)) ::usleep(1000);
  // Who is refused leaves the ring to another.
  const auto refused = Consumer::open(path, handed());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("kind=broadcast") != std::string::npos);
  auto reader = tally::ring::BroadcastReader::open(path, area).value();
  std::array<tally::ring::BroadcastRecord, 2> records;
  tally::Bytes room(reader.room_bytes());
  REQUIRE(reader.wait_readable(monotonic_ns() + 10 * kSecondNs) == PopResult::ok);
  CHECK(reader.read(records, room) == 1);
  CHECK(child.reap() == 0);
}

TEST_CASE("two of one side do not meet and the right one still does") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  Child child([&] { return Producer::open(path, handed()).has_value() ? 0 : 1; });
  while (!is_there(path)) ::usleep(1000);
  const auto refused = Producer::open(path, handed());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::try_again);
  CHECK(refused.error().message.find("already has a producer, pid " +
                                     std::to_string(child.pid())) != std::string::npos);
  CHECK(Consumer::open(path, handed()).has_value());
  CHECK(child.reap() == 0);
}

TEST_CASE("who waits in vain for a taker says so and takes its socket away") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  const auto alone = Producer::open(path, handed(kSecondNs / 50));
  REQUIRE_FALSE(alone.has_value());
  CHECK(alone.error().code == Code::try_again);
  CHECK(alone.error().message.find("nobody came to " + path) != std::string::npos);
  CHECK_FALSE(is_there(path));
}

TEST_CASE("a socket that a killed process left is replaced and another file is not") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  Child killed([&] { return Producer::open(path, handed()).has_value() ? 0 : 1; });
  while (!is_there(path)) ::usleep(1000);
  killed.kill_and_reap();
  REQUIRE(is_there(path));
  Child child([&] { return Producer::open(path, handed()).has_value() ? 0 : 1; });
  tally::Result<Consumer> consumer = Consumer::open(path, handed());
  CHECK(consumer.has_value());
  CHECK(child.reap() == 0);

  const std::string file = folder.file("file");
  REQUIRE(tally::core::create_file(file, as_bytes("mine"), 0600).has_value());
  CHECK(Producer::open(file, handed()).error().code == Code::usage);
  CHECK(tally::core::read_file(file).value() == "mine");
}

TEST_CASE("what is handed over and is no sealed ring is refused by name") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  const auto refusal = [&](int fd) {
    const Child giver([&] { return give(path, fd); });
    while (!is_there(path)) ::usleep(1000);
    const auto refused = Consumer::open(path, handed());
    REQUIRE_FALSE(refused.has_value());
    return refused.error().message;
  };
  const auto unsealed = tally::mem::make_memory_file("test", 16'384, {}).value();
  CHECK(refusal(unsealed.fd.get()).find("F_SEAL_SHRINK") != std::string::npos);
  ::unlink(path.c_str());
  const auto empty = tally::mem::make_memory_file("test", 16'384, {}).value();
  REQUIRE(tally::mem::seal_size(empty.fd.get()).has_value());
  CHECK(refusal(empty.fd.get()).find("magic does not match") != std::string::npos);
  ::unlink(path.c_str());
  const auto pipe = tally::core::open_pipe().value();
  CHECK(refusal(pipe.read.get()).find("no memory file") != std::string::npos);
}

TEST_CASE("another user gets no ring and gives none") {
  if (::geteuid() != 0) tally::test::skip("only root can be another user");
  constexpr uid_t kNobody = 65'534;
  const tally::test::Folder folder;
  ::chmod(folder.path().c_str(), 0777);
  const std::string path = folder.file("ring");
  Child stranger([&] {
    if (::seteuid(kNobody) != 0) return 1;
    return Producer::open(path, handed(kSecondNs)).has_value() ? 2 : 0;
  });
  while (!is_there(path)) ::usleep(1000);
  const auto refused = Consumer::open(path, handed());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::permission);
  CHECK(refused.error().message.find("user 65534") != std::string::npos);
  CHECK(stranger.reap() == 0);
}

TEST_CASE("paths that no socket can have are refused") {
  for (const std::string& path : {std::string(), std::string(97, 'x'), std::string("a\0b", 3)}) {
    CHECK(tally::ring::check_handover_path(path).error().code == Code::usage);
  }
  CHECK(Producer::open("/no/such/folder/x", handed()).error().code == Code::cannot_create);
  const auto parsed = tally::ring::parse_endpoint("memfd:/run/x.sock,slots=16").value();
  CHECK(parsed.name == "/run/x.sock");
  CHECK(parsed.options.place == tally::ring::Place::handed);
  CHECK_FALSE(tally::ring::parse_endpoint("memfd:").has_value());
}

TEST_SUITE_END();
