// oneTBB's concurrent_hash_map as a peer of the cache.
#include <array>
#include <tbb/concurrent_hash_map.h>

#include "cache_subjects.hpp"
#include "peer_modules.hpp"

using namespace tally::bench_tool;

namespace {

class HashMap {
 public:
  explicit HashMap(std::size_t keys) : map_(keys) {}
  bool get(std::uint64_t key, std::uint64_t& value) {
    Map::const_accessor found;
    if (!map_.find(found, key)) return false;
    value = found->second;
    return true;
  }
  void put(std::uint64_t key, std::uint64_t value) {
    Map::accessor place;
    map_.insert(place, key);
    place->second = value;
  }

 private:
  using Map = tbb::concurrent_hash_map<std::uint64_t, std::uint64_t>;
  Map map_;
};

constexpr const char* kName = "tbb_concurrent_hash_map";
constexpr std::array<PeerEntry, 4> kEntries = {{
    {"cache.get.1k", kName, make_peer<CacheGet<HashMap, std::size_t{1} << 10U>>},
    {"cache.get.64k", kName, make_peer<CacheGet<HashMap, std::size_t{1} << 16U>>},
    {"cache.get.1m", kName, make_peer<CacheGet<HashMap, std::size_t{1} << 20U>>},
    {"cache.get.writer", kName, make_peer<CacheGetBesideWriter<HashMap, std::size_t{1} << 10U>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
