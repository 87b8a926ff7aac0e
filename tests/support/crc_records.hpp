// Records that say their number and whether they are whole (support/crc_payload.hpp), pushed to and
// popped from any ring of slots.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>

#include "core/clock.hpp"
#include "ring/record.hpp"
#include "ring/results.hpp"
#include "support/crc_payload.hpp"

namespace tally::test {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;
inline constexpr std::uint64_t kNoNumber = ~std::uint64_t{0};

// Writes the record of that number into a slot that is claimed.
template <typename Producer>
void fill_crc(Producer& producer, std::size_t index, std::uint64_t number) {
  const auto slot = producer.slot(index);
  slot.meta = {};
  slot.meta.length = static_cast<std::uint32_t>(make_crc_payload(number, slot.payload.data()));
}

// False when there is no room.
template <typename Producer>
bool push_crc(Producer& producer, std::uint64_t number) {
  if (producer.claim(1) != 1) return false;
  fill_crc(producer, 0, number);
  producer.commit(1);
  return true;
}

// The number of the next record, which must be whole; kNoNumber at the deadline.
template <typename Consumer>
std::uint64_t pop_crc(Consumer& consumer, std::uint64_t wait_ns = 10 * kSecondNs) {
  std::array<std::uint8_t, kCrcPayloadBytes> payload{};
  ring::RecordMeta meta;
  const auto popped = consumer.pop_wait(meta, payload, core::monotonic_ns() + wait_ns);
  if (popped != ring::PopResult::ok) return kNoNumber;
  const auto number = number_of_crc_payload(ByteView(payload).first(meta.length));
  REQUIRE(number.has_value());
  return *number;
}

}  // namespace tally::test
