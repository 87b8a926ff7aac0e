// Producers and consumers of a ring whose records are shared out, in processes of their own, that
// are killed and replaced, or stopped for a while, again and again. Each record is seen by one
// consumer; what it had not released when it was killed is in doubt, and nothing else is missing or
// comes twice.
#include <array>
#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <type_traits>

#include "core/clock.hpp"
#include "ring/inspector.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "support/child.hpp"
#include "support/crc_payload.hpp"
#include "support/ring.hpp"
#include "support/rounds.hpp"

using tally::ring::Options;
using tally::ring::PopResult;
using tally::ring::PushResult;
using tally::ring::RecordMeta;
using tally::test::Child;
using tally::test::kPatienceNs;
using tally::test::rounds;

namespace {

constexpr std::size_t kMostBytes = tally::test::kCrcPayloadBytes;
constexpr std::size_t kBatch = 4;
constexpr std::size_t kWriters = 3;
constexpr std::uint64_t kWriterShift = 48;

// What outlives a killed process.
constexpr std::size_t kTakers = 3;
constexpr std::size_t kNumbers = std::size_t{1} << 22U;
struct SharedLedger {
  std::array<std::atomic<std::uint64_t>, kWriters> noted;  // numbers below this may be committed
  std::array<std::atomic<std::uint64_t>, kWriters> committed;  // how many are for certain
  std::atomic<std::uint64_t> allowed;  // numbers, so that they last for all rounds
  std::atomic<std::uint64_t> wrong;
  std::atomic<std::uint64_t> ready;
  std::atomic<bool> over;
  // How often a number was released, and how often one was about to be, over all writers.
  std::array<std::array<std::atomic<std::uint8_t>, kNumbers>, kWriters> seen;
  std::array<std::array<std::atomic<std::uint8_t>, kNumbers>, kWriters> released;
};

Options shared_options(tally::ring::SlotForm form) {
  Options options;
  options.form = form;
  options.slots = 16;
  options.bytes = kMostBytes;
  return options;
}

template <typename Producer>
int produce_for_sharers(SharedLedger& ledger, const std::string& name, std::size_t index,
                        tally::ring::SlotForm form) {
  auto producer = Producer::open(name, shared_options(form)).value();
  ledger.ready += 1;
  while (!ledger.over) {
    const PushResult waited = producer.wait_writable(tally::core::monotonic_ns() + kPatienceNs);
    if (waited == PushResult::peer_dead) continue;  // its successor is on the way
    if (waited != PushResult::ok) return 2;
    const std::uint64_t first = ledger.noted[index];
    if (first >= ledger.allowed) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    const std::size_t claimed = producer.claim(1 + first % kBatch);
    const std::size_t count = claimed > 1 ? claimed - first % 2 : claimed;  // gives one up at times
    for (std::size_t i = 0; i < count; ++i) {
      const auto slot = producer.slot(i);
      slot.meta = RecordMeta{};
      slot.meta.time_ns = 1;
      slot.meta.length = static_cast<std::uint32_t>(tally::test::make_crc_payload(
          std::uint64_t{index} << kWriterShift | (first + i), slot.payload.data()));
    }
    ledger.noted[index] = first + count;
    producer.commit(count);
    ledger.committed[index] += count;
  }
  producer.close();
  return 0;
}

int share(SharedLedger& ledger, const std::string& name, tally::ring::SlotForm form) {
  auto consumer = tally::ring::SpmcConsumer::open(name, shared_options(form)).value();
  ledger.ready += 1;
  std::array<std::uint64_t, kWriters> next{};
  for (;;) {
    const PopResult waited = consumer.wait_readable(tally::core::monotonic_ns() + kPatienceNs);
    if (waited == PopResult::closed) return 0;
    if (waited == PopResult::peer_dead) continue;  // its successor is on the way
    if (waited != PopResult::ok) return 2;
    const std::size_t there = consumer.peek(kBatch);
    std::array<std::atomic<std::uint8_t>*, kBatch> released{};
    for (std::size_t i = 0; i < there; ++i) {
      const auto payload = tally::test::number_of_crc_payload(consumer.record(i).payload);
      const std::uint64_t index = payload.value_or(~std::uint64_t{0}) >> kWriterShift;
      const std::uint64_t number = payload.value_or(0) & ((std::uint64_t{1} << kWriterShift) - 1);
      if (index >= kWriters || number >= ledger.noted[index] || number < next[index]) {
        ledger.wrong += 1;
        return 3;
      }
      next[index] = number + 1;
      if (ledger.seen[index][number]++ != 0) ledger.wrong += 1;
      released[i] = &ledger.released[index][number];
    }
    consumer.release(there);
    for (std::size_t i = 0; i < there; ++i) *released[i] += 1;
  }
}

}  // namespace

TEST_SUITE_BEGIN("ring rounds");

TEST_CASE_TEMPLATE(
    "ends of a ring that is shared out that are killed and stopped at random double no record",
    Producer, tally::ring::Producer, tally::ring::MpscProducer) {
  constexpr bool kMany = std::is_same_v<Producer, tally::ring::MpscProducer>;
  constexpr std::size_t kProducers = kMany ? kWriters : 1;
  constexpr auto kForm = kMany ? tally::ring::SlotForm::traded : tally::ring::SlotForm::shared_out;
  const tally::test::RingName name("rounds-shared");
  void* const page = ::mmap(nullptr, sizeof(SharedLedger), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(page != MAP_FAILED);
  auto& ledger = *static_cast<SharedLedger*>(page);  // zeroed, and far too large to be touched
  const auto start = [&](std::size_t index) {
    return std::make_unique<Child>([&, index] {
      return index >= kProducers ? share(ledger, name.str(), kForm)
                                 : produce_for_sharers<Producer>(ledger, name.str(), index, kForm);
    });
  };
  std::array<std::unique_ptr<Child>, kProducers + kTakers> ends;
  constexpr std::uint64_t kOfOneRound = 400;
  REQUIRE(rounds() * kOfOneRound + kBatch <= kNumbers);
  const std::uint64_t kills = tally::test::kill_and_stop_some(
      ledger, ends, 20'261'128, start, [&] { ledger.allowed += kOfOneRound; });
  // Held open, so that what is in doubt can be asked for in the end.
  auto last = tally::ring::SpmcConsumer::open(name.str(), shared_options(kForm)).value();
  ledger.over = true;
  for (auto& end : ends) CHECK(end->reap() == 0);
  RecordMeta meta;
  std::array<std::uint8_t, kMostBytes> payload{};
  while (last.pop_wait(meta, payload) == PopResult::ok) {
    const auto number =
        tally::test::number_of_crc_payload(tally::ByteView(payload).first(meta.length));
    REQUIRE(number.has_value());
    const std::uint64_t index = *number >> kWriterShift;
    const std::uint64_t of_it = *number & ((std::uint64_t{1} << kWriterShift) - 1);
    CHECK(ledger.seen[index][of_it]++ == 0);
    ledger.released[index][of_it] += 1;
  }
  CHECK(ledger.wrong == 0);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.head == status.taken);
  CHECK(status.taken == status.tail);
  std::uint64_t doubled = 0;
  std::uint64_t released = 0;
  std::uint64_t unreleased = 0;  // committed for certain or not, and never known to be released
  std::uint64_t committed = 0;
  std::uint64_t noted = 0;
  for (std::size_t index = 0; index < kProducers; ++index) {
    committed += ledger.committed[index];
    noted += ledger.noted[index];
    for (std::uint64_t number = 0; number < ledger.noted[index]; ++number) {
      doubled += ledger.released[index][number] > 1 ? 1U : 0U;
      released += ledger.released[index][number];
      unreleased += ledger.released[index][number] == 0 ? 1U : 0U;
    }
    CHECK(ledger.committed[index] > 0);
  }
  // A record that nobody knows to have released was in doubt, or its consumer was killed behind the
  // release and before it said so, or its producer before the commit; a batch of each at most.
  CHECK(doubled == 0);
  CHECK(status.in_doubt <= unreleased);
  CHECK(unreleased <= status.in_doubt + kills * kBatch);
  CHECK(released + status.in_doubt + kills * kBatch >= committed);
  CHECK(released + status.in_doubt <= noted);
  ::munmap(page, sizeof(SharedLedger));
}

TEST_SUITE_END();
