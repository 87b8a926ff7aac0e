// The producer of a broadcast that was handed over went on after its reader, the only one that it
// could ever have, had left or was killed: everything from there on was lost without a word.
#include <doctest/doctest.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

using tally::ring::PushResult;

TEST_SUITE_BEGIN("regress");

TEST_CASE("a producer that is left alone with a ring without a name says so") {
  constexpr std::uint32_t kAreaBytes = 4096;
  tally::ring::Options options;
  options.place = tally::ring::Place::handed;
  options.bytes = kAreaBytes;
  for (const bool is_killed : {true, false}) {
    const tally::test::Folder folder;
    const std::string path = folder.file("ring");
    tally::test::Child child([&] {
      while (::access(path.c_str(), F_OK) != 0) ::usleep(1000);
      auto reader = tally::ring::BroadcastReader::open(path, options);
      if (!reader) return 1;
      if (is_killed) ::raise(SIGKILL);
      reader->close();
      return 0;
    });
    auto producer = tally::ring::BroadcastProducer::open(path, options).value();
    CHECK(child.reap() == (is_killed ? -SIGKILL : 0));
    const tally::Bytes payload(100);
    PushResult result = PushResult::ok;
    for (std::uint32_t sent = 0; sent <= kAreaBytes && result == PushResult::ok; sent += 100) {
      result = producer.push(payload);
    }
    CHECK(result == (is_killed ? PushResult::peer_dead : PushResult::closed));
  }
}

TEST_SUITE_END();
