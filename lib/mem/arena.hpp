// Memory for many small things that end together: each is cut from a chunk of large pages, none is
// given back alone. The common case is an addition and a comparison; chunks are mapped on a path of
// its own. After google/leveldb, util/arena.h, with chunks from the page ladder (mem/pages.hpp) in
// the place of the heap.
//
// One thread at a time. create() and, when a chunk is used up, allocate() map memory; a chunk is
// prefaulted as the request says, so that no later touch of it faults. What must never map while it
// works asks create() for a chunk that is large enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "mem/pages.hpp"

namespace tally::mem {

class Arena {
 public:
  static constexpr std::size_t kAlignBytes = 16;

  // Errors: usage when `chunk_bytes` is 0; what Mapping::anonymous says.
  [[nodiscard]] static Result<Arena> create(std::size_t chunk_bytes = kHugePageBytes,
                                            const PageRequest& pages = {});

  Arena(Arena&& other) noexcept
      : chunks_(std::move(other.chunks_)),
        next_(std::exchange(other.next_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        chunk_bytes_(other.chunk_bytes_),
        request_(other.request_) {}
  Arena& operator=(Arena&&) = delete;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() = default;

  // `bytes` bytes at a multiple of `align_bytes`, a power of two up to a page; zeroed until the
  // first reset(). Null when no more memory is to be had.
  [[nodiscard]] std::uint8_t* allocate(std::size_t bytes, std::size_t align_bytes = kAlignBytes) {
    const std::size_t skip = -reinterpret_cast<std::uintptr_t>(next_) & (align_bytes - 1);
    const auto left = static_cast<std::size_t>(end_ - next_);
    if (skip <= left && bytes <= left - skip) [[likely]] {
      std::uint8_t* const at = next_ + skip;
      next_ = at + bytes;
      return at;
    }
    return allocate_elsewhere(bytes);
  }
  // A T that needs no destructor; null as above.
  template <typename T, typename... Arguments>
  [[nodiscard]] T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>, "nothing calls its destructor");
    std::uint8_t* const place = allocate(sizeof(T), alignof(T));
    return place == nullptr ? nullptr : new (place) T{std::forward<Arguments>(arguments)...};
  }

  // Everything that was allocated ends; the first chunk is used again, the others are unmapped.
  void reset();

  [[nodiscard]] std::size_t chunks() const { return chunks_.size(); }
  [[nodiscard]] std::size_t mapped_bytes() const;
  [[nodiscard]] const PageReport& pages() const { return chunks_.front().report(); }  // the first's

 private:
  Arena(std::size_t chunk_bytes, const PageRequest& pages)
      : chunk_bytes_(chunk_bytes), request_(pages) {}
  Status add_chunk(std::size_t bytes);
  void begin(const Mapping& chunk);
  std::uint8_t* allocate_elsewhere(std::size_t bytes);

  std::vector<Mapping> chunks_;
  std::uint8_t* next_ = nullptr;  // of the current chunk
  std::uint8_t* end_ = nullptr;
  std::size_t chunk_bytes_;
  PageRequest request_;
};

}  // namespace tally::mem
