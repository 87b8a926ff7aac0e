// The slots of a lean ring (kind=lean): each is one word and a payload of at most 56 bytes, 16, 32
// or 64 bytes long, so that none goes on in another cache line and a record crosses from core to
// core with one line, where one with its number and its time beside it takes two.
//
// The word is the position plus one, modulo 2^58, in the upper bits and the length of the payload
// in the lower six. One that does not say position + 1 is left from an earlier lap. Two positions
// that look alike are 2^58 apart, so no slot ever held the other one.
//
// Any thread; nothing is allocated.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "ring/record.hpp"

namespace tally::ring {

inline constexpr std::size_t kLeanWordBytes = sizeof(std::uint64_t);
inline constexpr unsigned kLeanLengthBits = 6;
static_assert(kMaxLeanBytes < 1U << kLeanLengthBits);

[[nodiscard]] constexpr std::uint64_t lean_word(std::uint64_t position, std::uint32_t length) {
  return (position + 1) << kLeanLengthBits | length;
}
[[nodiscard]] constexpr bool is_lean_record(std::uint64_t word, std::uint64_t position) {
  return word >> kLeanLengthBits == (position + 1) << kLeanLengthBits >> kLeanLengthBits;
}
[[nodiscard]] constexpr std::uint32_t lean_length(std::uint64_t word) {
  return static_cast<std::uint32_t>(word & ((1U << kLeanLengthBits) - 1));
}
[[nodiscard]] constexpr std::uint32_t lean_slot_bytes(std::uint32_t payload_bytes) {
  constexpr std::uint32_t kLeast = 16;
  const auto bytes = static_cast<std::uint32_t>(kLeanWordBytes) + payload_bytes;
  return bytes <= kLeast ? kLeast : std::bit_ceil(bytes);
}
static_assert(lean_slot_bytes(kMaxLeanBytes) == 64);

// The slots by position. The numbers are copies that the peer cannot change.
struct LeanSlots {
  std::uint8_t* base = nullptr;
  std::uint64_t capacity = 0;
  std::uint32_t slot_bytes = 0;
  std::uint32_t payload_bytes = 0;

  [[nodiscard]] std::atomic<std::uint64_t>& word(std::uint64_t position) const {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(at(position));
  }
  [[nodiscard]] std::uint8_t* payload(std::uint64_t position) const {
    return at(position) + kLeanWordBytes;
  }

 private:
  [[nodiscard]] std::uint8_t* at(std::uint64_t position) const {
    return base + (position & (capacity - 1)) * slot_bytes;
  }
};

// Whether a record is committed at `head`.
[[nodiscard]] bool has_unread(const LeanSlots& slots, std::uint64_t head);

// First position from `stored` on whose record is not committed, as recover_tail() of SlotArea.
[[nodiscard]] std::uint64_t recover_tail(const LeanSlots& slots, std::uint64_t stored);

}  // namespace tally::ring
