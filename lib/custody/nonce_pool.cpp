#include "custody/nonce_pool.hpp"

#include <algorithm>

namespace tally::custody {

Result<NoncePool> NoncePool::create(std::size_t capacity, std::size_t nonce_bytes) {
  TALLY_TRY(auto slab, core::SecretBytes::allocate(capacity * nonce_bytes));
  TALLY_TRY(auto guard, ForkGuard::create());
  return NoncePool(std::move(slab), std::move(guard), capacity, nonce_bytes);
}

NoncePool::NoncePool(core::SecretBytes slab, ForkGuard guard, std::size_t capacity,
                     std::size_t nonce_bytes)
    : slab_(std::move(slab)), guard_(std::move(guard)), nonce_bytes_(nonce_bytes), ids_(capacity) {
  free_slots_.reserve(capacity);
  for (std::size_t i = capacity; i > 0; --i) {
    free_slots_.push_back(static_cast<std::uint32_t>(i - 1));
  }
}

MutableByteView NoncePool::slot(std::size_t index) {
  return slab_.bytes().subspan(index * nonce_bytes_, nonce_bytes_);
}

bool NoncePool::holds(std::uint64_t id) const {
  return id != 0 && !ids_.empty() && ids_[id % ids_.size()] == id;
}

void NoncePool::release(std::uint64_t id) {
  const std::size_t index = id % ids_.size();
  core::wipe(slot(index));
  ids_[index] = 0;
  free_slots_.push_back(static_cast<std::uint32_t>(index));
}

bool NoncePool::try_put(ByteView nonce, std::uint64_t& id) {
  if (free_slots_.empty() || nonce.size() != nonce_bytes_ || !guard_.intact()) return false;
  const std::size_t index = free_slots_.back();
  free_slots_.pop_back();
  std::copy(nonce.begin(), nonce.end(), slot(index).begin());
  id = next_round_++ * ids_.size() + index;
  ids_[index] = id;
  return true;
}

bool NoncePool::try_take(std::uint64_t id, MutableByteView out) {
  if (!holds(id) || out.size() != nonce_bytes_ || !guard_.intact()) return false;
  const MutableByteView nonce = slot(id % ids_.size());
  std::copy(nonce.begin(), nonce.end(), out.begin());
  release(id);
  return true;
}

void NoncePool::drop(std::uint64_t id) {
  if (holds(id)) release(id);
}

void NoncePool::clear() {
  for (const std::uint64_t id : std::vector<std::uint64_t>(ids_)) drop(id);
}

}  // namespace tally::custody
