// The writing end of a ring. Move-only; one thread at a time; nothing is allocated after open().
// Records become visible in the order of the calls, each whole or not at all, also when this
// process is killed in between. What is not said here is SoleProducer's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/copy.hpp"
#include "ring/lines.hpp"
#include "ring/options.hpp"
#include "ring/record.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"
#include "ring/sole_producer.hpp"

namespace tally::ring {

class alignas(kApartBytes) Producer : public SoleProducer {
 public:
  // Creates the ring or joins it; see Region::open() for the errors. A successor of a killed
  // producer goes on behind its last committed record.
  [[nodiscard]] static Result<Producer> open(const std::string& name, const Options& options = {});

  // Copies a record in and publishes it. Returns false when the ring is full, and counts nothing as
  // lost. meta.length is ignored, payload.size() counts; meta.time_ns of 0 takes the clock (25 ns).
  // Pre: payload.size() <= payload_bytes(); a larger one is refused with false.
  bool try_push(const RecordMeta& meta, ByteView payload);

  // The same by the `full` policy: block waits until `deadline_ns` (CLOCK_MONOTONIC), drop-new
  // counts the loss and returns at once. Notices a consumer that closed or died while it waits.
  PushResult push(const RecordMeta& meta, ByteView payload,
                  std::uint64_t deadline_ns = queue::kForeverNs);

  // Zero copy, many at a time: claim() says how many free slots there are in a row, at most
  // `wanted`; slot(i) is where record i goes (set meta.length, at most payload_bytes()); commit(k)
  // publishes the first k of them. What is claimed and not committed is given back by the next
  // claim(). A batch costs one cursor store and at most one wake.
  struct Slot {
    RecordMeta& meta;
    MutableByteView payload;  // payload_bytes() long
  };
  std::size_t claim(std::size_t wanted);
  [[nodiscard]] Slot slot(std::size_t index) const {
    SlotHeader& slot = slots_.at(tail_ + index);
    return {slot.meta, {slots_.payload(slot), slots_.payload_bytes}};
  }
  void commit(std::size_t count);

 private:
  Producer(Region region, const Options& options);
  void own_claimed();

  SlotArea slots_;
  std::size_t claimed_ = 0;
};

// Inlined by force, here and in the consumer: a length that the caller knows saves half of it.
[[gnu::always_inline]] inline bool Producer::try_push(const RecordMeta& meta, ByteView payload) {
  if (payload.size() > slots_.payload_bytes) return false;
  const std::uint64_t tail = tail_;
  if (tail - head_seen_ >= slots_.capacity) [[unlikely]] {  // known_room() == 0
    if (look_for_room(1) == 0) return false;
  }
  SlotHeader& slot = slots_.at(tail);
  const std::uint64_t time_ns = meta.time_ns != 0 ? meta.time_ns : core::monotonic_ns();
  // Of a payload that goes on in another line both lines are asked for at once (own_lines()), and
  // its end is stored first: a reader that polls this line takes it away while that store waits.
  std::uint8_t* const to = slots_.payload(slot);
  const std::size_t near = std::min<std::size_t>(payload.size(), kSlotHeaderBytes);
  if (payload.size() > near) {
    own_lines(to + near, to + near + 1);
    slot.stamp.store(tail, std::memory_order_relaxed);  // no stamp of a record in this slot
    copy_payload(to + near, payload.data() + near, payload.size() - near);
  }
  slot.meta.sequence = meta.sequence;
  slot.meta.time_ns = time_ns;
  ShortFields(meta.flags, meta.source, static_cast<std::uint32_t>(payload.size())).store(slot.meta);
  copy_payload(to, payload.data(), near);
  // Release: the record is written before its stamp says so.
  slot.stamp.store(tail + 1, std::memory_order_release);
  publish_tail(tail, 1, payload.size());
  return true;
}

inline std::size_t Producer::claim(std::size_t wanted) {
  claimed_ = look_for_room(wanted);
  if (claimed_ > 1) own_claimed();
  return claimed_;
}

// The lines of a batch, one store each (own_lines()). Of slots longer than two lines nobody knows
// how much will be written.
inline void Producer::own_claimed() {
  if (slots_.slot_bytes > 2 * kLineBytes) return;
  for (std::uint64_t position = tail_; position != tail_ + claimed_; ++position) {
    SlotHeader& slot = slots_.at(position);
    slot.stamp.store(position, std::memory_order_relaxed);  // no stamp of a record in this slot
    auto* const bytes = reinterpret_cast<std::uint8_t*>(&slot);
    own_lines(bytes + kLineBytes, bytes + slots_.slot_bytes);
  }
}

inline void Producer::commit(std::size_t count) {
  count = std::min(count, claimed_);
  claimed_ = 0;
  if (count == 0) return;
  std::uint64_t now_ns = 0;
  std::uint64_t bytes = 0;
  const SlotArea slots = slots_;
  const std::uint64_t end = tail_ + count;
  for (std::uint64_t position = tail_; position != end; ++position) {
    SlotHeader& slot = slots.at(position);
    if (slot.meta.time_ns == 0) {
      if (now_ns == 0) now_ns = core::monotonic_ns();
      slot.meta.time_ns = now_ns;
    }
    bytes += slot.meta.length;
    // Release: as in try_push(). In order, so that a kill in between leaves a prefix.
    slot.stamp.store(position + 1, std::memory_order_release);
  }
  publish_tail(tail_, count, bytes);
}

}  // namespace tally::ring
