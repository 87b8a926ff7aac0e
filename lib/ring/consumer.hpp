// The reading end of a ring. Move-only; one thread at a time; nothing is allocated after open().
// A record is freed only by release(): who is killed before leaves it to a successor, so delivery
// is at least once for records that were peeked, exactly once for those that were released.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/options.hpp"
#include "ring/record.hpp"
#include "ring/region.hpp"

namespace tally::ring {

enum class PopResult : std::uint8_t {
  ok,
  timeout,    // still empty at the deadline
  closed,     // the producer has left in an orderly way, and everything it committed was taken
  peer_dead,  // the producer was killed, and everything it committed was taken; a successor may
              // come
  poisoned,   // the ring was given up: a record was out of bounds, or it was removed by force
};

class Consumer {
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
  struct Record {
    RecordMeta meta;
    ByteView payload;
  };
  std::size_t peek(std::size_t wanted);
  [[nodiscard]] Record record(std::size_t index) const;
  void release(std::size_t count);

  // Waits until peek() would find a record, without taking it.
  PopResult wait_readable(std::uint64_t deadline_ns);

  // Leaves in an orderly way; the destructor does the same. Nothing else may be called afterwards.
  void close() { region_.leave(); }

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // Records committed and not yet released, a moment ago. Touches the producer's line.
  [[nodiscard]] std::uint64_t depth() const;
  // What the producer gave up because the ring was full.
  [[nodiscard]] std::uint64_t dropped_by_producer() const;
  // Position of the next record: how many were ever released from this ring, modulo 2^64.
  [[nodiscard]] std::uint64_t position() const { return head_; }
  [[nodiscard]] std::uint32_t payload_bytes() const { return slots_.payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return slots_.capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return region_.own().stats; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }

 private:
  Consumer(Region region, const Options& options);
  // Whether the record at `position` is there and within bounds; poisons the ring if it is not.
  [[nodiscard]] bool is_readable(std::uint64_t position) const;
  [[nodiscard]] PopResult why_over() const;
  void note_depth();

  Region region_;
  SlotArea slots_;
  std::uint64_t head_ = 0;
  std::size_t peeked_ = 0;
  queue::WaitPlan wait_;
};

}  // namespace tally::ring
