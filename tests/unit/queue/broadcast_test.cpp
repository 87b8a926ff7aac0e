#include "queue/broadcast.hpp"

#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/clock.hpp"

using tally::core::monotonic_ns;
using tally::queue::BroadcastProducer;
using tally::queue::BroadcastReader;
using tally::queue::FutexWait;
using tally::queue::kMostReaders;
using tally::queue::make_broadcast;
using tally::queue::Pace;
using tally::queue::WaitResult;
using tally::queue::YieldWait;

TEST_SUITE_BEGIN("broadcast");

static_assert(!std::is_copy_constructible_v<BroadcastProducer<int, Pace::lossy>>);
static_assert(!std::is_copy_constructible_v<BroadcastReader<int, Pace::gated>>);
static_assert(std::is_nothrow_move_constructible_v<BroadcastReader<int, Pace::lossy>>);

TEST_CASE("every reader gets every item") {
  auto [producer, first] = make_broadcast<int, Pace::gated>(4).value();
  auto second = first.clone().value();
  int item = -1;
  CHECK_FALSE(first.try_pop(item));
  for (int i = 0; i < 4; ++i) CHECK(producer.try_push(i));
  for (int i = 0; i < 4; ++i) {
    CHECK(first.try_pop(item));
    CHECK(item == i);
  }
  CHECK_FALSE(first.try_pop(item));
  for (int i = 0; i < 4; ++i) {
    CHECK(second.try_pop(item));
    CHECK(item == i);
  }
  CHECK(first.lost() + second.lost() == 0);
}

TEST_CASE("the slowest attached reader holds a gated producer up and a closed one does not") {
  auto [producer, first] = make_broadcast<int, Pace::gated>(4).value();
  auto second = first.clone().value();
  const std::array<int, 6> items = {0, 1, 2, 3, 4, 5};
  CHECK(producer.push(items) == 4);
  std::array<int, 6> got{};
  CHECK(first.pop(got) == 4);
  CHECK_FALSE(producer.try_push(4));
  CHECK(producer.push_wait(4, monotonic_ns()) == WaitResult::timeout);
  second.close();
  CHECK(producer.push_wait(4, monotonic_ns()) == WaitResult::ok);
  CHECK(first.pop(got) == 1);
  CHECK(got[0] == 4);
  first.close();
  CHECK(producer.push_wait(5, monotonic_ns()) == WaitResult::closed);
  for (int i = 0; i < 9; ++i) CHECK(producer.try_push(i));
  CHECK(producer.push_wait(5) == WaitResult::closed);
}

TEST_CASE("a reader that was overtaken goes on with the newest item and counts what it missed") {
  // The wrap of the positions lies in the middle.
  constexpr std::uint64_t kStart = std::uint64_t{0} - 6;
  auto [producer, reader] = make_broadcast<int, Pace::lossy>(4, kStart).value();
  for (int i = 0; i < 11; ++i) CHECK(producer.try_push(i));
  int item = -1;
  CHECK(reader.try_pop(item));
  CHECK(item == 10);
  CHECK(reader.lost() == 10);
  CHECK_FALSE(reader.try_pop(item));
  CHECK(producer.try_push(11));
  CHECK(reader.try_pop(item));
  CHECK(item == 11);
  CHECK(reader.position() - kStart == 12);
  CHECK(reader.lost() == 10);
}

TEST_CASE("what still lies in the ring is not lost") {
  auto [producer, reader] = make_broadcast<int, Pace::lossy>(4).value();
  for (int i = 0; i < 4; ++i) CHECK(producer.try_push(i));
  std::array<int, 8> got{};
  CHECK(reader.pop(got) == 4);
  CHECK(got[0] == 0);
  CHECK(got[3] == 3);
  CHECK(reader.lost() == 0);
}

TEST_CASE("a clone begins where its elder is and there are at most sixteen at once") {
  auto [producer, reader] = make_broadcast<int, Pace::lossy>(8).value();
  for (int i = 0; i < 3; ++i) CHECK(producer.try_push(i));
  int item = -1;
  CHECK(reader.try_pop(item));
  using Reader = std::remove_reference_t<decltype(reader)>;
  std::vector<std::unique_ptr<Reader>> others;
  for (std::size_t i = 1; i < kMostReaders; ++i) {
    others.push_back(std::make_unique<Reader>(reader.clone().value()));
    CHECK(others.back()->try_pop(item));
    CHECK(item == 1);
  }
  const auto refused = reader.clone();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == tally::Code::try_again);
  others.pop_back();
  CHECK(reader.clone());
}

TEST_CASE("items of several words are copied whole and a capacity is a power of two") {
  struct Quote {
    std::array<char, 20> name{};
    double price = 0;
  };
  auto [producer, reader] = make_broadcast<Quote, Pace::lossy>(2).value();
  Quote quote;
  quote.name = {'a', 'b', 'c'};
  quote.price = 1.5;
  CHECK(producer.try_push(quote));
  Quote got;
  CHECK(reader.try_pop(got));
  CHECK(got.name == quote.name);
  CHECK(got.price == quote.price);
  CHECK_FALSE(make_broadcast<int, Pace::lossy>(1));
  CHECK_FALSE(make_broadcast<int, Pace::gated>(6));
}

TEST_CASE_TEMPLATE("a reader that waits hears of items and of the producer leaving", Wait,
                   YieldWait, FutexWait) {
  auto pair = make_broadcast<int, Pace::gated, Wait>(4).value();
  int item = -1;
  CHECK(pair.reader.pop_wait(item, monotonic_ns() + 1'000'000) == WaitResult::timeout);
  std::thread writer([producer = std::move(pair.producer)]() mutable {
    for (int i = 0; i < 1000; ++i) {
      if (producer.push_wait(i) != WaitResult::ok) return;
    }
  });
  int next = 0;
  while (pair.reader.pop_wait(item) == WaitResult::ok) {
    CHECK(item == next);
    ++next;
  }
  writer.join();
  CHECK(next == 1000);
}

TEST_SUITE_END();
