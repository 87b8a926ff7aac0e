#include "mem/arena.hpp"

namespace tally::mem {

Result<Arena> Arena::create(std::size_t chunk_bytes, const PageRequest& pages) {
  if (chunk_bytes == 0) return fail(Code::usage, "an arena needs chunks of at least one byte");
  Arena arena(chunk_bytes, pages);
  TALLY_CHECK(arena.add_chunk(chunk_bytes));
  arena.begin(arena.chunks_.front());
  return arena;
}

Status Arena::add_chunk(std::size_t bytes) {
  TALLY_TRY(auto chunk, Mapping::anonymous(bytes, request_));
  chunks_.push_back(std::move(chunk));
  return {};
}

void Arena::begin(const Mapping& chunk) {
  next_ = chunk.data();
  end_ = next_ + chunk.size();
}

// What would waste more than a quarter of a chunk gets a chunk of its own, and the current one
// stays in use. Chunks begin on pages, so that every alignment is met.
std::uint8_t* Arena::allocate_elsewhere(std::size_t bytes) {
  const bool large = bytes > chunk_bytes_ / 4;
  if (!add_chunk(large ? bytes : chunk_bytes_)) return nullptr;
  const Mapping& chunk = chunks_.back();
  if (!large) {
    begin(chunk);
    next_ += bytes;
  }
  return chunk.data();
}

void Arena::reset() {
  chunks_.resize(1);
  begin(chunks_.front());
}

std::size_t Arena::mapped_bytes() const {
  std::size_t bytes = 0;
  for (const Mapping& chunk : chunks_) bytes += chunk.size();
  return bytes;
}

}  // namespace tally::mem
