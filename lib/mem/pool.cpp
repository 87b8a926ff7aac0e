#include "mem/pool.hpp"

#include <algorithm>
#include <string>

#include "mem/pool_recovery.hpp"

namespace tally::mem {
namespace {

// Blocks whose first lines a second-level cache may still have.
constexpr std::uint32_t kMostLent = 4096;

// Asks for the first line of each of the `count` blocks that are handed out next, to write to.
// Where another thread put the blocks its core has those lines, and each write would wait for the
// one before. With this a block of 1024 bytes that one thread takes and another puts took 12.5 ns
// instead of 15 (near cores), 41 instead of 87 (far ones); one of 64 bytes 14.7 instead of 17, 63
// instead of 80; these are of 63 blocks at once. A processor that lacks the instruction takes it
// for none.
[[gnu::target("prfchw")]] void fetch_to_write(const Blocks& blocks, const MagazineStack& from,
                                              std::uint32_t count) {
  for (std::uint32_t i = 1; i <= count; ++i)
    __builtin_prefetch(blocks.data(from[from.count() - i]), 1);
  __asm__ volatile("");  // or the compiler drops a call that only prefetches
}

}  // namespace

PoolMember::PoolMember(const PoolParts& parts, std::uint32_t tag, bool shared)
    : parts_(parts), tag_(tag), shared_(shared) {
  const std::uint32_t count = magazines_for(parts.blocks.shape().count, parts.header->members);
  for (std::uint32_t i = 0; i < count; ++i) magazines_.add(take(Shelf::empty));
}

// The layout has more magazines than can be away from their shelves (PoolOffsets), so an empty one
// is there, or about to be: a look that came between a member's two steps is repeated.
Magazine* PoolMember::take(Shelf shelf) {
  for (;;) {
    std::uint32_t magazine = parts_.depot.try_take(shelf, tag_);
    if (magazine == Depot<>::kNone && shelf == Shelf::empty) {
      magazine = parts_.depot.try_take_unlisted(shelf, tag_);
    }
    if (magazine != Depot<>::kNone) return &parts_.magazines[magazine];
    if (shelf != Shelf::empty) return nullptr;
  }
}

// Killed in between, the blocks are in a magazine of the dead member's, and it may answer for some
// of them besides; recovery bears that.
void PoolMember::shelve(Magazine* magazine, std::uint32_t count) {
  // Orders the indices before the count, for whoever recovers from this member's death.
  magazine->count.store(count, std::memory_order_release);
  keep_order();
  answer_for(*magazine, count, 0);
  parts_.depot.shelve(static_cast<std::uint32_t>(magazine - parts_.magazines), shelf_for(count));
}

std::uint32_t PoolMember::unpack(Magazine& magazine) {
  const std::uint32_t count = magazine.count.load(std::memory_order_relaxed);
  answer_for(magazine, count, tag_);
  // Orders the owner words before, for whoever recovers from this member's death.
  magazine.count.store(0, std::memory_order_release);
  keep_order();
  return count;
}

void PoolMember::answer_for(const Magazine& magazine, std::uint32_t count,
                            std::uint32_t tag) const {
  if (!shared_) return;
  for (std::uint32_t i = 0; i < count; ++i)
    parts_.owners[magazine.index[i]].store(tag, std::memory_order_relaxed);
}

bool PoolMember::refill() {
  magazines_.fill_third([this](Magazine* empty) {
    Magazine* const full = take(Shelf::full);
    if (full == nullptr) return full;
    unpack(*full);
    shelve(empty, 0);
    return full;
  });
  if (magazines_.is_empty()) {
    Magazine* const partial = take(Shelf::partial);
    if (partial == nullptr) return false;
    const std::uint32_t count = unpack(*partial);
    shelve(magazines_.lowest(), 0);
    magazines_.replace_lowest(partial, count);
  }
  // A thread that gets back what it shelved a while ago has the lines, and would ask for them in
  // vain: a pause of 30 ns. Whether it gets those back is a guess.
  const std::uint32_t known = std::min(lent_, magazines_.count());
  lent_ -= known;
  fetch_to_write(parts_.blocks, magazines_, magazines_.count() - known);
  return true;
}

void PoolMember::make_room() {
  magazines_.empty_third([this](Magazine* full) {
    shelve(full, Magazine::kBlocks);
    lent_ = std::min(lent_ + Magazine::kBlocks, kMostLent);
    return take(Shelf::empty);
  });
}

bool PoolMember::try_adopt(std::uint32_t index, std::uint32_t from) {
  // No member has the owner word of free blocks for its ticket.
  if (index >= parts_.blocks.shape().count || from < Depot<>::kFirstTag) return false;
  // Orders nothing: what is in the block came with the message that brought its index. The exchange
  // decides between this member and one that recovers the block.
  if (!parts_.owners[index].compare_exchange_strong(from, tag_, std::memory_order_relaxed)) {
    return false;
  }
  parts_.blocks.note_received(index);
  return true;
}

// Takes the blocks of a partial magazine that others left, as many as there is room for.
void PoolMember::adopt_partial() {
  Magazine* const partial = take(Shelf::partial);
  if (partial == nullptr) return;
  std::uint32_t left = unpack(*partial);
  while (left > 0 && !magazines_.is_full()) magazines_.push(partial->index[--left]);
  shelve(partial, left);
}

// Leaves at most one partial magazine behind and takes one that others left, so that these do not
// become many.
void PoolMember::leave() {
  adopt_partial();
  magazines_.for_each([this](Magazine* magazine, std::uint32_t count) { shelve(magazine, count); });
  // Orders the shelves before the slot's next member.
  parts_.members[slot_of(tag_)].word.store(slot_word(kNoName, tag_), std::memory_order_release);
}

Result<Pool> Pool::create(const PoolShape& shape, const PageRequest& pages) {
  TALLY_TRY(const std::size_t bytes, bytes_for(shape));
  TALLY_TRY(auto mapping, Mapping::anonymous(bytes, pages));
  TALLY_TRY(auto pool, create_in(mapping.bytes(), shape));
  pool.mapping_ = std::move(mapping);
  pool.shared_ = false;
  return pool;
}

Result<std::size_t> Pool::bytes_for(const PoolShape& shape) {
  TALLY_TRY(const auto blocks, BlockShape::make(shape.block_bytes, shape.blocks));
  TALLY_TRY(const auto offsets, PoolOffsets::of(blocks, shape.members));
  return offsets.total;
}

Result<Pool> Pool::create_in(MutableByteView memory, const PoolShape& shape) {
  TALLY_TRY(const auto blocks, BlockShape::make(shape.block_bytes, shape.blocks));
  TALLY_TRY(const auto offsets, PoolOffsets::of(blocks, shape.members));
  if (memory.size() < offsets.total ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % kBlockAlignBytes != 0) {
    return fail(
        Code::usage,
        "the pool needs " + std::to_string(offsets.total) + " bytes that begin on a cache line",
        "Pool::bytes_for says how many");
  }
  const auto members = static_cast<std::uint32_t>(shape.members);
  PoolParts parts = PoolParts::begin(memory, blocks, members, offsets);
  for (std::uint32_t slot = 0; slot < members; ++slot) {
    parts.members[slot].word.store(slot_word(kNoName, slot + 1), std::memory_order_relaxed);
  }
  return Pool(parts, true);
}

Result<Pool> Pool::attach(MutableByteView memory) {
  TALLY_TRY(const auto parts, PoolParts::examine(memory));
  return Pool(parts, true);
}

Result<PoolMember> Pool::join(std::uint32_t name) {
  for (MemberSlot& slot : slots()) {
    if (shared_ && name_of(slot.word.load(std::memory_order_relaxed)) == name) {
      return fail(Code::unavailable,
                  "the pool has a member of the name " + std::to_string(name) + " already",
                  "recover the pool if it is dead");
    }
  }
  for (MemberSlot& slot : slots()) {
    std::uint64_t seen = slot.word.load(std::memory_order_relaxed);
    if (name_of(seen) != kNoName) continue;
    const std::uint32_t tag = next_tag(tag_of(seen));
    // Pairs with the store in leave().
    if (slot.word.compare_exchange_strong(seen, slot_word(name, tag), std::memory_order_acquire)) {
      return PoolMember(parts_, tag, shared_);
    }
  }
  return fail(Code::unavailable,
              "all " + std::to_string(parts_.header->members) + " members of the pool have joined",
              "make it with more");
}

std::size_t Pool::recover(const std::function<bool(std::uint32_t)>& is_dead) {
  std::size_t recovered = 0;
  for (MemberSlot& slot : slots()) {
    const std::uint64_t word = slot.word.load(std::memory_order_relaxed);
    if (name_of(word) == kNoName || !is_dead(name_of(word))) continue;
    recovered += PoolRecovery(parts_, tag_of(word)).run();
    // Whoever died left a magazine on its shelf without a bit, perhaps; so may the caller, before
    // the slot is free, after which nobody asks for this member again.
    parts_.depot.mend_hints();
    // Orders the shelves before the slot's next member.
    slot.word.store(slot_word(kNoName, tag_of(word)), std::memory_order_release);
  }
  // And for a recovery that was killed in its midst.
  parts_.depot.mend_hints();
  return recovered;
}

std::size_t Pool::available() const {
  std::size_t free = 0;
  for (std::uint32_t i = 0; i < parts_.depot.magazines(); ++i) {
    if (parts_.depot.holder(i) < kShelves) {
      free += parts_.magazines[i].count.load(std::memory_order_relaxed);
    }
  }
  return free;
}

}  // namespace tally::mem
