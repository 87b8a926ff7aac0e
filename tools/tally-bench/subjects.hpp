// Shapes of subjects that several areas share.
#pragma once

#include <memory>
#include <utility>

#include "bench/case.hpp"

namespace tally::bench_tool {

// Keeps the compiler from dropping a value that nobody reads.
template <typename T>
inline void keep(const T& value) {
  __asm__ volatile("" : : "g"(&value) : "memory");
}

// One thread that does one thing again and again: bool Operation() is false for a wrong answer.
template <typename Operation>
class Loop final : public bench::Subject {
 public:
  explicit Loop(Operation operation) : operation_(std::move(operation)) {}
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations; ++i)
      if (!operation_()) wrong_ = true;
  }
  [[nodiscard]] bool healthy() const override { return !wrong_; }

 private:
  Operation operation_;
  bool wrong_ = false;
};

// The same for an operation that does `each` operations at a time.
template <typename Operation>
class GranularLoop final : public bench::Subject {
 public:
  GranularLoop(std::uint64_t each, Operation operation)
      : each_(each), operation_(std::move(operation)) {}
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations; i += each_)
      if (!operation_()) wrong_ = true;
  }
  [[nodiscard]] std::uint64_t granularity() const override { return each_; }
  [[nodiscard]] bool healthy() const override { return !wrong_; }

 private:
  std::uint64_t each_;
  Operation operation_;
  bool wrong_ = false;
};

template <typename Operation>
[[nodiscard]] Result<std::unique_ptr<bench::Subject>> make_granular(std::uint64_t each,
                                                                    Operation operation) {
  return std::make_unique<GranularLoop<Operation>>(each, std::move(operation));
}

template <typename Operation>
[[nodiscard]] Result<std::unique_ptr<bench::Subject>> make_loop(Operation operation) {
  return std::make_unique<Loop<Operation>>(std::move(operation));
}

}  // namespace tally::bench_tool
