// Cases of lean rings (ring/lean_slots.hpp).
#include <array>
#include <cstring>
#include <memory>
#include <unistd.h>
#include <utility>

#include "cases.hpp"
#include "ring/lean_consumer.hpp"
#include "ring/lean_producer.hpp"
#include "ring/options.hpp"
#include "ring_subjects.hpp"
#include "ring_words.hpp"

namespace tally::bench_tool {

namespace {

// A lean ring with both its ends, whose records are of `Bytes` bytes.
template <std::size_t Bytes>
class LeanWords {
 public:
  static Result<LeanWords> open(std::uint64_t slots) {
    const std::string name = next_name();
    ring::Options options = slot_options(slots);
    options.bytes = Bytes;
    TALLY_TRY(auto producer, ring::LeanProducer::open(name, options));
    auto consumer = ring::LeanConsumer::open(name, options);
    ::unlink(ring::ring_path(name).c_str());
    if (!consumer) return fail(consumer.error());
    return LeanWords(std::move(producer), std::move(*consumer));
  }

  // Inlined by force, both, as the ring's own: what is measured is not the call.
  [[gnu::always_inline]] bool push(std::uint64_t word) {
    std::array<std::uint64_t, Bytes / sizeof word> words;
    words.fill(word);
    std::array<std::uint8_t, Bytes> payload;
    std::memcpy(payload.data(), words.data(), Bytes);
    return producer_.try_push(payload);
  }
  [[gnu::always_inline]] bool pop(std::uint64_t& word) {
    std::array<std::uint8_t, Bytes> payload;
    std::size_t length = 0;
    if (!consumer_.try_pop(payload, length)) return false;
    keep(payload);
    std::memcpy(&word, payload.data(), sizeof word);
    return length == Bytes;
  }

 private:
  LeanWords(ring::LeanProducer producer, ring::LeanConsumer consumer)
      : producer_(std::move(producer)), consumer_(std::move(consumer)) {}

  ring::LeanProducer producer_;
  ring::LeanConsumer consumer_;
};

Result<Subject> lean_pair() {
  TALLY_TRY(auto ends, LeanWords<8>::open(kPairSlots));
  auto shared = std::make_shared<LeanWords<8>>(std::move(ends));
  return make_loop([shared, word = std::uint64_t{0}]() mutable {
    std::uint64_t got = 0;
    ++word;
    return shared->push(word) && shared->pop(got) && got == word;
  });
}

Result<Subject> lean_round_trip() {
  using Ring = LeanWords<ring::kMaxLeanBytes>;
  TALLY_TRY(auto there, Ring::open(kNearSlots));
  TALLY_TRY(auto back, Ring::open(kNearSlots));
  return std::make_unique<WordRoundTrip<Ring>>(std::move(there), std::move(back));
}

}  // namespace

void add_lean_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "ring.lean.pair";
  definition.summary = "push and pop of 8 bytes through a lean ring, one thread";
  definition.make = lean_pair;
  registry.add(definition);

  definition.name = "ring.lean.rtt56";
  definition.summary = "round trip of 56 bytes through two lean rings: a cache line a record";
  definition.threads = 2;
  definition.round_trip = true;
  definition.make = lean_round_trip;
  registry.add(definition);
}

}  // namespace tally::bench_tool
