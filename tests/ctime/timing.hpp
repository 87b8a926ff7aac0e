// Whether an operation takes longer for one secret than for others: O. Reparaz, J. Balasch,
// I. Verbauwhede, "Dude, is my code constant time?" (2016). Each operation runs on a fixed secret
// and on random ones in random order; Welch's t between the two samples says whether their means
// differ, and above 10 that is no accident.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/secret.hpp"
#include "crypto/scalar.hpp"

namespace tally::timing {

// What is asked of one operation. The fixed secret is the number one, big-endian, in each 32 bytes;
// whichever a sample takes, the same was done before it.
struct Operation {
  std::size_t secret_bytes = 0;
  std::function<void(ByteView secret)> prepare;  // not timed; what is public is to be drawn anew
  std::function<bool()> run;                     // timed; whether it did what it is timed for
};

// The operation of an object: State::kSecretBytes, prepare() and run(), which says whether it
// succeeded where it can fail.
template <typename State>
[[nodiscard]] Operation of() {
  const auto state = std::make_shared<State>();
  return {State::kSecretBytes, [state](ByteView secret) { state->prepare(secret); },
          [state] {
            if constexpr (std::is_void_v<decltype(state->run())>) {
              state->run();
              return true;
            } else {
              return state->run();
            }
          }};
}

using Cases = std::vector<std::pair<std::string_view, Operation (*)()>>;
[[nodiscard]] Cases crypto_cases();
[[nodiscard]] Cases frost_cases();
[[nodiscard]] Cases ot_cases();
[[nodiscard]] Cases ecdsa_cases();

// Keeps the optimiser from dropping what is timed.
inline volatile std::uint64_t sink;

[[nodiscard]] inline crypto::Scalar scalar_of(ByteView secret) {
  return crypto::Scalar::from_bytes_reduced(secret.first(32));
}
template <std::size_t N>
[[nodiscard]] ByteArray<N> fresh() {
  ByteArray<N> bytes;
  core::random_bytes(bytes);
  return bytes;
}

}  // namespace tally::timing
