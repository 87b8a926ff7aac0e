// The writing end of a ring. Move-only; one thread at a time; nothing is allocated after open().
// Records become visible in the order of the calls, each whole or not at all, also when this
// process is killed in between.
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

enum class PushResult : std::uint8_t {
  ok,
  dropped,    // full=drop-new and the ring is full: counted, not stored
  timeout,    // still full at the deadline
  closed,     // full, and the consumer has left in an orderly way
  peer_dead,  // full, and the consumer was killed; a successor may still come
  too_large,  // the payload is larger than payload_bytes()
  poisoned,   // the ring was given up: poisoned or removed by force
};

class Producer {
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
  [[nodiscard]] Slot slot(std::size_t index) const;
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

 private:
  Producer(Region region, const Options& options);
  void publish(std::size_t count, std::uint64_t bytes, std::uint64_t time_ns);
  // The reason to stop waiting, or ok.
  [[nodiscard]] PushResult why_over() const;

  Region region_;
  SlotArea slots_;
  std::uint64_t tail_ = 0;
  std::size_t claimed_ = 0;
  Full full_ = Full::block;
  queue::WaitPlan wait_;
};

}  // namespace tally::ring
