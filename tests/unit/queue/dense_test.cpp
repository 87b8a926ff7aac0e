#include "queue/dense.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <doctest/doctest.h>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/clock.hpp"

using tally::core::monotonic_ns;
using tally::queue::DenseConsumer;
using tally::queue::DenseProducer;
using tally::queue::FutexWait;
using tally::queue::make_dense;
using tally::queue::SpinWait;
using tally::queue::WaitResult;
using tally::queue::YieldWait;

TEST_SUITE_BEGIN("queue");

// Two users of one side do not compile.
static_assert(!std::is_copy_constructible_v<DenseProducer<int>>);
static_assert(!std::is_copy_assignable_v<DenseProducer<int>>);
static_assert(!std::is_copy_constructible_v<DenseConsumer<int>>);
static_assert(std::is_nothrow_move_constructible_v<DenseProducer<int>>);
static_assert(std::is_nothrow_move_constructible_v<DenseConsumer<int>>);
static_assert(alignof(DenseProducer<int>) == 128);

TEST_CASE("items come out in order and a full queue refuses") {
  auto [producer, consumer] = make_dense<int>(4).value();
  int item = -1;
  CHECK_FALSE(consumer.try_pop(item));
  for (int i = 0; i < 4; ++i) CHECK(producer.try_push(i));
  CHECK_FALSE(producer.try_push(4));
  CHECK(producer.size_approx() == 4);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(consumer.try_pop(item));
    CHECK(item == i);
  }
  CHECK_FALSE(consumer.try_pop(item));
  CHECK(item == 3);
}

TEST_CASE("one slot is a queue") {
  auto [producer, consumer] = make_dense<int>(1).value();
  int item = 0;
  for (int i = 0; i < 10; ++i) {
    CHECK(producer.try_push(i));
    CHECK_FALSE(producer.try_push(i));
    REQUIRE(consumer.try_pop(item));
    CHECK(item == i);
    CHECK_FALSE(consumer.try_pop(item));
  }
}

TEST_CASE("a capacity that is no power of two is refused") {
  for (const std::size_t capacity : {0U, 3U, 6U, 1000U}) {
    CHECK(make_dense<int>(capacity).error().code == tally::Code::usage);
  }
}

TEST_CASE("spans move in batches and say how many") {
  auto [producer, consumer] = make_dense<int>(8).value();
  std::array<int, 6> in{};
  std::iota(in.begin(), in.end(), 0);
  CHECK(producer.push(in) == 6);
  CHECK(producer.push(in) == 2);
  CHECK(producer.push(in) == 0);
  std::array<int, 5> out{};
  CHECK(consumer.pop(out) == 5);
  CHECK(out == std::array<int, 5>{0, 1, 2, 3, 4});
  CHECK(producer.push(in) == 5);
  std::array<int, 16> rest{};
  CHECK(consumer.pop(rest) == 8);
  CHECK(std::vector<int>(rest.begin(), rest.begin() + 8) ==
        std::vector<int>{5, 0, 1, 0, 1, 2, 3, 4});
}

TEST_CASE("claims wrap into two spans and what is not committed stays hidden") {
  auto [producer, consumer] = make_dense<int>(8).value();
  int item = 0;
  for (int i = 0; i < 7; ++i) {
    REQUIRE(producer.try_push(i));
    REQUIRE(consumer.try_pop(item));
  }
  auto slots = producer.claim(5);
  CHECK(slots.first.size() == 2);
  CHECK(slots.second.size() == 3);
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = 100 + static_cast<int>(i);
  CHECK(consumer.peek(8).size() == 0);
  producer.commit(4);
  auto items = consumer.peek(8);
  REQUIRE(items.size() == 4);
  CHECK(items[3] == 103);
  consumer.release(1);
  CHECK(consumer.peek(8).size() == 3);
  CHECK(consumer.peek(8)[0] == 101);
}

TEST_CASE("a full queue goes around from every cell") {
  for (std::size_t start = 0; start <= 4; ++start) {
    CAPTURE(start);
    auto [producer, consumer] = make_dense<std::uint64_t>(4, start).value();
    std::uint64_t item = 0;
    for (std::uint64_t i = 0; i < 4; ++i) CHECK(producer.try_push(i));
    for (std::uint64_t i = 4; i < 40; ++i) {
      CHECK_FALSE(producer.try_push(i));
      REQUIRE(consumer.try_pop(item));
      CHECK(item == i - 4);
      CHECK(producer.try_push(i));
      CHECK(producer.size_approx() == 4);
    }
  }
}

TEST_CASE("any mixture of items and batches does what a list does") {
  for (const std::size_t capacity : {1U, 2U, 8U}) {
    for (std::size_t start = 0; start <= capacity; ++start) {
      CAPTURE(capacity);
      CAPTURE(start);
      auto [producer, consumer] = make_dense<int>(capacity, start).value();
      std::deque<int> list;
      std::minstd_rand random(static_cast<unsigned>(start + 1));
      int next = 0;
      for (int step = 0; step < 2000; ++step) {
        const std::size_t wanted = random() % (capacity + 2);
        const std::size_t room = std::min(wanted, capacity - list.size());
        const std::size_t there = std::min(wanted, list.size());
        std::vector<int> items(wanted);
        int item = -1;
        switch (random() % 6) {
          case 0:
            REQUIRE(producer.try_push(next) == (list.size() < capacity));
            if (list.size() < capacity) list.push_back(next++);
            break;
          case 1:
            REQUIRE(consumer.try_pop(item) == !list.empty());
            if (list.empty()) break;
            REQUIRE(item == list.front());
            list.pop_front();
            break;
          case 2:
            std::iota(items.begin(), items.end(), next);
            REQUIRE(producer.push(items) == room);
            for (std::size_t i = 0; i < room; ++i) list.push_back(next++);
            break;
          case 3:
            REQUIRE(consumer.pop(items) == there);
            for (std::size_t i = 0; i < there; ++i, list.pop_front())
              REQUIRE(items[i] == list.front());
            break;
          case 4: {
            const auto claimed = producer.claim(wanted);
            REQUIRE(claimed.size() == room);
            const std::size_t kept = room / 2;
            for (std::size_t i = 0; i < room; ++i) claimed[i] = next + static_cast<int>(i);
            producer.commit(kept);
            for (std::size_t i = 0; i < kept; ++i) list.push_back(next++);
            break;
          }
          default: {
            const auto peeked = consumer.peek(wanted);
            REQUIRE(peeked.size() == there);
            for (std::size_t i = 0; i < there; ++i) REQUIRE(peeked[i] == list[i]);
            consumer.release(there / 2);
            list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(there / 2));
            break;
          }
        }
        REQUIRE(producer.size_approx() == list.size());
        REQUIRE(consumer.size_approx() == list.size());
      }
    }
  }
}

TEST_CASE("items that only move are moved and freed") {
  auto [producer, consumer] = make_dense<std::unique_ptr<int>>(2).value();
  auto kept = std::make_unique<int>(3);
  CHECK(producer.try_push(std::make_unique<int>(1)));
  CHECK(producer.try_push(std::make_unique<int>(2)));
  CHECK_FALSE(producer.try_push(std::move(kept)));
  CHECK(kept != nullptr);  // refused, so not taken
  std::unique_ptr<int> item;
  REQUIRE(consumer.try_pop(item));
  CHECK(*item == 1);
}

TEST_CASE_TEMPLATE("waits end at the deadline or with the other side", Wait, SpinWait, YieldWait,
                   FutexWait) {
  auto pair = make_dense<int, Wait>(2).value();
  constexpr std::uint64_t kShortNs = 2'000'000;
  int item = 0;
  const std::uint64_t deadline_ns = monotonic_ns() + kShortNs;
  CHECK(pair.consumer.pop_wait(item, deadline_ns) == WaitResult::timeout);
  CHECK(monotonic_ns() >= deadline_ns);
  CHECK(pair.producer.push_wait(1) == WaitResult::ok);
  CHECK(pair.producer.push_wait(2) == WaitResult::ok);
  CHECK(pair.producer.push_wait(3, monotonic_ns() + kShortNs) == WaitResult::timeout);
  pair.producer.close();
  CHECK(pair.consumer.pop_wait(item) == WaitResult::ok);
  CHECK(pair.consumer.pop_wait(item) == WaitResult::ok);
  CHECK(item == 2);
  CHECK(pair.consumer.pop_wait(item) == WaitResult::closed);
}

TEST_CASE_TEMPLATE("a sleeper is woken by an item and by the end", Wait, SpinWait, YieldWait,
                   FutexWait) {
  auto pair = make_dense<int, Wait>(2).value();
  std::vector<int> got;
  WaitResult last = WaitResult::timeout;
  std::thread reader([&got, &last, consumer = std::move(pair.consumer)]() mutable {
    int item = 0;
    while ((last = consumer.pop_wait(item)) == WaitResult::ok) got.push_back(item);
  });
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(pair.producer.push_wait(i) == WaitResult::ok);
  }
  pair.producer.close();
  reader.join();
  CHECK(got == std::vector<int>{0, 1, 2});
  CHECK(last == WaitResult::closed);
}

TEST_SUITE_END();
