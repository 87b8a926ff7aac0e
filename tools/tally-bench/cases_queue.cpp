// Cases of lib/queue. The peers are modules of their own (peer_modules.hpp).
#include "cases.hpp"
#include "queue/broadcast.hpp"
#include "queue/dense.hpp"
#include "queue/queue.hpp"
#include "queue_subjects.hpp"

namespace tally::bench_tool {

namespace {

using queue::Users;

// kQueueCapacity is a power of two, which is all that make_dense() and make_queue() ask.
class Dense {
 public:
  Dense() : ends_(std::move(queue::make_dense<std::uint64_t>(kQueueCapacity).value())) {}
  bool push(std::uint64_t value) { return ends_.producer.try_push(value); }
  bool pop(std::uint64_t& value) { return ends_.consumer.try_pop(value); }
  std::size_t push_batch(const std::uint64_t* items, std::size_t count) {
    return ends_.producer.push({items, count});
  }
  std::size_t pop_batch(std::uint64_t* items, std::size_t count) {
    return ends_.consumer.pop({items, count});
  }

 private:
  queue::DensePair<std::uint64_t> ends_;
};

template <Users kUsers>
class Stamped {
 public:
  using Ends = queue::QueuePair<std::uint64_t, kUsers, kUsers>;
  Stamped() : Stamped(queue::make_queue<std::uint64_t, kUsers, kUsers>(kQueueCapacity).value()) {}
  explicit Stamped(Ends ends) : ends_(std::move(ends)) {}
  bool push(std::uint64_t value) { return ends_.producer.try_push(value); }
  bool pop(std::uint64_t& value) { return ends_.consumer.try_pop(value); }

  [[nodiscard]] Stamped clone() const {
    return Stamped(Ends{ends_.producer.clone(), ends_.consumer.clone()});
  }

 private:
  Ends ends_;
};

// Waits inside pop(), as whoever has nothing else to do.
template <Users kUsers>
class Waiting {
 public:
  bool push(std::uint64_t value) { return ends_.producer.try_push(value); }
  bool pop(std::uint64_t& value) { return ends_.consumer.pop_wait(value) == queue::WaitResult::ok; }

 private:
  queue::QueuePair<std::uint64_t, kUsers, kUsers> ends_ =
      queue::make_queue<std::uint64_t, kUsers, kUsers>(kQueueCapacity).value();
};

// One reader, which holds the producer up (gated) or is overtaken.
template <queue::Pace kPace>
class Broadcast {
 public:
  bool push(std::uint64_t value) { return ends_.producer.try_push(value); }
  bool pop(std::uint64_t& value) { return ends_.reader.try_pop(value); }

 private:
  queue::Broadcast<std::uint64_t, kPace> ends_ =
      queue::make_broadcast<std::uint64_t, kPace>(kQueueCapacity).value();
};

// A handle for each of two threads.
class Shared {
 public:
  Stamped<Users::many>& user(std::size_t side) { return side == 0 ? first_ : second_; }

 private:
  Stamped<Users::many> first_;
  Stamped<Users::many> second_ = first_.clone();
};

template <typename Made>
bench::Factory make() {
  return []() -> Result<std::unique_ptr<bench::Subject>> { return std::make_unique<Made>(); };
}

void add_one_thread(bench::Registry& registry) {
  constexpr double kSeedFillNs = 0.884;
  constexpr double kSeedPairNs = 50.43;
  bench::Case definition;
  definition.name = "queue.spsc.pair";
  definition.summary = "push and pop of one item, one thread";
  definition.make = make<QueuePair<Dense>>();
  registry.add(definition);

  definition.name = "queue.spsc.fill1024";
  definition.summary = "1024 pushes, then 1024 pops, each counted, one thread";
  definition.seed = kSeedFillNs;
  definition.make = make<QueueFill<Dense>>();
  registry.add(definition);

  definition.name = "queue.spsc.fill1024.batch32";
  definition.summary = "the same in batches of 32";
  definition.make = make<QueueFillBatch<Dense>>();
  registry.add(definition);

  definition.name = "queue.mpmc.pair";
  definition.summary = "push and pop of one item through a queue for many, one thread";
  definition.seed = kSeedPairNs;
  definition.make = make<QueuePair<Stamped<Users::many>>>();
  registry.add(definition);

  definition.seed.reset();
  definition.name = "queue.broadcast.pair";
  definition.summary = "push and pop of one item through a lossy broadcast queue, one thread";
  definition.make = make<QueuePair<Broadcast<queue::Pace::lossy>>>();
  registry.add(definition);
}

void add_two_threads(bench::Registry& registry) {
  bench::Case definition;
  definition.threads = 2;
  definition.name = "queue.mpmc.stream8";
  definition.summary = "8 bytes at a time from one core to another, one producer, one consumer";
  definition.make = make<QueueStream<Stamped<Users::many>>>();
  registry.add(definition);

  definition.name = "queue.broadcast.stream8";
  definition.summary =
      "8 bytes at a time from one core to the one reader of a gated broadcast queue";
  definition.make = make<QueueStream<Broadcast<queue::Pace::gated>>>();
  registry.add(definition);

  definition.name = "queue.mpmc.both";
  definition.summary = "two threads on one queue, each pushes an item and pops one";
  definition.make = make<QueueBoth<Shared>>();
  registry.add(definition);

  definition.round_trip = true;
  definition.name = "queue.broadcast.rtt8";
  definition.summary = "round trip of 8 bytes through two lossy broadcast queues";
  definition.make = make<QueueRoundTrip<Broadcast<queue::Pace::lossy>>>();
  registry.add(definition);

  definition.name = "queue.mpmc.rtt8";
  definition.summary = "round trip of 8 bytes through two queues for many, between two cores";
  definition.make = make<QueueRoundTrip<Waiting<Users::many>>>();
  registry.add(definition);

  definition.name = "queue.spsc.rtt8";
  definition.summary = "round trip of 8 bytes through two queues between two cores";
  definition.make = make<QueueRoundTrip<Waiting<Users::one>>>();
  registry.add(definition);
}

}  // namespace

void add_queue_cases(bench::Registry& registry) {
  add_one_thread(registry);
  add_two_threads(registry);
}

}  // namespace tally::bench_tool
