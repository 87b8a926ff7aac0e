// oneTBB's concurrent_bounded_queue as a peer. It starts no threads: no task is ever run.
#include <array>
#include <cstddef>
#include <tbb/concurrent_queue.h>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

class Bounded {
 public:
  Bounded() { queue_.set_capacity(static_cast<std::ptrdiff_t>(kQueueCapacity)); }
  bool push(std::uint64_t value) { return queue_.try_push(value); }
  bool pop(std::uint64_t& value) { return queue_.try_pop(value); }
  Bounded& user(std::size_t /*side*/) { return *this; }

 private:
  tbb::concurrent_bounded_queue<std::uint64_t> queue_;
};

constexpr std::array<PeerEntry, 5> kEntries = {{
    {"queue.spsc.rtt8", "tbb", make_peer<QueueRoundTrip<Bounded>>},
    {"queue.mpmc.pair", "tbb", make_peer<QueuePair<Bounded>>},
    {"queue.mpmc.rtt8", "tbb", make_peer<QueueRoundTrip<Bounded>>},
    {"queue.mpmc.stream8", "tbb", make_peer<QueueStream<Bounded>>},
    {"queue.mpmc.both", "tbb", make_peer<QueueBoth<Bounded>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
