// Whatever malloc this program is linked with, under the name TALLY_PEER_NAME.
#include <array>

#include "peer_modules.hpp"
#include "pool_subjects.hpp"

using namespace tally::bench_tool;

namespace {

constexpr std::array<PeerEntry, 11> kEntries = {{
    {"pool.lifo.64", TALLY_PEER_NAME, make_peer<PoolLifo<Malloc, 64>>},
    {"pool.lifo.256", TALLY_PEER_NAME, make_peer<PoolLifo<Malloc, 256>>},
    {"pool.lifo.1024", TALLY_PEER_NAME, make_peer<PoolLifo<Malloc, 1024>>},
    {"pool.lifo.4096", TALLY_PEER_NAME, make_peer<PoolLifo<Malloc, 4096>>},
    {"pool.random.64", TALLY_PEER_NAME, make_peer<PoolRandom<Malloc, 64>>},
    {"pool.random.256", TALLY_PEER_NAME, make_peer<PoolRandom<Malloc, 256>>},
    {"pool.random.1024", TALLY_PEER_NAME, make_peer<PoolRandom<Malloc, 1024>>},
    {"pool.random.4096", TALLY_PEER_NAME, make_peer<PoolRandom<Malloc, 4096>>},
    {"pool.remote.64", TALLY_PEER_NAME, make_peer<PoolRemote<Malloc, 64>>},
    {"pool.remote.1024", TALLY_PEER_NAME, make_peer<PoolRemote<Malloc, 1024>>},
    {"pool.remote.4096", TALLY_PEER_NAME, make_peer<PoolRemote<Malloc, 4096>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
