// The work that every queue is measured by, ours and the peers'. A queue is given by an adapter:
//
//   bool push(std::uint64_t)       false when full; the value is never 0, which some reserve
//   bool pop(std::uint64_t&)       false when empty
//   std::size_t push_batch(const std::uint64_t*, std::size_t)      for QueueFillBatch alone
//   std::size_t pop_batch(std::uint64_t*, std::size_t)
//   user(std::size_t side)         for QueueBoth alone: what that side pushes to and pops from
//
// with a capacity of kQueueCapacity. Used by the modules of peers too: nothing here needs linking.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bench/case.hpp"
#include "core/threads.hpp"

namespace tally::bench_tool {

inline constexpr std::size_t kQueueCapacity = 1024;
inline constexpr std::size_t kQueueBatch = 32;

// One thread: a push and the pop of the same item, which is one operation.
template <typename Queue>
class QueuePair final : public bench::Subject {
 public:
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    std::uint64_t value = 0;
    bool good = true;
    for (std::uint64_t i = 1; i <= operations; ++i) {
      good &= queue_.push(i) && queue_.pop(value);
      good &= value == i;
    }
    healthy_ = healthy_ && good;
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  Queue queue_;
  bool healthy_ = true;
};

// One thread: 1024 pushes, then 1024 pops; each is one operation.
template <typename Queue>
class QueueFill final : public bench::Subject {
 public:
  [[nodiscard]] std::uint64_t granularity() const override { return 2 * kQueueCapacity; }
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    bool good = true;
    for (std::uint64_t round = 0; round < operations / granularity(); ++round) {
      std::uint64_t value = 0;
      for (std::uint64_t i = 1; i <= kQueueCapacity; ++i) good &= queue_.push(i);
      for (std::uint64_t i = 1; i <= kQueueCapacity; ++i) good &= queue_.pop(value);
      good &= value == kQueueCapacity;
    }
    healthy_ = healthy_ && good;
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  Queue queue_;
  bool healthy_ = true;
};

// The same in batches of 32; an operation is still one item in or out.
template <typename Queue>
class QueueFillBatch final : public bench::Subject {
 public:
  QueueFillBatch() {
    for (std::size_t i = 0; i < kQueueBatch; ++i) items_[i] = i + 1;
  }
  [[nodiscard]] std::uint64_t granularity() const override { return 2 * kQueueCapacity; }
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    bool good = true;
    for (std::uint64_t round = 0; round < operations / granularity(); ++round) {
      for (std::size_t i = 0; i < kQueueCapacity; i += kQueueBatch)
        good &= queue_.push_batch(items_.data(), kQueueBatch) == kQueueBatch;
      for (std::size_t i = 0; i < kQueueCapacity; i += kQueueBatch)
        good &= queue_.pop_batch(items_.data(), kQueueBatch) == kQueueBatch;
      good &= items_.back() == kQueueBatch;
    }
    healthy_ = healthy_ && good;
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  Queue queue_;
  std::array<std::uint64_t, kQueueBatch> items_{};
  bool healthy_ = true;
};

// Two threads and two queues: side 0 sends an item and waits for its echo.
template <typename Queue>
class QueueRoundTrip final : public bench::Subject {
 public:
  void run(std::size_t side, std::uint64_t operations) override {
    std::uint64_t value = 0;
    for (std::uint64_t i = 1; i <= operations; ++i) {
      if (side == 0) {
        there_.push(i);
        while (!back_.pop(value)) {
        }
        if (value != i) healthy_ = false;
      } else {
        while (!there_.pop(value)) {
        }
        back_.push(value);
      }
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  alignas(128) Queue there_;
  alignas(128) Queue back_;
  alignas(128) bool healthy_ = true;  // side 0 alone
};

// Two threads and one queue: side 1 sends items one by one, side 0 takes them in the same order.
// Who finds the queue full or empty pauses once, which is faster for every queue than asking again
// at once.
template <typename Queue>
class QueueStream final : public bench::Subject {
 public:
  void run(std::size_t side, std::uint64_t operations) override {
    if (side == 1) {
      for (std::uint64_t i = 1; i <= operations; ++i)
        while (!queue_.push(i)) core::cpu_relax();
      return;
    }
    std::uint64_t value = 0;
    bool good = true;
    for (std::uint64_t i = 1; i <= operations; ++i) {
      while (!queue_.pop(value)) core::cpu_relax();
      good &= value == i;
    }
    healthy_ = healthy_ && good;
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  alignas(128) Queue queue_;
  alignas(128) bool healthy_ = true;  // side 0 alone
};

// Two threads on one queue, each pushes an item and pops one, which need not be its own. Nothing
// may be lost or doubled: the sums agree at the end.
template <typename Queue>
class QueueBoth final : public bench::Subject {
 public:
  void run(std::size_t side, std::uint64_t operations) override {
    auto& user = queue_.user(side);
    std::uint64_t sum = 0;
    std::uint64_t value = 0;
    for (std::uint64_t i = 1; i <= operations; ++i) {
      while (!user.push(i)) {
      }
      while (!user.pop(value)) {
      }
      sum += value - i;
    }
    sides_[side].sum += sum;
    // Release and acquire: side 0 ends last, with the other's sum.
    sides_[side].rounds.store(sides_[side].rounds.load(std::memory_order_relaxed) + 1,
                              std::memory_order_release);
    if (side != 0) return;
    const std::uint64_t rounds = sides_[0].rounds.load(std::memory_order_relaxed);
    while (sides_[1].rounds.load(std::memory_order_acquire) != rounds) {  // pairs with the above
    }
  }
  [[nodiscard]] bool healthy() const override { return sides_[0].sum + sides_[1].sum == 0; }

 private:
  struct alignas(128) Side {
    std::uint64_t sum = 0;
    std::atomic<std::uint64_t> rounds{0};
  };
  alignas(128) Queue queue_;
  std::array<Side, 2> sides_;
};

}  // namespace tally::bench_tool
