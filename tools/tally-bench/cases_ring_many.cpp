// Cases of rings of many producers, of many consumers, and of many of both.
#include <array>
#include <atomic>
#include <unistd.h>

#include "cases.hpp"
#include "core/threads.hpp"
#include "ring/consumer.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "ring_words.hpp"

namespace tally::bench_tool {

namespace {

// A ring of many producers with its consumer and two of them.
struct ManyEnds {
  ring::MpscProducer producer;
  ring::MpscProducer second;
  ring::Consumer consumer;
};

Result<ManyEnds> open_many(std::uint64_t slots) {
  const std::string name = next_name();
  ring::Options options = slot_options(slots);
  options.form = ring::SlotForm::claimed;
  TALLY_TRY(auto producer, ring::MpscProducer::open(name, options));
  auto second = ring::MpscProducer::open(name, options);
  auto consumer = ring::Consumer::open(name, options);
  ::unlink(ring::ring_path(name).c_str());
  if (!second) return fail(second.error());
  if (!consumer) return fail(consumer.error());
  return ManyEnds{std::move(producer), std::move(*second), std::move(*consumer)};
}

Result<Subject> many_pair() {
  TALLY_TRY(auto ends, open_many(kPairSlots));
  return pair_of(std::move(ends));
}

// Two producers on two cores, each of which pushes a record an operation; side 0 takes them all.
class ManyStream final : public bench::Subject {
 public:
  explicit ManyStream(ManyEnds ends) : ends_(std::move(ends)) {}

  void run(std::size_t side, std::uint64_t operations) override {
    if (side == 1) {
      for (std::uint64_t i = 0; i < operations; ++i) {
        while (!push_word<8>(ends_.second, kSecond | pushed_[1].value)) core::cpu_relax();
        ++pushed_[1].value;
      }
      return;
    }
    std::uint64_t left = 2 * operations;
    for (std::uint64_t i = 0; i < operations; ++i) {
      while (!push_word<8>(ends_.producer, pushed_[0].value)) left -= take();
      ++pushed_[0].value;
      left -= take();
    }
    while (left != 0) {
      const std::uint64_t taken = take();
      if (taken == 0) core::cpu_relax();
      left -= taken;
    }
  }
  [[nodiscard]] bool healthy() const override { return !wrong_; }

 private:
  static constexpr std::uint64_t kSecond = std::uint64_t{1} << 63U;
  struct alignas(128) Counter {
    std::uint64_t value = 0;
  };

  // Each producer's records come in its order.
  std::uint64_t take() {
    std::uint64_t word = 0;
    if (!pop_word<8>(ends_.consumer, word)) return 0;
    std::uint64_t& next = next_[(word & kSecond) != 0 ? 1 : 0];
    if ((word & ~kSecond) != next++) wrong_ = true;
    return 1;
  }

  ManyEnds ends_;
  std::array<Counter, 2> pushed_{};
  alignas(128) std::array<std::uint64_t, 2> next_{};  // side 0 alone, and wrong_
  bool wrong_ = false;
};

Result<Subject> many_stream() {
  TALLY_TRY(auto ends, open_many(kNearSlots));
  return std::make_unique<ManyStream>(std::move(ends));
}

// A ring of many consumers with a producer and two of them.
template <typename Producer>
struct SharedEnds {
  Producer producer;
  ring::SpmcConsumer consumer;
  ring::SpmcConsumer second;
};

template <typename Producer>
Result<SharedEnds<Producer>> open_shared(ring::SlotForm form, std::uint64_t slots) {
  const std::string name = next_name();
  ring::Options options = slot_options(slots);
  options.form = form;
  TALLY_TRY(auto producer, Producer::open(name, options));
  auto consumer = ring::SpmcConsumer::open(name, options);
  auto second = ring::SpmcConsumer::open(name, options);
  ::unlink(ring::ring_path(name).c_str());
  if (!consumer) return fail(consumer.error());
  if (!second) return fail(second.error());
  return SharedEnds<Producer>{std::move(producer), std::move(*consumer), std::move(*second)};
}

template <typename Producer>
bench::Factory shared_pair(ring::SlotForm form) {
  return [form]() -> Result<Subject> {
    TALLY_TRY(auto ends, open_shared<Producer>(form, kPairSlots));
    return pair_of(std::move(ends));
  };
}

// Two consumers on two cores, each of which takes a record an operation; side 0 pushes them all.
class SharedStream final : public bench::Subject {
 public:
  explicit SharedStream(SharedEnds<ring::Producer> ends) : ends_(std::move(ends)) {}

  void run(std::size_t side, std::uint64_t operations) override {
    if (side == 1) {
      for (std::uint64_t i = 0; i < operations; ++i) {
        while (!try_take(ends_.second, next_[1].value)) core::cpu_relax();
      }
      return;
    }
    std::uint64_t left = 2 * operations;
    for (std::uint64_t i = 0; i < operations; ++i) {
      // The other side's records first, so that nobody waits for what is not pushed.
      push_one_of(left);
      push_one_of(left);
      while (!try_take(ends_.consumer, next_[0].value)) push_one_of(left);
    }
    while (left != 0) push_one_of(left);
  }
  [[nodiscard]] bool healthy() const override { return !wrong_.load(std::memory_order_relaxed); }

 private:
  struct alignas(128) Counter {
    std::uint64_t value = 0;
  };

  void push_one_of(std::uint64_t& left) {
    if (left == 0 || !push_word<8>(ends_.producer, pushed_ + 1)) return;
    ++pushed_;
    --left;
  }
  // Each consumer gets what it gets in its order.
  bool try_take(ring::SpmcConsumer& consumer, std::uint64_t& last) {
    std::uint64_t word = 0;
    if (!pop_word<8>(consumer, word)) return false;
    // Relaxed: read after the threads have met.
    if (word <= last) wrong_.store(true, std::memory_order_relaxed);
    last = word;
    return true;
  }

  SharedEnds<ring::Producer> ends_;
  std::uint64_t pushed_ = 0;  // side 0 alone
  std::array<Counter, 2> next_{};
  alignas(128) std::atomic<bool> wrong_{false};
};

Result<Subject> shared_stream() {
  TALLY_TRY(auto ends, open_shared<ring::Producer>(ring::SlotForm::shared_out, kNearSlots));
  return std::make_unique<SharedStream>(std::move(ends));
}

}  // namespace

void add_many_ring_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "ring.mpsc.pair";
  definition.summary =
      "push and pop of 8 bytes through a shared-memory ring of many producers, one thread";
  definition.make = many_pair;
  registry.add(definition);

  definition.name = "ring.spmc.pair";
  definition.summary =
      "push and pop of 8 bytes through a shared-memory ring of many consumers, one thread";
  definition.make = shared_pair<ring::Producer>(ring::SlotForm::shared_out);
  registry.add(definition);

  definition.name = "ring.mpmc.pair";
  definition.summary =
      "push and pop of 8 bytes through a shared-memory ring of many producers and consumers, one "
      "thread";
  definition.make = shared_pair<ring::MpscProducer>(ring::SlotForm::traded);
  registry.add(definition);

  definition.threads = 2;
  definition.name = "ring.mpsc.stream8";
  definition.summary =
      "a record of 8 bytes from each of two producers on two cores to one consumer beside the "
      "first";
  definition.make = many_stream;
  registry.add(definition);

  definition.name = "ring.spmc.stream8";
  definition.summary =
      "a record of 8 bytes to each of two consumers on two cores from one producer beside the "
      "first";
  definition.make = shared_stream;
  registry.add(definition);
}

}  // namespace tally::bench_tool
