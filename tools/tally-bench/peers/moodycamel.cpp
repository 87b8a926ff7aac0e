// cameron314's ReaderWriterQueue, and ConcurrentQueue for batches and for many, as peers. The
// latter keeps the order of one producer only, so it is no peer of a stream in order.
#include <array>
#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

class ReaderWriter {
 public:
  bool push(std::uint64_t value) { return queue_.try_enqueue(value); }
  bool pop(std::uint64_t& value) { return queue_.try_dequeue(value); }

 private:
  moodycamel::ReaderWriterQueue<std::uint64_t> queue_{kQueueCapacity};
};

class Concurrent {
 public:
  std::size_t push_batch(const std::uint64_t* items, std::size_t count) {
    return queue_.enqueue_bulk(producer_, items, count) ? count : 0;
  }
  std::size_t pop_batch(std::uint64_t* items, std::size_t count) {
    return queue_.try_dequeue_bulk_from_producer(producer_, items, count);
  }

 private:
  moodycamel::ConcurrentQueue<std::uint64_t> queue_{2 * kQueueCapacity};
  moodycamel::ProducerToken producer_{queue_};
};

class ConcurrentMany {
 public:
  bool push(std::uint64_t value) { return queue_.try_enqueue(value); }
  bool pop(std::uint64_t& value) { return queue_.try_dequeue(value); }
  ConcurrentMany& user(std::size_t /*side*/) { return *this; }

 private:
  moodycamel::ConcurrentQueue<std::uint64_t> queue_{4 * kQueueCapacity};
};

constexpr std::array<PeerEntry, 7> kEntries = {{
    {"queue.spsc.pair", "moodycamel", make_peer<QueuePair<ReaderWriter>>},
    {"queue.spsc.fill1024", "moodycamel", make_peer<QueueFill<ReaderWriter>>},
    {"queue.spsc.fill1024.batch32", "moodycamel", make_peer<QueueFillBatch<Concurrent>>},
    {"queue.spsc.rtt8", "moodycamel", make_peer<QueueRoundTrip<ReaderWriter>>},
    {"queue.mpmc.pair", "moodycamel", make_peer<QueuePair<ConcurrentMany>>},
    {"queue.mpmc.rtt8", "moodycamel", make_peer<QueueRoundTrip<ConcurrentMany>>},
    {"queue.mpmc.both", "moodycamel", make_peer<QueueBoth<ConcurrentMany>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
