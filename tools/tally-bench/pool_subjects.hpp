// The work that every pool is measured by, ours and the peers'. A pool is given by an adapter that
// is made with the size of a block and hands out blocks by a handle of its own:
//
//   using Handle = ...
//   explicit Adapter(std::size_t block_bytes)        room for kPoolBlocks blocks and more
//   Handle get()                                     a block
//   std::uint64_t* words(Handle)                     its bytes; null when there was none
//   void put(Handle)
//   void enter()                                     optional: called by each thread before it
//   works
//
// PoolRemote gets on the one thread and puts on the other, so that an adapter that has something
// for each thread must keep the two apart.
//
// Each block is written to once while it is held, because nobody takes one to leave it alone. Used
// by the modules of peers too: nothing here needs linking.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "bench/case.hpp"

namespace tally::bench_tool {

// Blocks live at once in PoolRandom.
inline constexpr std::size_t kPoolBlocks = 1024;

// The malloc that the program has.
class Malloc {
 public:
  using Handle = void*;
  explicit Malloc(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  Handle get() { return std::malloc(block_bytes_); }
  std::uint64_t* words(Handle handle) { return static_cast<std::uint64_t*>(handle); }
  void put(Handle handle) { std::free(handle); }

 private:
  std::size_t block_bytes_;
};

template <typename Pool>
void enter_pool(Pool& pool) {
  if constexpr (requires { pool.enter(); }) pool.enter();
}

// A block taken and given back, which is one operation.
template <typename Pool, std::size_t BlockBytes>
class PoolLifo final : public bench::Subject {
 public:
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    enter_pool(pool_);
    for (std::uint64_t i = 0; i < operations; ++i) {
      const auto handle = pool_.get();
      std::uint64_t* const words = pool_.words(handle);
      if (words == nullptr) {
        healthy_ = false;
        return;
      }
      words[0] = i;
      // What is written counts as read, or a compiler that sees into the pool drops the store.
      __asm__ volatile("" : : "r"(words) : "memory");
      pool_.put(handle);
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  Pool pool_{BlockBytes};
  bool healthy_ = true;
};

// 1024 blocks are held, and in an order without pattern each is given back and another taken in its
// place; each such pair is one operation.
template <typename Pool, std::size_t BlockBytes>
class PoolRandom final : public bench::Subject {
 public:
  PoolRandom() {
    held_.reserve(kPoolBlocks);
    for (std::size_t i = 0; i < kPoolBlocks; ++i) held_.push_back(pool_.get());
  }
  ~PoolRandom() override {
    for (const auto handle : held_) pool_.put(handle);
  }

  void run(std::size_t /*side*/, std::uint64_t operations) override {
    enter_pool(pool_);
    for (std::uint64_t i = 0; i < operations; ++i) {
      random_ = random_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX constants
      auto& handle = held_[random_ >> 54U];
      static_assert(kPoolBlocks == 1U << (64U - 54U));
      pool_.put(handle);
      handle = pool_.get();
      std::uint64_t* const words = pool_.words(handle);
      if (words == nullptr) {
        healthy_ = false;
        return;
      }
      words[0] = i;
      __asm__ volatile("" : : "r"(words) : "memory");
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  Pool pool_{BlockBytes};
  std::vector<typename Pool::Handle> held_;
  std::uint64_t random_ = 1;
  bool healthy_ = true;
};

// What carries handles from the one thread to the other, for every pool the same: each item is
// published at once, and each side looks at the other's position only when its copy says full or
// empty.
template <typename Item>
class Belt {
 public:
  bool push(Item item) {
    if (tail_ - head_seen_ == kItems) {
      // Pairs with the store in pop(): the slot has been read.
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail_ - head_seen_ == kItems) return false;
    }
    items_[tail_ % kItems] = item;
    shared_tail_.store(++tail_, std::memory_order_release);  // the item before the position
    return true;
  }
  bool pop(Item& item) {
    if (position_ == tail_seen_) {
      // Pairs with the store in push(): the items are seen.
      tail_seen_ = shared_tail_.load(std::memory_order_acquire);
      if (position_ == tail_seen_) return false;
    }
    item = items_[position_ % kItems];
    head_.store(++position_, std::memory_order_release);  // the read before the position
    return true;
  }

 private:
  static constexpr std::uint64_t kItems = 256;
  alignas(128) std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;
  alignas(128) std::uint64_t position_ = 0;
  std::uint64_t tail_seen_ = 0;
  alignas(128) std::atomic<std::uint64_t> shared_tail_{0};
  alignas(128) std::atomic<std::uint64_t> head_{0};
  alignas(128) std::array<Item, kItems> items_{};
};

// Side 1 gets blocks and writes to them, side 0 reads them and puts them. An operation is one block
// all the way, the belt included.
template <typename Pool, std::size_t BlockBytes>
class PoolRemote final : public bench::Subject {
 public:
  void run(std::size_t side, std::uint64_t operations) override {
    enter_pool(pool_);
    if (side == 0) {
      receive(operations);
    } else {
      send(operations);
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  using Handle = typename Pool::Handle;

  void send(std::uint64_t operations) {
    for (std::uint64_t i = 0; i < operations; ++i) {
      Handle handle = pool_.get();
      std::uint64_t* words = pool_.words(handle);
      // Blocks are on their way back when none is left for a moment.
      while (words == nullptr) {
        handle = pool_.get();
        words = pool_.words(handle);
      }
      words[0] = i;
      while (!belt_.push(handle)) {
      }
    }
  }
  void receive(std::uint64_t operations) {
    bool good = true;
    for (std::uint64_t i = 0; i < operations; ++i) {
      Handle handle{};
      while (!belt_.pop(handle)) {
      }
      good &= pool_.words(handle)[0] == i;
      pool_.put(handle);
    }
    healthy_ = healthy_ && good;
  }

  Pool pool_{BlockBytes};
  alignas(128) Belt<Handle> belt_;
  alignas(128) bool healthy_ = true;
};

}  // namespace tally::bench_tool
