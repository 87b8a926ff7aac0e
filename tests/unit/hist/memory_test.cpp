// What a histogram takes from the heap, counted by an operator new of this program's own.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <doctest/doctest.h>
#include <new>

#include "hist/histogram.hpp"
#include "support/skip.hpp"

namespace {

[[maybe_unused]] std::atomic<std::size_t> allocated_bytes{0};

}  // namespace

// clang's thread sanitizer is linked with operators of its own, which cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TALLY_OPERATORS_ARE_TAKEN
#endif
#endif

#ifndef TALLY_OPERATORS_ARE_TAKEN
void* operator new(std::size_t bytes) {
  allocated_bytes += bytes;
  // Out of memory the program of a test ends.
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}
#endif

TEST_SUITE_BEGIN("hist");

TEST_CASE("a histogram of 1 ns to 1 h has at most 300 KiB and recording takes no more") {
#ifdef TALLY_OPERATORS_ARE_TAKEN
  tally::test::skip("the thread sanitizer has an operator new of its own");
#endif
  const std::size_t before = allocated_bytes;
  tally::hist::Histogram histogram;
  const std::size_t made = allocated_bytes - before;
  CHECK(made >= 200U * 1024);  // the counting counts
  CHECK(made + sizeof histogram <= 300U * 1024);
  for (std::uint64_t value = 1; value <= tally::hist::kMaxNs; value += value / 500 + 1)
    histogram.record(value);
  histogram.record(0);
  histogram.record(tally::hist::kMaxNs + 1);
  CHECK(histogram.quantile(0.5) > 1);
  CHECK(allocated_bytes - before == made);
}

TEST_SUITE_END();
