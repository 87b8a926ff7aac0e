// One set of the cache: three or seven pairs of key and value in one or two cache lines, under a
// sequence lock. Readers write nothing that another reader needs: they copy what they look for and
// look whether the set's word is as it was.
//
// The word says everything about the set at once, so that one load gives a reader what it needs and
// one exchange makes a writer the only one:
//
//   bit 0      a write is under way
//   bits 1-7   which ways hold a pair
//   bits 8-23  the writer, while bit 0 is set: whom to ask about when it never ends
//   bits 24-63 how many writes there were
//
// Keys and values are atomic words of their own, for a reader may meet a write in the middle. Their
// loads acquire and their stores release, which costs nothing on x86: a reader that sees a part of
// a write sees the word of that write too when it looks again, without a fence between. (Hans
// Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012, section 4.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/atomics.hpp"

namespace tally::cache {

constexpr unsigned kTriesMost = 64;  // looks at a set that is being written

enum class Found : std::uint8_t { yes, no, busy };

template <unsigned kWays, typename Atomics = core::StdAtomics>
struct alignas(64) Set {
  static_assert(kWays == 3 || kWays == 7, "what fills one or two lines");
  using Word = typename Atomics::template Atomic<std::uint64_t>;
  using Mark = typename Atomics::template Atomic<std::uint8_t>;

  static constexpr std::uint64_t kWriting = 1;
  static constexpr unsigned kValidShift = 1;
  static constexpr std::uint64_t kValidMask = 0x7f;
  static constexpr unsigned kWriterShift = 8;
  static constexpr std::uint64_t kOneWrite = std::uint64_t{1} << 24U;

  Word word;
  std::array<Word, kWays> keys;
  std::array<Word, kWays> values;
  // The clock: which ways were read since the hand came by, and the hand. Hints that any store to
  // them may lose.
  std::array<Mark, 7> used;
  Mark hand;

  [[nodiscard]] static bool is_writing(std::uint64_t word) { return (word & kWriting) != 0; }
  [[nodiscard]] static unsigned valid_of(std::uint64_t word) {
    return static_cast<unsigned>(word >> kValidShift & kValidMask);
  }
  [[nodiscard]] static std::uint16_t writer_of(std::uint64_t word) {
    return static_cast<std::uint16_t>(word >> kWriterShift);
  }
  // The word after a write that was begun at `before`.
  [[nodiscard]] static std::uint64_t written(std::uint64_t before, unsigned valid) {
    constexpr std::uint64_t kCount = ~(kOneWrite - 1);
    return ((before & kCount) + kOneWrite) | std::uint64_t{valid} << kValidShift;
  }

  // One look. The copy counts only when no write came between.
  Found find(std::uint64_t key, std::uint64_t& value) {
    // Pairs with the store in finish(): what that write left is seen.
    const std::uint64_t before = Atomics::load_acquire(word);
    if (is_writing(before)) [[unlikely]]
      return Found::busy;
      // As little as can be that waits for the set's line, since that limits how many lines are
      // under way at once: no loop, and each way's place known beforehand. (All ways compared first
      // and one of them picked without a branch: 38 ns instead of 31 among a million keys.)
#pragma GCC unroll 8
    for (unsigned way = 0; way < kWays; ++way) {
      // Pairs with the stores in replace(), as said at the head of this file.
      if (Atomics::load_acquire(keys[way]) != key) continue;
      if ((before >> (kValidShift + way) & 1U) == 0) [[unlikely]]
        continue;
      const std::uint64_t copy = Atomics::load_acquire(values[way]);  // as the key
      if (Atomics::load_relaxed(word) != before) [[unlikely]]
        return Found::busy;
      if (Atomics::load_relaxed(used[way]) == 0) Atomics::store_relaxed(used[way], std::uint8_t{1});
      value = copy;
      return Found::yes;
    }
    return Atomics::load_relaxed(word) == before ? Found::no : Found::busy;
  }

  // Makes this writer the only one, when no other is: then the word as it was.
  std::optional<std::uint64_t> try_begin(std::uint16_t writer) {
    std::uint64_t before = Atomics::load_relaxed(word);
    if (is_writing(before)) return std::nullopt;
    const std::uint64_t writing = before | std::uint64_t{writer} << kWriterShift | kWriting;
    // Pairs with the store in finish(). Its own value is what the stores of replace() order before
    // themselves.
    if (!Atomics::exchange_if(word, before, writing)) return std::nullopt;
    return before;
  }
  void finish(std::uint64_t before, unsigned valid) {
    Atomics::store_release(word, written(before, valid));  // orders the pairs before the word
  }

  // The rest is the writer's, between try_begin() and finish().
  [[nodiscard]] unsigned way_of(std::uint64_t key, unsigned valid) const {
    for (unsigned way = 0; way < kWays; ++way)
      if ((valid >> way & 1U) != 0 && Atomics::load_relaxed(keys[way]) == key) return way;
    return kWays;
  }
  // A way without a pair, or the first one from the hand on that was not read since the hand came
  // by last.
  unsigned victim(unsigned valid) {
    for (unsigned way = 0; way < kWays; ++way)
      if ((valid >> way & 1U) == 0) return way;
    unsigned at = Atomics::load_relaxed(hand) % kWays;
    // At the second round no way is marked, unless readers mark them as fast.
    for (unsigned step = 0; step < 2 * kWays && Atomics::load_relaxed(used[at]) != 0; ++step) {
      Atomics::store_relaxed(used[at], std::uint8_t{0});
      at = (at + 1) % kWays;
    }
    Atomics::store_relaxed(hand, static_cast<std::uint8_t>((at + 1) % kWays));
    return at;
  }
  void replace(unsigned way, std::uint64_t key, std::uint64_t value) {
    // Each orders the word of try_begin() before itself, for a reader that meets this write.
    Atomics::store_release(keys[way], key);
    Atomics::store_release(values[way], value);
  }
};
static_assert(sizeof(Set<3>) == 64 && sizeof(Set<7>) == 128);

}  // namespace tally::cache
