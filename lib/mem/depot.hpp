// Where the magazines of a pool lie while no member holds them. A magazine is a short stack of free
// blocks (Bonwick and Adams, "Magazines and Vmem", USENIX 2001); members exchange whole ones here,
// so that what is contended is touched once in some sixty gets or puts.
//
// Each magazine has one word that says where it is: in the depot, as full, partial or empty, or
// with the member whose tag it holds. A magazine changes hands by one store or one exchange of that
// word and so is nobody's at no time: a process may be killed between any two instructions, and a
// look at the words tells what it held. A stack of linked magazines, the usual depot, has a moment
// after the pop in which the popped one is nowhere, and needs a tag against reuse besides.
//
// Bit maps say where to look. They are hints: a set bit may be stale, and the exchange of the word
// then fails; a killed process may leave a bit out, which mend_hints() puts right.
//
// A view of memory that lies in the pool's region and may be shared. Any thread; nothing blocks and
// nothing is allocated.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/atomics.hpp"

namespace tally::mem {

// Where a magazine is, when it is in the depot. Tags of members are above these.
enum class Shelf : std::uint32_t { full = 0, partial = 1, empty = 2 };
inline constexpr std::size_t kShelves = 3;

template <typename Atomics = core::StdAtomics>
class Depot {
 public:
  using Word = typename Atomics::template Atomic<std::uint32_t>;
  using Bits = typename Atomics::template Atomic<std::uint64_t>;
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::uint32_t kFirstTag = 256;
  static constexpr std::size_t kBitsPerWord = 64;

  [[nodiscard]] static constexpr std::size_t map_words(std::size_t magazines) {
    return (magazines + kBitsPerWord - 1) / kBitsPerWord;
  }

  Depot() = default;
  // `words` has a word a magazine; `maps` kShelves maps of map_words() words, one after the other.
  Depot(Word* words, Bits* maps, std::uint32_t magazines)
      : words_(words), magazines_(magazines), map_words_(map_words(magazines)) {
    for (std::size_t i = 0; i < kShelves; ++i) maps_[i] = maps + i * map_words_;
  }

  // A magazine of the shelf that is now the member's alone; kNone when there is none.
  [[nodiscard]] std::uint32_t try_take(Shelf shelf, std::uint32_t tag) const {
    Bits* const map = map_of(shelf);
    for (std::size_t i = 0; i < map_words_; ++i) {
      std::uint64_t seen = Atomics::load_relaxed(map[i]);
      while (seen != 0) {
        const auto bit = static_cast<unsigned>(std::countr_zero(seen));
        // Pairs with set_bits in shelve(): with the bit the magazine's word is seen too, so that
        // the exchange below does not fail for want of it and leave the magazine without a bit.
        if (!Atomics::exchange_if(map[i], seen, seen & (seen - 1))) continue;
        const auto magazine = static_cast<std::uint32_t>(i * kBitsPerWord + bit);
        if (try_claim(magazine, shelf, tag)) return magazine;
        seen = Atomics::load_relaxed(map[i]);
      }
    }
    return kNone;
  }

  // The same by the words themselves, for one whose bit is missing. Slow.
  [[nodiscard]] std::uint32_t try_take_unlisted(Shelf shelf, std::uint32_t tag) const {
    for (std::uint32_t i = 0; i < magazines_; ++i) {
      if (holder(i) == static_cast<std::uint32_t>(shelf) && try_claim(i, shelf, tag)) return i;
    }
    return kNone;
  }

  // Puts a magazine that the caller holds on a shelf.
  void shelve(std::uint32_t magazine, Shelf shelf) const {
    // Orders what the magazine holds before its next holder's claim.
    Atomics::store_release(words_[magazine], static_cast<std::uint32_t>(shelf));
    list(magazine, shelf);
  }

  // What the magazine's word says: a Shelf or a tag.
  [[nodiscard]] std::uint32_t holder(std::uint32_t magazine) const {
    return Atomics::load_relaxed(words_[magazine]);
  }
  [[nodiscard]] bool is_listed(std::uint32_t magazine, Shelf shelf) const {
    const std::uint64_t bits = Atomics::load_relaxed(map_of(shelf)[magazine / kBitsPerWord]);
    return (bits >> magazine % kBitsPerWord & 1U) != 0;
  }
  [[nodiscard]] std::uint32_t magazines() const { return magazines_; }

  // Sets each bit that a killed process left out. Beside running members it may set one that turns
  // out stale, which is harmless.
  void mend_hints() const {
    for (std::uint32_t i = 0; i < magazines_; ++i) {
      const std::uint32_t word = holder(i);
      if (word >= kShelves) continue;
      const auto shelf = static_cast<Shelf>(word);
      if (!is_listed(i, shelf)) list(i, shelf);
    }
  }

 private:
  [[nodiscard]] Bits* map_of(Shelf shelf) const { return maps_[static_cast<std::size_t>(shelf)]; }

  bool try_claim(std::uint32_t magazine, Shelf shelf, std::uint32_t tag) const {
    auto expected = static_cast<std::uint32_t>(shelf);
    // Pairs with the store in shelve(): the contents are seen.
    return Atomics::exchange_if(words_[magazine], expected, tag);
  }
  void list(std::uint32_t magazine, Shelf shelf) const {
    // Orders the magazine's word before the bit (try_take).
    Atomics::set_bits(map_of(shelf)[magazine / kBitsPerWord],
                      std::uint64_t{1} << magazine % kBitsPerWord);
  }

  Word* words_ = nullptr;
  std::array<Bits*, kShelves> maps_{};
  std::uint32_t magazines_ = 0;
  std::size_t map_words_ = 0;
};

}  // namespace tally::mem
