// The work that every queue is measured by, ours and the peers'. A queue is given by an adapter:
//
//   bool push(std::uint64_t)       false when full; the value is never 0, which some reserve
//   bool pop(std::uint64_t&)       false when empty
//   std::size_t push_batch(const std::uint64_t*, std::size_t)      for QueueFillBatch alone
//   std::size_t pop_batch(std::uint64_t*, std::size_t)
//
// with a capacity of kQueueCapacity. Used by the modules of peers too: nothing here needs linking.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bench/case.hpp"

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

}  // namespace tally::bench_tool
