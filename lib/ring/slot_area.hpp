// The slots of a ring by position, and what their stamps say. Any thread; nothing is allocated.
#pragma once

#include <cstdint>

#include "ring/layout.hpp"

namespace tally::ring {

// The slots by position. The numbers are copies that the peer cannot change.
struct SlotArea {
  std::uint8_t* base = nullptr;
  std::uint64_t capacity = 0;
  std::uint32_t slot_bytes = 0;
  std::uint32_t payload_bytes = 0;

  [[nodiscard]] SlotHeader& at(std::uint64_t position) const {
    return *reinterpret_cast<SlotHeader*>(base + (position & (capacity - 1)) * slot_bytes);
  }
  [[nodiscard]] std::uint8_t* payload(SlotHeader& slot) const {
    return reinterpret_cast<std::uint8_t*>(&slot) + kSlotHeaderBytes;
  }
};

// Whether records are committed and not released, by the stamps from `head` on.
[[nodiscard]] bool has_unread(const SlotArea& slots, std::uint64_t head);

// How many records of a ring of many producers are committed and not released, of positions that
// were claimed before `tail`. Looks at every one of them.
[[nodiscard]] std::uint64_t count_unread(const SlotArea& slots, std::uint64_t head,
                                         std::uint64_t tail);

// First position from `stored` on whose record is not yet committed: where a producer's successor
// goes on. The tail is stored after the stamps, so it may be behind, never ahead.
[[nodiscard]] std::uint64_t recover_tail(const SlotArea& slots, std::uint64_t stored);

}  // namespace tally::ring
