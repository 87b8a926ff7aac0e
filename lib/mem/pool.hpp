// A fixed number of blocks of one size for several threads, or for several processes that map the
// same memory. Each thread joins and works with a handle of its own, which has some magazines of
// free blocks in hand (mem/magazine_stack.hpp): a pair of get and put costs a load and a store in
// one of them, whatever the size of a block and whatever others do. Whole magazines are exchanged
// in a depot (mem/depot.hpp), one to four at once and as a rule one in 64 operations at most; so
// blocks that one thread takes and another gives back travel by the magazine too.
//
//   * Nothing is ever written into a free block (mem/blocks.hpp); what it held last is not promised
//     to be there. The block that was put back last is handed out first.
//   * A pool never grows: try_get() returns kNone at once when the member's magazines and the depot
//     are empty. Up to most_kept() free blocks may then lie with each other member: 128 and a
//     quarter of its share of the pool, but 768 at most. A pool that must not run dry early has as
//     many more. The more a member has in hand, the more rarely it goes to the depot; so a pool is
//     made for as many members as it needs, and no more.
//   * Everything is allocated when the pool is made; joining, get and put allocate nothing.
//
// Between processes each block is answered for by one member: who got it, or who has adopted it
// since. What members that died answered for, and the magazines they had, recover() puts back,
// whichever instruction they were killed at. Whether a member is dead the caller says, by a
// predicate, for instance from a lock that the kernel drops with its process; never from a time
// without a sign of life. Processes that share a pool trust each other with its memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mem/magazine_stack.hpp"
#include "mem/pages.hpp"
#include "mem/pool_layout.hpp"

namespace tally::mem {

struct PoolShape {
  std::size_t block_bytes = 0;
  std::size_t blocks = 0;
  std::size_t members = 16;  // threads, of all processes together, that may have joined at once
};

// One thread's access to a pool; it must end before the pool. Its end gives its free blocks to the
// depot. Blocks that it holds stay in use until some member puts them; in a shared pool it puts
// them or hands them over before it ends, for nobody answers for them afterwards. Nothing may be
// asked of a handle that was moved from.
class PoolMember {
 public:
  static constexpr std::uint32_t kNone = kNoBlock;

  PoolMember(PoolMember&& other) noexcept
      : parts_(other.parts_),
        magazines_(other.magazines_),
        tag_(std::exchange(other.tag_, 0)),
        lent_(other.lent_),
        shared_(other.shared_) {}
  PoolMember& operator=(PoolMember&&) = delete;
  PoolMember(const PoolMember&) = delete;
  PoolMember& operator=(const PoolMember&) = delete;
  ~PoolMember() {
    if (tag_ != 0) leave();
  }

  // The index of a block that nobody holds; or kNone.
  [[nodiscard]] std::uint32_t try_get() {
    if (magazines_.is_empty()) [[unlikely]] {
      if (!refill()) return kNone;
    }
    const std::uint32_t index = magazines_.pop();
    parts_.blocks.note_taken(index);
    return index;
  }

  // Gives back a block that this member got or adopted; in a pool that create() made, one that any
  // other got as well.
  void put(std::uint32_t index) {
    parts_.blocks.note_put(index);
    if (magazines_.is_full()) [[unlikely]]
      make_room();
    magazines_.push(index);
  }

  // Between processes: answers from now on for a block that another member got and has handed over.
  // `from` is that member's ticket(), sent with the index. False when the other died and the block
  // has been recovered: it must not be touched. Until a block is adopted, its sender's death
  // recovers it.
  [[nodiscard]] bool try_adopt(std::uint32_t index, std::uint32_t from);
  [[nodiscard]] std::uint32_t ticket() const { return tag_; }

  [[nodiscard]] std::uint8_t* data(std::uint32_t index) const { return parts_.blocks.data(index); }
  [[nodiscard]] MutableByteView block(std::uint32_t index) const {
    return parts_.blocks.block(index);
  }

 private:
  friend class Pool;
  PoolMember(const PoolParts& parts, std::uint32_t tag, bool shared);

  bool refill();
  void make_room();
  void leave();
  Magazine* take(Shelf shelf);
  void shelve(Magazine* magazine, std::uint32_t count);
  // How many blocks the magazine has that was taken. From now on the owner words tell of them.
  std::uint32_t unpack(Magazine& magazine);
  void adopt_partial();
  // Says of each of the first `count` blocks in a magazine who answers for it; in shared pools
  // only.
  void answer_for(const Magazine& magazine, std::uint32_t count, std::uint32_t tag) const;

  PoolParts parts_;
  MagazineStack magazines_;
  std::uint32_t tag_ = 0;
  std::uint32_t lent_ = 0;  // blocks that it shelved and may still have in its cache
  bool shared_ = false;
};

class Pool {
 public:
  // For the threads of this process. Errors: what BlockShape::make, PoolOffsets::of and
  // Mapping::anonymous say.
  [[nodiscard]] static Result<Pool> create(const PoolShape& shape, const PageRequest& pages = {});

  // For several processes: the caller owns the memory, maps it shared and keeps it mapped as long
  // as the pool. create_in() makes a new pool in at least bytes_for() bytes that begin on a cache
  // line; attach() joins one that is there. Errors: usage when the memory is too small; what
  // PoolParts::examine says.
  [[nodiscard]] static Result<std::size_t> bytes_for(const PoolShape& shape);
  [[nodiscard]] static Result<Pool> create_in(MutableByteView memory, const PoolShape& shape);
  [[nodiscard]] static Result<Pool> attach(MutableByteView memory);

  Pool(Pool&&) noexcept = default;
  Pool& operator=(Pool&&) = delete;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() = default;

  // A handle for the calling thread, or for one that it is moved to. `name` is what is_dead() will
  // be asked about: not in use by another member when the pool is shared, without meaning
  // otherwise. Any thread. Errors: unavailable when as many members as there may be have joined, or
  // when a dead member of that name has not been recovered.
  [[nodiscard]] Result<PoolMember> join(std::uint32_t name = 0);

  // Puts back what members that died answered for; returns how many blocks that were. Of a shared
  // pool, by one caller at a time over all processes, under a lock that the kernel drops when its
  // holder dies; others go on meanwhile. A caller that is killed in the middle has done no harm:
  // the next one ends its work.
  std::size_t recover(const std::function<bool(std::uint32_t name)>& is_dead);

  [[nodiscard]] std::size_t block_bytes() const { return parts_.blocks.shape().block_bytes; }
  [[nodiscard]] std::size_t capacity() const { return parts_.blocks.shape().count; }
  // Free blocks that each member may keep, where no other one gets them.
  [[nodiscard]] std::size_t most_kept() const {
    return std::size_t{magazines_for(capacity(), parts_.header->members)} * Magazine::kBlocks;
  }
  // Free blocks in the depot: all that nobody holds and no member keeps. Exact while nobody works.
  [[nodiscard]] std::size_t available() const;
  // Of a pool that create() made.
  [[nodiscard]] const PageReport& pages() const { return mapping_.report(); }

 private:
  Pool(const PoolParts& parts, bool shared) : parts_(parts), shared_(shared) {}
  [[nodiscard]] std::span<MemberSlot> slots() const {
    return {parts_.members, parts_.header->members};
  }

  Mapping mapping_;  // nothing when the memory is the caller's
  PoolParts parts_;
  bool shared_;
};

}  // namespace tally::mem
