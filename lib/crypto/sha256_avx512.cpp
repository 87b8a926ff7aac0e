// SHA-256 of sixteen messages at a time, message i in lane i of each register. A rotation is one
// instruction (vprord), and so is the sum modulo 2 of three words or a choice (vpternlogd), so that
// a round of sixteen messages takes some 26 instructions.
//
// Source: FIPS 180-4, section 6.2; the lanes after S. Gueron, V. Krasnov, "Simultaneous hashing of
// multiple messages" (2012).
#include <immintrin.h>
#include <utility>

#include "core/secret.hpp"
#include "crypto/sha256_kernels.hpp"

#define TALLY_AVX512 gnu::target("avx512f,avx512bw")
#define TALLY_AVX512_INLINE TALLY_AVX512, gnu::always_inline

namespace tally::crypto {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kDigestBytes = 32;

struct State {
  __m512i word[8];
};

[[TALLY_AVX512_INLINE]] inline __m512i fill(std::uint32_t value) {
  return _mm512_set1_epi32(static_cast<int>(value));
}
[[TALLY_AVX512_INLINE]] inline __m512i add(__m512i a, __m512i b) {
  return _mm512_add_epi32(a, b);
}
template <int kBits>
[[TALLY_AVX512_INLINE]] inline __m512i rotated(__m512i x) {
  return _mm512_maskz_ror_epi32(0xFFFF, x, kBits);
}
template <int kBits>
[[TALLY_AVX512_INLINE]] inline __m512i shifted(__m512i x) {
  return _mm512_maskz_srli_epi32(0xFFFF, x, kBits);
}
// The compiler makes vpternlogd of these.
[[TALLY_AVX512_INLINE]] inline __m512i exclusive_or(__m512i a, __m512i b, __m512i c) {
  return a ^ b ^ c;
}
[[TALLY_AVX512_INLINE]] inline __m512i choose(__m512i x, __m512i y, __m512i z) {
  return z ^ (x & (y ^ z));
}
[[TALLY_AVX512_INLINE]] inline __m512i majority(__m512i x, __m512i y, __m512i z) {
  return (x & y) | (z & (x | y));
}

// The names of FIPS 180-4, section 4.1.2.
[[TALLY_AVX512_INLINE]] inline __m512i big_sigma0(__m512i x) {
  return exclusive_or(rotated<2>(x), rotated<13>(x), rotated<22>(x));
}
[[TALLY_AVX512_INLINE]] inline __m512i big_sigma1(__m512i x) {
  return exclusive_or(rotated<6>(x), rotated<11>(x), rotated<25>(x));
}
[[TALLY_AVX512_INLINE]] inline __m512i small_sigma0(__m512i x) {
  return exclusive_or(rotated<7>(x), rotated<18>(x), shifted<3>(x));
}
[[TALLY_AVX512_INLINE]] inline __m512i small_sigma1(__m512i x) {
  return exclusive_or(rotated<17>(x), rotated<19>(x), shifted<10>(x));
}

// Words whose bytes are the other way round.
[[TALLY_AVX512_INLINE]] inline __m512i swap_bytes(__m512i words) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm512_shuffle_epi8(words, _mm512_maskz_broadcast_i32x4(0xFFFF, order));
}

[[TALLY_AVX512_INLINE]] inline __m512i low_words(__m512i a, __m512i b) {
  return _mm512_maskz_unpacklo_epi32(0xFFFF, a, b);
}
[[TALLY_AVX512_INLINE]] inline __m512i high_words(__m512i a, __m512i b) {
  return _mm512_maskz_unpackhi_epi32(0xFFFF, a, b);
}
[[TALLY_AVX512_INLINE]] inline __m512i low_pairs(__m512i a, __m512i b) {
  return _mm512_maskz_unpacklo_epi64(0xFF, a, b);
}
[[TALLY_AVX512_INLINE]] inline __m512i high_pairs(__m512i a, __m512i b) {
  return _mm512_maskz_unpackhi_epi64(0xFF, a, b);
}
template <int kParts>
[[TALLY_AVX512_INLINE]] inline __m512i shuffle_parts(__m512i a, __m512i b) {
  return _mm512_maskz_shuffle_i32x4(0xFFFF, a, b, kParts);
}

// Mirrors the 4 by 4 words that four registers have in each of their four parts.
[[TALLY_AVX512_INLINE]] inline void mirror_parts(__m512i* rows) {
  const __m512i low01 = low_words(rows[0], rows[1]);
  const __m512i high01 = high_words(rows[0], rows[1]);
  const __m512i low23 = low_words(rows[2], rows[3]);
  const __m512i high23 = high_words(rows[2], rows[3]);
  rows[0] = low_pairs(low01, low23);
  rows[1] = high_pairs(low01, low23);
  rows[2] = low_pairs(high01, high23);
  rows[3] = high_pairs(high01, high23);
}

// Word t of sixteen blocks into register t. `stride` is from one block to the next.
[[TALLY_AVX512_INLINE]] inline void load_words(__m512i (&words)[16], const std::uint8_t* blocks,
                                               std::size_t stride) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; ++i) {
    words[i] = swap_bytes(_mm512_loadu_si512(blocks + i * stride));
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; i += 4) mirror_parts(words + i);
    // Part p of register 4 q + r has word 4 p + r of blocks 4 q .. 4 q + 3: q and p change places.
#pragma GCC unroll 4
  for (std::size_t r = 0; r < 4; ++r) {
    const __m512i even01 = shuffle_parts<0x88>(words[r], words[4 + r]);
    const __m512i odd01 = shuffle_parts<0xDD>(words[r], words[4 + r]);
    const __m512i even23 = shuffle_parts<0x88>(words[8 + r], words[12 + r]);
    const __m512i odd23 = shuffle_parts<0xDD>(words[8 + r], words[12 + r]);
    words[r] = shuffle_parts<0x88>(even01, even23);
    words[4 + r] = shuffle_parts<0x88>(odd01, odd23);
    words[8 + r] = shuffle_parts<0xDD>(even01, even23);
    words[12 + r] = shuffle_parts<0xDD>(odd01, odd23);
  }
}

// The lower half of a register, 0, or the upper one, 1.
template <int kHalf>
[[TALLY_AVX512_INLINE]] inline void store_half(__m512i value, std::uint8_t* to) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                      _mm512_maskz_extracti64x4_epi64(0xF, value, kHalf));
}

// The sixteen states as digests.
[[TALLY_AVX512_INLINE]] inline void store_digests(State& state, std::uint8_t* digests) {
#pragma GCC unroll 8
  for (__m512i& word : state.word) word = swap_bytes(word);
  mirror_parts(state.word);
  mirror_parts(state.word + 4);
  // Part p of register r has words 0 to 3 of message 4 p + r, and register 4 + r words 4 to 7.
#pragma GCC unroll 4
  for (std::size_t r = 0; r < 4; ++r) {
    const __m512i parts01 = shuffle_parts<0x44>(state.word[r], state.word[4 + r]);
    const __m512i parts23 = shuffle_parts<0xEE>(state.word[r], state.word[4 + r]);
    const __m512i digests01 = shuffle_parts<0xD8>(parts01, parts01);
    const __m512i digests23 = shuffle_parts<0xD8>(parts23, parts23);
    store_half<0>(digests01, digests + kDigestBytes * r);
    store_half<1>(digests01, digests + kDigestBytes * (4 + r));
    store_half<0>(digests23, digests + kDigestBytes * (8 + r));
    store_half<1>(digests23, digests + kDigestBytes * (12 + r));
  }
}

// Where variable `variable` of FIPS 180-4, a to h, stands before round kRound: instead of moving
// every one on by one, its place in the state moves.
template <std::size_t kRound>
constexpr std::size_t place(std::size_t variable) {
  return (variable + 64 - kRound) % 8;
}

template <std::size_t kRound>
[[TALLY_AVX512_INLINE]] inline void round(State& state, __m512i (&words)[16]) {
  if constexpr (kRound >= 16) {
    words[kRound % 16] =
        add(add(words[kRound % 16], small_sigma0(words[(kRound + 1) % 16])),
            add(words[(kRound + 9) % 16], small_sigma1(words[(kRound + 14) % 16])));
  }
  const __m512i a = state.word[place<kRound>(0)];
  const __m512i b = state.word[place<kRound>(1)];
  const __m512i c = state.word[place<kRound>(2)];
  __m512i& d = state.word[place<kRound>(3)];
  const __m512i e = state.word[place<kRound>(4)];
  const __m512i f = state.word[place<kRound>(5)];
  const __m512i g = state.word[place<kRound>(6)];
  __m512i& h = state.word[place<kRound>(7)];
  const __m512i input = add(h, add(words[kRound % 16], fill(kSha256Rounds[kRound])));
  const __m512i sum = add(input, add(big_sigma1(e), choose(e, f, g)));
  d = add(d, sum);
  h = add(sum, add(big_sigma0(a), majority(a, b, c)));
}

template <std::size_t kFirst, std::size_t... kRound>
[[TALLY_AVX512_INLINE]] inline void rounds_from(State& state, __m512i (&words)[16],
                                                std::index_sequence<kRound...> /*rounds*/) {
  (round<kFirst + kRound>(state, words), ...);
}

// The rounds from kFirst on, and the state of before added.
template <std::size_t kFirst>
[[TALLY_AVX512_INLINE]] inline void take_blocks(State& state, const State& before,
                                                const std::uint8_t* blocks, std::size_t stride) {
  __m512i words[16];
  load_words(words, blocks, stride);
  rounds_from<kFirst>(state, words, std::make_index_sequence<64 - kFirst>{});
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) state.word[i] = add(state.word[i], before.word[i]);
}

[[TALLY_AVX512_INLINE]] inline State fill_state(const Sha256::Words& words) {
  State state;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) state.word[i] = fill(words[i]);
  return state;
}

// Sixteen messages of one block, kDone rounds of which are behind them. The state is never in
// memory.
template <std::size_t kDone>
[[TALLY_AVX512, gnu::noinline]] void digest_sixteen(const Sha256Start& start,
                                                    const std::uint8_t* messages,
                                                    std::uint8_t* digests) {
  State state = fill_state(start.begun);
  take_blocks<kDone>(state, fill_state(start.from), messages, Sha256::kBlockBytes);
  store_digests(state, digests);
}

// A block after the first one.
[[TALLY_AVX512, gnu::noinline]] void take_next(State& state, const State& before,
                                               const std::uint8_t* blocks, std::size_t stride) {
  take_blocks<0>(state, before, blocks, stride);
}

// Sixteen longer messages.
template <std::size_t kDone>
[[TALLY_AVX512, gnu::noinline]] void digest_sixteen_long(const Sha256Start& start,
                                                         const std::uint8_t* messages,
                                                         std::size_t blocks_each,
                                                         std::uint8_t* digests) {
  const std::size_t stride = blocks_each * Sha256::kBlockBytes;
  State state = fill_state(start.begun);
  State before = fill_state(start.from);
  take_blocks<kDone>(state, before, messages, stride);
  for (std::size_t i = 1; i < blocks_each; ++i) {
    before = state;
    take_next(state, before, messages + i * Sha256::kBlockBytes, stride);
  }
  store_digests(state, digests);
  core::wipe(&state, sizeof state);
  core::wipe(&before, sizeof before);
}

template <std::size_t kDone>
void digest_groups(const Sha256Start& start, const std::uint8_t* messages, std::size_t blocks_each,
                   std::size_t groups, std::uint8_t* digests) {
  for (; groups > 0; --groups) {
    if (blocks_each == 1) {
      digest_sixteen<kDone>(start, messages, digests);
    } else {
      digest_sixteen_long<kDone>(start, messages, blocks_each, digests);
    }
    messages += kLanes * blocks_each * Sha256::kBlockBytes;
    digests += kLanes * kDigestBytes;
  }
}

void compress(Sha256::Words& state, const std::uint8_t* blocks, std::size_t count) {
  sha256_sha_ni().compress(state, blocks, count);
}

void digest_many(const Sha256Start& start, const std::uint8_t* messages, std::size_t blocks_each,
                 std::size_t count, std::uint8_t* digests) {
  const std::size_t groups = count / kLanes;
  const auto in_lanes = start.rounds == 0 ? digest_groups<0> : digest_groups<Sha256Start::kRounds>;
  in_lanes(start, messages, blocks_each, groups, digests);
  const std::size_t done = groups * kLanes;
  sha256_sha_ni().digest_many(start, messages + done * blocks_each * Sha256::kBlockBytes,
                              blocks_each, count - done, digests + done * kDigestBytes);
}

}  // namespace

const Sha256Kernel& sha256_avx512() {
  static constexpr Sha256Kernel kKernel = {"avx512", compress, digest_many};
  return kKernel;
}

}  // namespace tally::crypto
