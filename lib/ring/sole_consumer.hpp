// What the one consumer of a ring of slots does whatever a slot looks like: the cursor, waking and
// leaving. Base of Consumer and LeanConsumer, which say what a thread may do with it.
#pragma once

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
#include "ring/waiting.hpp"

namespace tally::ring {

class SoleConsumer {
 public:
  // Leaves in an orderly way; the destructor does the same. Nothing else may be called afterwards.
  void close() { region_.leave(); }

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // Position of the next record: how many were ever released from this ring, modulo 2^64, and of
  // many producers how many positions were passed over.
  [[nodiscard]] std::uint64_t position() const { return head_; }
  [[nodiscard]] std::uint32_t payload_bytes() const { return region_.geometry().payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return region_.geometry().capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return region_.own().stats; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 protected:
  SoleConsumer(Region region, const Options& options);

  // Frees the slots of `records` positions from `head` on, which is the caller's copy of head_.
  void free_slots(std::uint64_t head, std::uint64_t records, std::uint64_t bytes);
  void publish_head(std::uint64_t head);
  // A length that the other side stored. One out of bounds poisons the ring.
  [[nodiscard]] bool is_in_bounds(std::uint32_t length, std::uint32_t most) const {
    if (length <= most) [[likely]]
      return true;
    region_.poison(PoisonReason::bad_length);
    return false;
  }

  // Waits for a record of the one producer: readable() says that it is there.
  template <typename Readable>
  [[nodiscard]] PopResult wait_for_record(std::uint64_t deadline_ns, Readable readable);
  // Behind the records that the producer says it has published. It says so after a consumer that
  // polls has seen them, or never, if it was killed before: no position before this side's own.
  [[nodiscard]] std::uint64_t stored_tail() const {
    const std::uint64_t tail = header_->tail.load(std::memory_order_relaxed);
    return is_before(tail, head_) ? head_ : tail;
  }

  Region region_;
  Header* header_;
  EndpointStats* stats_;
  std::uint64_t head_;
  std::size_t peeked_ = 0;
  queue::WaitPlan wait_;

 private:
  void wake_writer();
  void note_depth();

  const std::atomic<std::uint32_t>* peer_may_sleep_;
};

[[gnu::always_inline]] inline void SoleConsumer::free_slots(std::uint64_t head,
                                                            std::uint64_t records,
                                                            std::uint64_t bytes) {
  // The producer's line is foreign: the depth is sampled once in this many records.
  constexpr std::uint64_t kDepthSample = 64;
  const std::uint64_t end = head + records;
  if (end % kDepthSample < records) [[unlikely]]
    note_depth();
  count_batch(*stats_, records, bytes);
  publish_head(end);
}

[[gnu::always_inline]] inline void SoleConsumer::publish_head(std::uint64_t head) {
  head_ = head;
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0) [[unlikely]] {
    wake_writer();
  } else {
    // Release: the reads of the records are over before their slots are free.
    header_->head.store(head, std::memory_order_release);
  }
}

template <typename Readable>
PopResult SoleConsumer::wait_for_record(std::uint64_t deadline_ns, Readable readable) {
  if (readable()) return PopResult::ok;
  bump(stats_->stalls, 1);
  const auto still_empty = [&] {
    // seq_cst: read after this side said that it waits (queue::Gate). Whoever stored this tail has
    // stamped what it is past, and whoever stores a later one sees that this side waits. What the
    // tail says is not asked: a producer that is stopped behind a stamp has left it behind.
    static_cast<void>(header_->tail.load(std::memory_order_seq_cst));
    return !readable();
  };
  return pop_result(wait_for(region_, header_->readers, wait_, deadline_ns, readable, still_empty));
}

}  // namespace tally::ring
