// Secret nonces between their announcement and their one use. In memory only: a nonce that was
// stored could come back from a backup and be used again, which gives the share away. take() wipes
// the nonce before its caller can do anything with the copy, so no path through a program, however
// it fails, uses one twice.
//
// One thread. All memory is locked, kept out of core dumps and allocated by create().
#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "custody/fork_guard.hpp"

namespace tally::custody {

class NoncePool {
 public:
  // Room for `capacity` nonces of `nonce_bytes` each. Errors: os_failure when it cannot be locked.
  [[nodiscard]] static Result<NoncePool> create(std::size_t capacity, std::size_t nonce_bytes);

  // Keeps a nonce under a number never given before, in `id`. False when the pool is full, or in a
  // forked child. Pre: nonce.size() is nonce_bytes.
  [[nodiscard]] bool try_put(ByteView nonce, std::uint64_t& id);

  // Moves a nonce out and wipes its place. False for a number that was never given or was taken,
  // and for every number in a forked child; `out` is untouched then.
  [[nodiscard]] bool try_take(std::uint64_t id, MutableByteView out);

  // Wipes one nonce, or all.
  void drop(std::uint64_t id);
  void clear();

  [[nodiscard]] std::size_t size() const { return capacity() - free_slots_.size(); }
  [[nodiscard]] std::size_t capacity() const { return ids_.size(); }

 private:
  NoncePool(core::SecretBytes slab, ForkGuard guard, std::size_t capacity, std::size_t nonce_bytes);
  [[nodiscard]] MutableByteView slot(std::size_t index);
  [[nodiscard]] bool holds(std::uint64_t id) const;
  void release(std::uint64_t id);

  core::SecretBytes slab_;
  ForkGuard guard_;
  std::size_t nonce_bytes_;
  std::vector<std::uint64_t> ids_;  // of each slot, 0 when it is free
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t next_round_ = 1;  // id = round * capacity + slot
};

}  // namespace tally::custody
