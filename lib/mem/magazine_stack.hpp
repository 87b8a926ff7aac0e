// The magazines that a member of a pool has in hand, as one stack of free blocks: they lie end to
// end, full ones at the bottom and empty ones on top, and a get or a put is the same few
// instructions at the edge of one as anywhere. (With a pointer to the magazine in use one in sixty
// gets or puts took a branch that no processor foresees: 15 to 35 ns on Emerald Rapids.) Two
// magazines keep a thread at the edge of one from going to the depot at each step (Bonwick and
// Adams, "Magazines and Vmem", USENIX 2001, section 3.1); more keep one away whose need goes up and
// down by some hundred blocks. In the depot (mem/depot.hpp) each exchange waits until every store
// before it has reached the cache.
//
// Belongs to the member's thread; nothing is allocated.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "mem/pool_layout.hpp"

namespace tally::mem {

class MagazineStack {
 public:
  // Puts an empty magazine on top. Pre: fewer than kMostMagazines were added.
  void add(Magazine* empty) {
    at_[limit_ / Magazine::kBlocks] = empty;
    limit_ += Magazine::kBlocks;
  }

  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  [[nodiscard]] bool is_full() const { return count_ == limit_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  // The block at `place`, of which the last is handed out first. Pre: place < count().
  [[nodiscard]] std::uint32_t operator[](std::uint32_t place) const {
    return at_[place / Magazine::kBlocks]->index[place % Magazine::kBlocks];
  }
  // Pre: not empty.
  [[nodiscard]] std::uint32_t pop() {
    const std::uint32_t place = count_ - 1;
    const std::uint32_t index = (*this)[place];
    count_ = place;
    return index;
  }
  // Pre: not full.
  void push(std::uint32_t index) {
    const std::uint32_t place = count_;
    at_[place / Magazine::kBlocks]->index[place % Magazine::kBlocks] = index;
    count_ = place + 1;
  }

  // Pre: empty. Exchanges a third of the magazines, one at least, for full ones, as long as
  // exchange(empty) gives one.
  template <typename Exchange>
  void fill_third(Exchange exchange) {
    for (std::uint32_t i = 0; i < third(); ++i) {
      Magazine* const full = exchange(at_[i]);
      if (full == nullptr) return;
      at_[i] = full;
      count_ += Magazine::kBlocks;
    }
  }
  // Pre: empty. The lowest magazine is another one now, with `count` blocks.
  void replace_lowest(Magazine* filled, std::uint32_t count) {
    at_[0] = filled;
    count_ = count;
  }
  [[nodiscard]] Magazine* lowest() const { return at_[0]; }
  // Pre: full. Exchanges the third that it has had for longest, one at least, for empty ones.
  template <typename Exchange>
  void empty_third(Exchange exchange) {
    for (std::uint32_t i = 0; i < third(); ++i) at_[i] = exchange(at_[i]);
    std::rotate(at_.begin(), at_.begin() + third(), at_.begin() + limit_ / Magazine::kBlocks);
    count_ -= third() * Magazine::kBlocks;
  }
  // Calls work(magazine, blocks in it) for each.
  template <typename Work>
  void for_each(Work work) const {
    for (std::uint32_t begin = 0; begin < limit_; begin += Magazine::kBlocks) {
      const std::uint32_t above = count_ - std::min(begin, count_);
      work(at_[begin / Magazine::kBlocks], std::min(above, Magazine::kBlocks));
    }
  }

 private:
  [[nodiscard]] std::uint32_t third() const { return (limit_ / Magazine::kBlocks + 1) / 3; }

  std::array<Magazine*, kMostMagazines> at_{};
  std::uint32_t count_ = 0;  // of blocks
  std::uint32_t limit_ = 0;  // of blocks, kBlocks a magazine
};

}  // namespace tally::mem
