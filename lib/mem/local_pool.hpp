// A fixed number of blocks of one size for one thread: the frames of a relay, the nodes of a table.
// The only costs of a pair of get and put are a load and a store in a stack of indices, whatever
// the size of a block; no general allocator is flat over sizes, because each keeps its list inside
// the free blocks and so touches a line of them that has gone cold.
//
//   * Nothing is ever written into a free block. The stack lies apart, and the block that was put
//     back last is handed out first, while its lines are still in the cache.
//   * Blocks are named by an index and kept apart (mem/blocks.hpp), and lie on the largest pages
//     that the host grants (mem/pages.hpp).
//   * A pool never grows: an empty one says so at once.
//
// create() allocates everything; afterwards nothing is. A pool and its blocks belong to one thread
// at a time; for several threads or processes there is mem/pool.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mem/blocks.hpp"
#include "mem/pages.hpp"

namespace tally::mem {

class LocalPool {
 public:
  // What try_get() returns when every block is in use.
  static constexpr std::uint32_t kNone = kNoBlock;

  // `blocks` blocks of at least `block_bytes`, zeroed. Errors: what BlockShape::make and
  // Mapping::anonymous say.
  [[nodiscard]] static Result<LocalPool> create(std::size_t block_bytes, std::size_t blocks,
                                                const PageRequest& pages = {});

  LocalPool(LocalPool&&) noexcept = default;
  LocalPool& operator=(LocalPool&&) = delete;
  LocalPool(const LocalPool&) = delete;
  LocalPool& operator=(const LocalPool&) = delete;
  ~LocalPool() = default;

  // The index of a block that nobody holds, with the bytes its last holder left; or kNone.
  [[nodiscard]] std::uint32_t try_get() {
    if (free_count_ == 0) return kNone;
    const std::uint32_t index = free_[--free_count_];
    blocks_.note_taken(index);
    return index;
  }

  // Gives back a block that try_get() returned. It must not be used afterwards.
  void put(std::uint32_t index) {
    blocks_.note_put(index);
    free_[free_count_++] = index;
  }

  // The block's bytes; a block of another pool's index is not detected.
  [[nodiscard]] std::uint8_t* data(std::uint32_t index) const { return blocks_.data(index); }
  [[nodiscard]] MutableByteView block(std::uint32_t index) const { return blocks_.block(index); }

  [[nodiscard]] std::size_t block_bytes() const { return blocks_.shape().block_bytes; }  // as asked
  [[nodiscard]] std::size_t capacity() const { return blocks_.shape().count; }
  [[nodiscard]] std::size_t available() const { return free_count_; }
  [[nodiscard]] const PageReport& pages() const { return mapping_.report(); }

 private:
  using HeldMarks = std::unique_ptr<std::atomic<std::uint8_t>[]>;
  LocalPool(Mapping mapping, const BlockShape& shape, HeldMarks held);

  Mapping mapping_;
  HeldMarks held_;  // of a verify build
  Blocks blocks_;
  std::unique_ptr<std::uint32_t[]> free_;  // a stack: the next one is free_[free_count_ - 1]
  std::size_t free_count_ = 0;
};

}  // namespace tally::mem
