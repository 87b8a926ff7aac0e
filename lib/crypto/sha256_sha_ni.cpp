// SHA-256 by the SHA extensions (Intel Architecture Instruction Set Extensions, "Intel SHA
// Extensions", 2013). sha256rnds2 does two rounds and its result is awaited by the next one: on a
// stream of its own it leaves half of its unit idle, so two messages are taken at once where there
// are two.
#include <immintrin.h>
#include <utility>

#include "crypto/sha256_kernels.hpp"

#define TALLY_SHA_NI gnu::target("sha,sse4.1,ssse3")

namespace tally::crypto {
namespace {

// The state in the order that the instructions ask for, and the last 16 words of the schedule.
struct Stream {
  __m128i abef;
  __m128i cdgh;
  __m128i words[4];
};

[[TALLY_SHA_NI]] inline __m128i load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}
[[TALLY_SHA_NI]] inline void store(void* at, __m128i value) {
  _mm_storeu_si128(static_cast<__m128i*>(at), value);
}
// Four 32-bit words whose bytes are the other way round.
[[TALLY_SHA_NI]] inline __m128i swap_bytes(__m128i words) {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

[[TALLY_SHA_NI]] inline void load_state(Stream& s, const Sha256::Words& state) {
  const __m128i badc = _mm_shuffle_epi32(load(state.data()), 0xB1);
  const __m128i hgfe = _mm_shuffle_epi32(load(state.data() + 4), 0x1B);
  s.abef = _mm_alignr_epi8(badc, hgfe, 8);
  s.cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);
}

// The state in the order of memory.
struct Ordered {
  __m128i abcd;
  __m128i efgh;
};
[[TALLY_SHA_NI]] inline Ordered ordered(const Stream& s) {
  const __m128i abef = _mm_shuffle_epi32(s.abef, 0x1B);
  const __m128i ghcd = _mm_shuffle_epi32(s.cdgh, 0xB1);
  return {_mm_blend_epi16(abef, ghcd, 0xF0), _mm_alignr_epi8(ghcd, abef, 8)};
}

// Rounds 4 * kQuad to 4 * kQuad + 3, or no more than their words.
template <std::size_t kQuad, bool kRounds>
[[TALLY_SHA_NI, gnu::always_inline]] inline void four_rounds(Stream& s, const std::uint8_t* block) {
  __m128i& word = s.words[kQuad % 4];
  if constexpr (kQuad < 4) {
    word = swap_bytes(load(block + 16 * kQuad));
  } else {
    const __m128i newest = s.words[(kQuad + 3) % 4];
    const __m128i seven_back = _mm_alignr_epi8(newest, s.words[(kQuad + 2) % 4], 4);
    const __m128i partial = _mm_sha256msg1_epu32(word, s.words[(kQuad + 1) % 4]);
    word = _mm_sha256msg2_epu32(_mm_add_epi32(partial, seven_back), newest);
  }
  if constexpr (!kRounds) return;
  const __m128i input = _mm_add_epi32(word, load(kSha256Rounds.data() + 4 * kQuad));
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, input);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(input, 0x0E));
}

// A quad of rounds of each of kCount streams; the block of stream i is `stride` bytes behind the
// one before. Of the first kDone quads no more than the words.
template <std::size_t kQuad, std::size_t kDone, std::size_t kCount>
[[TALLY_SHA_NI, gnu::always_inline]] inline void four_rounds_each(Stream (&streams)[kCount],
                                                                  const std::uint8_t* block,
                                                                  std::size_t stride) {
  static_assert(kCount <= 2 && kDone < 4);
  four_rounds<kQuad, (kQuad >= kDone)>(streams[0], block);
  if constexpr (kCount == 2) four_rounds<kQuad, (kQuad >= kDone)>(streams[1], block + stride);
}

// The rest of a block whose first kDone quads are behind the streams already, and the state from
// before it added.
template <std::size_t kDone, std::size_t kCount, std::size_t... kQuad>
[[TALLY_SHA_NI, gnu::always_inline]] inline void finish_block(
    Stream (&streams)[kCount], const Stream (&before)[kCount], const std::uint8_t* block,
    std::size_t stride, std::index_sequence<kQuad...> /*quads*/) {
  (four_rounds_each<kQuad, kDone>(streams, block, stride), ...);
  for (std::size_t i = 0; i < kCount; ++i) {
    streams[i].abef = _mm_add_epi32(streams[i].abef, before[i].abef);
    streams[i].cdgh = _mm_add_epi32(streams[i].cdgh, before[i].cdgh);
  }
}

template <std::size_t kCount>
[[TALLY_SHA_NI, gnu::always_inline]] inline void take_block(Stream (&streams)[kCount],
                                                            const std::uint8_t* block,
                                                            std::size_t stride) {
  Stream before[kCount];
  for (std::size_t i = 0; i < kCount; ++i) before[i] = streams[i];
  finish_block<0>(streams, before, block, stride, std::make_index_sequence<16>{});
}

[[TALLY_SHA_NI]] void compress(Sha256::Words& state, const std::uint8_t* blocks,
                               std::size_t count) {
  Stream streams[1];
  load_state(streams[0], state);
  for (std::size_t i = 0; i < count; ++i) {
    take_block(streams, blocks + i * Sha256::kBlockBytes, 0);
  }
  const Ordered words = ordered(streams[0]);
  store(state.data(), words.abcd);
  store(state.data() + 4, words.efgh);
}

// kCount messages that stand one after the other.
template <std::size_t kCount, std::size_t kDone>
[[TALLY_SHA_NI]] void digest_some(const Sha256Start& start, const std::uint8_t* messages,
                                  std::size_t blocks_each, std::uint8_t* digests) {
  const std::size_t message_bytes = blocks_each * Sha256::kBlockBytes;
  Stream before[kCount];
  Stream streams[kCount];
  for (std::size_t i = 0; i < kCount; ++i) {
    load_state(before[i], start.from);
    load_state(streams[i], start.begun);
  }
  finish_block<kDone>(streams, before, messages, message_bytes, std::make_index_sequence<16>{});
  for (std::size_t i = 1; i < blocks_each; ++i) {
    take_block(streams, messages + i * Sha256::kBlockBytes, message_bytes);
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    const Ordered words = ordered(streams[i]);
    store(digests + 32 * i, swap_bytes(words.abcd));
    store(digests + 32 * i + 16, swap_bytes(words.efgh));
  }
}

template <std::size_t kDone>
void digest_all(const Sha256Start& start, const std::uint8_t* messages, std::size_t blocks_each,
                std::size_t count, std::uint8_t* digests) {
  const std::size_t message_bytes = blocks_each * Sha256::kBlockBytes;
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    digest_some<2, kDone>(start, messages + i * message_bytes, blocks_each, digests + 32 * i);
  }
  if (i < count) {
    digest_some<1, kDone>(start, messages + i * message_bytes, blocks_each, digests + 32 * i);
  }
}

void digest_many(const Sha256Start& start, const std::uint8_t* messages, std::size_t blocks_each,
                 std::size_t count, std::uint8_t* digests) {
  const auto all = start.rounds == 0 ? digest_all<0> : digest_all<Sha256Start::kRounds / 4>;
  all(start, messages, blocks_each, count, digests);
}

}  // namespace

const Sha256Kernel& sha256_sha_ni() {
  static constexpr Sha256Kernel kKernel = {"sha_ni", compress, digest_many};
  return kKernel;
}

}  // namespace tally::crypto
