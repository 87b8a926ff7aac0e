// Cases of lib/queue. The peers are modules of their own (peer_modules.hpp).
#include "cases.hpp"
#include "queue/spsc.hpp"
#include "queue_subjects.hpp"

namespace tally::bench_tool {

namespace {

class Spsc {
 public:
  // kQueueCapacity is a power of two, which is all that make_spsc() asks.
  Spsc() : ends_(std::move(queue::make_spsc<std::uint64_t>(kQueueCapacity).value())) {}
  bool push(std::uint64_t value) { return ends_.producer.try_push(value); }
  bool pop(std::uint64_t& value) { return ends_.consumer.try_pop(value); }
  std::size_t push_batch(const std::uint64_t* items, std::size_t count) {
    return ends_.producer.push({items, count});
  }
  std::size_t pop_batch(std::uint64_t* items, std::size_t count) {
    return ends_.consumer.pop({items, count});
  }

 private:
  queue::SpscPair<std::uint64_t> ends_;
};

template <typename Made>
bench::Factory make() {
  return []() -> Result<std::unique_ptr<bench::Subject>> { return std::make_unique<Made>(); };
}

}  // namespace

void add_queue_cases(bench::Registry& registry) {
  constexpr double kSeedFillNs = 0.884;
  bench::Case definition;
  definition.name = "queue.spsc.pair";
  definition.summary = "push and pop of one item, one thread";
  definition.make = make<QueuePair<Spsc>>();
  registry.add(definition);

  definition.name = "queue.spsc.fill1024";
  definition.summary = "1024 pushes, then 1024 pops, each counted, one thread";
  definition.seed = kSeedFillNs;
  definition.make = make<QueueFill<Spsc>>();
  registry.add(definition);

  definition.name = "queue.spsc.fill1024.batch32";
  definition.summary = "the same in batches of 32";
  definition.make = make<QueueFillBatch<Spsc>>();
  registry.add(definition);

  definition.name = "queue.spsc.rtt8";
  definition.summary = "round trip of 8 bytes through two queues between two cores";
  definition.threads = 2;
  definition.round_trip = true;
  definition.seed.reset();
  definition.make = make<QueueRoundTrip<Spsc>>();
  registry.add(definition);
}

}  // namespace tally::bench_tool
