// A child made by fork() that destroyed the ends it had inherited closed them for its parent: their
// lock was free and what they had claimed was given up, while the parent went on to write there.
#include <array>
#include <doctest/doctest.h>
#include <optional>

#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"

namespace {

using namespace tally::ring;  // NOLINT(google-build-using-namespace): what is tested

template <typename End>
void destroy_in_child(std::optional<End>& end) {
  tally::test::Child child([&] {
    end.reset();
    return 0;
  });
  REQUIRE(child.reap() == 0);
}

TEST_CASE("a forked child that destroys an end of its parent leaves it alone") {
  const tally::test::RingName name("fork-one");
  std::optional producer(Producer::open(name.str()).value());
  std::optional consumer(Consumer::open(name.str()).value());
  destroy_in_child(producer);
  CHECK(consumer->peer() == Peer::alive);
  destroy_in_child(consumer);
  CHECK(producer->peer() == Peer::alive);
  REQUIRE(producer->try_push({}, {}));
  CHECK(consumer->peek(2) == 1);
}

TEST_CASE("a forked child that destroys a producer of many gives up nothing of it") {
  const tally::test::RingName name("fork-many");
  Options options;
  options.form = SlotForm::claimed;
  Consumer consumer = Consumer::open(name.str(), options).value();
  std::optional producer(MpscProducer::open(name.str()).value());
  REQUIRE(producer->claim(1) == 1);
  destroy_in_child(producer);
  CHECK(consumer.peer() == Peer::alive);
  for (int i = 0; i < 200; ++i) REQUIRE(consumer.peek(1) == 0);
  CHECK(consumer.stats().tombstones == 0);
  producer->slot(0).meta = {};
  producer->commit(1);
  CHECK(consumer.peek(1) == 1);
}

TEST_CASE("a forked child that destroys a consumer of many puts nothing of it in doubt") {
  const tally::test::RingName name("fork-share");
  Options options;
  options.form = SlotForm::shared_out;
  Producer producer = Producer::open(name.str(), options).value();
  std::optional consumer(SpmcConsumer::open(name.str(), options).value());
  REQUIRE(producer.try_push({}, {}));
  REQUIRE(consumer->peek(1) == 1);
  destroy_in_child(consumer);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.in_hand == 1);
  CHECK(status.in_doubt == 0);
  CHECK(producer.peer() == Peer::alive);
  consumer->release(1);
  CHECK(tally::ring::stat_ring(name.str()).value().head == 1);
}

}  // namespace
