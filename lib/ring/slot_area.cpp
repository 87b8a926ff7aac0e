#include "ring/slot_area.hpp"

#include <algorithm>

namespace tally::ring {

bool has_unread(const SlotArea& slots, std::uint64_t head) {
  // Acquire: what was committed before a close or a death is seen here.
  return slots.at(head).stamp.load(std::memory_order_acquire) == head + 1;
}

std::uint64_t count_unread(const SlotArea& slots, std::uint64_t head, std::uint64_t tail) {
  const std::uint64_t claimed = std::min(tail - head, slots.capacity);
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < claimed; ++i) count += has_unread(slots, head + i) ? 1U : 0U;
  return count;
}

std::uint64_t recover_tail(const SlotArea& slots, std::uint64_t stored) {
  std::uint64_t tail = stored;
  for (std::uint64_t i = 0; i < slots.capacity; ++i, ++tail) {
    // Acquire pairs with the stamp of the predecessor.
    if (!slots.is_settled(slots.at(tail).stamp.load(std::memory_order_acquire), tail)) break;
  }
  return tail;
}

}  // namespace tally::ring
