// The writing end of a ring of variable records (kind=bytes). Move-only; one thread at a time;
// nothing is allocated after open(). Records become visible in order, each whole or not at all, a
// batch all at once, also when this process is killed in between.
//
//   for (...) {
//     const MutableByteView room = producer.claim(most);   // where the payload goes
//     if (room.data() == nullptr) break;                   // no room
//     ... write `length` bytes of it ...
//     producer.finish(length, type, flags);                // closed, not yet visible
//   }
//   producer.commit();                                     // all that was finished, or abort()
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/byte_area.hpp"
#include "ring/copy.hpp"
#include "ring/counters.hpp"
#include "ring/lines.hpp"
#include "ring/lines_ahead.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "ring/region.hpp"

namespace tally::ring {

class alignas(kApartBytes) ByteProducer {
 public:
  // Creates the ring or joins it; see Region::open() for the errors.
  [[nodiscard]] static Result<ByteProducer> open(const std::string& name, Options options = {});

  // Room for a payload of at most `length` bytes behind what was finished before. The view is empty
  // with a null data() when there is no room, or `length` is larger than payload_bytes(). Another
  // claim before finish() gives the first one back.
  [[nodiscard]] MutableByteView claim(std::size_t length);
  // Closes the record that was claimed, with `length` bytes of the room. Pre: claim() gave room,
  // and no more than `length` is asked than it was asked.
  void finish(std::size_t length, std::uint16_t type = 0, std::uint16_t flags = 0);
  // Makes all finished records visible at once: one cursor store and at most one wake.
  // `last_record_ns` is for inspectors.
  void commit(std::uint64_t last_record_ns = 0);
  // Forgets what was claimed and finished since the last commit.
  void abort();

  // Copies one record in and commits it, with what was finished before. False: no room, or larger
  // than payload_bytes().
  bool try_push(ByteView payload, std::uint16_t type = 0, std::uint16_t flags = 0);

  // Sleeps by the wait policy until there is room for a record of `length` bytes behind what was
  // committed: ok, timeout, closed, peer_dead, poisoned or, for a length that never fits,
  // too_large. Pre: nothing is finished and uncommitted.
  PushResult wait_writable(std::size_t length, std::uint64_t deadline_ns);

  void count_dropped(std::uint64_t records);
  // Whether the ring was given up, by whomever: nobody takes anything from it any more.
  [[nodiscard]] bool is_given_up() const { return region_.poisoned(); }
  void close() { region_.leave(); }

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // The largest payload: a quarter of the area with its header.
  [[nodiscard]] std::uint32_t payload_bytes() const { return area_.payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return area_.capacity; }
  [[nodiscard]] std::uint64_t position() const { return tail_; }
  [[nodiscard]] const EndpointStats& stats() const { return *stats_; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  ByteProducer(Region region, const Options& options);
  // Whether [from, to) is free, and the word for the stamp behind it.
  [[nodiscard]] bool is_free_until(std::uint64_t to) const {
    const std::uint64_t used = to + sizeof(std::uint64_t) - head_seen_;
    return used <= area_.capacity;
  }
  // No consumer of ours stores a head outside of what was published.
  [[nodiscard]] bool is_head_wrong() const { return tail_ - head_seen_ > area_.capacity; }
  // Looks at the consumer's line. Acquire pairs with ByteConsumer::release(): its reads are over.
  void look_at_head() { head_seen_ = header_->head.load(std::memory_order_acquire); }
  // Where a record of that span begins if it is put at `position`: there, or behind the wrap.
  [[nodiscard]] std::uint64_t start_for(std::uint64_t position, std::uint64_t span) const {
    const std::uint64_t room = area_.until_wrap(position);
    return span <= room ? position : position + room;
  }
  // Writes a header that is not the first of its batch with its stamp, the first one without.
  void write_header(std::uint64_t position, std::uint32_t length, std::uint16_t type,
                    std::uint16_t flags);
  void wake_reader();

  Region region_;
  ByteArea area_;
  Header* header_;
  const std::atomic<std::uint32_t>* peer_may_sleep_;
  EndpointStats* stats_;
  std::uint64_t tail_ = 0;      // what is committed ends here
  std::uint64_t finished_ = 0;  // what is finished ends here
  std::uint64_t claimed_ = 0;   // the claimed record begins here
  std::uint64_t head_seen_ = 0;
  LinesAhead lines_;
  std::uint64_t records_ = 0;  // finished and not committed
  std::uint64_t bytes_ = 0;
  queue::WaitPlan wait_;
};

inline MutableByteView ByteProducer::claim(std::size_t length) {
  if (length > area_.payload_bytes) return {};
  const std::uint64_t span = ByteArea::span_of(length);
  const std::uint64_t start = start_for(finished_, span);
  if (!is_free_until(start + span)) [[unlikely]] {
    look_at_head();
    if (!is_free_until(start + span)) {
      bump(stats_->stalls, 1);
      return {};
    }
  }
  if (!lines_.reach(start + span)) [[unlikely]]
    lines_.take(area_, start, start + span, head_seen_ + area_.capacity);
  claimed_ = start;
  return {area_.payload(start), length};
}

inline void ByteProducer::write_header(std::uint64_t position, std::uint32_t length,
                                       std::uint16_t type, std::uint16_t flags) {
  ByteHeader& header = area_.at(position);
  header.length = length;
  header.type = type;
  header.flags = flags;
  // Relaxed: nobody looks here before the first stamp of the batch is stored with release.
  if (position != tail_) header.stamp.store(position + 1, std::memory_order_relaxed);
}

inline void ByteProducer::finish(std::size_t length, std::uint16_t type, std::uint16_t flags) {
  if (claimed_ != finished_) [[unlikely]]
    write_header(finished_, kPad, 0, 0);
  write_header(claimed_, static_cast<std::uint32_t>(length), type, flags);
  finished_ = claimed_ + ByteArea::span_of(length);
  ++records_;
  bytes_ += length;
}

inline void ByteProducer::commit(std::uint64_t last_record_ns) {
  if (records_ == 0) return;
  // Before the first stamp: who reads up to the end finds no stale stamp there.
  area_.at(finished_).stamp.store(0, std::memory_order_relaxed);
  // Release: the records, and all stamps of the batch but this one, are written before it.
  area_.at(tail_).stamp.store(tail_ + 1, std::memory_order_release);
  tail_ = finished_;
  bump(stats_->records, records_);
  bump(stats_->bytes, bytes_);
  if (records_ > 1) bump(stats_->merged, records_ - 1);
  stats_->last_record_ns.store(last_record_ns, std::memory_order_relaxed);
  records_ = 0;
  bytes_ = 0;
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0) {
    wake_reader();
  } else {
    // Release: an inspector or a sleeper to be that sees the cursor finds the stamps.
    header_->tail.store(tail_, std::memory_order_release);
  }
}

inline void ByteProducer::abort() {
  finished_ = tail_;
  records_ = 0;
  bytes_ = 0;
}

inline bool ByteProducer::try_push(ByteView payload, std::uint16_t type, std::uint16_t flags) {
  const MutableByteView room = claim(payload.size());
  if (room.data() == nullptr) return false;
  copy_payload(room.data(), payload.data(), payload.size());
  finish(payload.size(), type, flags);
  commit();
  return true;
}

}  // namespace tally::ring
