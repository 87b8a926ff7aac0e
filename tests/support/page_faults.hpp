// Page faults of this thread, for loops that must take none.
#pragma once

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "support/sanitizer.hpp"
#include "support/skip.hpp"

namespace tally::test {

inline long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

// loop(count) after a first round, for the code's own pages and the stack's: not one fault.
template <typename Loop>
void check_takes_no_page_fault(Loop loop, int count = 10'000) {
  loop(1);
  const long before = page_faults();
  loop(count);
  CHECK(page_faults() == before);
}

inline void skip_where_shadow_memory_faults() {
  if (kAddressSanitizer || kThreadSanitizer)
    skip("a sanitizer's own memory is paged in while the loop runs");
}

}  // namespace tally::test
