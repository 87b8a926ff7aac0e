// The reading end of a ring of variable records (kind=bytes). Move-only; one thread at a time;
// nothing is allocated after open(). Records are read where they lie and freed by release(), a
// batch at once: who is killed before leaves them to a successor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/byte_area.hpp"
#include "ring/consumer.hpp"
#include "ring/counters.hpp"
#include "ring/lines.hpp"
#include "ring/lines_ahead.hpp"
#include "ring/options.hpp"
#include "ring/region.hpp"

namespace tally::ring {

struct ByteRecord {
  ByteView payload;  // in the ring, until it is released
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint64_t end = 0;  // position behind the record
};

class alignas(kApartBytes) ByteConsumer {
 public:
  // Creates the ring or joins it; see Region::open() for the errors.
  [[nodiscard]] static Result<ByteConsumer> open(const std::string& name, Options options = {});

  // Shows the next records in order, at most out.size(); returns how many. A record out of bounds
  // poisons the ring.
  [[nodiscard]] std::size_t peek(std::span<ByteRecord> out);
  // Frees the first records of the last peek(): all of `done`, which is a prefix of what it gave.
  void release(std::span<const ByteRecord> done, std::uint64_t last_record_ns = 0);

  // Waits until peek() would find a record, without taking it.
  PopResult wait_readable(std::uint64_t deadline_ns);

  void close() { region_.leave(); }

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // Records committed and not yet released, by the counters of both sides, a moment ago.
  [[nodiscard]] std::uint64_t depth_records() const;
  [[nodiscard]] std::uint64_t dropped_by_producer() const {
    return region_.other().stats.dropped_new.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t position() const { return head_; }
  [[nodiscard]] std::uint32_t payload_bytes() const { return area_.payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return area_.capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return *stats_; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  ByteConsumer(Region region, const Options& options);
  [[nodiscard]] bool is_readable() const;
  void wake_writer();

  Region region_;
  ByteArea area_;
  Header* header_;
  const std::atomic<std::uint32_t>* peer_may_sleep_;
  EndpointStats* stats_;
  std::uint64_t head_ = 0;
  std::uint64_t last_peek_bytes_ = 0;  // about what the next peek will find
  queue::WaitPlan wait_;
};

inline std::size_t ByteConsumer::peek(std::span<ByteRecord> out) {
  const ByteArea area = area_;
  LinesToRead lines(area, head_, last_peek_bytes_);
  std::uint64_t at = head_;
  std::size_t count = 0;
  while (count < out.size()) {
    const ByteLook look = look_at(area, at);
    if (look.is == ByteLook::Is::absent) break;
    if (look.is == ByteLook::Is::broken || look.end - head_ > area.capacity) [[unlikely]] {
      region_.poison(PoisonReason::bad_length);
      break;
    }
    if (look.is == ByteLook::Is::record) [[likely]] {
      lines.ask_from(at);
      const ByteHeader& header = area.at(at);
      out[count++] = {{area.payload(at), look.length}, header.type, header.flags, look.end};
    }
    at = look.end;
  }
  if (count > 0) last_peek_bytes_ = at - head_;
  return count;
}

inline void ByteConsumer::release(std::span<const ByteRecord> done, std::uint64_t last_record_ns) {
  if (done.empty()) return;
  std::uint64_t bytes = 0;
  for (const ByteRecord& record : done) bytes += record.payload.size();
  head_ = done.back().end;
  bump(stats_->records, done.size());
  bump(stats_->bytes, bytes);
  if (done.size() > 1) bump(stats_->merged, done.size() - 1);
  stats_->last_record_ns.store(last_record_ns, std::memory_order_relaxed);
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0) {
    wake_writer();
  } else {
    // Release: the reads of the records are over before their bytes are free.
    header_->head.store(head_, std::memory_order_release);
  }
}

}  // namespace tally::ring
