// Cases of lib/mem's pools. The C library's malloc and the pool for one thread are peers that are
// always there; the others are modules or programs of their own (peer_modules.hpp).
#include <string>

#include "cases.hpp"
#include "pool_adapters.hpp"
#include "pool_subjects.hpp"

namespace tally::bench_tool {

namespace {

template <std::size_t BlockBytes>
void add_size(bench::Registry& registry, double seed_ns) {
  bench::Case definition;
  definition.name = "pool.lifo." + std::to_string(BlockBytes);
  definition.summary = "a block of " + std::to_string(BlockBytes) + " bytes taken and given back";
  definition.seed = seed_ns;
  definition.make = make_pool_subject<PoolLifo<SharedBlocks<false>, BlockBytes>>;
  definition.peers = {{"one_thread", make_pool_subject<PoolLifo<LocalBlocks, BlockBytes>>},
                      {"glibc", make_pool_subject<PoolLifo<Malloc, BlockBytes>>}};
  registry.add(definition);

  definition.name = "pool.random." + std::to_string(BlockBytes);
  definition.summary = "the same with 1024 blocks held, in an order without pattern";
  definition.make = make_pool_subject<PoolRandom<SharedBlocks<false>, BlockBytes>>;
  definition.peers = {{"one_thread", make_pool_subject<PoolRandom<LocalBlocks, BlockBytes>>},
                      {"glibc", make_pool_subject<PoolRandom<Malloc, BlockBytes>>}};
  registry.add(definition);
}

template <std::size_t BlockBytes>
void add_remote(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "pool.remote." + std::to_string(BlockBytes);
  definition.summary = "a block of " + std::to_string(BlockBytes) +
                       " bytes taken by one thread and given back by another";
  definition.threads = 2;
  definition.make = make_pool_subject<PoolRemote<SharedBlocks<true>, BlockBytes>>;
  definition.peers = {{"glibc", make_pool_subject<PoolRemote<Malloc, BlockBytes>>}};
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
