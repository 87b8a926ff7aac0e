// The hot loops of rings take no page fault: opening has touched every page of both mappings.
#include <array>
#include <doctest/doctest.h>

#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"
#include "support/page_faults.hpp"
#include "support/ring.hpp"

namespace {

constexpr int kRecords = 20'000;  // several laps

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("pushes and pops of a ring of slots take no page fault") {
  tally::test::skip_where_shadow_memory_faults();
  const tally::test::RingName name("faults");
  tally::ring::Options options;
  options.slots = 1024;
  options.bytes = 2048;
  auto producer = tally::ring::Producer::open(name.str(), options).value();
  auto consumer = tally::ring::Consumer::open(name.str(), options).value();
  static std::array<std::uint8_t, 2048> payload = {1};
  static std::array<std::uint8_t, 2048> got = {1};
  std::uint64_t failed = 0;
  tally::ring::RecordMeta meta;
  const auto loop = [&](int count) {
    for (int i = 0; i < count; ++i) {
      failed += producer.try_push({}, payload) ? 0U : 1U;
      failed += consumer.try_pop(meta, got) ? 0U : 1U;
    }
  };
  tally::test::check_takes_no_page_fault(loop, kRecords);
  CHECK(failed == 0);
}

TEST_CASE("pushes and pops of a ring of bytes take no page fault") {
  tally::test::skip_where_shadow_memory_faults();
  const tally::test::RingName name("faults-bytes");
  tally::ring::Options options;
  options.bytes = 1U << 21U;
  auto producer = tally::ring::ByteProducer::open(name.str(), options).value();
  auto consumer = tally::ring::ByteConsumer::open(name.str(), options).value();
  static std::array<std::uint8_t, 1400> payload = {1};
  std::uint64_t failed = 0;
  std::array<tally::ring::ByteRecord, 1> record;
  const auto loop = [&](int count) {
    for (int i = 0; i < count; ++i) {
      failed += producer.try_push(payload) ? 0U : 1U;
      failed += consumer.peek(record) == 1 ? 0U : 1U;
      consumer.release(record);
    }
  };
  tally::test::check_takes_no_page_fault(loop, kRecords);
  CHECK(failed == 0);
}

TEST_SUITE_END();
