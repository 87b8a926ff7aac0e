// The atomics a queue is written against. A queue names the five accesses it makes and leaves to
// the policy what carries them out: the machine (StdAtomics), or a model checker that tries every
// interleaving and every stale value the language allows (tests/model).
#pragma once

#include <atomic>
#include <utility>

namespace tally::queue {

struct StdAtomics {
  template <typename T>
  using Atomic = std::atomic<T>;
  // A slot's memory, ordered by the atomics around it and by nothing else.
  template <typename T>
  using Cell = T;

  // Each caller names the store it pairs with.
  template <typename T>
  static T load_relaxed(const std::atomic<T>& from) {
    return from.load(std::memory_order_relaxed);
  }
  template <typename T>
  static T load_acquire(const std::atomic<T>& from) {
    return from.load(std::memory_order_acquire);  // reason: the caller's
  }
  template <typename T>
  static T load_seq_cst(const std::atomic<T>& from) {
    return from.load(std::memory_order_seq_cst);  // reason: the caller's
  }
  template <typename T>
  static void store_release(std::atomic<T>& to, T value) {
    to.store(value, std::memory_order_release);  // reason: the caller's
  }
  template <typename T>
  static void store_seq_cst(std::atomic<T>& to, T value) {
    to.store(value, std::memory_order_seq_cst);  // reason: the caller's
  }
  template <typename T>
  static void put(T& cell, T value) {
    cell = std::move(value);
  }
  template <typename T>
  static T take(T& cell) {
    return std::move(cell);
  }
};

}  // namespace tally::queue
