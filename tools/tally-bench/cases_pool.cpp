// Cases of lib/mem's pools. The C library's malloc is a peer that is always there; the others are
// modules of their own (peer_modules.hpp).
#include <cstdlib>
#include <string>

#include "cases.hpp"
#include "mem/local_pool.hpp"
#include "pool_subjects.hpp"

namespace tally::bench_tool {

namespace {

class Local {
 public:
  using Handle = std::uint32_t;
  // Without memory for the pool there is no figure either: value() ends the run.
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

class Malloc {
 public:
  using Handle = void*;
  explicit Malloc(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  Handle get() { return std::malloc(block_bytes_); }
  std::uint64_t* words(Handle handle) { return static_cast<std::uint64_t*>(handle); }
  void put(Handle handle) { std::free(handle); }

 private:
  std::size_t block_bytes_;
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
  definition.make = make<PoolLifo<Local, BlockBytes>>;
  definition.peers = {{"glibc", make<PoolLifo<Malloc, BlockBytes>>}};
  registry.add(definition);

  definition.name = "pool.random." + std::to_string(BlockBytes);
  definition.summary = "the same with 1024 blocks held, in an order without pattern";
  definition.make = make<PoolRandom<Local, BlockBytes>>;
  definition.peers = {{"glibc", make<PoolRandom<Malloc, BlockBytes>>}};
  registry.add(definition);
}

}  // namespace

void add_pool_cases(bench::Registry& registry) {
  add_size<64>(registry, 16.18);
  add_size<256>(registry, 20);
  add_size<1024>(registry, 25);
  add_size<4096>(registry, 30);
}

}  // namespace tally::bench_tool
