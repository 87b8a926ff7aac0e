// Putting back what a dead member of a shared pool answered for. Every step leaves a state from
// which the whole can be begun again, so that the one who recovers may be killed as well:
//
//   1. A partial magazine of the depot becomes the dead member's, so that such do not become many.
//   2. Each block in a magazine of the dead member's gets the mark of recovery, and each other
//      block that it answered for by an exchange, which a member that adopts the block meanwhile
//      wins or loses. The marks now name every block once, whatever the magazines say.
//   3. The dead member's magazines are emptied, filled again from the marks and shelved.
//
// Used by Pool::recover alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mem/pool_layout.hpp"

namespace tally::mem {

// A member's words (MemberSlot): name << 32 | tag; tag: epoch << 8 | slot + 1.
inline constexpr std::uint32_t kNoName = 0xffff'ffff;
inline constexpr std::uint32_t kRecoveryMark = 0x8000'0000;  // of an owner word

constexpr std::uint64_t slot_word(std::uint32_t name, std::uint32_t tag) {
  return std::uint64_t{name} << 32U | tag;
}
constexpr std::uint32_t name_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> 32U);
}
constexpr std::uint32_t tag_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word);
}
constexpr std::uint32_t slot_of(std::uint32_t tag) {
  return (tag & 0xffU) - 1;
}
// The epoch is counted up, and never 0, for tags are above the numbers of shelves.
constexpr std::uint32_t next_tag(std::uint32_t tag) {
  const std::uint32_t next = (tag + Depot<>::kFirstTag) & ~kRecoveryMark;
  return next < Depot<>::kFirstTag ? next + Depot<>::kFirstTag : next;
}
// Between a store and later ones that a kill must not find without it. The compiler alone could
// exchange them: what the processor stored in order is what is there after the kill.
inline void keep_order() {
  std::atomic_signal_fence(std::memory_order_seq_cst);  // reason: of the compiler alone
}
constexpr Shelf shelf_for(std::uint32_t count) {
  if (count == 0) return Shelf::empty;
  return count == Magazine::kBlocks ? Shelf::full : Shelf::partial;
}

class PoolRecovery {
 public:
  PoolRecovery(const PoolParts& parts, std::uint32_t dead) : parts_(parts), dead_(dead) {}
  // The number of blocks that were put back.
  [[nodiscard]] std::size_t run();

 private:
  void find_magazines();
  void mark_blocks();
  void shelve_blocks();
  std::uint32_t empty_magazine();

  const PoolParts& parts_;
  std::uint32_t dead_;
  std::vector<std::uint32_t> magazines_;  // the dead member's
  std::vector<std::uint32_t> blocks_;
};

}  // namespace tally::mem
