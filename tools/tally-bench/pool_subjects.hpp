// The work that every pool is measured by, ours and the peers'. A pool is given by an adapter that
// is made with the size of a block and hands out blocks by a handle of its own:
//
//   using Handle = ...
//   explicit Adapter(std::size_t block_bytes)        room for kPoolBlocks blocks and more
//   Handle get()                                     a block
//   std::uint64_t* words(Handle)                     its bytes; null when there was none
//   void put(Handle)
//
// Each block is written to once while it is held, because nobody takes one to leave it alone. Used
// by the modules of peers too: nothing here needs linking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/case.hpp"

namespace tally::bench_tool {

// Blocks live at once in PoolRandom.
inline constexpr std::size_t kPoolBlocks = 1024;

// A block taken and given back, which is one operation.
template <typename Pool, std::size_t BlockBytes>
class PoolLifo final : public bench::Subject {
 public:
  void run(std::size_t /*side*/, std::uint64_t operations) override {
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

}  // namespace tally::bench_tool
