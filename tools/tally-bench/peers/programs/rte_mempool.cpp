// DPDK's rte_mempool as a peer, with a cache for each thread as DPDK's own users have it. Its
// environment layer is begun without huge pages, devices and files.
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mempool.h>

#include "peer_modules.hpp"
#include "pool_subjects.hpp"

using namespace tally::bench_tool;

namespace {

bool begin_environment() {
  static std::array<char, 8> program = {"peer"};
  static std::array<char, 12> no_huge = {"--no-huge"};
  static std::array<char, 12> no_pci = {"--no-pci"};
  static std::array<char, 16> no_files = {"--no-shconf"};
  static std::array<char, 16> no_telemetry = {"--no-telemetry"};
  static std::array<char, 16> quiet = {"--log-level=3"};
  static std::array<char, 4> memory = {"-m"};
  static std::array<char, 4> mebibytes = {"64"};
  static std::array<char*, 8> words = {program.data(),   no_huge.data(),     no_pci.data(),
                                       no_files.data(),  quiet.data(),       memory.data(),
                                       mebibytes.data(), no_telemetry.data()};
  static const bool begun = rte_eal_init(static_cast<int>(words.size()), words.data()) >= 0;
  return begun;
}

class Mempool {
 public:
  using Handle = void*;
  explicit Mempool(std::size_t block_bytes) {
    constexpr unsigned kObjects = 8 * kPoolBlocks - 1;
    if (!begin_environment()) std::exit(EXIT_FAILURE);
    pool_ = rte_mempool_create("peer", kObjects, static_cast<unsigned>(block_bytes),
                               RTE_MEMPOOL_CACHE_MAX_SIZE, 0, nullptr, nullptr, nullptr, nullptr,
                               SOCKET_ID_ANY, 0);
    if (pool_ == nullptr) std::exit(EXIT_FAILURE);
  }
  Mempool(const Mempool&) = delete;
  Mempool& operator=(const Mempool&) = delete;
  ~Mempool() { rte_mempool_free(pool_); }

  // Only a thread that DPDK knows has a cache.
  void enter() {
    static thread_local const bool known = rte_thread_register() == 0;
    if (!known) std::exit(EXIT_FAILURE);
  }
  Handle get() {
    void* object = nullptr;
    return rte_mempool_get(pool_, &object) == 0 ? object : nullptr;
  }
  std::uint64_t* words(Handle handle) { return static_cast<std::uint64_t*>(handle); }
  void put(Handle handle) { rte_mempool_put(pool_, handle); }

 private:
  rte_mempool* pool_ = nullptr;
};

constexpr const char* kName = "rte_mempool";
constexpr std::array<PeerEntry, 11> kEntries = {{
    {"pool.lifo.64", kName, make_peer<PoolLifo<Mempool, 64>>},
    {"pool.lifo.256", kName, make_peer<PoolLifo<Mempool, 256>>},
    {"pool.lifo.1024", kName, make_peer<PoolLifo<Mempool, 1024>>},
    {"pool.lifo.4096", kName, make_peer<PoolLifo<Mempool, 4096>>},
    {"pool.random.64", kName, make_peer<PoolRandom<Mempool, 64>>},
    {"pool.random.256", kName, make_peer<PoolRandom<Mempool, 256>>},
    {"pool.random.1024", kName, make_peer<PoolRandom<Mempool, 1024>>},
    {"pool.random.4096", kName, make_peer<PoolRandom<Mempool, 4096>>},
    {"pool.remote.64", kName, make_peer<PoolRemote<Mempool, 64>>},
    {"pool.remote.1024", kName, make_peer<PoolRemote<Mempool, 1024>>},
    {"pool.remote.4096", kName, make_peer<PoolRemote<Mempool, 4096>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
