// The accesses of core/atomics.hpp carried out by Relacy, which tries interleavings and,
// for each load, every stale value the C++ memory model allows. A cell that is read without being
// ordered after its write is a data race and ends the run.
//
// Include it last: Relacy makes macros of words of the language, which are taken back at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ostream>
#include <relacy/relacy.hpp>
#include <string_view>

#undef new
#undef delete
#undef malloc
#undef free

namespace tally::test {

// The words of the assertion that failed last, which Relacy keeps for its history alone.
inline const char* failed_assertion = "";

}  // namespace tally::test

#undef RL_ASSERT
#define RL_ASSERT(x)                                                                        \
  do {                                                                                      \
    if (!(x)) {                                                                             \
      ::tally::test::failed_assertion = ": " #x;                                            \
      RL_ASSERT_IMPL(false, rl::test_result_user_assert_failed, "assertion: " #x, RL_INFO); \
    }                                                                                       \
  } while (false)

namespace tally::test {

// What is planted: nothing here; a fault overrides one of them. A torn exchange compares and then
// stores.
struct NoFault {
  static bool weak_load() { return false; }
  static bool weak_store() { return false; }
  static bool torn_exchange() { return false; }
};

// Fault says which accesses of the running thread are weaker than written (NoFault above).
template <typename Fault = NoFault>
struct RelacyAtomics {
  template <typename T>
  using Atomic = rl::atomic<T>;
  template <typename T>
  using Cell = rl::var<T>;

  template <typename T>
  static T load_relaxed(const rl::atomic<T>& from) {
    return from(RL_INFO).load(rl::mo_relaxed);
  }
  template <typename T>
  static T load_acquire(const rl::atomic<T>& from) {
    return from(RL_INFO).load(Fault::weak_load() ? rl::mo_relaxed : rl::mo_acquire);
  }
  template <typename T>
  static T load_seq_cst(const rl::atomic<T>& from) {
    return from(RL_INFO).load(rl::mo_seq_cst);
  }
  template <typename T>
  static void store_relaxed(rl::atomic<T>& to, T value) {
    to(RL_INFO).store(value, rl::mo_relaxed);
  }
  template <typename T>
  static void store_release(rl::atomic<T>& to, T value) {
    to(RL_INFO).store(value, Fault::weak_store() ? rl::mo_relaxed : rl::mo_release);
  }
  template <typename T>
  static void store_seq_cst(rl::atomic<T>& to, T value) {
    to(RL_INFO).store(value, rl::mo_seq_cst);
  }
  template <typename T>
  static bool exchange_if(rl::atomic<T>& in, T& expected, T desired) {
    if (Fault::torn_exchange()) return tear(in, expected, desired);
    return in(RL_INFO).compare_exchange_strong(expected, desired, rl::mo_acq_rel, rl::mo_relaxed);
  }
  template <typename T>
  static bool exchange_if_seq_cst(rl::atomic<T>& in, T& expected, T desired) {
    if (Fault::torn_exchange()) return tear(in, expected, desired);
    return in(RL_INFO).compare_exchange_strong(expected, desired, rl::mo_seq_cst, rl::mo_relaxed);
  }
  template <typename T>
  static bool exchange_if_seq_cst_or_acquire(rl::atomic<T>& in, T& expected, T desired) {
    return in(RL_INFO).compare_exchange_strong(expected, desired, rl::mo_seq_cst, rl::mo_acquire);
  }
  template <typename T>
  static void set_bits(rl::atomic<T>& in, T bits) {
    in(RL_INFO).fetch_or(bits, rl::mo_release);
  }
  template <typename T>
  static T add(rl::atomic<T>& to, T value) {
    return to(RL_INFO).fetch_add(value, rl::mo_acq_rel);
  }
  template <typename T>
  static void put(rl::var<T>& cell, T value) {
    cell(RL_INFO).store(value);
  }
  template <typename T>
  static T take(rl::var<T>& cell) {
    return cell(RL_INFO).load();
  }
  template <typename T>
  static void put_run(rl::var<T>* cells, const T* items, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put(cells[i], items[i]);
  }
  template <typename T>
  static void take_run(T* items, rl::var<T>* cells, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) items[i] = take(cells[i]);
  }

 private:
  template <typename T>
  static bool tear(rl::atomic<T>& in, T& expected, T desired) {
    const T found = in(RL_INFO).load(rl::mo_relaxed);
    const bool same = found == expected;
    expected = found;
    if (same) in(RL_INFO).store(desired, rl::mo_release);
    return same;
  }
};

// Whether the checker found nothing, else it says what: random interleavings, and then a search of
// all with few switches of threads, which ends in time for small models alone.
template <typename Suite>
bool is_clean(bool search, unsigned iterations) {
  std::ostream quiet(nullptr);  // a buffer would be freed outside of the checker's own heap
  for (const auto scheduler : {rl::random_scheduler_type, rl::fair_context_bound_scheduler_type}) {
    if (scheduler != rl::random_scheduler_type && !search) continue;
    rl::test_params params;
    params.iteration_count = iterations;
    params.search_type = scheduler;
    params.output_stream = &quiet;
    params.progress_stream = &quiet;
    if (!rl::simulate<Suite>(params)) {
      const bool is_assertion = params.test_result == rl::test_result_user_assert_failed;
      std::printf("found: %s%s\n", rl::test_result_str(params.test_result),
                  is_assertion ? failed_assertion : "");
      return false;
    }
    std::printf("%u interleavings: nothing found\n", static_cast<unsigned>(params.stop_iteration));
  }
  return true;
}

}  // namespace tally::test
