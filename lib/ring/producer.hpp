// The writing end of a ring. Move-only; one thread at a time; nothing is allocated after open().
// Records become visible in the order of the calls, each whole or not at all, also when this
// process is killed in between.
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
#include "ring/counters.hpp"
#include "ring/lines.hpp"
#include "ring/options.hpp"
#include "ring/record.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"

namespace tally::ring {

class alignas(kApartBytes) Producer {
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

  // Sleeps by the wait policy until a slot is free: ok, timeout, closed, peer_dead or poisoned.
  PushResult wait_writable(std::uint64_t deadline_ns);

  // Counts records that the caller gave up because claim() or try_push() found no room.
  void count_dropped(std::uint64_t records);

  // Leaves in an orderly way: the consumer gets `closed` after the last record. The destructor does
  // the same. Nothing else may be called afterwards.
  void close() { region_.leave(); }

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // Records published and not yet released, a moment ago. Touches the consumer's line.
  [[nodiscard]] std::uint64_t depth() const;
  // Position of the next record: how many were ever committed to this ring, modulo 2^64.
  [[nodiscard]] std::uint64_t position() const { return tail_; }
  [[nodiscard]] std::uint32_t payload_bytes() const { return slots_.payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return slots_.capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return region_.own().stats; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  Producer(Region region, const Options& options);
  // Free slots by the head that was last seen. A head that makes no sense leaves none.
  [[nodiscard]] std::uint64_t known_room() const {
    const std::uint64_t used = tail_ - head_seen_;
    return used <= slots_.capacity ? slots_.capacity - used : 0;
  }
  // No consumer of ours stores a head outside of what was published.
  [[nodiscard]] bool is_head_wrong() const { return tail_ - head_seen_ > slots_.capacity; }
  // Looks at the consumer's line. Acquire pairs with Consumer::release() or free_done().
  void look_at_head() { head_seen_ = header_->head.load(std::memory_order_acquire); }
  void publish_tail(std::uint64_t tail, std::uint64_t records, std::uint64_t bytes);
  void own_claimed();
  void wake_reader();

  Region region_;
  SlotArea slots_;
  Header* header_;
  const std::atomic<std::uint32_t>* peer_may_sleep_;
  EndpointStats* stats_;
  std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;
  std::size_t claimed_ = 0;
  Full full_ = Full::block;
  queue::WaitPlan wait_;
};

// Inlined by force, here and in the consumer: a length that the caller knows saves half of it.
[[gnu::always_inline]] inline bool Producer::try_push(const RecordMeta& meta, ByteView payload) {
  if (payload.size() > slots_.payload_bytes) return false;
  const std::uint64_t tail = tail_;
  if (tail - head_seen_ >= slots_.capacity) [[unlikely]] {  // known_room() == 0
    look_at_head();
    if (known_room() == 0) {
      bump(stats_->stalls, 1);
      return false;
    }
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
  if (known_room() < wanted) look_at_head();
  claimed_ = std::min<std::size_t>(wanted, known_room());
  if (claimed_ == 0 && wanted > 0) [[unlikely]]
    bump(stats_->stalls, 1);
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

// `tail`: where the records begin, as the caller has it at hand.
[[gnu::always_inline]] inline void Producer::publish_tail(std::uint64_t tail, std::uint64_t records,
                                                          std::uint64_t bytes) {
  count_batch(*stats_, records, bytes);
  tail_ = tail + records;
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0) [[unlikely]] {
    wake_reader();
  } else {
    // Release: an inspector or a sleeper to be that sees the cursor finds the stamps.
    header_->tail.store(tail + records, std::memory_order_release);
  }
}

}  // namespace tally::ring
