#include "mem/local_pool.hpp"

#include <limits>
#include <string>
#include <utility>

#ifdef TALLY_VERIFY
#include <cstdio>
#include <cstdlib>
#endif

namespace tally::mem {

Result<LocalPool> LocalPool::create(std::size_t block_bytes, std::size_t blocks,
                                    const PageRequest& pages) {
  constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max() / 2;
  if (block_bytes == 0 || blocks == 0) {
    return fail(Code::usage, "a pool needs at least one block of at least one byte");
  }
  if (blocks >= kNone) {
    return fail(Code::usage, "a pool has fewer than " + std::to_string(kNone) + " blocks");
  }
  if (block_bytes > kLargest / blocks - kAlignBytes) {
    return fail(Code::usage, std::to_string(blocks) + " blocks of " + std::to_string(block_bytes) +
                                 " bytes are larger than any memory");
  }
  const std::size_t stride_bytes = (block_bytes + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
  TALLY_TRY(auto mapping, Mapping::anonymous(stride_bytes * blocks, pages));
  return LocalPool(std::move(mapping), block_bytes, stride_bytes, blocks);
}

LocalPool::LocalPool(Mapping mapping, std::size_t block_bytes, std::size_t stride_bytes,
                     std::size_t capacity)
    : mapping_(std::move(mapping)),
      free_(std::make_unique_for_overwrite<std::uint32_t[]>(capacity)),
      free_count_(capacity),
      capacity_(capacity),
      block_bytes_(block_bytes),
      stride_bytes_(stride_bytes) {
  // Lowest index first, so that a pool that is never full stays in its first pages.
  for (std::size_t i = 0; i < capacity; ++i)
    free_[i] = static_cast<std::uint32_t>(capacity - 1 - i);
#ifdef TALLY_VERIFY
  in_use_.assign(capacity, false);
#endif
  ASAN_POISON_MEMORY_REGION(mapping_.data(), stride_bytes_ * capacity_);
}

#ifdef TALLY_VERIFY
void LocalPool::require_in_use(std::uint32_t index) const {
  if (index < capacity_ && in_use_[index]) return;
  std::fprintf(stderr, "LocalPool: block %u of %zu is put back and not in use\n", index, capacity_);
  std::abort();
}
#endif

}  // namespace tally::mem
