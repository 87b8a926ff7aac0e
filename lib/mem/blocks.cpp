#include "mem/blocks.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

namespace tally::mem {
namespace {

constexpr std::uint8_t kFreePattern = 0xdb;

// A cache finds a line by the low bits of its number, so that blocks whole multiples of this many
// lines apart all begin in an eighth of it or less, and crowd each other's first lines out.
constexpr std::size_t kCrowdedLines = 8;

[[noreturn]] void give_up(const char* what, std::uint32_t index, std::size_t count) {
  std::fprintf(stderr, "pool: block %u of %zu %s\n", index, count, what);
  std::abort();
}

}  // namespace

Result<BlockShape> BlockShape::make(std::size_t block_bytes, std::size_t count) {
  constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max() / 4;
  if (block_bytes == 0 || count == 0) {
    return fail(Code::usage, "a pool needs at least one block of at least one byte");
  }
  if (count >= kNoBlock) {
    return fail(Code::usage, "a pool has fewer than " + std::to_string(kNoBlock) + " blocks");
  }
  if (block_bytes > kLargest / count - kBlockAlignBytes) {
    return fail(Code::usage, std::to_string(count) + " blocks of " + std::to_string(block_bytes) +
                                 " bytes are larger than any memory");
  }
  const std::size_t lines = (block_bytes + kBlockAlignBytes - 1) / kBlockAlignBytes;
  const std::size_t stride = lines % kCrowdedLines == 0 ? lines + 1 : lines;
  return BlockShape{block_bytes, stride * kBlockAlignBytes, count};
}

void Blocks::fill(std::uint32_t index) const {
  if (contents_ == Contents::undefined) std::memset(data(index), kFreePattern, shape_.block_bytes);
}

void Blocks::release(std::uint32_t index) const {
  note_received(index);
  held_[index].store(0, std::memory_order_relaxed);
  fill(index);
}

void Blocks::require_free(std::uint32_t index) const {
  if (held_[index].exchange(1, std::memory_order_relaxed) != 0) {
    give_up("is handed out and already in use", index, shape_.count);
  }
  if (contents_ == Contents::kept) return;
  const auto bytes = block(index);
  const auto untouched = [](std::uint8_t byte) { return byte == kFreePattern; };
  if (!std::all_of(bytes.begin(), bytes.end(), untouched)) {
    give_up("was written to after it was put back", index, shape_.count);
  }
}

void Blocks::require_held(std::uint32_t index) const {
  if (index >= shape_.count || held_[index].exchange(0, std::memory_order_relaxed) == 0) {
    give_up("is put back and not in use", index, shape_.count);
  }
  fill(index);
}

}  // namespace tally::mem
