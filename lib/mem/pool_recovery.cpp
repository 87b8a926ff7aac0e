#include "mem/pool_recovery.hpp"

#include <algorithm>

namespace tally::mem {

std::size_t PoolRecovery::run() {
  // Nothing is done with the return value: the magazine bears the dead member's tag now.
  (void)parts_.depot.try_take(Shelf::partial, dead_);
  find_magazines();
  mark_blocks();
  shelve_blocks();
  return blocks_.size();
}

void PoolRecovery::find_magazines() {
  for (std::uint32_t i = 0; i < parts_.depot.magazines(); ++i)
    if (parts_.depot.holder(i) == dead_) magazines_.push_back(i);
}

void PoolRecovery::mark_blocks() {
  const std::uint32_t marked = dead_ | kRecoveryMark;
  const std::size_t capacity = parts_.blocks.shape().count;
  for (const std::uint32_t i : magazines_) {
    const Magazine& magazine = parts_.magazines[i];
    const std::uint32_t count = magazine.count.load(std::memory_order_relaxed);
    for (std::uint32_t k = 0; k < std::min(count, Magazine::kBlocks); ++k) {
      if (magazine.index[k] >= capacity) continue;
      parts_.owners[magazine.index[k]].store(marked, std::memory_order_relaxed);
    }
  }
  for (std::uint32_t i = 0; i < capacity; ++i) {
    std::uint32_t owner = dead_;
    // Decides between this and PoolMember::try_adopt(); a mark that is there already stays.
    if (parts_.owners[i].compare_exchange_strong(owner, marked, std::memory_order_relaxed) ||
        owner == marked) {
      blocks_.push_back(i);
    }
  }
  keep_order();  // the marks come before: they name every block
  for (const std::uint32_t i : magazines_)
    parts_.magazines[i].count.store(0, std::memory_order_relaxed);
}

std::uint32_t PoolRecovery::empty_magazine() {
  if (!magazines_.empty()) {
    const std::uint32_t magazine = magazines_.back();
    magazines_.pop_back();
    return magazine;
  }
  // As in PoolMember::take(): there is one, or about to be.
  for (;;) {
    const std::uint32_t magazine = parts_.depot.try_take_unlisted(Shelf::empty, dead_);
    if (magazine != Depot<>::kNone) return magazine;
  }
}

void PoolRecovery::shelve_blocks() {
  for (std::size_t begin = 0; begin < blocks_.size(); begin += Magazine::kBlocks) {
    const std::size_t count = std::min<std::size_t>(Magazine::kBlocks, blocks_.size() - begin);
    const std::uint32_t i = empty_magazine();
    Magazine& into = parts_.magazines[i];
    std::copy_n(blocks_.begin() + static_cast<std::ptrdiff_t>(begin), count, into.index.begin());
    // Orders the indices before the count, as in PoolMember::shelve().
    into.count.store(static_cast<std::uint32_t>(count), std::memory_order_release);
    keep_order();
    for (std::size_t k = 0; k < count; ++k) {
      parts_.blocks.note_recovered(into.index[k]);
      parts_.owners[into.index[k]].store(0, std::memory_order_relaxed);
    }
    parts_.depot.shelve(i, shelf_for(into.count.load(std::memory_order_relaxed)));
  }
  for (const std::uint32_t i : magazines_) parts_.depot.shelve(i, Shelf::empty);
}

}  // namespace tally::mem
