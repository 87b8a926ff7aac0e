// The slots of a ring by position, and what their stamps say. Any thread; nothing is allocated.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/bytes.hpp"
#include "ring/layout.hpp"

namespace tally::ring {

// A field that the other side may change at any time is read once, as a relaxed atomic. (It also
// keeps the compiler from joining fields into a load that spans several recent stores, which the
// processor cannot forward: 4 ns where one thread has both ends.)
template <typename T>
[[nodiscard]] T foreign(T& field) {
  return std::atomic_ref<T>(field).load(std::memory_order_relaxed);
}

// A record where it lies in its slot.
struct SlotRecord {
  RecordMeta meta;
  ByteView payload;
};

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
  // Pre: `length` is at most payload_bytes.
  [[nodiscard]] SlotRecord record(SlotHeader& slot, std::uint32_t length) const {
    RecordMeta& there = slot.meta;
    return {{foreign(there.sequence), foreign(there.time_ns), foreign(there.flags),
             foreign(there.source), length},
            {payload(slot), length}};
  }
  // The stamp of a position whose owner, a producer or a consumer, has nothing more to do with it:
  // given up, or read and released.
  [[nodiscard]] std::uint64_t done(std::uint64_t position) const { return position + capacity; }
  // Whether the producer that owned the position has committed it or given it up.
  [[nodiscard]] bool is_settled(std::uint64_t stamp, std::uint64_t position) const {
    return stamp == position + 1 || stamp == done(position);
  }
};

// Whether records are committed and not released, by the stamps from `head` on.
[[nodiscard]] bool has_unread(const SlotArea& slots, std::uint64_t head);

// How many records of a ring of many producers or consumers are committed and not released, of the
// positions from `head` to `tail`. Looks at every one of them.
[[nodiscard]] std::uint64_t count_unread(const SlotArea& slots, std::uint64_t head,
                                         std::uint64_t tail);

// First position from `stored` on whose record is not yet committed: where the successor of a
// ring's one producer goes on. The tail is stored after the stamps, so it may be behind, never
// ahead. One of many consumers may have released what the tail does not say yet.
[[nodiscard]] std::uint64_t recover_tail(const SlotArea& slots, std::uint64_t stored);

}  // namespace tally::ring
