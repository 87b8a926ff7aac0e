// lib/mem's pools as the subjects of pool_subjects.hpp take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "bench/case.hpp"
#include "core/result.hpp"
#include "mem/local_pool.hpp"
#include "mem/pool.hpp"
#include "pool_subjects.hpp"

namespace tally::bench_tool {

// Without memory for a pool there is no figure either: value() ends the run.
class LocalBlocks {
 public:
  using Handle = std::uint32_t;
  explicit LocalBlocks(std::size_t block_bytes)
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
class SharedBlocks {
 public:
  using Handle = std::uint32_t;
  // So many that a member has all the magazines in hand that one may have (mem/pool_layout.hpp).
  static constexpr std::size_t kSharedBlocks = 8 * kPoolBlocks;
  explicit SharedBlocks(std::size_t block_bytes)
      : pool_(std::move(mem::Pool::create({block_bytes, kSharedBlocks, 2}).value())),
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
Result<std::unique_ptr<bench::Subject>> make_pool_subject() {
  return std::make_unique<Made>();
}

}  // namespace tally::bench_tool
