// The hot loops of rings take no page fault: opening has touched every page of both mappings.
#include <array>
#include <doctest/doctest.h>
#include <sys/resource.h>

#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"
#include "support/ring.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"

namespace {

long faults_of_this_thread() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

void skip_where_shadow_memory_faults() {
  if (tally::test::kAddressSanitizer || tally::test::kThreadSanitizer)
    tally::test::skip("a sanitizer's own memory is paged in while the loop runs");
}

constexpr std::uint64_t kRecords = 20'000;  // several laps

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("pushes and pops of a ring of slots take no page fault") {
  skip_where_shadow_memory_faults();
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
  const auto loop = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      failed += producer.try_push({}, payload) ? 0U : 1U;
      failed += consumer.try_pop(meta, got) ? 0U : 1U;
    }
  };
  loop(1);  // the code's own pages and the stack's
  const long before = faults_of_this_thread();
  loop(kRecords);
  CHECK(faults_of_this_thread() == before);
  CHECK(failed == 0);
}

TEST_CASE("pushes and pops of a ring of bytes take no page fault") {
  skip_where_shadow_memory_faults();
  const tally::test::RingName name("faults-bytes");
  tally::ring::Options options;
  options.bytes = 1U << 21U;
  auto producer = tally::ring::ByteProducer::open(name.str(), options).value();
  auto consumer = tally::ring::ByteConsumer::open(name.str(), options).value();
  static std::array<std::uint8_t, 1400> payload = {1};
  std::uint64_t failed = 0;
  std::array<tally::ring::ByteRecord, 1> record;
  const auto loop = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      failed += producer.try_push(payload) ? 0U : 1U;
      failed += consumer.peek(record) == 1 ? 0U : 1U;
      consumer.release(record);
    }
  };
  loop(1);
  const long before = faults_of_this_thread();
  loop(kRecords);
  CHECK(faults_of_this_thread() == before);
  CHECK(failed == 0);
}

TEST_SUITE_END();
