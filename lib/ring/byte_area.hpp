// The byte area of a ring of variable records, and how a record lies in it.
//
// A record is a header of 16 bytes and its payload, rounded up to 16. Positions count bytes from
// the ring's making, only grow, are multiples of 16 and are masked to an offset at use. A record
// never wraps: where the rest of the area is too short for it, a pad record fills that rest. No
// record is larger than a quarter of the area, so that pad and record always fit into an empty
// ring.
//
// stamp == position + 1 says that the record is committed. What lies there otherwise may be a
// payload of an earlier lap, which a sender can choose so that it looks like a header; therefore
// the word in which the next stamp will be stored is set to 0 before a record is published. Of a
// batch, the stamp of the first record is stored last: a batch becomes visible whole.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ring/layout.hpp"

namespace tally::ring {

struct ByteHeader {
  std::atomic<std::uint64_t> stamp;  // position + 1; never 0, since positions are multiples of 16
  std::uint32_t length;              // of the payload; of a pad record kPad
  std::uint16_t type;                // the user's
  std::uint16_t flags;               // the user's
};
static_assert(sizeof(ByteHeader) == kByteGranule);
static_assert(offsetof(ByteHeader, length) == 8 && offsetof(ByteHeader, type) == 12);

inline constexpr std::uint32_t kPad = 0xffffffffU;

// Where a record can begin, at or before a cursor that another process may have changed since it
// was checked: no header there leaves the area.
[[nodiscard]] inline std::uint64_t granule_at(std::uint64_t position) {
  return position & ~std::uint64_t{kByteGranule - 1};
}

// The numbers are copies that the peer cannot change.
struct ByteArea {
  std::uint8_t* base = nullptr;
  std::uint64_t capacity = 0;
  std::uint32_t payload_bytes = 0;  // the largest payload

  [[nodiscard]] std::uint64_t offset(std::uint64_t position) const {
    return position & (capacity - 1);
  }
  [[nodiscard]] ByteHeader& at(std::uint64_t position) const {
    return *reinterpret_cast<ByteHeader*>(base + offset(position));
  }
  [[nodiscard]] std::uint8_t* payload(std::uint64_t position) const {
    return base + offset(position) + sizeof(ByteHeader);
  }
  // From the position to the end of the area, where it wraps.
  [[nodiscard]] std::uint64_t until_wrap(std::uint64_t position) const {
    return capacity - offset(position);
  }
  [[nodiscard]] static std::uint64_t span_of(std::uint64_t payload_bytes) {
    return (sizeof(ByteHeader) + payload_bytes + kByteGranule - 1) &
           ~std::uint64_t{kByteGranule - 1};
  }
};

// What one record says when it is looked at, checked against the area.
struct ByteLook {
  enum class Is : std::uint8_t { absent, record, pad, broken };
  Is is = Is::absent;
  std::uint32_t length = 0;
  std::uint64_t end = 0;  // position behind it
};

// Reads the length once, so that what was checked is what is used. Acquire, though the stamp's look
// is enough for a consumer: a broadcast's reader may meet a length of a later lap, and then sees
// the head of that lap as well.
[[nodiscard]] inline ByteLook look_at(const ByteArea& area, std::uint64_t position) {
  ByteHeader& header = area.at(position);
  // Acquire pairs with ByteProducer::commit(): the record is whole, and so is the rest of its
  // batch.
  if (header.stamp.load(std::memory_order_acquire) != position + 1) return {};
  const std::uint32_t length =
      std::atomic_ref<std::uint32_t>(header.length).load(std::memory_order_acquire);
  const std::uint64_t room = area.until_wrap(position);
  if (length == kPad) return {ByteLook::Is::pad, 0, position + room};
  const std::uint64_t span = ByteArea::span_of(length);
  if (length > area.payload_bytes || span > room) return {ByteLook::Is::broken, 0, position};
  return {ByteLook::Is::record, length, position + span};
}

// First position from `stored` on that holds no committed record: where a producer's successor goes
// on. A broken record ends the walk; its reader gives the ring up.
[[nodiscard]] std::uint64_t recover_tail(const ByteArea& area, std::uint64_t stored);

// Whether a record, whole or broken, is at `head` or behind a pad there.
[[nodiscard]] bool has_unread(const ByteArea& area, std::uint64_t head);

}  // namespace tally::ring
