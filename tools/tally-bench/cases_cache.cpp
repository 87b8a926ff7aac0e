// Cases of lib/cache. A map of the standard library under a mutex is a peer that is always there.
#include <mutex>
#include <string>
#include <unordered_map>

#include "cache/cache.hpp"
#include "cache_subjects.hpp"
#include "cases.hpp"

namespace tally::bench_tool {

namespace {

template <unsigned Ways>
class Ours {
 public:
  // Three times as large as what it holds. Without memory for it there is no figure either: value()
  // ends the run.
  explicit Ours(std::size_t keys)
      : cache_(std::move(cache::Cache<Ways>::create(3 * keys).value())) {}
  bool get(std::uint64_t key, std::uint64_t& value) { return cache_.get(key, value); }
  void put(std::uint64_t key, std::uint64_t value) { cache_.put(key, value); }

 private:
  cache::Cache<Ways> cache_;
};

class MutexMap {
 public:
  explicit MutexMap(std::size_t keys) { map_.reserve(keys); }
  bool get(std::uint64_t key, std::uint64_t& value) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    value = found->second;
    return true;
  }
  void put(std::uint64_t key, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    map_[key] = value;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint64_t> map_;
};

template <typename Made>
Result<std::unique_ptr<bench::Subject>> make() {
  return std::make_unique<Made>();
}

// Filling a larger one takes callgrind longer than counting is worth.
constexpr std::size_t kCountableKeys = std::size_t{1} << 16U;

template <std::size_t Keys>
void add_size(bench::Registry& registry, const std::string& size) {
  bench::Case definition;
  definition.name = "cache.get." + size;
  definition.summary = "a value found among " + size + " keys, one thread";
  definition.seed = 50;
  definition.countable = Keys <= kCountableKeys;
  definition.make = make<CacheGet<Ours<3>, Keys>>;
  definition.peers = {{"seven_ways", make<CacheGet<Ours<7>, Keys>>},
                      {"mutex_map", make<CacheGet<MutexMap, Keys>>}};
  registry.add(definition);
}

}  // namespace

void add_cache_cases(bench::Registry& registry) {
  constexpr std::size_t kKeys = std::size_t{1} << 10U;
  add_size<kKeys>(registry, "1k");
  add_size<kKeys * 64>(registry, "64k");
  add_size<kKeys * 1024>(registry, "1m");

  bench::Case definition;
  definition.name = "cache.get.writer";
  definition.summary = "a value found among 1k keys beside a thread that writes without pause";
  definition.threads = 2;
  definition.make = make<CacheGetBesideWriter<Ours<3>, kKeys>>;
  definition.peers = {{"seven_ways", make<CacheGetBesideWriter<Ours<7>, kKeys>>},
                      {"mutex_map", make<CacheGetBesideWriter<MutexMap, kKeys>>}};
  registry.add(definition);
}

}  // namespace tally::bench_tool
