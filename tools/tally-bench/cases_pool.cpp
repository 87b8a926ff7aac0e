// Cases of lib/mem's pools. The C library's malloc and the pool for one thread are peers that are
// always there; the others are modules or programs of their own (peer_modules.hpp).
#include <string>

#include "cases.hpp"
#include "mem/local_pool.hpp"
#include "mem/pool.hpp"
#include "pool_subjects.hpp"

namespace tally::bench_tool {

namespace {

// Without memory for a pool there is no figure either: value() ends the run.
class Local {
 public:
  using Handle = std::uint32_t;
  explicit Local(std::size_t block_bytes)
      : pool_(std::move(mem::LocalPool::create(block_bytes, 2 * kPoolBlocks).value())) {}
  Handle get() { return pool_.try_get(); }
  std::uint64_t* words(Handle handle) {
    if (handle == mem::LocalPool::kNone) return nullptr;
    return reinterpret_cast<std::uint64_t*>(pool_.data(handle));
  }
  void put(Handle handle) { pool_.put(handle); }

 private:
  mem::LocalPool pool_;
};

// A member for whoever gets and one for whoever puts: the same, but in PoolRemote.
template <bool kRemote>
class Shared {
 public:
  using Handle = std::uint32_t;
  explicit Shared(std::size_t block_bytes)
      : pool_(std::move(mem::Pool::create({block_bytes, 2 * kPoolBlocks, 2}).value())),
        getter_(std::move(pool_.join().value())),
        putter_(std::move(pool_.join().value())) {}
  Handle get() { return getter_.try_get(); }
  std::uint64_t* words(Handle handle) {
    if (handle == mem::PoolMember::kNone) return nullptr;
    return reinterpret_cast<std::uint64_t*>(getter_.data(handle));
  }
  void put(Handle handle) {
    if constexpr (kRemote) {
      putter_.put(handle);
    } else {
      getter_.put(handle);
    }
  }

 private:
  mem::Pool pool_;
  // Each is one thread's.
  alignas(128) mem::PoolMember getter_;
  alignas(128) mem::PoolMember putter_;
};

template <typename Made>
Result<std::unique_ptr<bench::Subject>> make() {
  return std::make_unique<Made>();
}

template <std::size_t BlockBytes>
void add_size(bench::Registry& registry, double seed_ns) {
  bench::Case definition;
  definition.name = "pool.lifo." + std::to_string(BlockBytes);
  definition.summary = "a block of " + std::to_string(BlockBytes) + " bytes taken and given back";
  definition.seed = seed_ns;
  definition.make = make<PoolLifo<Shared<false>, BlockBytes>>;
  definition.peers = {{"one_thread", make<PoolLifo<Local, BlockBytes>>},
                      {"glibc", make<PoolLifo<Malloc, BlockBytes>>}};
  registry.add(definition);

  definition.name = "pool.random." + std::to_string(BlockBytes);
  definition.summary = "the same with 1024 blocks held, in an order without pattern";
  definition.make = make<PoolRandom<Shared<false>, BlockBytes>>;
  definition.peers = {{"one_thread", make<PoolRandom<Local, BlockBytes>>},
                      {"glibc", make<PoolRandom<Malloc, BlockBytes>>}};
  registry.add(definition);
}

template <std::size_t BlockBytes>
void add_remote(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "pool.remote." + std::to_string(BlockBytes);
  definition.summary = "a block of " + std::to_string(BlockBytes) +
                       " bytes taken by one thread and given back by another";
  definition.threads = 2;
  definition.make = make<PoolRemote<Shared<true>, BlockBytes>>;
  definition.peers = {{"glibc", make<PoolRemote<Malloc, BlockBytes>>}};
  registry.add(definition);
}

}  // namespace

void add_pool_cases(bench::Registry& registry) {
  add_size<64>(registry, 16.18);
  add_size<256>(registry, 20);
  add_size<1024>(registry, 25);
  add_size<4096>(registry, 30);
  add_remote<64>(registry);
  add_remote<1024>(registry);
  add_remote<4096>(registry);
}

}  // namespace tally::bench_tool
