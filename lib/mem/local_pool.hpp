// A fixed number of blocks of one size for one thread: the frames of a relay, the nodes of a table.
// The only costs of a pair of get and put are a load and a store in a stack of indices, whatever
// the size of a block; no general allocator is flat over sizes, because each keeps its list inside
// the free blocks and so touches a line of them that has gone cold.
//
//   * Blocks are named by a 32-bit index: half of a pointer, and it means the same in another
//     mapping of the same memory.
//   * Nothing is ever written into a free block. The stack lies apart, and the block that was put
//     back last is handed out first, while its lines are still in the cache.
//   * Blocks begin on cache lines and share none, and lie on the largest pages that the host
//     grants (mem/pages.hpp).
//   * A pool never grows: an empty one says so at once.
//
// create() allocates everything; afterwards nothing is. A pool and its blocks belong to one thread
// at a time.
//
// Under AddressSanitizer a free block is poisoned, so that a use after put() is reported where it
// happens. A verify build (TALLY_VERIFY) ends the process when a block is put back that is not in
// use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sanitizer/asan_interface.h>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mem/pages.hpp"

namespace tally::mem {

class LocalPool {
 public:
  // What try_get() returns when every block is in use.
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::size_t kAlignBytes = 64;

  // `blocks` blocks of at least `block_bytes`, zeroed. Errors: usage when either is 0, when there
  // are more blocks than indices, or when their product is no size of memory; what
  // Mapping::anonymous says.
  [[nodiscard]] static Result<LocalPool> create(std::size_t block_bytes, std::size_t blocks,
                                                const PageRequest& pages = {});

  LocalPool(LocalPool&&) noexcept = default;
  LocalPool& operator=(LocalPool&&) = delete;
  LocalPool(const LocalPool&) = delete;
  LocalPool& operator=(const LocalPool&) = delete;
  ~LocalPool() { ASAN_UNPOISON_MEMORY_REGION(mapping_.data(), mapping_.size()); }

  // The index of a block that nobody holds, with the bytes its last holder left; or kNone.
  [[nodiscard]] std::uint32_t try_get() {
    if (free_count_ == 0) return kNone;
    const std::uint32_t index = free_[--free_count_];
    note_taken(index);
    return index;
  }

  // Gives back a block that try_get() returned. It must not be used afterwards.
  void put(std::uint32_t index) {
    note_put(index);
    free_[free_count_++] = index;
  }

  // The block's bytes; a block of another pool's index is not detected.
  [[nodiscard]] std::uint8_t* data(std::uint32_t index) const {
    return mapping_.data() + index * stride_bytes_;
  }
  [[nodiscard]] MutableByteView block(std::uint32_t index) const {
    return {data(index), block_bytes_};
  }

  [[nodiscard]] std::size_t block_bytes() const { return block_bytes_; }  // as asked
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t available() const { return free_count_; }
  [[nodiscard]] const PageReport& pages() const { return mapping_.report(); }

 private:
  LocalPool(Mapping mapping, std::size_t block_bytes, std::size_t stride_bytes,
            std::size_t capacity);

  void note_taken(std::uint32_t index) {
    ASAN_UNPOISON_MEMORY_REGION(data(index), block_bytes_);
#ifdef TALLY_VERIFY
    in_use_[index] = true;
#endif
  }
  void note_put(std::uint32_t index) {
#ifdef TALLY_VERIFY
    require_in_use(index);
    in_use_[index] = false;
#endif
    ASAN_POISON_MEMORY_REGION(data(index), block_bytes_);
  }

#ifdef TALLY_VERIFY
  void require_in_use(std::uint32_t index) const;
  std::vector<bool> in_use_;
#endif
  Mapping mapping_;
  std::unique_ptr<std::uint32_t[]> free_;  // a stack: the next one is free_[free_count_ - 1]
  std::size_t free_count_ = 0;
  std::size_t capacity_ = 0;
  std::size_t block_bytes_ = 0;
  std::size_t stride_bytes_ = 0;
};

}  // namespace tally::mem
