// What the one producer of a ring of slots does whatever a slot looks like: room, the cursor,
// waking and waiting. Base of Producer and LeanProducer, which say what a thread may do with it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "queue/wait.hpp"
#include "ring/counters.hpp"
#include "ring/lines.hpp"
#include "ring/options.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"

namespace tally::ring {

class SoleProducer {
 public:
  // Sleeps by the wait policy until a slot is free: ok, timeout, closed, peer_dead or poisoned.
  PushResult wait_writable(std::uint64_t deadline_ns);

  // Counts records that the caller gave up because it found no room.
  void count_dropped(std::uint64_t records) { bump(stats_->dropped_new, records); }
  // Whether the ring was given up, by whomever: nobody takes anything from it any more.
  [[nodiscard]] bool is_given_up() const { return region_.poisoned(); }

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
  [[nodiscard]] std::uint32_t payload_bytes() const { return region_.geometry().payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
  [[nodiscard]] const EndpointStats& stats() const { return region_.own().stats; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 protected:
  SoleProducer(Region region, const Options& options);
  // Goes on behind what predecessors committed.
  void begin_at(std::uint64_t tail);

  // Free slots by the head that was last seen. A head that makes no sense leaves none.
  [[nodiscard]] std::uint64_t known_room() const {
    const std::uint64_t used = tail_ - head_seen_;
    return used <= capacity_ ? capacity_ - used : 0;
  }
  // How many of `wanted` slots are free, having looked at the consumer's line where fewer seemed to
  // be. None is counted as a stall.
  [[nodiscard]] std::size_t look_for_room(std::size_t wanted);
  // Looks at the consumer's line. Acquire pairs with the store of the head: the reads are over.
  void look_at_head() { head_seen_ = header_->head.load(std::memory_order_acquire); }
  void publish_tail(std::uint64_t tail, std::uint64_t records, std::uint64_t bytes);
  // What push() does by the `full` policy once there was no room. `try_again` pushes.
  template <typename TryAgain>
  [[nodiscard]] PushResult push_when_full(std::uint64_t deadline_ns, TryAgain try_again);

  Region region_;
  Header* header_;
  EndpointStats* stats_;
  std::uint64_t capacity_;
  std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;

 private:
  // No consumer of ours stores a head outside of what was published.
  [[nodiscard]] bool is_head_wrong() const { return tail_ - head_seen_ > capacity_; }
  void wake_reader();

  const std::atomic<std::uint32_t>* peer_may_sleep_;
  Full full_;
  queue::WaitPlan wait_;
};

inline std::size_t SoleProducer::look_for_room(std::size_t wanted) {
  if (known_room() < wanted) look_at_head();
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, known_room()));
  if (room == 0 && wanted > 0) [[unlikely]]
    bump(stats_->stalls, 1);
  return room;
}

// `tail`: where the records begin, as the caller has it at hand.
[[gnu::always_inline]] inline void SoleProducer::publish_tail(std::uint64_t tail,
                                                              std::uint64_t records,
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

template <typename TryAgain>
PushResult SoleProducer::push_when_full(std::uint64_t deadline_ns, TryAgain try_again) {
  if (full_ == Full::drop_new) {
    count_dropped(1);
    return region_.poisoned() ? PushResult::poisoned : PushResult::dropped;
  }
  const PushResult waited = wait_writable(deadline_ns);
  if (waited != PushResult::ok) return waited;
  return try_again() ? PushResult::ok : PushResult::timeout;
}

}  // namespace tally::ring
