// Marks for constant-time code. In the product they cost nothing; tests/ctime builds the same
// sources with TALLY_CTIME, where a declassified value may be branched on and any other secret may
// not: valgrind reports each branch and each address that depends on one. Under clang's memory
// sanitizer, which runs what valgrind cannot, they say the same to that.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define TALLY_CTIME_MSAN 1
#endif
#endif

#ifdef TALLY_CTIME_MSAN
#include <sanitizer/msan_interface.h>
#elif defined(TALLY_CTIME)
#include <valgrind/memcheck.h>
#endif

namespace tally::crypto {

// Says that the bytes are public from here on: a signature, a public key, the fact that a secret
// was refused. Each call says why that is so.
inline void declassify([[maybe_unused]] const void* memory,
                       [[maybe_unused]] std::size_t size_bytes) {
#ifdef TALLY_CTIME_MSAN
  __msan_unpoison(memory, size_bytes);
#elif defined(TALLY_CTIME)
  VALGRIND_MAKE_MEM_DEFINED(memory, size_bytes);
#endif
}
template <typename T>
[[nodiscard]] T declassified(T value) {
  declassify(&value, sizeof value);
  return value;
}

// Hides a value from the optimiser, which would otherwise turn a mask back into a branch.
[[nodiscard]] inline std::uint64_t value_barrier(std::uint64_t value) {
#ifdef TALLY_CTIME_MSAN
  // The sanitizer takes whatever enters assembly for used; through memory it follows.
  const volatile std::uint64_t hidden = value;
  return hidden;
#else
  asm volatile("" : "+r"(value));
  return value;
#endif
}

}  // namespace tally::crypto
