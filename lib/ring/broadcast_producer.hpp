// The writing end of a broadcast (ring/broadcast.hpp). Move-only; one thread at a time; nothing is
// allocated after open(). Records become visible in order, each whole or not at all, a batch at
// once unless it takes more than half of the area, also when this process is killed in between.
//
// With full=drop-old, which is what nothing means, the oldest records are overwritten and nothing
// ever waits. With full=block or full=drop-new no record is overwritten that an attached reader has
// not released: it is gated by the slowest one that lives. A reader that is stopped holds it up,
// one that has left or was killed does not. The readers are looked at once the room that was seen
// is used up (ring/reader_gate.hpp), and the kernel is asked which of them live at most every 20
// us: put() may say `full` for so long after the one that held it up was killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/broadcast.hpp"
#include "ring/byte_area.hpp"
#include "ring/counters.hpp"
#include "ring/lines.hpp"
#include "ring/lines_ahead.hpp"
#include "ring/milestones.hpp"
#include "ring/options.hpp"
#include "ring/reader_gate.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"

namespace tally::ring {

class alignas(kApartBytes) BroadcastProducer {
 public:
  // Creates the ring or joins it; see Region::open() for the errors. A successor of a killed
  // producer goes on behind its last published record.
  [[nodiscard]] static Result<BroadcastProducer> open(const std::string& name,
                                                      Options options = {});

  // Copies one record in, made of two parts, of which the first is a multiple of 8 bytes long. It
  // becomes visible with commit(). ok; full: a reader holds this end up, or none has come yet;
  // too_large for more than payload_bytes(); or poisoned: the ring was given up, which is looked at
  // with the first record of a batch. Of a ring that was handed over, closed or peer_dead where
  // records would be overwritten: its reader was the only one that can ever be.
  PushResult put(ByteView first, ByteView second, std::uint16_t type = 0, std::uint16_t flags = 0);
  // Makes visible what was put: one cursor store and at most one wake. `last_record_ns` is for
  // inspectors.
  void commit(std::uint64_t last_record_ns = 0);
  // Both.
  PushResult push(ByteView payload, std::uint16_t type = 0, std::uint16_t flags = 0);
  // Sleeps by the wait policy until there is room for a record of `length` bytes, its two parts
  // together, behind what was committed: ok, timeout, poisoned, too_large for a length that never
  // fits, and closed or peer_dead as put(). Pre: nothing is put and uncommitted.
  PushResult wait_writable(std::size_t length, std::uint64_t deadline_ns);
  void count_dropped(std::uint64_t records);
  // Whether the ring was given up, by whomever: nobody takes anything from it any more.
  [[nodiscard]] bool is_given_up() const { return region_.poisoned(); }

  // Leaves in an orderly way: readers get `closed` after the last record. The destructor does the
  // same. Returns how many records were overwritten before any reader had ever come: these are lost
  // to everybody, and no reader will count them. Nothing else may be called afterwards.
  std::uint64_t close();
  BroadcastProducer(BroadcastProducer&&) noexcept = default;
  BroadcastProducer& operator=(BroadcastProducer&&) = delete;
  BroadcastProducer(const BroadcastProducer&) = delete;
  BroadcastProducer& operator=(const BroadcastProducer&) = delete;
  ~BroadcastProducer() { close(); }

  // Of the readers: alive when any is.
  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // The largest payload: a quarter of the area with its header and number.
  [[nodiscard]] std::size_t payload_bytes() const { return area_.payload_bytes - kNumberBytes; }
  [[nodiscard]] std::uint64_t capacity() const { return area_.capacity; }
  [[nodiscard]] std::uint64_t position() const { return tail_; }
  // Of the next record to be put: how many there were before.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const EndpointStats& stats() const { return *stats_; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  BroadcastProducer(Region region, const Options& options);
  // Gives the oldest records up so that everything before `to` and the stamp behind it may be
  // written: ok, or full, closed, peer_dead and poisoned as put().
  [[nodiscard]] PushResult make_room(std::uint64_t to);
  // The same without a look at who lives.
  [[nodiscard]] PushResult give_up_before(std::uint64_t to);
  // Whether the kernel was not asked about the readers just now, in which case it is to be.
  [[nodiscard]] bool is_time_to_ask();
  // Why no reader will ever make room, or ok; passes over those that were killed.
  [[nodiscard]] Waited ask_who_lives(std::uint64_t to);
  // Up to where records may be given up, of those before `wanted`.
  [[nodiscard]] std::uint64_t give_up_limit(std::uint64_t wanted);
  // Where the head must be at least before that may be written.
  [[nodiscard]] std::uint64_t least_head(std::uint64_t to) const {
    return to + sizeof(std::uint64_t) - area_.capacity;
  }
  // Where a record of that span begins behind what is finished: there, or behind the wrap.
  [[nodiscard]] std::uint64_t start_for(std::uint64_t span) const {
    const std::uint64_t room = area_.until_wrap(finished_);
    return span <= room ? finished_ : finished_ + room;
  }
  [[nodiscard]] bool is_free_until(std::uint64_t to) const {
    return to + sizeof(std::uint64_t) - head_ <= area_.capacity;
  }
  void write_header(std::uint64_t position, std::uint32_t length, std::uint16_t type,
                    std::uint16_t flags);
  void wake_readers();

  Region region_;
  ByteArea area_;
  Header* header_;
  const std::atomic<std::uint32_t>* reader_may_sleep_;
  EndpointStats* stats_;
  std::uint64_t head_ = 0;      // the oldest record; this side's own, and never read back
  std::uint64_t limit_ = 0;     // that the last look at the readers gave
  std::uint64_t told_ = 0;      // the tail that readers find who come unseen (ReaderGate)
  std::uint64_t tail_ = 0;      // what is published ends here
  std::uint64_t finished_ = 0;  // what was put ends here
  std::uint64_t number_ = 0;
  std::uint64_t records_ = 0;  // put and not published
  std::uint64_t bytes_ = 0;
  LinesAhead lines_;
  Milestones milestones_;
  std::uint64_t asked_ns_ = 0;  // the kernel, about the readers
  bool gated_ = false;
  ReaderGate gate_;
  queue::WaitPlan wait_;
};

inline void BroadcastProducer::write_header(std::uint64_t position, std::uint32_t length,
                                            std::uint16_t type, std::uint16_t flags) {
  ByteHeader& header = area_.at(position);
  const std::uint64_t word =
      length | static_cast<std::uint64_t>(type) << 32U | static_cast<std::uint64_t>(flags) << 48U;
  // Release, both: as store_words(). The first stamp of a batch is commit()'s.
  word_at(reinterpret_cast<std::uint8_t*>(&header.length)).store(word, std::memory_order_release);
  if (position != tail_) header.stamp.store(position + 1, std::memory_order_release);
}

inline PushResult BroadcastProducer::put(ByteView first, ByteView second, std::uint16_t type,
                                         std::uint16_t flags) {
  const std::size_t length = kNumberBytes + first.size() + second.size();
  if (length > area_.payload_bytes) return PushResult::too_large;
  // No wait tells this side of it. The line is read by all and written once.
  if (records_ == 0 && region_.poisoned()) [[unlikely]]
    return PushResult::poisoned;
  const std::uint64_t span = ByteArea::span_of(length);
  const std::uint64_t start = start_for(span);
  const std::uint64_t end = start + span;
  // No batch may come near to overwriting its own beginning.
  if (end - tail_ > area_.capacity / 2) [[unlikely]]
    commit();
  if (!is_free_until(end)) [[unlikely]] {
    if (const PushResult made = make_room(end); made != PushResult::ok) return made;
  }
  if (!lines_.reach(end)) [[unlikely]]
    lines_.take(area_, start, end, head_ + area_.capacity);
  milestones_.note(finished_);
  if (start != finished_) [[unlikely]]
    write_header(finished_, kPad, 0, 0);
  write_header(start, static_cast<std::uint32_t>(length), type, flags);
  std::uint8_t* const to = area_.payload(start);
  word_at(to).store(number_, std::memory_order_release);  // as store_words()
  store_words(to + kNumberBytes, first.data(), first.size());
  store_words(to + kNumberBytes + first.size(), second.data(), second.size());
  finished_ = end;
  ++number_;
  ++records_;
  bytes_ += length - kNumberBytes;
  return PushResult::ok;
}

inline void BroadcastProducer::commit(std::uint64_t last_record_ns) {
  if (records_ == 0) return;
  // Before the first stamp: who reads up to the end finds no stale stamp there. Release: as
  // store_words().
  area_.at(finished_).stamp.store(0, std::memory_order_release);
  // Release: the records, and all stamps of the batch but this one, are written before it.
  area_.at(tail_).stamp.store(tail_ + 1, std::memory_order_release);
  tail_ = finished_;
  // Release: who reads the number finds the stamps of the records (newest_place()).
  stats_->records.store(number_, std::memory_order_release);
  bump(stats_->bytes, bytes_);
  if (records_ > 1) bump(stats_->merged, records_ - 1);
  stats_->last_record_ns.store(last_record_ns, std::memory_order_relaxed);
  records_ = 0;
  bytes_ = 0;
  if (reader_may_sleep_->load(std::memory_order_relaxed) != 0) {
    wake_readers();
  } else {
    // Release: an inspector or a sleeper to be that sees the cursor finds the stamps.
    header_->tail.store(tail_, std::memory_order_release);
  }
}

inline PushResult BroadcastProducer::push(ByteView payload, std::uint16_t type,
                                          std::uint16_t flags) {
  const PushResult put_in = put({}, payload, type, flags);
  if (put_in == PushResult::ok) commit();
  return put_in;
}

}  // namespace tally::ring
