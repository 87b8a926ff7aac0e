// What travels beside a payload in a ring. The same fields head a record on byte streams
// (net/frame.hpp).
#pragma once

#include <cstdint>

namespace tally::ring {

inline constexpr std::uint32_t kMaxPayloadBytes = 65536;
inline constexpr std::uint32_t kMaxLeanBytes = 56;  // of a lean ring

// How records lie in a ring: each in a slot of its own; one behind the other in an area of bytes;
// so, and the oldest are overwritten (ring/broadcast.hpp); in slots that many producers claim
// (ring/mpsc_producer.hpp), that many consumers claim (ring/spmc_consumer.hpp), or that both do; in
// slots of a cache line or less, without RecordMeta (ring/lean_slots.hpp).
enum class SlotForm : std::uint16_t {
  stamped_fixed = 1,
  bytes = 2,
  broadcast = 3,
  claimed = 4,
  shared_out = 5,
  traded = 6,
  lean = 7,
};
[[nodiscard]] constexpr bool is_byte_area(SlotForm form) {
  return form == SlotForm::bytes || form == SlotForm::broadcast;
}
[[nodiscard]] constexpr bool has_many_producers(SlotForm form) {
  return form == SlotForm::claimed || form == SlotForm::traded;
}
// The largest payload that a ring of slots may be made for.
[[nodiscard]] constexpr std::uint32_t most_payload_bytes(SlotForm form) {
  return form == SlotForm::lean ? kMaxLeanBytes : kMaxPayloadBytes;
}
// Of slots, each of whose records goes to one of them.
[[nodiscard]] constexpr bool has_many_consumers(SlotForm form) {
  return form == SlotForm::shared_out || form == SlotForm::traded;
}

struct RecordMeta {
  std::uint64_t sequence = 0;
  // CLOCK_MONOTONIC, when the producer published the record: now - time_ns is the ring hop. 0 asks
  // the producer to read the clock.
  std::uint64_t time_ns = 0;
  std::uint16_t flags = 0;
  std::uint16_t source = 0;
  std::uint32_t length = 0;  // of the payload; the producer takes it from the payload's view
};
static_assert(sizeof(RecordMeta) == 24);

}  // namespace tally::ring
