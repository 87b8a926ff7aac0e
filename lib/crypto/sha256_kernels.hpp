// The forms of SHA-256's compression: what sha256.hpp stands on. Callers use that header; tests and
// benchmarks come here to run one form beside another. Any thread; nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/sha256.hpp"

namespace tally::crypto {

struct Sha256Kernel {
  std::string_view name;
  // Takes `count` blocks of 64 bytes, one after the other, into the state.
  void (*compress)(Sha256::Words& state, const std::uint8_t* blocks, std::size_t count);
  // `count` messages of `blocks_each` blocks each, padded, message after message, all from the
  // state `from`: 32 bytes of digest a message.
  void (*digest_many)(const Sha256::Words& from, const std::uint8_t* messages,
                      std::size_t blocks_each, std::size_t count, std::uint8_t* digests);
};

[[nodiscard]] const Sha256Kernel& sha256_portable();
// SHA-NI: one stream, and two interleaved, which hides the latency of the round instruction.
// Sixteen messages in the lanes of AVX-512 were measured and take a third longer (24.5 ns a block
// against 18.3 on Zen 4), so there is no such form. Pre: the processor has SHA-NI (with SSE 4.1 and
// SSSE3, which every such processor has).
[[nodiscard]] const Sha256Kernel& sha256_sha_ni();
// The fastest that this processor has and TALLY_CPU allows.
[[nodiscard]] const Sha256Kernel& sha256_kernel();

// SHA-256's constants of the rounds: the first 32 bits of the fractional parts of the cube roots of
// the first 64 primes.
extern const std::array<std::uint32_t, 64> kSha256Rounds;

}  // namespace tally::crypto
