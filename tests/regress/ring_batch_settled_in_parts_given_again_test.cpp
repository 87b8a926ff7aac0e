// Of a batch of records from a ring that a sink took in parts, or took nothing of at first, only
// the first part was settled: the rest went out and stayed in the ring, and went out once more.
#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "net/open.hpp"
#include "ring/inspector.hpp"
#include "support/ring.hpp"

namespace net = tally::net;

namespace {

std::uint64_t in_a_second() {
  return tally::core::monotonic_ns() + 1'000'000'000;
}

// A batch of six, in parts of `parts`, then a record more.
void settle_in_parts(const std::string& kind) {
  CAPTURE(kind);
  const tally::test::RingName name("regress-parts-" + kind);
  const auto endpoint = net::parse_endpoint("shm:" + name.str() + ",kind=" + kind).value();
  const auto sink = std::move(net::open_sink(endpoint, {}).value().side);
  const auto source = std::move(net::open_source(endpoint, {}, -1).value().side);
  const auto push = [&](std::uint64_t sequence) {
    const net::Record record{sequence, 0, 0, 0, tally::core::as_bytes("payload")};
    REQUIRE(sink->push({&record, 1}, 0).count == 1);
  };
  for (std::uint64_t i = 1; i <= 6; ++i) push(i);
  std::array<net::Record, 6> batch;
  REQUIRE(source->pull(batch, in_a_second()).count == 6);
  for (const std::size_t part : {0U, 2U, 0U, 1U, 2U}) source->settle(part);
  const auto stat = [&] { return tally::ring::stat_ring(name.str()).value(); };
  CHECK(stat().released() == 5);
  CHECK(batch[5].sequence == 6);
  source->settle(9);
  CHECK(stat().released() == 6);
  push(7);
  REQUIRE(source->pull(batch, in_a_second()).count == 1);
  CHECK(batch[0].sequence == 7);
  CHECK(source->counts().records == 7);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a batch that is settled in parts is given once by every kind of ring") {
  for (const char* kind : {"spsc", "mpsc", "spmc", "mpmc", "bytes", "broadcast"}) {
    settle_in_parts(kind);
  }
}

TEST_SUITE_END();
