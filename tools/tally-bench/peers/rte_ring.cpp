// DPDK's rte_ring as a peer, with single ends and with ends for many. It needs no environment layer
// of DPDK: the memory is ours.
#include <array>
#include <cstdlib>
#include <rte_ring.h>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

constexpr bool kSingle = true;
constexpr bool kMany = false;

template <bool kSingleEnds>
class Ring {
 public:
  Ring() {
    // An exact size takes the next power of two: a ring of n slots holds n - 1 otherwise.
    const auto bytes = static_cast<std::size_t>(rte_ring_get_memsize(2 * kQueueCapacity));
    ring_ = static_cast<rte_ring*>(std::aligned_alloc(128, (bytes + 127) / 128 * 128));
    constexpr unsigned flags = kSingleEnds ? RING_F_SP_ENQ | RING_F_SC_DEQ : 0;
    if (ring_ != nullptr) rte_ring_init(ring_, "peer", kQueueCapacity, flags | RING_F_EXACT_SZ);
  }
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

constexpr std::array<PeerEntry, 8> kEntries = {{
    {"queue.spsc.pair", "rte_ring", make_peer<QueuePair<Ring<kSingle>>>},
    {"queue.spsc.fill1024", "rte_ring", make_peer<QueueFill<Ring<kSingle>>>},
    {"queue.spsc.fill1024.batch32", "rte_ring", make_peer<QueueFillBatch<Ring<kSingle>>>},
    {"queue.spsc.rtt8", "rte_ring", make_peer<QueueRoundTrip<Ring<kSingle>>>},
    {"queue.mpmc.pair", "rte_ring", make_peer<QueuePair<Ring<kMany>>>},
    {"queue.mpmc.rtt8", "rte_ring", make_peer<QueueRoundTrip<Ring<kMany>>>},
    {"queue.mpmc.stream8", "rte_ring", make_peer<QueueStream<Ring<kMany>>>},
    {"queue.mpmc.both", "rte_ring", make_peer<QueueBoth<Ring<kMany>>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
