// The accesses of core/atomics.hpp carried out by Relacy, and the frame of a model program: run the
// algorithm as it is, which must be clean, or with one fault planted, which must be found. Include
// it last: Relacy makes macros of words of the language, which are taken back at once.
#pragma once

#include <cstdio>
#include <ostream>
#include <relacy/relacy.hpp>

#include "support/sanitizer.hpp"
#include "support/skip.hpp"
#undef new
#undef delete
#undef malloc
#undef free

namespace tally::test {

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
    return from(RL_INFO).load(rl::mo_acquire);
  }
  template <typename T>
  static void store_relaxed(rl::atomic<T>& to, T value) {
    to(RL_INFO).store(value, rl::mo_relaxed);
  }
  template <typename T>
  static void store_release(rl::atomic<T>& to, T value) {
    to(RL_INFO).store(value, rl::mo_release);
  }
  template <typename T>
  static bool exchange_if(rl::atomic<T>& in, T& expected, T desired) {
    return in(RL_INFO).compare_exchange_strong(expected, desired, rl::mo_acq_rel, rl::mo_relaxed);
  }
  template <typename T>
  static void set_bits(rl::atomic<T>& in, T bits) {
    in(RL_INFO).fetch_or(bits, rl::mo_release);
  }
  template <typename T>
  static void put(rl::var<T>& cell, T value) {
    cell(RL_INFO).store(value);
  }
  template <typename T>
  static T take(rl::var<T>& cell) {
    return cell(RL_INFO).load();
  }
};

inline void skip_under_sanitizers() {
  if (kAddressSanitizer || kThreadSanitizer) {
    skip("Relacy switches stacks, which the sanitizers do not follow");
  }
}

// Whether the checker found nothing. Half of the iterations are random, half a bounded search.
template <typename Suite>
bool is_clean(unsigned iterations) {
  std::ostream quiet(nullptr);  // a buffer would be freed outside of the checker's own heap
  for (const auto scheduler : {rl::random_scheduler_type, rl::fair_context_bound_scheduler_type}) {
    rl::test_params params;
    params.iteration_count = iterations;
    params.search_type = scheduler;
    params.output_stream = &quiet;
    params.progress_stream = &quiet;
    if (!rl::simulate<Suite>(params)) {
      std::printf("found: %s\n", rl::test_result_str(params.test_result));
      return false;
    }
    std::printf("%u interleavings: nothing found\n", static_cast<unsigned>(params.stop_iteration));
  }
  return true;
}

}  // namespace tally::test
