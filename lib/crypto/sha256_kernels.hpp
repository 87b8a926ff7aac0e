// The forms of SHA-256's compression, its padding, and where a batch begins: what sha256.hpp and
// sha256_batch.hpp stand on. Callers use those headers; tests and benchmarks come here to run one
// form beside another. Any thread; nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/sha256.hpp"

namespace tally::crypto {

// Where the messages of a batch begin that have their first bytes in common: the state in front of
// the first block, and the one behind those of its rounds that take nothing but common words.
struct Sha256Start {
  // As many as 32 bytes decide, which is what the multiplications of threshold ECDSA share.
  static constexpr std::size_t kRounds = 8;

  Sha256::Words from;
  Sha256::Words begun;
  std::size_t rounds;  // kRounds, or 0 where too little is shared
};
// Pre: the messages' first `shared_bytes` bytes are those of `block`, shared_bytes <= 64.
[[nodiscard]] Sha256Start sha256_start(const Sha256::Words& from, const std::uint8_t* block,
                                       std::size_t shared_bytes);

struct Sha256Kernel {
  std::string_view name;
  // Takes `count` blocks of 64 bytes, one after the other, into the state.
  void (*compress)(Sha256::Words& state, const std::uint8_t* blocks, std::size_t count);
  // `count` messages of `blocks_each` blocks each, padded, message after message: 32 bytes of
  // digest a message.
  void (*digest_many)(const Sha256Start& start, const std::uint8_t* messages,
                      std::size_t blocks_each, std::size_t count, std::uint8_t* digests);
};

[[nodiscard]] const Sha256Kernel& sha256_portable();
// SHA-NI: one stream, and two interleaved, which hides the latency of the round instruction where
// the unit is pipelined (Zen 4: 35 ns a block alone, 18.3 in two streams). Pre: the processor has
// SHA-NI (with SSE 4.1 and SSSE3, which every such processor has).
[[nodiscard]] const Sha256Kernel& sha256_sha_ni();
// Sixteen messages in the lanes of AVX-512, single streams by SHA-NI. Golden Cove's SHA unit gains
// next to nothing from a second stream (43.8 ns a block alone, 36.5 in two streams or four) and
// takes 20 ns a block in lanes; Zen 4 takes 24.5, and is better off without. So Intel's processors
// get it and no others, those before Golden Cove unmeasured, whose SHA unit is slower still. Pre:
// SHA-NI, AVX-512 F and BW.
[[nodiscard]] const Sha256Kernel& sha256_avx512();
// The fastest that this processor has and TALLY_CPU allows.
[[nodiscard]] const Sha256Kernel& sha256_kernel();

// Blocks that `size_bytes` of message need with the one bit, zeros and length behind them.
[[nodiscard]] std::size_t sha256_padded_blocks(std::size_t size_bytes);
// Writes the padding behind the message that ends at `at`, up to `end`.
void sha256_pad(std::uint8_t* at, std::uint8_t* end, std::uint64_t total_bytes);

// SHA-256's constants of the rounds: the first 32 bits of the fractional parts of the cube roots of
// the first 64 primes.
extern const std::array<std::uint32_t, 64> kSha256Rounds;

}  // namespace tally::crypto
