// Two threads on one queue: every item once, in order, whole.
#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <span>
#include <thread>

#include "queue/spsc.hpp"

using tally::queue::FutexWait;
using tally::queue::make_spsc;
using tally::queue::SpinWait;
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
  // A spinning wait against a peer without a processor of its own takes whole time slices.
  constexpr std::uint64_t items = Wait::kPolicy == tally::queue::WaitPolicy::spin ? 2'000 : kItems;
  auto pair = make_spsc<Item, Wait>(8, kStart).value();
  std::thread writer([producer = std::move(pair.producer)]() mutable {
    for (std::uint64_t i = 0; i < items; ++i) {
      if (producer.push_wait(make_item(i)) != WaitResult::ok) return;
    }
  });
  std::uint64_t next = 0;
  std::uint64_t wrong = 0;
  Item item;
  while (pair.consumer.pop_wait(item) == WaitResult::ok) wrong += is_item(item, next++) ? 0U : 1U;
  writer.join();
  CHECK(next == items);
  CHECK(wrong == 0);
}

TEST_CASE("spans of changing length keep every item and its order") {
  auto pair = make_spsc<Item, YieldWait>(16, kStart).value();
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

TEST_SUITE_END();
