// Records of a broadcast of which length and bytes follow from their number, and a reader that
// checks them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "core/clock.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/options.hpp"
#include "support/ring.hpp"

namespace tally::test {

inline constexpr std::uint32_t kAreaBytes = 4096;
inline constexpr std::uint64_t kPatienceNs = 10'000'000'000;

inline ring::Options small_broadcast() {
  ring::Options options;
  options.bytes = kAreaBytes;
  return options;
}

// A payload of which length and bytes follow from the record's number.
inline Bytes numbered(std::uint64_t number, std::size_t most = 300) {
  Bytes payload(number * 37 % most);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::uint8_t>(number * 31 + i);
  }
  return payload;
}

// Whether there was room.
inline bool push_numbered(ring::BroadcastProducer& producer) {
  const std::uint64_t number = producer.number();
  return producer.push(numbered(number), static_cast<std::uint16_t>(number),
                       static_cast<std::uint16_t>(number * 3)) == ring::PushResult::ok;
}

inline bool is_numbered(const ring::BroadcastRecord& record) {
  const std::uint64_t number = record.next.number - 1;
  const Bytes expected = numbered(number);
  return record.payload.size() == expected.size() &&
         std::equal(expected.begin(), expected.end(), record.payload.begin()) &&
         record.type == static_cast<std::uint16_t>(number) &&
         record.flags == static_cast<std::uint16_t>(number * 3);
}

// A reader, the room it needs, and what it took.
struct Taker {
  explicit Taker(const std::string& name)
      : reader(ring::BroadcastReader::open(name, small_broadcast()).value()),
        room(reader.room_bytes() + 512) {}

  // Takes at most `wanted` records of a read, and says whether all that it saw was right.
  bool take(std::size_t wanted = 64) {
    std::array<ring::BroadcastRecord, 8> records;
    const std::size_t count = reader.read(records, room);
    bool right = true;
    for (std::size_t i = 0; i < count; ++i) right = right && is_numbered(records[i]);
    count_taken = std::min(count, wanted);
    reader.release({records.data(), count_taken});
    taken += count_taken;
    return right;
  }
  bool take_all() {
    bool right = true;
    do {
      right = take() && right;
    } while (count_taken > 0);
    return right;
  }

  ring::BroadcastReader reader;
  Bytes room;
  std::uint64_t taken = 0;
  std::size_t count_taken = 0;
};

inline constexpr std::size_t kLargest = 300;  // of the payloads of push_numbered()

// A broadcast whose producer waits for its readers.
inline ring::Options gated(ring::Full full = ring::Full::block) {
  ring::Options options = small_broadcast();
  options.full = full;
  return options;
}

inline ring::BroadcastProducer open_gated(const RingName& name) {
  return ring::BroadcastProducer::open(name.str(), gated()).value();
}

// Pushes until there is no room, at most `most` records; how many.
inline std::uint64_t fill(ring::BroadcastProducer& producer, std::uint64_t most = 1000) {
  std::uint64_t count = 0;
  while (count < most && push_numbered(producer)) ++count;
  return count;
}

// The same, and waits where there is no room.
inline bool push_waiting(ring::BroadcastProducer& producer, std::uint64_t count) {
  while (count > 0) {
    if (push_numbered(producer)) {
      --count;
      continue;
    }
    const auto waited = producer.wait_writable(kLargest, core::monotonic_ns() + kPatienceNs);
    if (waited != ring::PushResult::ok) return false;
  }
  return true;
}

// Takes everything until the producer has left; whether it was whole and nothing was lost.
inline bool take_to_end(Taker& taker) {
  for (;;) {
    const ring::PopResult waited = taker.reader.wait_readable(core::monotonic_ns() + kPatienceNs);
    if (waited == ring::PopResult::closed) return taker.reader.lost() == 0;
    if (waited != ring::PopResult::ok || !taker.take_all()) return false;
  }
}

}  // namespace tally::test
