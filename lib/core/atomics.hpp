// The atomics a lock-free algorithm is written against. It names the accesses it makes and leaves
// to the policy what carries them out: the machine (StdAtomics), or a model checker that tries
// every interleaving and every stale value the language allows (tests/model).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>

namespace tally::core {

struct StdAtomics {
  template <typename T>
  using Atomic = std::atomic<T>;
  // Memory that is ordered by the atomics around it and by nothing else.
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
  static void store_relaxed(std::atomic<T>& to, T value) {
    to.store(value, std::memory_order_relaxed);
  }
  template <typename T>
  static void store_release(std::atomic<T>& to, T value) {
    to.store(value, std::memory_order_release);  // reason: the caller's
  }
  template <typename T>
  static void store_seq_cst(std::atomic<T>& to, T value) {
    to.store(value, std::memory_order_seq_cst);  // reason: the caller's
  }
  // Puts `desired` where `expected` is; otherwise reads into `expected` what is there.
  template <typename T>
  static bool exchange_if(std::atomic<T>& in, T& expected, T desired) {
    return in.compare_exchange_strong(expected, desired,
                                      std::memory_order_acq_rel,  // reason: the caller's
                                      std::memory_order_relaxed);
  }
  // The same, in one order with the other accesses that are seq_cst.
  template <typename T>
  static bool exchange_if_seq_cst(std::atomic<T>& in, T& expected, T desired) {
    return in.compare_exchange_strong(expected, desired,
                                      std::memory_order_seq_cst,  // reason: the caller's
                                      std::memory_order_relaxed);
  }
  // The same; where it fails, what it reads was stored before, with all that its thread had done.
  template <typename T>
  static bool exchange_if_seq_cst_or_acquire(std::atomic<T>& in, T& expected, T desired) {
    return in.compare_exchange_strong(expected, desired,
                                      std::memory_order_seq_cst,   // reason: the caller's
                                      std::memory_order_acquire);  // reason: the caller's
  }
  template <typename T>
  static void set_bits(std::atomic<T>& in, T bits) {
    in.fetch_or(bits, std::memory_order_release);  // reason: the caller's
  }
  template <typename T>
  static T add(std::atomic<T>& to, T value) {
    return to.fetch_add(value, std::memory_order_acq_rel);  // reason: the caller's
  }
  template <typename T>
  static void put(T& cell, T value) {
    cell = std::move(value);
  }
  template <typename T>
  static T take(T& cell) {
    return std::move(cell);
  }
  // Runs of cells that lie one after the other.
  template <typename T>
  static void put_run(T* cells, const T* items, std::size_t count) {
    std::copy_n(items, count, cells);
  }
  template <typename T>
  static void take_run(T* items, T* cells, std::size_t count) {
    std::move(cells, cells + count, items);
  }
};

}  // namespace tally::core
