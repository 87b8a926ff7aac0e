// boost::lockfree's spsc_queue and queue, and boost::pool, as peers.
#include <array>
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/pool/pool.hpp>

#include "peer_modules.hpp"
#include "pool_subjects.hpp"
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

class BoostMany {
 public:
  bool push(std::uint64_t value) { return queue_.bounded_push(value); }
  bool pop(std::uint64_t& value) { return queue_.pop(value); }
  BoostMany& user(std::size_t /*side*/) { return *this; }

 private:
  boost::lockfree::queue<std::uint64_t, boost::lockfree::capacity<kQueueCapacity>> queue_;
};

class BoostPool {
 public:
  using Handle = void*;
  explicit BoostPool(std::size_t block_bytes) : pool_(block_bytes, 2 * kPoolBlocks) {}
  Handle get() { return pool_.malloc(); }
  std::uint64_t* words(Handle handle) { return static_cast<std::uint64_t*>(handle); }
  void put(Handle handle) { pool_.free(handle); }

 private:
  boost::pool<> pool_;
};

constexpr std::array<PeerEntry, 16> kEntries = {{
    {"queue.spsc.pair", "boost", make_peer<QueuePair<Boost>>},
    {"queue.spsc.fill1024", "boost", make_peer<QueueFill<Boost>>},
    {"queue.spsc.fill1024.batch32", "boost", make_peer<QueueFillBatch<Boost>>},
    {"queue.spsc.rtt8", "boost", make_peer<QueueRoundTrip<Boost>>},
    {"queue.mpmc.pair", "boost", make_peer<QueuePair<BoostMany>>},
    {"queue.mpmc.rtt8", "boost", make_peer<QueueRoundTrip<BoostMany>>},
    {"queue.mpmc.stream8", "boost", make_peer<QueueStream<BoostMany>>},
    {"queue.mpmc.both", "boost", make_peer<QueueBoth<BoostMany>>},
    {"pool.lifo.64", "boost_pool", make_peer<PoolLifo<BoostPool, 64>>},
    {"pool.lifo.256", "boost_pool", make_peer<PoolLifo<BoostPool, 256>>},
    {"pool.lifo.1024", "boost_pool", make_peer<PoolLifo<BoostPool, 1024>>},
    {"pool.lifo.4096", "boost_pool", make_peer<PoolLifo<BoostPool, 4096>>},
    {"pool.random.64", "boost_pool", make_peer<PoolRandom<BoostPool, 64>>},
    {"pool.random.256", "boost_pool", make_peer<PoolRandom<BoostPool, 256>>},
    {"pool.random.1024", "boost_pool", make_peer<PoolRandom<BoostPool, 1024>>},
    {"pool.random.4096", "boost_pool", make_peer<PoolRandom<BoostPool, 4096>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
