// The work that every cache and map is measured by, ours and the peers'. It is given by an adapter
// that is made with the number of keys it shall hold:
//
//   explicit Adapter(std::size_t keys)
//   bool get(std::uint64_t key, std::uint64_t& value)
//   void put(std::uint64_t key, std::uint64_t value)
//
// Used by the peers' programs too: nothing here needs linking.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bench/case.hpp"

namespace tally::bench_tool {

// Keys without pattern: number n's key, by a product that no two numbers share.
constexpr std::uint64_t cache_key(std::uint64_t number) {
  return (number + 1) * 0xd6e8feb86659fd93U;
}
// A value tells its key.
constexpr std::uint64_t cache_value(std::uint64_t key) {
  return ~key;
}

// Filled with keys, then asked for them in an order without pattern. A cache may have dropped some;
// what it finds must be right, and nine in ten must be there.
template <typename Map, std::size_t Keys>
class CacheGet : public bench::Subject {
 public:
  CacheGet() {
    for (std::uint64_t i = 0; i < Keys; ++i) map_.put(cache_key(i), cache_value(cache_key(i)));
  }
  void run(std::size_t /*side*/, std::uint64_t operations) override { look_up(operations); }
  [[nodiscard]] bool healthy() const override { return wrong_ == 0 && found_ >= asked_ / 10 * 9; }

 protected:
  static_assert((Keys & (Keys - 1)) == 0);
  void look_up(std::uint64_t operations) {
    std::uint64_t found = 0;
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < operations; ++i) {
      random_ = random_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX constants
      const std::uint64_t key = cache_key((random_ >> 33U) & (Keys - 1));
      std::uint64_t value = 0;
      if (!map_.get(key, value)) continue;
      ++found;
      wrong += value == cache_value(key) ? 0U : 1U;
    }
    asked_ += operations;
    found_ += found;
    wrong_ += wrong;
  }
  Map map_{Keys};

 private:
  std::uint64_t random_ = 1;
  std::uint64_t asked_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t wrong_ = 0;
};

// The same beside a second thread that puts one key after the other, without pattern and without
// pause, until the first has done its part.
template <typename Map, std::size_t Keys>
class CacheGetBesideWriter final : public CacheGet<Map, Keys> {
 public:
  void run(std::size_t side, std::uint64_t operations) override {
    if (side == 0) {
      this->look_up(operations);
      // Orders nothing but itself; the writer looks at it after each put.
      done_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::uint64_t slice = begun_++;
    while (done_.load(std::memory_order_relaxed) <= slice) {
      random_ = random_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX constants
      const std::uint64_t key = cache_key((random_ >> 33U) & (Keys - 1));
      this->map_.put(key, cache_value(key));
    }
  }

 private:
  alignas(128) std::atomic<std::uint64_t> done_{0};
  alignas(128) std::uint64_t begun_ = 0;  // the writer's
  std::uint64_t random_ = 2;
};

}  // namespace tally::bench_tool
