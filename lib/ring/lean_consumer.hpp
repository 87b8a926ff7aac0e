// The reading end of a lean ring (ring/lean_slots.hpp). Move-only; one thread at a time; nothing is
// allocated after open(). As with Consumer a record is freed only by release(), so that delivery is
// at least once for records that were peeked. What is not said here is SoleConsumer's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/copy.hpp"
#include "ring/lean_slots.hpp"
#include "ring/results.hpp"
#include "ring/slot_area.hpp"
#include "ring/sole_consumer.hpp"

namespace tally::ring {

class alignas(kApartBytes) LeanConsumer : public SoleConsumer {
 public:
  // As Consumer::open(); options.form may be left out.
  [[nodiscard]] static Result<LeanConsumer> open(const std::string& name, Options options = {});

  // Copies the next record out and releases it: `length` is the record's, of which the first
  // into.size() bytes are copied. Returns false when there is none.
  bool try_pop(MutableByteView into, std::size_t& length);

  // The same, waiting until `deadline_ns` (CLOCK_MONOTONIC).
  PopResult pop_wait(MutableByteView into, std::size_t& length,
                     std::uint64_t deadline_ns = queue::kForeverNs);

  // Zero copy, many at a time, as Consumer's. A record's sequence number is its position, counted
  // from 1; its time is 0, which is no time.
  using Record = SlotRecord;
  std::size_t peek(std::size_t wanted);
  [[nodiscard]] Record record(std::size_t index) const;
  void release(std::size_t count);

  // Waits until peek() would find a record, without taking it.
  PopResult wait_readable(std::uint64_t deadline_ns);

  // Records committed and not yet released, a moment ago.
  [[nodiscard]] std::uint64_t depth() const;

 private:
  LeanConsumer(Region region, const Options& options);
  // Whether the record at `position` is there, and its word. One out of bounds poisons the ring.
  [[nodiscard]] bool is_readable(std::uint64_t position, std::uint64_t& word) const {
    // Acquire pairs with LeanProducer::put(): the record is whole.
    word = slots_.word(position).load(std::memory_order_acquire);
    return is_lean_record(word, position) && is_in_bounds(lean_length(word), slots_.payload_bytes);
  }
  // Read once more, and clamped: what is there now need not be what peek() checked.
  [[nodiscard]] std::uint32_t length_at(std::uint64_t position) const {
    // Relaxed: is_readable() has acquired the record.
    const std::uint64_t word = slots_.word(position).load(std::memory_order_relaxed);
    return std::min(lean_length(word), slots_.payload_bytes);
  }

  LeanSlots slots_;
};

// Inlined by force, for a length that the caller knows.
[[gnu::always_inline]] inline bool LeanConsumer::try_pop(MutableByteView into,
                                                         std::size_t& length) {
  const LeanSlots slots = slots_;
  const std::uint64_t head = head_;
  // Acquire: as in is_readable().
  const std::uint64_t word = slots.word(head).load(std::memory_order_acquire);
  if (!is_lean_record(word, head)) return false;
  length = lean_length(word);
  if (!is_in_bounds(lean_length(word), slots.payload_bytes)) return false;
  if (!into.empty()) {
    copy_payload(into.data(), slots.payload(head), std::min(length, into.size()));
  }
  free_slots(head, 1, length);
  return true;
}

inline std::size_t LeanConsumer::peek(std::size_t wanted) {
  wanted = std::min<std::size_t>(wanted, slots_.capacity);
  std::uint64_t word = 0;
  peeked_ = 0;
  while (peeked_ < wanted && is_readable(head_ + peeked_, word)) ++peeked_;
  return peeked_;
}

inline LeanConsumer::Record LeanConsumer::record(std::size_t index) const {
  const std::uint64_t position = head_ + index;
  const std::uint32_t length = length_at(position);
  return {{position + 1, 0, 0, 0, length}, {slots_.payload(position), length}};
}

inline void LeanConsumer::release(std::size_t count) {
  count = std::min(count, peeked_);
  peeked_ = 0;
  if (count == 0) return;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += length_at(head_ + i);
  free_slots(head_, count, bytes);
}

}  // namespace tally::ring
