#include "ring/inspector.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

#include "core/clock.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"

using tally::Code;
using tally::ring::Consumer;
using tally::ring::EndpointState;
using tally::ring::list_rings;
using tally::ring::Options;
using tally::ring::Producer;
using tally::ring::RecordMeta;
using tally::ring::remove_ring;
using tally::ring::stat_ring;
using tally::test::RingName;

namespace {

bool is_listed(const RingName& name) {
  const auto names = list_rings().value();
  return std::find(names.begin(), names.end(), name.str()) != names.end();
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("a ring is listed while it is there and its status tells all") {
  const RingName name("status");
  CHECK_FALSE(is_listed(name));
  CHECK(stat_ring(name.str()).error().code == Code::no_input);
  Options options;
  options.slots = 8;
  options.bytes = 32;
  auto producer = Producer::open(name.str(), options).value();
  CHECK(is_listed(name));
  auto before = stat_ring(name.str()).value();
  CHECK(before.consumer.state == EndpointState::absent);
  CHECK(before.in_use());
  for (int i = 0; i < 3; ++i) {
    CHECK(producer.try_push(RecordMeta{}, tally::core::as_bytes("12345")));
  }
  auto consumer = Consumer::open(name.str()).value();
  RecordMeta meta;
  CHECK(consumer.try_pop(meta, {}));
  const auto status = stat_ring(name.str()).value();
  CHECK(status.path == name.path());
  CHECK(status.slots == 8);
  CHECK(status.payload_bytes == 32);
  CHECK(status.slot_bytes == 64);
  CHECK(status.state == tally::ring::State::ready);
  CHECK(status.from_this_boot);
  CHECK(status.depth == 2);
  CHECK(status.lost == 0);
  CHECK(status.producer.records == 3);
  CHECK(status.producer.bytes == 15);
  CHECK(status.consumer.records == 1);
  CHECK(status.producer.state == EndpointState::alive);
  CHECK(status.consumer.state == EndpointState::alive);
  CHECK(status.producer.pid == static_cast<std::uint32_t>(::getpid()));
  CHECK(status.producer.attaches == 1);
  CHECK_FALSE(status.producer.comm.empty());
  before.taken_ns = status.taken_ns - 500'000'000;
  const auto rates = tally::ring::rates(before, status);
  CHECK(rates.records_in_per_s == doctest::Approx(6));
  CHECK(rates.records_out_per_s == doctest::Approx(2));
  CHECK(rates.bytes_in_per_s == doctest::Approx(30));
  CHECK(tally::ring::rates(status, status).records_in_per_s == 0);
}

TEST_CASE("a ring that is held is kept unless forced and then both ends hear of it") {
  const RingName name("rm");
  auto producer = Producer::open(name.str()).value();
  auto consumer = Consumer::open(name.str()).value();
  const auto refused = remove_ring(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::try_again);
  CHECK(refused.error().message.find("held by producer pid " + std::to_string(::getpid())) !=
        std::string::npos);
  CHECK(producer.try_push(RecordMeta{}, {}));
  REQUIRE(remove_ring(name.str(), true).has_value());
  CHECK_FALSE(name.exists());
  RecordMeta meta;
  CHECK(consumer.pop_wait(meta, {}) == tally::ring::PopResult::ok);
  CHECK(consumer.pop_wait(meta, {}) == tally::ring::PopResult::poisoned);
  CHECK(remove_ring(name.str()).error().code == Code::no_input);
  // A new ring of that name is not touched by the old one's ends.
  auto fresh = Producer::open(name.str()).value();
  producer.close();
  consumer.close();
  CHECK(name.exists());
}

TEST_CASE("what a killed process left is dead and removed without force") {
  const RingName name("dead");
  tally::test::Child child([&] {
    auto producer = Producer::open(name.str());
    auto consumer = Consumer::open(name.str());
    if (!producer || !consumer) return 1;
    for (int i = 0; i < 5; ++i) {
      if (!producer->try_push(RecordMeta{}, {})) return 2;
    }
    ::raise(SIGKILL);
    return 0;
  });
  CHECK(child.reap() == -SIGKILL);
  const auto status = stat_ring(name.str()).value();
  CHECK(status.producer.state == EndpointState::dead);
  CHECK(status.consumer.state == EndpointState::dead);
  CHECK_FALSE(status.in_use());
  CHECK(status.depth == 5);
  CHECK(remove_ring(name.str()).value().discarded == 5);
  CHECK_FALSE(name.exists());
}

TEST_CASE("a broken ring can be removed") {
  const RingName name("broken");
  {
    auto producer = Producer::open(name.str()).value();
    CHECK(producer.try_push(RecordMeta{}, {}));
  }
  REQUIRE(::truncate(name.path().c_str(), 100) == 0);
  CHECK(stat_ring(name.str()).error().code == Code::bad_data);
  CHECK(remove_ring(name.str()).value().discarded == 0);
  CHECK_FALSE(name.exists());
}

TEST_CASE("names of other folders are refused") {
  CHECK(stat_ring("../etc").error().code == Code::usage);
  CHECK(remove_ring("a/b", true).error().code == Code::usage);
}

TEST_SUITE_END();
