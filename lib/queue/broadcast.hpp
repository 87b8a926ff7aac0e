// From one thread to up to 16 others inside one process, each of which gets every item: a ring of
// stamped slots that readers copy from and never write to. Two kinds:
//
//   Pace::lossy   the producer never waits. A reader that it overtakes goes on with the newest item
//                 and adds exactly what it missed to lost().
//   Pace::gated   the slowest attached reader holds the producer up; nothing is lost.
//
//   auto [producer, reader] = make_broadcast<Quote, Pace::lossy>(1024).value();
//   auto second = reader.clone();        // begins where `reader` is; error: try_again, 16 are
//   there
//
// With p a position that maps to the slot, and every comparison a difference modulo 2^64:
//   stamp == p + 1             the item of position p is there
//   stamp == p - capacity + 2  the item of position p is being written
// A reader copies the item between two looks at its stamp, and the copy counts when both say that
// the item is there. The words of an item are atomics: their loads acquire and their stores
// release, so that a reader that sees a word of a later item also sees its stamp at the second
// look, without a fence between. (Hans Boehm, "Can seqlocks get along with programming language
// memory models?", MSPC 2012, section 4; the same as cache/set.hpp.)
//
// make_broadcast() allocates everything; afterwards nothing is. Handles move and are not copied.
// The memory lives until the last handle is gone.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "core/atomics.hpp"
#include "core/result.hpp"
#include "queue/ends.hpp"

namespace tally::queue {

inline constexpr std::size_t kMostReaders = 16;

enum class Pace : std::uint8_t { lossy, gated };

template <typename T, typename Wait, typename Atomics>
struct BroadcastMemory {
  static_assert(std::is_trivially_copyable_v<T>, "an item is copied word by word");
  using Cursor = typename Atomics::template Atomic<std::uint64_t>;
  using Mark = typename Atomics::template Atomic<std::uint32_t>;
  using WaitEnds = Ends<Wait, Atomics>;
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  using Words = std::array<std::uint64_t, kWords>;

  struct alignas(sizeof(T) <= 8 ? 16 : 64) Slot {
    Cursor stamp;
    std::array<Cursor, kWords> words;
  };
  // A reader's place. What is before `next` may be overwritten, when `mark` says attached.
  struct alignas(128) Place {
    Cursor next;
    Mark mark;
  };
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kTaken = 1;  // its position is not there yet
  static constexpr std::uint32_t kAttached = 2;

  BroadcastMemory(std::size_t capacity, std::uint64_t start)
      : tail(start), joined(0), mask(capacity - 1), slots(std::make_unique<Slot[]>(capacity)) {
    for (std::size_t i = 0; i < capacity; ++i) {
      Atomics::store_relaxed(at(start + i).stamp, there(start + i - capacity));
    }
    for (Place& place : places) Atomics::store_relaxed(place.mark, kFree);
    Atomics::store_relaxed(places[0].next, start);
    Atomics::store_relaxed(places[0].mark, kAttached);
  }

  [[nodiscard]] Slot& at(std::uint64_t position) const { return slots[position & mask]; }
  [[nodiscard]] std::uint64_t capacity() const { return mask + 1; }
  [[nodiscard]] static std::uint64_t there(std::uint64_t position) { return position + 1; }
  [[nodiscard]] std::uint64_t writing(std::uint64_t position) const {
    return position - capacity() + 2;
  }

  alignas(128) Cursor tail;    // next position to fill; the producer's
  alignas(128) Cursor joined;  // how many readers were ever cloned
  WaitEnds ends;
  std::array<Place, kMostReaders> places;
  const std::uint64_t mask;
  const std::unique_ptr<Slot[]> slots;
};

// The end that fills. One thread at a time.
template <typename T, Pace kPace, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class alignas(128) BroadcastProducer {
 public:
  using Memory = BroadcastMemory<T, Wait, Atomics>;

  explicit BroadcastProducer(std::shared_ptr<Memory> memory)
      : memory_(std::move(memory)),
        tail_(Atomics::load_relaxed(memory_->tail)),
        limit_(tail_ + memory_->capacity()) {}
  BroadcastProducer(BroadcastProducer&&) noexcept = default;
  BroadcastProducer& operator=(BroadcastProducer&&) = delete;
  BroadcastProducer(const BroadcastProducer&) = delete;
  BroadcastProducer& operator=(const BroadcastProducer&) = delete;
  ~BroadcastProducer() { close(); }

  // Always true where readers may lose; gated, false when the slowest reader has not read what lies
  // in the slot. Without a reader the item is for nobody, and taken.
  bool try_push(const T& item) {
    if constexpr (kPace == Pace::gated) {
      if (tail_ == limit_ && !look()) return false;
    }
    write(item);
    return true;
  }

  // From the front, as many as try_push() would take; returns how many.
  std::size_t push(std::span<const T> items) {
    std::size_t count = 0;
    while (count < items.size() && try_push(items[count])) ++count;
    return count;
  }

  // Gated: waits for room until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed when no
  // reader is left.
  WaitResult push_wait(const T& item,
                       std::uint64_t deadline_ns = kForeverNs) requires(kPace == Pace::gated) {
    Memory& memory = *memory_;
    return Memory::WaitEnds::wait(
        memory.ends.writers, memory.ends.readers, deadline_ns,
        // Without a reader every slot is free, and an item would be for nobody.
        [&] { return !Memory::WaitEnds::gone(memory.ends.writers) && try_push(item); },
        [this] { return slowest() == limit_ - memory_->capacity(); });
  }

  // No more items: readers get `closed` after the last one. The destructor does the same. Nothing
  // else may be called afterwards.
  void close() {
    if (memory_ == nullptr) return;
    Memory::WaitEnds::leave(memory_->ends.readers);
    memory_.reset();
  }

  // How many items were ever pushed, modulo 2^64, and the first position.
  [[nodiscard]] std::uint64_t position() const { return tail_; }

 private:
  void write(const T& item) {
    Memory& memory = *memory_;
    auto& slot = memory.at(tail_);
    typename Memory::Words words{};
    std::memcpy(words.data(), &item, sizeof item);
    // Release: who sees this slot being written sees a tail that is not older than this position.
    Atomics::store_release(slot.stamp, memory.writing(tail_));
    // Release, each: orders the stamp before itself, for a reader that meets this write.
    for (std::size_t i = 0; i < words.size(); ++i) Atomics::store_release(slot.words[i], words[i]);
    Atomics::store_release(slot.stamp, Memory::there(tail_));  // the item is whole
    ++tail_;
    Memory::WaitEnds::publish(memory.ends.readers, memory.tail, tail_);
  }

  // The least position that an attached reader still wants; the tail when there is none.
  // seq_cst: after this side said that it waits (Gate). It also acquires: the reader's copies of
  // what is before are over.
  [[nodiscard]] std::uint64_t slowest() const {
    Memory& memory = *memory_;
    for (;;) {
      // A reader that was cloned while this looks stands where its elder stood, which may have gone
      // on: whoever sees the elder's new position sees the count, and looks again.
      const std::uint64_t joined = Atomics::load_acquire(memory.joined);
      std::uint64_t behind = 0;
      for (auto& place : memory.places) {
        // Pairs with clone(): the position is there.
        if (Atomics::load_acquire(place.mark) != Memory::kAttached) continue;
        behind = std::max(behind, tail_ - Atomics::load_seq_cst(place.next));
      }
      if (Atomics::load_acquire(memory.joined) == joined) return tail_ - behind;
    }
  }
  bool look() {
    limit_ = slowest() + memory_->capacity();
    return tail_ != limit_;
  }

  std::shared_ptr<Memory> memory_;
  std::uint64_t tail_;
  std::uint64_t limit_;  // gated: may fill up to here without looking at the readers
};

// An end that reads. One thread at a time.
template <typename T, Pace kPace, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class alignas(128) BroadcastReader {
 public:
  using Memory = BroadcastMemory<T, Wait, Atomics>;

  BroadcastReader(std::shared_ptr<Memory> memory, std::size_t place)
      : memory_(std::move(memory)),
        place_(&memory_->places[place]),
        next_(Atomics::load_relaxed(place_->next)) {}
  BroadcastReader(BroadcastReader&&) noexcept = default;
  BroadcastReader& operator=(BroadcastReader&&) = delete;
  BroadcastReader(const BroadcastReader&) = delete;
  BroadcastReader& operator=(const BroadcastReader&) = delete;
  ~BroadcastReader() { close(); }

  // A reader for another thread, which begins where this one is. Called by this one's thread.
  // Errors: try_again when kMostReaders are attached.
  [[nodiscard]] Result<BroadcastReader> clone() const {
    Memory& memory = *memory_;
    for (std::size_t i = 0; i < kMostReaders; ++i) {
      auto& place = memory.places[i];
      std::uint32_t expected = Memory::kFree;
      // Acquire: what the reader before did there is over.
      if (!Atomics::exchange_if(place.mark, expected, Memory::kTaken)) continue;
      Atomics::store_relaxed(place.next, next_);
      Atomics::store_release(place.mark, Memory::kAttached);  // its position is there
      // Release: before this reader's next step, which the producer might see alone.
      Atomics::add(memory.joined, std::uint64_t{1});
      Memory::WaitEnds::join(memory.ends.writers);
      return BroadcastReader(memory_, i);
    }
    return fail(Code::try_again, "a broadcast queue has at most " + std::to_string(kMostReaders) +
                                     " readers at once");
  }

  // Copies the next item. Returns false, and leaves `item` as it was, when there is none.
  bool try_pop(T& item) {
    typename Memory::Words words;
    if (!copy(words)) return false;
    std::memcpy(static_cast<void*>(&item), words.data(), sizeof item);
    if constexpr (kPace == Pace::gated) {
      // Release: the copy is over before the slot may be written. It wakes a producer that waits.
      Memory::WaitEnds::publish(memory_->ends.writers, place_->next, next_);
    }
    return true;
  }

  // Copies as many items as there are, at most items.size(), and returns how many. Between two of
  // them some may be lost: lost() says whether, position() where.
  std::size_t pop(std::span<T> items) {
    std::size_t count = 0;
    while (count < items.size() && try_pop(items[count])) ++count;
    return count;
  }

  // Waits for an item until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed after the last
  // item when the producer has left.
  WaitResult pop_wait(T& item, std::uint64_t deadline_ns = kForeverNs) {
    Memory& memory = *memory_;
    return Memory::WaitEnds::wait(
        memory.ends.readers, memory.ends.writers, deadline_ns, [&] { return try_pop(item); },
        // seq_cst: after this side said that it waits (Gate).
        [&] { return Atomics::load_seq_cst(memory.tail) == next_; });
  }

  // The producer no longer waits for this reader. The destructor does the same. Nothing else may be
  // called afterwards.
  void close() {
    if (memory_ == nullptr) return;
    Atomics::store_release(place_->mark, Memory::kFree);  // its reads are over
    Memory::WaitEnds::leave(memory_->ends.writers);
    memory_.reset();
  }

  // Items that the producer overwrote before this reader came to them. With it every position from
  // the reader's first to position() is accounted for: read, or lost.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] std::uint64_t position() const { return next_; }

 private:
  // Copies the item of the next position and goes on, over what was overwritten.
  bool copy(typename Memory::Words& words) {
    Memory& memory = *memory_;
    for (;;) {
      auto& slot = memory.at(next_);
      const std::uint64_t there = Memory::there(next_);
      // Acquire pairs with the last store of write(): the item is whole.
      const std::uint64_t stamp = Atomics::load_acquire(slot.stamp);
      if (stamp == there) [[likely]] {
        for (std::size_t i = 0; i < words.size(); ++i) {
          words[i] = Atomics::load_acquire(slot.words[i]);  // as said at the head of this file
        }
        if (Atomics::load_relaxed(slot.stamp) == there) [[likely]] {
          ++next_;
          return true;
        }
        continue;  // overwritten meanwhile, which the next look sees in order
      }
      if (static_cast<std::int64_t>(stamp - there) < 0) return false;
      skip_to_newest();
    }
  }
  // copy() saw the slot beyond this position, and with that a tail at least a lap further on.
  void skip_to_newest() {
    // Acquire pairs with the producer's publication: the item before the tail is there.
    const std::uint64_t newest = Atomics::load_acquire(memory_->tail) - 1;
    lost_ += newest - next_;
    next_ = newest;
  }

  std::shared_ptr<Memory> memory_;
  typename Memory::Place* place_;
  std::uint64_t next_;
  std::uint64_t lost_ = 0;
};

template <typename T, Pace kPace, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
struct Broadcast {
  BroadcastProducer<T, kPace, Wait, Atomics> producer;
  BroadcastReader<T, kPace, Wait, Atomics> reader;
};

// Makes a broadcast queue of `capacity` slots, a power of two of at least 2, with its first reader.
// `start` is the first position, for tests of the wrap. Errors: usage for the capacity.
template <typename T, Pace kPace, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
[[nodiscard]] Result<Broadcast<T, kPace, Wait, Atomics>> make_broadcast(std::size_t capacity,
                                                                        std::uint64_t start = 0) {
  if (!std::has_single_bit(capacity) || capacity < 2) {
    return fail(Code::usage, "queue capacity " + std::to_string(capacity) +
                                 " is not a power of two of at least 2");
  }
  auto memory = std::make_shared<BroadcastMemory<T, Wait, Atomics>>(capacity, start);
  return Broadcast<T, kPace, Wait, Atomics>{BroadcastProducer<T, kPace, Wait, Atomics>(memory),
                                            BroadcastReader<T, kPace, Wait, Atomics>(memory, 0)};
}

}  // namespace tally::queue
