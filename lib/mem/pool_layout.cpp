#include "mem/pool_layout.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>

namespace tally::mem {
namespace {

// Magazines that may be away from the shelves of full and empty ones for each member: those that it
// has in hand, and beside them one on the way between it and a shelf, one half full that was left
// when it went, and one that is on its shelf but not listed yet. So an empty one is always to be
// found when a member has nothing but full ones and another block.
constexpr std::size_t kSparePerMember = 3;

std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

template <typename T>
T* begin_array(std::uint8_t* at, std::size_t count) {
  auto* const array = reinterpret_cast<T*>(at);
  std::uninitialized_value_construct_n(array, count);
  return array;
}

void stock(const PoolParts& parts, std::size_t blocks) {
  std::uint32_t magazine = 0;
  for (std::size_t begin = 0; begin < blocks; begin += Magazine::kBlocks, ++magazine) {
    const std::size_t count = std::min<std::size_t>(Magazine::kBlocks, blocks - begin);
    Magazine& into = parts.magazines[magazine];
    // Lowest index on top, so that a pool that is never full stays in its first pages.
    for (std::size_t i = 0; i < count; ++i)
      into.index[i] = static_cast<std::uint32_t>(begin + count - 1 - i);
    into.count.store(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
    parts.depot.shelve(magazine, count == Magazine::kBlocks ? Shelf::full : Shelf::partial);
  }
  for (; magazine < parts.depot.magazines(); ++magazine) parts.depot.shelve(magazine, Shelf::empty);
}

Error not_as_said(const std::string& field) {
  return {Code::bad_data, "the pool's " + field, "make it again; it was written by something else",
          0};
}

}  // namespace

Result<PoolOffsets> PoolOffsets::of(const BlockShape& shape, std::size_t members) {
  if (members == 0 || members > kPoolMembersMost) {
    return fail(Code::usage, "a pool has 1 to " + std::to_string(kPoolMembersMost) + " members");
  }
  constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max() / 4;
  // What is kept about a block is far below a line of its own.
  if (shape.total_bytes() > kLargest - shape.count * kBlockAlignBytes) {
    return fail(Code::usage, "a pool of that size is larger than any memory");
  }
  const std::size_t magazines = (shape.count + Magazine::kBlocks - 1) / Magazine::kBlocks +
                                (magazines_for(shape.count, members) + kSparePerMember) * members;
  PoolOffsets offsets;
  std::size_t at = sizeof(PoolHeader);
  const auto place = [&](std::size_t& offset, std::size_t bytes) {
    offset = at;
    at = round_up(at + bytes, kBlockAlignBytes);
  };
  place(offsets.members, members * sizeof(MemberSlot));
  place(offsets.words, magazines * sizeof(Depot<>::Word));
  place(offsets.maps, kShelves * Depot<>::map_words(magazines) * sizeof(Depot<>::Bits));
  place(offsets.magazines, magazines * sizeof(Magazine));
  place(offsets.owners, shape.count * sizeof(std::atomic<std::uint32_t>));
  place(offsets.held, shape.count * sizeof(std::atomic<std::uint8_t>));
  place(offsets.blocks, shape.total_bytes());
  offsets.total = at;
  offsets.magazine_count = static_cast<std::uint32_t>(magazines);
  return offsets;
}

PoolParts PoolParts::at(std::uint8_t* memory, const BlockShape& shape, const PoolOffsets& offsets) {
  PoolParts parts;
  parts.header = reinterpret_cast<PoolHeader*>(memory);
  parts.members = reinterpret_cast<MemberSlot*>(memory + offsets.members);
  parts.magazines = reinterpret_cast<Magazine*>(memory + offsets.magazines);
  parts.owners = reinterpret_cast<std::atomic<std::uint32_t>*>(memory + offsets.owners);
  parts.depot =
      Depot<>(reinterpret_cast<Depot<>::Word*>(memory + offsets.words),
              reinterpret_cast<Depot<>::Bits*>(memory + offsets.maps), offsets.magazine_count);
  parts.blocks = Blocks(memory + offsets.blocks, shape,
                        reinterpret_cast<std::atomic<std::uint8_t>*>(memory + offsets.held),
                        Blocks::Contents::undefined);
  return parts;
}

PoolParts PoolParts::begin(MutableByteView memory, const BlockShape& shape, std::uint32_t members,
                           const PoolOffsets& offsets) {
  std::uint8_t* const data = memory.data();
  PoolHeader* const header = begin_array<PoolHeader>(data, 1);
  begin_array<MemberSlot>(data + offsets.members, members);
  begin_array<Depot<>::Word>(data + offsets.words, offsets.magazine_count);
  begin_array<Depot<>::Bits>(data + offsets.maps,
                             kShelves * Depot<>::map_words(offsets.magazine_count));
  begin_array<Magazine>(data + offsets.magazines, offsets.magazine_count);
  begin_array<std::atomic<std::uint32_t>>(data + offsets.owners, shape.count);
  begin_array<std::atomic<std::uint8_t>>(data + offsets.held, shape.count);

  const PoolParts parts = at(data, shape, offsets);
  stock(parts, shape.count);
  parts.blocks.begin();
  header->magic = kPoolMagic;
  header->version = kPoolVersion;
  header->members = members;
  header->block_bytes = shape.block_bytes;
  header->blocks = shape.count;
  header->total_bytes = offsets.total;
  // Orders everything above before another process' look at it.
  header->ready.store(1, std::memory_order_release);
  return parts;
}

Result<PoolParts> PoolParts::examine(MutableByteView memory) {
  if (memory.size() < sizeof(PoolHeader)) return fail(not_as_said("memory ends in its header"));
  const auto* const header = reinterpret_cast<const PoolHeader*>(memory.data());
  // Pairs with the store in begin().
  if (header->ready.load(std::memory_order_acquire) != 1) {
    return fail(Code::try_again, "the pool is still being made");
  }
  if (header->magic != kPoolMagic) return fail(not_as_said("magic is not a pool's"));
  if (header->version != kPoolVersion) {
    return fail(not_as_said("layout is version " + std::to_string(header->version) + ", not " +
                            std::to_string(kPoolVersion)));
  }
  TALLY_TRY(const auto shape, BlockShape::make(header->block_bytes, header->blocks));
  TALLY_TRY(const auto offsets, PoolOffsets::of(shape, header->members));
  if (header->total_bytes != offsets.total || memory.size() < offsets.total) {
    return fail(not_as_said("size is " + std::to_string(memory.size()) + " bytes and should be " +
                            std::to_string(offsets.total)));
  }
  return at(memory.data(), shape, offsets);
}

}  // namespace tally::mem
