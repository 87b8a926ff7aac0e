// A reader of a broadcast that left with records that were not delivered counted what it had lost
// before them twice where the producer had gone, and where it had not, called records kept that
// were overwritten already.
#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "net/open.hpp"
#include "ring/inspector.hpp"
#include "support/ring.hpp"

namespace net = tally::net;

namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

// Both ends of a broadcast.
struct Ends {
  explicit Ends(const std::string& ring) {
    const auto endpoint = net::parse_endpoint("shm:" + ring + ",kind=broadcast,bytes=4096").value();
    sink = std::move(net::open_sink(endpoint, {}).value().side);
    source = std::move(net::open_source(endpoint, {}, -1).value().side);
  }
  void push(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const net::Record record{++pushed, 0, 0, 0, tally::core::as_bytes("payload")};
      REQUIRE(sink->push({&record, 1}, 0).count == 1);
    }
  }
  // Neither delivers nor settles what it takes.
  std::size_t pull(std::size_t most) {
    std::vector<net::Record> records(most);
    return source->pull(records, tally::core::monotonic_ns() + kSecondNs).count;
  }

  std::unique_ptr<net::Sink> sink;
  std::unique_ptr<net::Source> source;
  std::uint64_t pushed = 0;
};

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("losses before records that were not delivered count once") {
  const tally::test::RingName name("regress-twice");
  Ends ends(name.str());
  ends.push(500);
  const std::size_t given = ends.pull(4);
  REQUIRE(given == 4);
  ends.push(3);
  REQUIRE(ends.sink->close(0).has_value());
  CHECK(ends.source->leave(given) == 0);
  const net::SourceCounts counts = ends.source->counts();
  CHECK(counts.overwritten > 300);
  CHECK(counts.records + counts.overwritten + counts.ring_lost == ends.pushed);
}

TEST_CASE("records that were overwritten since they were given are not kept") {
  const tally::test::RingName name("regress-since");
  Ends ends(name.str());
  ends.push(10);
  REQUIRE(ends.pull(4) == 4);
  ends.push(500);
  CHECK(ends.source->leave(4) == 0);
  const net::SourceCounts counts = ends.source->counts();
  const std::uint64_t depth = tally::ring::stat_ring(name.str()).value().depth;
  CHECK(counts.records + counts.overwritten + depth == ends.pushed);
  CHECK(counts.ring_lost == 0);
}

TEST_CASE("records that are still there are kept") {
  const tally::test::RingName name("regress-kept");
  Ends ends(name.str());
  ends.push(10);
  REQUIRE(ends.pull(4) == 4);
  ends.source->settle(1);
  CHECK(ends.source->leave(3) == 3);
  CHECK(ends.source->counts().overwritten == 0);
}

TEST_SUITE_END();
