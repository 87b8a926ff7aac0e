// max0x7ba/atomic_queue as a peer, for one producer and one consumer and for many. The optimist
// waits inside push() and pop(); the other is asked with try_push() and try_pop().
#include <array>
#include <atomic_queue/atomic_queue.h>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

template <bool kSpsc>
using Queue = atomic_queue::AtomicQueue<std::uint64_t, kQueueCapacity, std::uint64_t{0}, true, true,
                                        false, kSpsc>;

template <bool kSpsc>
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
  Optimist& user(std::size_t /*side*/) { return *this; }

 private:
  Queue<kSpsc> queue_;
};

template <bool kSpsc>
class Try {
 public:
  bool push(std::uint64_t value) { return queue_.try_push(value); }
  bool pop(std::uint64_t& value) { return queue_.try_pop(value); }
  Try& user(std::size_t /*side*/) { return *this; }

 private:
  Queue<kSpsc> queue_;
};

constexpr std::array<PeerEntry, 14> kEntries = {{
    {"queue.spsc.pair", "atomic_queue_optimist", make_peer<QueuePair<Optimist<true>>>},
    {"queue.spsc.pair", "atomic_queue_try", make_peer<QueuePair<Try<true>>>},
    {"queue.spsc.fill1024", "atomic_queue_optimist", make_peer<QueueFill<Optimist<true>>>},
    {"queue.spsc.fill1024", "atomic_queue_try", make_peer<QueueFill<Try<true>>>},
    {"queue.spsc.rtt8", "atomic_queue_optimist", make_peer<QueueRoundTrip<Optimist<true>>>},
    {"queue.spsc.rtt8", "atomic_queue_try", make_peer<QueueRoundTrip<Try<true>>>},
    {"queue.mpmc.pair", "atomic_queue_optimist", make_peer<QueuePair<Optimist<false>>>},
    {"queue.mpmc.pair", "atomic_queue_try", make_peer<QueuePair<Try<false>>>},
    {"queue.mpmc.rtt8", "atomic_queue_optimist", make_peer<QueueRoundTrip<Optimist<false>>>},
    {"queue.mpmc.rtt8", "atomic_queue_try", make_peer<QueueRoundTrip<Try<false>>>},
    {"queue.mpmc.stream8", "atomic_queue_optimist", make_peer<QueueStream<Optimist<false>>>},
    {"queue.mpmc.stream8", "atomic_queue_try", make_peer<QueueStream<Try<false>>>},
    {"queue.mpmc.both", "atomic_queue_optimist", make_peer<QueueBoth<Optimist<false>>>},
    {"queue.mpmc.both", "atomic_queue_try", make_peer<QueueBoth<Try<false>>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
