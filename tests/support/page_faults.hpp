// Page faults of this thread, for loops that must take none.
#pragma once

#include <sys/resource.h>

#include "support/sanitizer.hpp"
#include "support/skip.hpp"

namespace tally::test {

inline long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

inline void skip_where_shadow_memory_faults() {
  if (kAddressSanitizer || kThreadSanitizer)
    skip("a sanitizer's own memory is paged in while the loop runs");
}

}  // namespace tally::test
