// What the cases of rings of slots have in common: a ring's name and options, and records that are
// words. Any thread; a name and options allocate.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

#include "cases.hpp"
#include "ring/options.hpp"
#include "ring/record.hpp"
#include "ring_subjects.hpp"

namespace tally::bench_tool {

using Subject = std::unique_ptr<bench::Subject>;

inline constexpr std::uint64_t kPairSlots = 4096;

// Of a ring that is to be unlinked at once: the mapping is all that is needed.
inline std::string next_name() {
  static std::atomic<unsigned> next{0};
  return fmt::format("bench.{}.{}", ::getpid(), next++);
}

inline ring::Options slot_options(std::uint64_t slots) {
  ring::Options options;
  options.slots = slots;
  options.bytes = kRecordBytes;
  options.wait = queue::WaitPolicy::spin;
  return options;
}

// A time that is not 0, so that the producer does not read the clock, which costs 25 ns.
inline ring::RecordMeta stamped(std::uint64_t sequence) {
  return {.sequence = sequence, .time_ns = 1, .flags = 0, .source = 0, .length = 0};
}

// Inlined by force, both, as the ring's own: what is measured is not the call.
template <std::size_t Bytes, typename Producer>
[[gnu::always_inline]] inline bool push_word(Producer& producer, std::uint64_t word) {
  std::array<std::uint64_t, Bytes / sizeof word> words;
  words.fill(word);
  std::array<std::uint8_t, Bytes> payload;
  std::memcpy(payload.data(), words.data(), Bytes);
  return producer.try_push(stamped(word), payload);
}

template <std::size_t Bytes, typename Consumer>
[[gnu::always_inline]] inline bool pop_word(Consumer& consumer, std::uint64_t& word) {
  std::array<std::uint8_t, Bytes> payload;
  ring::RecordMeta meta;
  if (!consumer.try_pop(meta, payload)) return false;
  keep(meta);
  std::memcpy(&word, payload.data(), sizeof word);
  return true;
}

template <typename Ends>
Result<Subject> pair_of(Ends ends) {
  auto shared = std::make_shared<Ends>(std::move(ends));
  return make_loop([shared, word = std::uint64_t{0}]() mutable {
    std::uint64_t got = 0;
    ++word;
    return push_word<8>(shared->producer, word) && pop_word<8>(shared->consumer, got) &&
           got == word;
  });
}

}  // namespace tally::bench_tool
