// The reading end of a ring of slots, of one producer or of many. Move-only; one thread at a time;
// nothing is allocated after open().
// A record is freed only by release(): who is killed before leaves it to a successor, so delivery
// is at least once for records that were peeked, exactly once for those that were released.
//
// Of many producers (Options::form) the records of each come in its order. A position that its
// producer gave up is passed over, and so is one whose producer was killed before it committed: a
// stopped one is waited for, however long (Region::is_claimed_by_living()). A consumer that finds
// nothing looks for such positions now and then while it polls, and before each sleep. What is not
// said here is SoleConsumer's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/copy.hpp"
#include "ring/lines.hpp"
#include "ring/options.hpp"
#include "ring/record.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"
#include "ring/sole_consumer.hpp"

namespace tally::ring {

class alignas(kApartBytes) Consumer : public SoleConsumer {
 public:
  // Creates the ring or joins it; see Region::open() for the errors. A successor of a killed
  // consumer begins with the first record that was not released.
  [[nodiscard]] static Result<Consumer> open(const std::string& name, const Options& options = {});

  // Copies the next record out and releases it. Returns false when there is none. meta.length is
  // the record's; only the first into.size() bytes are copied, so give payload_bytes() of room.
  bool try_pop(RecordMeta& meta, MutableByteView into);

  // The same, waiting until `deadline_ns` (CLOCK_MONOTONIC).
  PopResult pop_wait(RecordMeta& meta, MutableByteView into,
                     std::uint64_t deadline_ns = queue::kForeverNs);

  // Zero copy, many at a time: peek() says how many records there are in a row, at most `wanted`;
  // record(i) shows one where it lies; release(k) frees the first k. The views end with release().
  using Record = SlotRecord;
  std::size_t peek(std::size_t wanted);
  [[nodiscard]] Record record(std::size_t index) const;
  void release(std::size_t count);

  // Waits until peek() would find a record, without taking it.
  PopResult wait_readable(std::uint64_t deadline_ns);

  // Records committed and not yet released, a moment ago. Touches the producer's line; of many
  // producers also each of those records.
  [[nodiscard]] std::uint64_t depth() const;
  // What the producers gave up because the ring was full.
  [[nodiscard]] std::uint64_t dropped_by_producer() const;

 private:
  Consumer(Region region, const Options& options);
  // Whether the record at `position` is there. A record out of bounds poisons the ring.
  [[nodiscard]] bool is_readable(SlotHeader& slot, std::uint64_t position) const {
    return is_committed(slot, position) &&
           is_in_bounds(foreign(slot.meta.length), slots_.payload_bytes);
  }
  [[nodiscard]] bool is_committed(SlotHeader& slot, std::uint64_t position) const {
    // Acquire pairs with the stamp of Producer::commit(): the record is whole.
    if (slot.stamp.load(std::memory_order_acquire) == position + 1) return true;
    // A record that goes on in another line: while this one is polled, that one is fetched with it
    // instead of after it.
    __builtin_prefetch(slots_.payload(slot) + kSlotHeaderBytes);
    return false;
  }
  // Of many producers. Passes over what nobody will ever commit, some at once; whether there was
  // any such.
  // Looks for dead claimants, which touches the producers' lines, only where `thoroughly`.
  bool pass_gaps(bool thoroughly);
  [[nodiscard]] bool is_abandoned(std::uint64_t position);
  [[nodiscard]] bool is_thorough_poll();
  bool take_next(RecordMeta& meta, MutableByteView into);
  bool pop_behind_gaps(RecordMeta& meta, MutableByteView into);
  std::size_t peek_behind_gaps(std::size_t wanted);
  PopResult wait_behind_gaps(std::uint64_t deadline_ns);

  SlotArea slots_;
  bool many_ = false;             // producers
  std::uint32_t idle_polls_ = 0;  // of many producers: looks in a row that found nothing
};

[[gnu::always_inline]] inline bool Consumer::try_pop(RecordMeta& meta, MutableByteView into) {
  return take_next(meta, into) || (many_ && pop_behind_gaps(meta, into));
}

[[gnu::always_inline]] inline bool Consumer::take_next(RecordMeta& meta, MutableByteView into) {
  const SlotArea slots = slots_;
  const std::uint64_t head = head_;
  SlotHeader& slot = slots.at(head);
  if (!is_committed(slot, head)) return false;
  const ShortFields fields(slot.meta);
  const std::uint32_t length = fields.length();
  if (!is_in_bounds(length, slots.payload_bytes)) return false;
  meta.sequence = foreign(slot.meta.sequence);
  meta.time_ns = foreign(slot.meta.time_ns);
  fields.store(meta);
  if (!into.empty()) {
    copy_payload(into.data(), slots.payload(slot), std::min<std::size_t>(length, into.size()));
  }
  free_slots(head, 1, length);
  return true;
}

inline std::size_t Consumer::peek(std::size_t wanted) {
  const SlotArea slots = slots_;
  const std::uint64_t head = head_;
  wanted = std::min<std::size_t>(wanted, slots.capacity);
  std::size_t count = 0;
  while (count < wanted && is_readable(slots.at(head + count), head + count)) ++count;
  if (count == 0 && many_) return peek_behind_gaps(wanted);
  peeked_ = count;
  return count;
}

inline Consumer::Record Consumer::record(std::size_t index) const {
  SlotHeader& slot = slots_.at(head_ + index);
  // Clamped again: what is read now need not be what peek() checked.
  return slots_.record(slot, std::min(foreign(slot.meta.length), slots_.payload_bytes));
}

inline void Consumer::release(std::size_t count) {
  count = std::min(count, peeked_);
  peeked_ = 0;
  if (count == 0) return;
  const SlotArea slots = slots_;
  const std::uint64_t end = head_ + count;
  std::uint64_t bytes = 0;
  for (std::uint64_t position = head_; position != end; ++position) {
    bytes += std::min(foreign(slots.at(position).meta.length), slots.payload_bytes);
  }
  free_slots(head_, count, bytes);
}

}  // namespace tally::ring
