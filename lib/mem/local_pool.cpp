#include "mem/local_pool.hpp"

#include <utility>

namespace tally::mem {

Result<LocalPool> LocalPool::create(std::size_t block_bytes, std::size_t blocks,
                                    const PageRequest& pages) {
  TALLY_TRY(const auto shape, BlockShape::make(block_bytes, blocks));
  TALLY_TRY(auto mapping, Mapping::anonymous(shape.total_bytes(), pages));
  HeldMarks held;
  if (kVerifyBlocks) held = std::make_unique<std::atomic<std::uint8_t>[]>(blocks);
  return LocalPool(std::move(mapping), shape, std::move(held));
}

LocalPool::LocalPool(Mapping mapping, const BlockShape& shape, HeldMarks held)
    : mapping_(std::move(mapping)),
      held_(std::move(held)),
      blocks_(mapping_.data(), shape, held_.get(), Blocks::Contents::kept),
      free_(std::make_unique_for_overwrite<std::uint32_t[]>(shape.count)),
      free_count_(shape.count) {
  // Lowest index first, so that a pool that is never full stays in its first pages.
  for (std::size_t i = 0; i < shape.count; ++i)
    free_[i] = static_cast<std::uint32_t>(shape.count - 1 - i);
  blocks_.begin();
}

}  // namespace tally::mem
