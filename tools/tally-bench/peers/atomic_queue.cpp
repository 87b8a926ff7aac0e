// max0x7ba/atomic_queue as a peer, for one producer and one consumer. The optimist waits inside
// push() and pop(); the other is asked with try_push() and try_pop().
#include <array>
#include <atomic_queue/atomic_queue.h>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

using Queue = atomic_queue::AtomicQueue<std::uint64_t, kQueueCapacity, std::uint64_t{0}, true, true,
                                        false, true>;

class Optimist {
 public:
  bool push(std::uint64_t value) {
    queue_.push(value);
    return true;
  }
  bool pop(std::uint64_t& value) {
    value = queue_.pop();
    return true;
  }

 private:
  Queue queue_;
};

class Try {
 public:
  bool push(std::uint64_t value) { return queue_.try_push(value); }
  bool pop(std::uint64_t& value) { return queue_.try_pop(value); }

 private:
  Queue queue_;
};

constexpr std::array<PeerEntry, 6> kEntries = {{
    {"queue.spsc.pair", "atomic_queue_optimist", make_peer<QueuePair<Optimist>>},
    {"queue.spsc.pair", "atomic_queue_try", make_peer<QueuePair<Try>>},
    {"queue.spsc.fill1024", "atomic_queue_optimist", make_peer<QueueFill<Optimist>>},
    {"queue.spsc.fill1024", "atomic_queue_try", make_peer<QueueFill<Try>>},
    {"queue.spsc.rtt8", "atomic_queue_optimist", make_peer<QueueRoundTrip<Optimist>>},
    {"queue.spsc.rtt8", "atomic_queue_try", make_peer<QueueRoundTrip<Try>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
