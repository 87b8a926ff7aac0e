#include <bit>

#include "core/endian.hpp"
#include "core/secret.hpp"
#include "crypto/sha256_kernels.hpp"

namespace tally::crypto {

// In lines of 64 bytes, which vector loads then never cross.
alignas(64) const std::array<std::uint32_t, 64> kSha256Rounds = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

using Word = std::uint32_t;

// The names of FIPS 180-4, section 4.1.2.
Word big_sigma0(Word x) {
  return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22);
}
Word big_sigma1(Word x) {
  return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25);
}
Word small_sigma0(Word x) {
  return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3U);
}
Word small_sigma1(Word x) {
  return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10U);
}

// One round. Instead of moving every variable on by one, the caller names them in another order.
[[gnu::always_inline]] inline void round(Word a, Word b, Word c, Word& d, Word e, Word f, Word g,
                                         Word& h, Word word_and_constant) {
  h += big_sigma1(e) + (g ^ (e & (f ^ g))) + word_and_constant;
  d += h;
  h += big_sigma0(a) + ((a & b) | (c & (a | b)));
}

// The state after rounds kFirst to kLast - 1 with words from `w`. Pre: multiples of eight.
template <std::size_t kFirst, std::size_t kLast>
[[gnu::always_inline]] inline Sha256::Words rounds(const Sha256::Words& state, const Word* w) {
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t t = kFirst; t < kLast; t += 8) {
    const Word* k = kSha256Rounds.data() + t;
    round(a, b, c, d, e, f, g, h, w[t] + k[0]);
    round(h, a, b, c, d, e, f, g, w[t + 1] + k[1]);
    round(g, h, a, b, c, d, e, f, w[t + 2] + k[2]);
    round(f, g, h, a, b, c, d, e, w[t + 3] + k[3]);
    round(e, f, g, h, a, b, c, d, w[t + 4] + k[4]);
    round(d, e, f, g, h, a, b, c, w[t + 5] + k[5]);
    round(c, d, e, f, g, h, a, b, w[t + 6] + k[6]);
    round(b, c, d, e, f, g, h, a, w[t + 7] + k[7]);
  }
  return {a, b, c, d, e, f, g, h};
}

// The state behind a block: the rounds from kFirst on after `begun`, added to `before`.
template <std::size_t kFirst>
[[gnu::always_inline]] inline void finish_block(Sha256::Words& state, const Sha256::Words& before,
                                                const Sha256::Words& begun,
                                                const std::uint8_t* block,
                                                std::array<Word, 64>& w) {
  for (std::size_t t = 0; t < 16; ++t) w[t] = core::load_be<Word>(block + 4 * t);
  for (std::size_t t = 16; t < 64; ++t) {
    w[t] = small_sigma1(w[t - 2]) + w[t - 7] + small_sigma0(w[t - 15]) + w[t - 16];
  }
  const Sha256::Words added = rounds<kFirst, 64>(begun, w.data());
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = before[i] + added[i];
}

[[gnu::always_inline]] inline void take_blocks(Sha256::Words& state, const std::uint8_t* blocks,
                                               std::size_t count, std::array<Word, 64>& schedule) {
  for (std::size_t i = 0; i < count; ++i) {
    finish_block<0>(state, state, state, blocks + i * Sha256::kBlockBytes, schedule);
  }
}

void compress(Sha256::Words& state, const std::uint8_t* blocks, std::size_t count) {
  std::array<Word, 64> schedule;
  take_blocks(state, blocks, count, schedule);
  core::wipe(&schedule, sizeof schedule);
}

void digest_many(const Sha256Start& start, const std::uint8_t* messages, std::size_t blocks_each,
                 std::size_t count, std::uint8_t* digests) {
  std::array<Word, 64> schedule;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const message = messages + i * blocks_each * Sha256::kBlockBytes;
    Sha256::Words state;
    if (start.rounds == 0) {
      finish_block<0>(state, start.from, start.begun, message, schedule);
    } else {
      finish_block<Sha256Start::kRounds>(state, start.from, start.begun, message, schedule);
    }
    take_blocks(state, message + Sha256::kBlockBytes, blocks_each - 1, schedule);
    for (std::size_t j = 0; j < state.size(); ++j) {
      core::store_be(digests + 32 * i + 4 * j, state[j]);
    }
  }
  core::wipe(&schedule, sizeof schedule);
}

}  // namespace

Sha256Start sha256_start(const Sha256::Words& from, const std::uint8_t* block,
                         std::size_t shared_bytes) {
  Sha256Start start = {from, from, 0};
  if (shared_bytes < 4 * Sha256Start::kRounds) return start;
  start.rounds = Sha256Start::kRounds;
  std::array<Word, Sha256Start::kRounds> words;
  for (std::size_t t = 0; t < words.size(); ++t) words[t] = core::load_be<Word>(block + 4 * t);
  start.begun = rounds<0, Sha256Start::kRounds>(from, words.data());
  core::wipe(&words, sizeof words);
  return start;
}

const Sha256Kernel& sha256_portable() {
  static constexpr Sha256Kernel kKernel = {"portable", compress, digest_many};
  return kKernel;
}

}  // namespace tally::crypto
