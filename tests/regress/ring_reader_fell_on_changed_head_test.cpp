// A reader of a broadcast that was overtaken went on at whatever `head` said: where somebody had
// changed it, it read beyond the mapping and fell, or waited at full speed for a record that was
// never to come.
#include <array>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/inspector.hpp"
#include "support/ring.hpp"

TEST_SUITE_BEGIN("regress");

TEST_CASE("a reader gives a broadcast up whose head is where no record begins") {
  constexpr std::uint64_t kAreaBytes = 4096;
  constexpr std::uint64_t kWaitNs = 1'000'000;
  // Not a multiple of 16, at the end of the area and in it; beyond the tail; inside of a record.
  for (const std::uint64_t head :
       {3 * kAreaBytes - 1, std::uint64_t{9}, 3 * kAreaBytes, std::uint64_t{16}}) {
    CAPTURE(head);
    for (const bool reads : {true, false}) {
      const tally::test::RingName name("regress-head");
      tally::ring::Options options;
      options.bytes = kAreaBytes;
      auto producer = tally::ring::BroadcastProducer::open(name.str(), options).value();
      auto reader = tally::ring::BroadcastReader::open(name.str(), options).value();
      for (int i = 0; i < 2; ++i) {
        REQUIRE(producer.push(tally::Bytes(100, 1)) == tally::ring::PushResult::ok);
      }
      const tally::core::UniqueFd file(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
      REQUIRE(::pwrite(file.get(), &head, sizeof head, offsetof(tally::ring::Header, head)) ==
              sizeof head);
      std::array<tally::ring::BroadcastRecord, 4> records;
      tally::Bytes room(reader.room_bytes());
      if (reads) CHECK(reader.read(records, room) == 0);
      CHECK(reader.wait_readable(tally::core::monotonic_ns() + kWaitNs) ==
            tally::ring::PopResult::poisoned);
      CHECK(tally::ring::stat_ring(name.str()).value().poison_reason ==
            tally::ring::PoisonReason::bad_cursor);
    }
  }
}

TEST_SUITE_END();
