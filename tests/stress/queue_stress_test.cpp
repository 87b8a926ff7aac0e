// Threads on one queue: every item once, whole, and those of a producer in its order.
#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "core/threads.hpp"
#include "queue/broadcast.hpp"
#include "queue/dense.hpp"
#include "queue/queue.hpp"
#include "support/time_limit.hpp"

using tally::queue::FutexWait;
using tally::queue::make_dense;
using tally::queue::make_queue;
using tally::queue::SpinWait;
using tally::queue::Users;
using tally::queue::WaitResult;
using tally::queue::YieldWait;

namespace {

// Two words that belong together: an item that was read while it was written shows.
struct Item {
  std::uint64_t sequence = 0;
  std::uint64_t check = 0;
};

Item make_item(std::uint64_t sequence) {
  return {sequence, sequence * 0x9e3779b97f4a7c15U + 1};
}
bool is_item(const Item& item, std::uint64_t sequence) {
  return item.sequence == sequence && item.check == make_item(sequence).check;
}

constexpr std::uint64_t kItems = 60'000;
// Near the wrap, so that it falls into the middle of the run.
constexpr std::uint64_t kStart = std::uint64_t{0} - kItems / 2;

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE_TEMPLATE("waiting one by one keeps every item and its order", Wait, SpinWait, YieldWait,
                   FutexWait) {
  const tally::test::TimeLimit limit;
  // A spinning wait against a peer without a processor of its own takes whole time slices.
  constexpr std::uint64_t kSent = Wait::kPolicy == tally::queue::WaitPolicy::spin ? 2'000 : kItems;
  auto pair = make_dense<Item, Wait>(8, kStart).value();
  std::thread writer([producer = std::move(pair.producer)]() mutable {
    for (std::uint64_t i = 0; i < kSent; ++i) {
      if (producer.push_wait(make_item(i)) != WaitResult::ok) return;
    }
  });
  std::uint64_t next = 0;
  std::uint64_t wrong = 0;
  Item item;
  while (pair.consumer.pop_wait(item) == WaitResult::ok) wrong += is_item(item, next++) ? 0U : 1U;
  writer.join();
  CHECK(next == kSent);
  CHECK(wrong == 0);
}

TEST_CASE("spans of changing length keep every item and its order") {
  const tally::test::TimeLimit limit;
  auto pair = make_dense<Item, YieldWait>(16, kStart).value();
  std::thread writer([producer = std::move(pair.producer)]() mutable {
    std::array<Item, 7> items;
    for (std::uint64_t next = 0; next < kItems;) {
      const std::size_t wanted = std::min<std::uint64_t>(1 + next % items.size(), kItems - next);
      for (std::size_t i = 0; i < wanted; ++i) items[i] = make_item(next + i);
      const std::size_t pushed = producer.push(std::span<const Item>(items).first(wanted));
      next += pushed;
      if (pushed == 0) std::this_thread::yield();
    }
  });
  std::uint64_t next = 0;
  std::uint64_t wrong = 0;
  while (next < kItems) {
    const auto items = pair.consumer.peek(1 + next % 5);
    for (std::size_t i = 0; i < items.size(); ++i) wrong += is_item(items[i], next + i) ? 0U : 1U;
    next += items.size();
    if (items.size() == 0) {
      std::this_thread::yield();
    } else {
      pair.consumer.release(items.size());
    }
  }
  writer.join();
  CHECK(next == kItems);
  CHECK(wrong == 0);
}

namespace {

template <Users kProducers, Users kConsumers, typename KindWait>
struct Kind {
  static constexpr std::uint64_t kProducerCount = kProducers == Users::many ? 3 : 1;
  static constexpr std::size_t kConsumerCount = kConsumers == Users::many ? 3 : 1;
  static auto make() {
    return make_queue<Item, kProducers, kConsumers, KindWait>(16, kStart).value();
  }
};
using Spsc = Kind<Users::one, Users::one, FutexWait>;
using Mpsc = Kind<Users::many, Users::one, FutexWait>;
using Spmc = Kind<Users::one, Users::many, FutexWait>;
using Mpmc = Kind<Users::many, Users::many, FutexWait>;

constexpr std::uint64_t kEach = 5'000;

// The item `i` of a producer: whose it is goes into the low bits.
constexpr std::uint64_t kWhose = 4;

template <typename Producer>
void send(Producer& producer, std::uint64_t who) {
  std::array<Item, 5> items;
  for (std::uint64_t next = 0; next < kEach;) {
    if (next % 7 == 0) {
      if (producer.push_wait(make_item(kWhose * next + who)) != WaitResult::ok) return;
      ++next;
      continue;
    }
    const std::size_t wanted = std::min<std::uint64_t>(1 + next % items.size(), kEach - next);
    for (std::size_t i = 0; i < wanted; ++i) items[i] = make_item(kWhose * (next + i) + who);
    const std::size_t pushed = producer.push(std::span<const Item>(items).first(wanted));
    next += pushed;
    if (pushed == 0) std::this_thread::yield();
    if (next % 64 == 1) producer.claim(2).abort();
  }
}

struct Seen {
  std::array<std::uint64_t, kWhose> items{};
  std::array<std::uint64_t, kWhose> sum{};
  std::uint64_t wrong = 0;
};

template <typename Consumer>
Seen receive(Consumer& consumer) {
  Seen seen;
  std::array<std::uint64_t, kWhose> next{};
  Item first;
  std::array<Item, 4> more;
  while (consumer.pop_wait(first) == WaitResult::ok) {
    const std::size_t got = consumer.pop(more);
    for (std::size_t i = 0; i <= got; ++i) {
      const Item& item = i == 0 ? first : more[i - 1];
      const std::uint64_t who = item.sequence % kWhose;
      const std::uint64_t number = item.sequence / kWhose;
      if (!is_item(item, item.sequence) || number < next[who]) ++seen.wrong;
      next[who] = number + 1;
      ++seen.items[who];
      seen.sum[who] += number;
    }
  }
  return seen;
}

template <typename Made>
void cross(bool one_cpu) {
  auto pair = Made::make();
  const auto place = [one_cpu] {
    // Where it is not allowed the threads meet anyway.
    if (one_cpu) static_cast<void>(tally::core::pin_to_cpu(0));
  };
  std::vector<decltype(pair.producer)> producers;
  std::vector<decltype(pair.consumer)> consumers;
  if constexpr (Made::kProducerCount > 1) {
    while (producers.size() + 1 < Made::kProducerCount) producers.push_back(pair.producer.clone());
  }
  if constexpr (Made::kConsumerCount > 1) {
    while (consumers.size() + 1 < Made::kConsumerCount) consumers.push_back(pair.consumer.clone());
  }
  producers.push_back(std::move(pair.producer));
  consumers.push_back(std::move(pair.consumer));
  std::vector<Seen> seen(consumers.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < producers.size(); ++i) {
    threads.emplace_back([&place, i, producer = std::move(producers[i])]() mutable {
      place();
      send(producer, i);
    });
  }
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    threads.emplace_back([&place, &into = seen[i], consumer = std::move(consumers[i])]() mutable {
      place();
      into = receive(consumer);
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::uint64_t who = 0; who < Made::kProducerCount; ++who) {
    std::uint64_t items = 0;
    std::uint64_t sum = 0;
    for (const Seen& one : seen) {
      items += one.items[who];
      sum += one.sum[who];
    }
    CHECK(items == kEach);
    CHECK(sum == kEach * (kEach - 1) / 2);
  }
  for (const Seen& one : seen) CHECK(one.wrong == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("stamped queues keep every item once and the order of each producer", Made, Spsc,
                   Mpsc, Spmc, Mpmc) {
  const tally::test::TimeLimit limit;
  cross<Made>(false);
}

TEST_CASE_TEMPLATE("stamped queues move on when all threads share one processor", Made, Spsc, Mpsc,
                   Spmc, Mpmc) {
  const tally::test::TimeLimit limit;
  cross<Made>(true);
}

namespace {

// Reads to the end and counts what was wrong: an item that is not the one of its position, or a
// position that is neither read nor lost.
template <typename Reader>
std::uint64_t read_all(Reader& reader, std::uint64_t from, std::uint64_t& seen) {
  std::uint64_t wrong = 0;
  const std::uint64_t lost_before = reader.lost();
  Item item;
  while (reader.pop_wait(item) == WaitResult::ok) {
    ++seen;
    wrong += is_item(item, reader.position() - kStart - 1) ? 0U : 1U;
    // Slower than the producer now and then.
    if (seen % 1024 == 0) std::this_thread::yield();
  }
  if (reader.position() - kStart - from != seen + reader.lost() - lost_before) ++wrong;
  return wrong;
}

template <tally::queue::Pace kPace>
struct Paced {
  static constexpr tally::queue::Pace kValue = kPace;
};
using Lossy = Paced<tally::queue::Pace::lossy>;
using Gated = Paced<tally::queue::Pace::gated>;

}  // namespace

TEST_CASE_TEMPLATE("readers of a broadcast get every item whole or count it as lost", Paced, Lossy,
                   Gated) {
  const tally::test::TimeLimit limit;
  constexpr std::size_t kReaders = 3;
  auto queue = tally::queue::make_broadcast<Item, Paced::kValue, FutexWait>(64, kStart).value();
  std::thread writer([producer = std::move(queue.producer)]() mutable {
    for (std::uint64_t i = 0; i < kItems; ++i) {
      if constexpr (Paced::kValue == tally::queue::Pace::gated) {
        if (producer.push_wait(make_item(i)) != WaitResult::ok) return;
      } else {
        producer.try_push(make_item(i));
        if (i % 512 == 0) std::this_thread::yield();
      }
    }
  });
  std::array<std::uint64_t, kReaders> wrong{};
  std::array<std::uint64_t, kReaders> missing{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kReaders; ++i) {
    auto reader = queue.reader.clone().value();
    threads.emplace_back([i, &wrong, &missing, reader = std::move(reader)]() mutable {
      std::uint64_t seen = 0;
      wrong[i] = read_all(reader, 0, seen);
      missing[i] = kItems - seen;
      if (missing[i] != reader.lost()) ++wrong[i];
    });
  }
  queue.reader.close();
  for (auto& thread : threads) thread.join();
  writer.join();
  for (std::size_t i = 0; i < kReaders; ++i) {
    CHECK(wrong[i] == 0);
    CHECK((Paced::kValue == tally::queue::Pace::lossy || missing[i] == 0));
  }
}

TEST_SUITE_END();
