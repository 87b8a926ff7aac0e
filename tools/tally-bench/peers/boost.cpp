// boost::lockfree::spsc_queue as a peer.
#include <array>
#include <boost/lockfree/spsc_queue.hpp>

#include "peers.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

class Boost {
 public:
  bool push(std::uint64_t value) { return queue_.push(value); }
  bool pop(std::uint64_t& value) { return queue_.pop(value); }
  std::size_t push_batch(const std::uint64_t* items, std::size_t count) {
    return queue_.push(items, count);
  }
  std::size_t pop_batch(std::uint64_t* items, std::size_t count) {
    return queue_.pop(items, count);
  }

 private:
  boost::lockfree::spsc_queue<std::uint64_t, boost::lockfree::capacity<kQueueCapacity>> queue_;
};

constexpr std::array<PeerEntry, 4> kEntries = {{
    {"queue.spsc.pair", "boost", make_peer<QueuePair<Boost>>},
    {"queue.spsc.fill1024", "boost", make_peer<QueueFill<Boost>>},
    {"queue.spsc.fill1024.batch32", "boost", make_peer<QueueFillBatch<Boost>>},
    {"queue.spsc.rtt8", "boost", make_peer<QueueRoundTrip<Boost>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
