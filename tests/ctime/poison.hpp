// Secrets that the checker of a run holds for undefined, valgrind or clang's memory sanitizer, and
// whether something hangs on one.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "crypto/ctime.hpp"
#include "mpc/dkls_random.hpp"

namespace tally::ctime {

inline void poison(const void* memory, std::size_t size_bytes) {
#ifdef TALLY_CTIME_MSAN
  __msan_poison(memory, size_bytes);
#else
  VALGRIND_MAKE_MEM_UNDEFINED(memory, size_bytes);
#endif
}
inline void poison(ByteView bytes) {
  poison(bytes.data(), bytes.size());
}

// The result of a case must still count as secret, or nothing was watched.
[[nodiscard]] inline bool is_poisoned(ByteView bytes) {
#ifdef TALLY_CTIME_MSAN
  return __msan_test_shadow(bytes.data(), bytes.size()) >= 0;
#else
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool poisoned = VALGRIND_CHECK_MEM_IS_DEFINED(bytes.data(), bytes.size()) != 0;
  VALGRIND_ENABLE_ERROR_REPORTING;
  return poisoned;
#endif
}
template <typename T>
requires(!std::is_convertible_v<const T&, ByteView>)
    [[nodiscard]] bool is_poisoned(const T& value) {
  return is_poisoned(ByteView(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
}

[[nodiscard]] inline ByteArray<32> secret_bytes(std::uint8_t seed) {
  ByteArray<32> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(seed * (i + 3));
  }
  poison(bytes);
  return bytes;
}

// What is said is public from there on.
inline void say(MutableByteView message) {
  crypto::declassify(message.data(), message.size());
}
[[nodiscard]] inline Bytes said(ByteView message) {
  Bytes copy(message.begin(), message.end());
  say(copy);
  return copy;
}

// All that is drawn is secret, but for what is said as it is.
class PoisonedRandom final : public mpc::dkls::Randomness {
 public:
  explicit PoisonedRandom(std::uint8_t seed) : hedge_(ByteArray<32>{seed}, mpc::dkls::Hedge{}) {}
  void fill(mpc::dkls::Draw draw, std::uint32_t index, MutableByteView out) override {
    using mpc::dkls::Draw;
    hedge_.fill(draw, index, out);
    if (draw != Draw::pair_nonce && draw != Draw::accept) poison(out);
  }

 private:
  mpc::dkls::HedgedRandomness hedge_;
};

// False when the operation failed or its result was not watched.
using Cases = std::vector<std::pair<std::string_view, bool (*)()>>;
// Of ctime_ot.cpp, for both checkers, and of ctime_parties.cpp, for valgrind.
[[nodiscard]] Cases cases_of_ot();
[[nodiscard]] Cases cases_of_parties();

}  // namespace tally::ctime
