// A consumer that polls takes records before their producer stores its tail, which it never does if
// it is killed in between. The distance from that tail was taken for a number without a sign: the
// consumer then counted 2^64 less one or two records as lost, and a full ring as its greatest
// depth.
#include <array>
#include <csignal>
#include <cstddef>
#include <doctest/doctest.h>

#include "net/ring_source.hpp"
#include "ring/consumer.hpp"
#include "ring/layout.hpp"
#include "ring/producer.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"

namespace {

using namespace tally::ring;  // NOLINT(google-build-using-namespace): what is tested

// A ring of records of which its producer, who was killed, had stored the tail of the first alone.
void make_ring(const std::string& name, const Options& options, int records) {
  tally::test::Child child([&] {
    auto producer = Producer::open(name, options).value();
    for (int i = 0; i < records; ++i) {
      if (!producer.try_push({}, {})) return 1;
    }
    if (!tally::test::store_word(name, offsetof(Header, tail), 1)) return 3;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(child.reap() == -SIGKILL);
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("records that were taken before their tail was stored are neither lost nor a depth") {
  Options options;
  options.slots = 256;
  options.bytes = 64;
  const tally::test::RingName name("regress-tail-behind");
  make_ring(name.str(), options, 66);
  auto consumer = Consumer::open(name.str()).value();
  CHECK(consumer.depth() == 66);
  RecordMeta meta;
  for (int i = 0; i < 65; ++i) REQUIRE(consumer.try_pop(meta, {}));
  CHECK(consumer.depth() == 1);
  CHECK(consumer.stats().max_depth.load() <= 66);

  tally::net::RingSource source(std::move(consumer));
  std::array<tally::net::Record, 4> records;
  CHECK(source.pull(records, 1).count == 1);
  source.settle(1);
  CHECK(source.leave(0) == 0);
  CHECK(source.counts().ring_lost == 0);
}

TEST_SUITE_END();
