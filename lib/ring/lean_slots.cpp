#include "ring/lean_slots.hpp"

namespace tally::ring {

bool has_unread(const LeanSlots& slots, std::uint64_t head) {
  // Acquire: what was committed before a close or a death is seen here.
  return is_lean_record(slots.word(head).load(std::memory_order_acquire), head);
}

std::uint64_t recover_tail(const LeanSlots& slots, std::uint64_t stored) {
  std::uint64_t tail = stored;
  while (tail - stored < slots.capacity && has_unread(slots, tail)) ++tail;
  return tail;
}

}  // namespace tally::ring
