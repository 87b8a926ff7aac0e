#include "queue/queue.hpp"

#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <numeric>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/clock.hpp"

using tally::core::monotonic_ns;
using tally::queue::Consumer;
using tally::queue::FutexWait;
using tally::queue::make_queue;
using tally::queue::Producer;
using tally::queue::SpinWait;
using tally::queue::Users;
using tally::queue::WaitResult;
using tally::queue::YieldWait;

namespace {

template <Users kProducers, Users kConsumers>
struct Kind {
  static auto make(std::size_t capacity, std::uint64_t start = 0) {
    return make_queue<int, kProducers, kConsumers>(capacity, start).value();
  }
};
using Spsc = Kind<Users::one, Users::one>;
using Mpsc = Kind<Users::many, Users::one>;
using Spmc = Kind<Users::one, Users::many>;
using Mpmc = Kind<Users::many, Users::many>;

template <typename End>
concept Cloneable = requires(const End& end) {
  end.clone();
};

}  // namespace

TEST_SUITE_BEGIN("queue");

// Two users of a single side do not compile.
static_assert(!std::is_copy_constructible_v<Producer<int, Users::one>>);
static_assert(!std::is_copy_constructible_v<Producer<int, Users::many>>);
static_assert(!std::is_copy_assignable_v<Consumer<int, Users::one>>);
static_assert(!Cloneable<Producer<int, Users::one>> && !Cloneable<Consumer<int, Users::one>>);
static_assert(Cloneable<Producer<int, Users::many>> && Cloneable<Consumer<int, Users::many>>);
static_assert(std::is_nothrow_move_constructible_v<Producer<int, Users::one>>);

TEST_CASE_TEMPLATE("stamped items come out in order and a full queue refuses", Made, Spsc, Mpsc,
                   Spmc, Mpmc) {
  auto [producer, consumer] = Made::make(4);
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

TEST_CASE("a stamped queue needs two slots and a power of two") {
  for (const std::size_t capacity : {0U, 1U, 3U, 1000U}) {
    CHECK(make_queue<int, Users::one, Users::one>(capacity).error().code == tally::Code::usage);
  }
}

TEST_CASE_TEMPLATE("stamped spans move in batches across the wrap of positions", Made, Spsc, Mpsc,
                   Spmc, Mpmc) {
  auto [producer, consumer] = Made::make(8, std::uint64_t{0} - 5);
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
  CHECK(consumer.tombstones() == 0);
}

TEST_CASE_TEMPLATE("what is claimed and given up is not seen", Made, Spsc, Mpsc, Spmc, Mpmc) {
  auto [producer, consumer] = Made::make(8);
  for (int round = 0; round < 20; ++round) {
    {
      auto slots = producer.claim(3);
      REQUIRE(slots.size() == 3);
      for (std::size_t i = 0; i < 3; ++i) slots[i] = 10 * round + static_cast<int>(i);
      CHECK(consumer.peek(8).size() == 0);
      if (round % 3 == 0) slots.commit(2);
      if (round % 3 == 1) slots.abort();
    }  // the third round leaves it to the guard
    CHECK(producer.try_push(10 * round + 9));
    int item = 0;
    for (int expected = 0; round % 3 == 0 && expected < 2; ++expected) {
      REQUIRE(consumer.try_pop(item));
      CHECK(item == 10 * round + expected);
    }
    REQUIRE(consumer.try_pop(item));
    CHECK(item == 10 * round + 9);
    CHECK_FALSE(consumer.try_pop(item));
  }
}

TEST_CASE("many producers leave tombstones and one does not") {
  auto many = Mpmc::make(4);
  auto one = Spsc::make(4);
  CHECK(many.producer.claim(2).size() == 2);
  CHECK(one.producer.claim(2).size() == 2);
  int item = 0;
  CHECK_FALSE(many.consumer.try_pop(item));
  CHECK_FALSE(one.consumer.try_pop(item));
  CHECK(many.consumer.tombstones() == 2);
  CHECK(one.consumer.tombstones() == 0);
}

TEST_CASE("a queue full of tombstones that were filled again is read to the end") {
  auto [producer, consumer] = Mpsc::make(4);
  CHECK(producer.claim(3).size() == 3);
  std::array<int, 8> in{};
  std::iota(in.begin(), in.end(), 0);
  // The slots that were given up are free again before the consumer has passed them.
  CHECK(producer.push(in) == 4);
  CHECK(producer.push(in) == 0);
  std::array<int, 8> out{};
  std::size_t got = 0;
  while (const std::size_t more = consumer.pop(std::span(out).subspan(got))) got += more;
  CHECK(got == 4);
  CHECK(std::vector<int>(out.begin(), out.begin() + 4) == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("one consumer finds again what it has not released and of many it is gone") {
  auto one = Spsc::make(8);
  auto many = Spmc::make(8);
  for (int i = 0; i < 5; ++i) CHECK((one.producer.try_push(i) && many.producer.try_push(i)));
  {
    auto items = one.consumer.peek(4);
    REQUIRE(items.size() == 4);
    CHECK(items[3] == 3);
    items.release(1);
  }
  CHECK(one.consumer.peek(8).size() == 4);
  CHECK(one.consumer.peek(8)[0] == 1);
  CHECK(many.consumer.peek(4).size() == 4);
  int item = 0;
  REQUIRE(many.consumer.try_pop(item));
  CHECK(item == 4);
}

TEST_CASE("stamped items that only move are moved and freed") {
  auto [producer, consumer] = make_queue<std::unique_ptr<int>, Users::many, Users::many>(2).value();
  auto kept = std::make_unique<int>(3);
  CHECK(producer.try_push(std::make_unique<int>(1)));
  CHECK(producer.try_push(std::make_unique<int>(2)));
  CHECK_FALSE(producer.try_push(std::move(kept)));
  CHECK(kept != nullptr);  // refused, so not taken
  std::unique_ptr<int> item;
  REQUIRE(consumer.try_pop(item));
  CHECK(*item == 1);
}

TEST_CASE_TEMPLATE("stamped waits end at the deadline or with the last of the other side", Wait,
                   SpinWait, YieldWait, FutexWait) {
  auto pair = make_queue<int, Users::many, Users::many, Wait>(2).value();
  constexpr std::uint64_t kShortNs = 2'000'000;
  int item = 0;
  const std::uint64_t deadline_ns = monotonic_ns() + kShortNs;
  CHECK(pair.consumer.pop_wait(item, deadline_ns) == WaitResult::timeout);
  CHECK(monotonic_ns() >= deadline_ns);
  auto second = pair.producer.clone();
  CHECK(pair.producer.push_wait(1) == WaitResult::ok);
  CHECK(second.push_wait(2) == WaitResult::ok);
  CHECK(second.push_wait(3, monotonic_ns() + kShortNs) == WaitResult::timeout);
  pair.producer.close();
  CHECK(pair.consumer.wait_readable() == WaitResult::ok);
  CHECK(pair.consumer.pop_wait(item) == WaitResult::ok);
  CHECK(pair.consumer.pop_wait(item) == WaitResult::ok);
  CHECK(item == 2);
  CHECK(pair.consumer.pop_wait(item, monotonic_ns() + kShortNs) == WaitResult::timeout);
  second.close();
  CHECK(pair.consumer.pop_wait(item) == WaitResult::closed);
}

TEST_CASE("a producer that waits hears when the last consumer leaves") {
  auto pair = make_queue<int, Users::one, Users::many, FutexWait>(2).value();
  CHECK(pair.producer.push_wait(1) == WaitResult::ok);
  CHECK(pair.producer.push_wait(2) == WaitResult::ok);
  std::thread last([consumer = pair.consumer.clone()]() mutable { consumer.close(); });
  pair.consumer.close();
  CHECK(pair.producer.push_wait(3) == WaitResult::closed);
  last.join();
}

TEST_SUITE_END();
