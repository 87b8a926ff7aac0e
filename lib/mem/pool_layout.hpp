// How a pool lies in its region: fixed-width words and offsets, no pointers, so that every process
// that maps the region may use it. What is behind the header follows from the header's four
// numbers; a region that says otherwise is refused.
//
//   header | members | magazine words | bit maps | magazines | owners | held marks | blocks
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mem/blocks.hpp"
#include "mem/depot.hpp"

namespace tally::mem {

inline constexpr std::uint64_t kPoolMagic = 0x316c6f6f70797474;  // "ttypool1"
// 1: no lines between blocks; 2: two magazines a member, of 63 blocks.
inline constexpr std::uint32_t kPoolVersion = 3;
inline constexpr std::uint32_t kPoolMembersMost = 255;

struct alignas(kBlockAlignBytes) PoolHeader {
  std::uint64_t magic = 0;
  std::uint32_t version = 0;
  std::uint32_t members = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t total_bytes = 0;
  std::atomic<std::uint32_t> ready{0};
};

// Free blocks, exchanged as a whole. Its holder's alone.
struct alignas(kBlockAlignBytes) Magazine {
  static constexpr std::uint32_t kBlocks = 64;
  // How many it has, on a shelf and on its way there and back. While a member has it in hand 0: in
  // a shared pool the owner words say then which blocks are the member's.
  std::atomic<std::uint32_t> count{0};
  alignas(kBlockAlignBytes) std::array<std::uint32_t, kBlocks> index{};
};
static_assert(sizeof(Magazine) == 5 * kBlockAlignBytes);

// Magazines that each member has in hand (mem/magazine_stack.hpp): two, and more as long as those
// that are more, of all members together, hold a quarter of the blocks at most.
inline constexpr std::uint32_t kMostMagazines = 12;
[[nodiscard]] constexpr std::uint32_t magazines_for(std::size_t blocks, std::size_t members) {
  const std::size_t more = blocks / 4 / Magazine::kBlocks / members;
  return static_cast<std::uint32_t>(std::min<std::size_t>(2 + more, kMostMagazines));
}

// Who has joined: name << 32 | tag. The tag is epoch << 8 | slot + 1 and new at each joining, so
// that what a former member left behind is not taken for this one's.
struct alignas(kBlockAlignBytes) MemberSlot {
  std::atomic<std::uint64_t> word{0};
};

struct PoolOffsets {
  std::size_t members = 0;
  std::size_t words = 0;
  std::size_t maps = 0;
  std::size_t magazines = 0;
  std::size_t owners = 0;
  std::size_t held = 0;
  std::size_t blocks = 0;
  std::size_t total = 0;
  std::uint32_t magazine_count = 0;

  // `members` is 1 to kPoolMembersMost. Errors: usage when it is not, or when the pool would be
  // larger than any memory.
  [[nodiscard]] static Result<PoolOffsets> of(const BlockShape& shape, std::size_t members);
};

// The parts of a region that was begun or examined.
struct PoolParts {
  PoolHeader* header = nullptr;
  MemberSlot* members = nullptr;
  Magazine* magazines = nullptr;
  std::atomic<std::uint32_t>* owners = nullptr;  // of each block: the tag that answers for it
  Depot<> depot;
  Blocks blocks{nullptr, {}, nullptr, Blocks::Contents::undefined};

  // Writes a new pool of free blocks; `memory` has offsets.total bytes or more, aligned to a line.
  [[nodiscard]] static PoolParts begin(MutableByteView memory, const BlockShape& shape,
                                       std::uint32_t members, const PoolOffsets& offsets);
  // Examines a region that another process began. Errors: bad_data naming the field.
  [[nodiscard]] static Result<PoolParts> examine(MutableByteView memory);

 private:
  static PoolParts at(std::uint8_t* memory, const BlockShape& shape, const PoolOffsets& offsets);
};

}  // namespace tally::mem
