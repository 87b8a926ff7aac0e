// A reading end of a broadcast (ring/broadcast.hpp). Move-only; one thread at a time; nothing is
// allocated after open(). Records are copied out, since what lies in the ring may be overwritten at
// any time; what the producer overwrote before this reader came to it is counted exactly. A
// producer that waits for its readers (full=block, full=drop-new) overwrites nothing that this one
// has not released.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/broadcast.hpp"
#include "ring/lines.hpp"
#include "ring/options.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"

namespace tally::ring {

struct BroadcastRecord {
  ByteView payload;  // in the caller's memory
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  BroadcastPlace next;  // behind the record; next.lost counts what was lost before it
};

class alignas(kApartBytes) BroadcastReader {
 public:
  // Creates the ring or joins it; see Region::open() for the errors, and try_again when 16 readers
  // are there. It begins as ring/broadcast.hpp says.
  [[nodiscard]] static Result<BroadcastReader> open(const std::string& name, Options options = {});

  // Copies the next records into `into`, one behind the other: at most out.size(), and as many as
  // there is room for. Returns how many. Begins behind the last record that was released, so that
  // records that were not are shown again, unless they were overwritten. Pre: into.size() >=
  // room_bytes(). A record out of bounds poisons the ring.
  [[nodiscard]] std::size_t read(std::span<BroadcastRecord> out, MutableByteView into);
  // The records of the last read(), a prefix of what it gave, are dealt with: a successor goes on
  // behind them, should this process be killed.
  void release(std::span<const BroadcastRecord> done, std::uint64_t last_record_ns = 0);

  // Waits until read() would find a record.
  PopResult wait_readable(std::uint64_t deadline_ns);

  void close() { region_.leave(); }

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // Records that were overwritten before this reader, or a killed one before it, came to them: up
  // to the last one released.
  [[nodiscard]] std::uint64_t lost() const { return place_.lost; }
  // The number that the next record should have: with lost(), every record from the first that this
  // reader was there for is accounted for.
  [[nodiscard]] std::uint64_t number() const { return place_.number; }
  // Records published and not released here, a moment ago. They may be overwritten yet.
  [[nodiscard]] std::uint64_t behind_records() const { return published_from(place_.number); }
  // How many records with that number or a later one were published, and have been overwritten, a
  // moment ago.
  [[nodiscard]] std::uint64_t published_from(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t overwritten_from(std::uint64_t number) const;
  // Whether the producer that is there, or was last, waits for its readers: who comes later than
  // this one, and follows no killed one, then begins with what is published next.
  [[nodiscard]] bool is_gated() const { return ring::is_gated(*header_); }
  // What read() needs for any record.
  [[nodiscard]] std::size_t room_bytes() const { return area_.payload_bytes; }
  [[nodiscard]] std::size_t payload_bytes() const { return area_.payload_bytes - kNumberBytes; }
  [[nodiscard]] std::uint64_t capacity() const { return area_.capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return *stats_; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  BroadcastReader(Region region, const Options& options);
  [[nodiscard]] std::uint64_t oldest() const {
    // Acquire, after the loads of a record: pairs with whatever overwrote them.
    return header_->head.load(std::memory_order_acquire);
  }
  // Whether a reader that was overtaken can go on at that head. False: the ring was given up.
  [[nodiscard]] bool can_go_on_at(std::uint64_t head) const;
  [[nodiscard]] bool is_readable() const;

  Region region_;
  ByteArea area_;
  Header* header_;
  const std::atomic<std::uint32_t>* peer_may_sleep_;
  EndpointStats* stats_;
  BroadcastPlace place_;
  std::uint64_t last_read_bytes_ = 0;  // of the area, by the last read() that found a record
  queue::WaitPlan wait_;
};

}  // namespace tally::ring
