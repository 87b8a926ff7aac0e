// Copies of records. Most payloads are a line or less, and a call of memcpy costs more than they
// do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ring/record.hpp"

namespace tally::ring {

// What a record says of itself beside its number and its time, as the one word that it is in memory
// (little-endian): a store and a load instead of three, and the load spans no more than that store,
// which the processor hands on at once.
class ShortFields {
 public:
  ShortFields(std::uint16_t flags, std::uint16_t source, std::uint32_t length)
      : word_(flags | std::uint64_t{source} << 16U | std::uint64_t{length} << 32U) {}
  // Reads memory that another process may change at any time, once.
  explicit ShortFields(const RecordMeta& meta) {
    std::memcpy(&word_, reinterpret_cast<const std::uint8_t*>(&meta) + kOffset, sizeof word_);
    __asm__("" : "+r"(word_));  // the compiler cannot know it, so it cannot read it again
  }

  void store(RecordMeta& meta) const {
    std::memcpy(reinterpret_cast<std::uint8_t*>(&meta) + kOffset, &word_, sizeof word_);
  }
  [[nodiscard]] std::uint32_t length() const { return static_cast<std::uint32_t>(word_ >> 32U); }

 private:
  static constexpr std::size_t kOffset = offsetof(RecordMeta, flags);
  static_assert(offsetof(RecordMeta, source) == kOffset + 2 &&
                offsetof(RecordMeta, length) == kOffset + 4 && sizeof(RecordMeta) == kOffset + 8);
  std::uint64_t word_ = 0;
};

// Copies `count` bytes between areas that do not overlap; up to a line of them word by word, of
// which the last two meet where the length is no multiple. A wider load would span several stores
// of whoever has just made the payload, which the processor cannot hand on: it waits until they are
// in the cache, behind every earlier store to a line of the other core's. (A round trip of 56 bytes
// between far cores took 150 ns longer.) Always inlined, for a length that the caller knows.
[[gnu::always_inline]] inline void copy_payload(std::uint8_t* to, const std::uint8_t* from,
                                                std::size_t count) {
  constexpr std::size_t kLine = 64;
  const auto move = [&]<typename Word>(std::size_t at, Word word) {
    std::memcpy(&word, from + at, sizeof word);
    __asm__("" : "+r"(word));  // keeps the compiler from joining two into a wider one
    std::memcpy(to + at, &word, sizeof word);
  };
  if (count > kLine) {
    std::memcpy(to, from, count);
  } else if (count >= sizeof(std::uint64_t)) {
    const std::size_t last = count - sizeof(std::uint64_t);
    for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) move(at, std::uint64_t{});
    move(last, std::uint64_t{});
  } else if (count >= sizeof(std::uint32_t)) {
    move(0, std::uint32_t{});
    move(count - sizeof(std::uint32_t), std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
  }
}

}  // namespace tally::ring
