// DPDK's rte_ring as a peer, with single ends and with ends for many, and for records of 64 bytes.
// It needs no environment layer of DPDK: the memory is ours.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <rte_ring.h>
#include <rte_ring_peek_zc.h>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"
#include "ring_subjects.hpp"

using namespace tally::bench_tool;

namespace {

constexpr bool kSingle = true;
constexpr bool kMany = false;

rte_ring* make_ring(std::size_t element_bytes, unsigned capacity, bool single_ends) {
  // An exact size takes the next power of two: a ring of n slots holds n - 1 otherwise.
  const auto bytes = static_cast<std::size_t>(
      rte_ring_get_memsize_elem(static_cast<unsigned>(element_bytes), 2 * capacity));
  auto* const ring = static_cast<rte_ring*>(std::aligned_alloc(128, (bytes + 127) / 128 * 128));
  const unsigned flags = single_ends ? RING_F_SP_ENQ | RING_F_SC_DEQ : 0;
  if (ring != nullptr) rte_ring_init(ring, "peer", capacity, flags | RING_F_EXACT_SZ);
  return ring;
}

template <bool kSingleEnds>
class Ring {
 public:
  Ring() : ring_(make_ring(sizeof(std::uint64_t), kQueueCapacity, kSingleEnds)) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { std::free(ring_); }

  bool push(std::uint64_t value) { return push_batch(&value, 1) == 1; }
  bool pop(std::uint64_t& value) { return pop_batch(&value, 1) == 1; }
  std::size_t push_batch(const std::uint64_t* items, std::size_t count) {
    const auto wanted = static_cast<unsigned>(count);
    if constexpr (kSingleEnds)
      return rte_ring_sp_enqueue_burst_elem(ring_, items, sizeof *items, wanted, nullptr);
    return rte_ring_mp_enqueue_burst_elem(ring_, items, sizeof *items, wanted, nullptr);
  }
  std::size_t pop_batch(std::uint64_t* items, std::size_t count) {
    const auto wanted = static_cast<unsigned>(count);
    if constexpr (kSingleEnds)
      return rte_ring_sc_dequeue_burst_elem(ring_, items, sizeof *items, wanted, nullptr);
    return rte_ring_mc_dequeue_burst_elem(ring_, items, sizeof *items, wanted, nullptr);
  }
  Ring& user(std::size_t /*side*/) { return *this; }

 private:
  rte_ring* ring_;
};

// Records that are copied in and out, a burst at a time.
class Bursts {
 public:
  Bursts() : ring_(make_ring(kRecordBytes, kNearSlots, kSingle)) {}
  Bursts(const Bursts&) = delete;
  Bursts& operator=(const Bursts&) = delete;
  ~Bursts() { std::free(ring_); }

  std::size_t send(std::uint64_t first, std::size_t most) {
    // No more than there is room for, which the other subjects do not fill either.
    const auto room = std::min(static_cast<unsigned>(most), rte_ring_free_count(ring_));
    for (unsigned i = 0; i < room; ++i) fill_record(out_[i].data(), first + i);
    return rte_ring_sp_enqueue_burst_elem(ring_, out_.data(), kRecordBytes, room, nullptr);
  }
  std::size_t take(std::uint64_t first, std::size_t most, bool& good) {
    const std::size_t there = rte_ring_sc_dequeue_burst_elem(ring_, in_.data(), kRecordBytes,
                                                             static_cast<unsigned>(most), nullptr);
    for (std::size_t i = 0; i < there; ++i) good &= is_record(in_[i].data(), first + i);
    return there;
  }

 private:
  using Records = std::array<std::array<std::uint8_t, kRecordBytes>, kBatchRecords>;
  rte_ring* ring_;
  alignas(128) Records out_{};
  alignas(128) Records in_{};
};

// Records that are written and read in place.
class InPlace {
 public:
  InPlace() : ring_(make_ring(kRecordBytes, kNearSlots, kSingle)) {}
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  ~InPlace() { std::free(ring_); }

  std::size_t send(std::uint64_t first, std::size_t most) {
    rte_ring_zc_data room{};
    const unsigned count = rte_ring_enqueue_zc_burst_elem_start(
        ring_, kRecordBytes, static_cast<unsigned>(most), &room, nullptr);
    for (unsigned i = 0; i < count; ++i) fill_record(record(room, i), first + i);
    if (count != 0) rte_ring_enqueue_zc_elem_finish(ring_, count);
    return count;
  }
  std::size_t take(std::uint64_t first, std::size_t most, bool& good) {
    rte_ring_zc_data there{};
    const unsigned count = rte_ring_dequeue_zc_burst_elem_start(
        ring_, kRecordBytes, static_cast<unsigned>(most), &there, nullptr);
    for (unsigned i = 0; i < count; ++i) good &= is_record(record(there, i), first + i);
    if (count != 0) rte_ring_dequeue_zc_elem_finish(ring_, count);
    return count;
  }

 private:
  static std::uint8_t* record(const rte_ring_zc_data& run, unsigned index) {
    auto* const first = static_cast<std::uint8_t*>(index < run.n1 ? run.ptr1 : run.ptr2);
    return first + kRecordBytes * (index < run.n1 ? index : index - run.n1);
  }
  rte_ring* ring_;
};

constexpr std::array<PeerEntry, 10> kEntries = {{
    {"queue.spsc.pair", "rte_ring", make_peer<QueuePair<Ring<kSingle>>>},
    {"queue.spsc.fill1024", "rte_ring", make_peer<QueueFill<Ring<kSingle>>>},
    {"queue.spsc.fill1024.batch32", "rte_ring", make_peer<QueueFillBatch<Ring<kSingle>>>},
    {"queue.spsc.rtt8", "rte_ring", make_peer<QueueRoundTrip<Ring<kSingle>>>},
    {"queue.mpmc.pair", "rte_ring", make_peer<QueuePair<Ring<kMany>>>},
    {"queue.mpmc.rtt8", "rte_ring", make_peer<QueueRoundTrip<Ring<kMany>>>},
    {"queue.mpmc.stream8", "rte_ring", make_peer<QueueStream<Ring<kMany>>>},
    {"queue.mpmc.both", "rte_ring", make_peer<QueueBoth<Ring<kMany>>>},
    {"ring.shm.batch32x64", "rte_ring", make_peer<RecordBatches<Bursts>>},
    {"ring.shm.batch32x64", "rte_ring_zc", make_peer<RecordBatches<InPlace>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
