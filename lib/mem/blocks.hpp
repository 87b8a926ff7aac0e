// Blocks of one size, one after the other, named by a 32-bit index: what the pools share. An index
// is half of a pointer, and it means the same in another mapping of the same memory. Blocks begin
// on cache lines and share none. Those that fill a multiple of eight lines lie one further
// apart, because their first lines would contend for few places in the caches otherwise:
// blocks of 1024 bytes that one thread takes and another puts took 14 ns each instead of 28 (near
// cores), 60 instead of 177 (far ones). So they need not lie within one page each, and take more
// memory: an eighth with 512 bytes, a 64th with 4096.
//
// Nothing is ever written into a free block, with one exception. Under AddressSanitizer a free
// block is poisoned, so that a use after it was put back is reported where it happens. A verify
// build (TALLY_VERIFY) ends the process when a block is put back that is not in use, and where the
// pool promises nothing about contents it fills free blocks with a pattern and ends the process
// when a block that is handed out was written to meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sanitizer/asan_interface.h>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::mem {

inline constexpr std::size_t kBlockAlignBytes = 64;
// No block: what a pool returns when all are in use.
inline constexpr std::uint32_t kNoBlock = 0xffff'ffff;

#ifdef TALLY_VERIFY
inline constexpr bool kVerifyBlocks = true;
#else
inline constexpr bool kVerifyBlocks = false;
#endif

struct BlockShape {
  std::size_t block_bytes = 0;
  std::size_t stride_bytes = 0;  // from one block to the next
  std::size_t count = 0;

  // Errors: usage when either is 0, when there are more blocks than indices, or when their product
  // is no size of memory.
  [[nodiscard]] static Result<BlockShape> make(std::size_t block_bytes, std::size_t count);
  [[nodiscard]] std::size_t total_bytes() const { return stride_bytes * count; }
};

// Owns nothing. `held` has a byte for each block, zeroed at first; only verify builds use it, and
// elsewhere it may be null.
class Blocks {
 public:
  enum class Contents : std::uint8_t { kept, undefined };  // of a free block

  Blocks(std::uint8_t* memory, const BlockShape& shape, std::atomic<std::uint8_t>* held,
         Contents contents)
      : memory_(memory), shape_(shape), held_(held), contents_(contents) {}

  [[nodiscard]] std::uint8_t* data(std::uint32_t index) const {
    return memory_ + index * shape_.stride_bytes;
  }
  [[nodiscard]] MutableByteView block(std::uint32_t index) const {
    return {data(index), shape_.block_bytes};
  }
  [[nodiscard]] const BlockShape& shape() const { return shape_; }

  // Every block becomes free. Once, before any other use of the memory. The poison goes with the
  // mapping (mem/pages.hpp).
  void begin() const {
    for (std::uint32_t i = 0; kVerifyBlocks && i < shape_.count; ++i) {
      fill(i);
    }
    ASAN_POISON_MEMORY_REGION(memory_, shape_.total_bytes());
  }
  void note_taken(std::uint32_t index) const {
    note_received(index);
    if constexpr (kVerifyBlocks) require_free(index);
  }
  void note_put(std::uint32_t index) const {
    if constexpr (kVerifyBlocks) require_held(index);
    ASAN_POISON_MEMORY_REGION(data(index), shape_.block_bytes);
  }
  // The block came from another process, and is in use already.
  void note_received(std::uint32_t index) const {
    ASAN_UNPOISON_MEMORY_REGION(data(index), shape_.block_bytes);
  }
  // The block was in use by a process that died.
  void note_recovered(std::uint32_t index) const {
    if constexpr (kVerifyBlocks) release(index);
    ASAN_POISON_MEMORY_REGION(data(index), shape_.block_bytes);
  }

 private:
  void fill(std::uint32_t index) const;
  void release(std::uint32_t index) const;
  void require_free(std::uint32_t index) const;  // and marks it as held
  void require_held(std::uint32_t index) const;  // and marks it as free

  std::uint8_t* memory_;
  BlockShape shape_;
  std::atomic<std::uint8_t>* held_;
  Contents contents_;
};

}  // namespace tally::mem
