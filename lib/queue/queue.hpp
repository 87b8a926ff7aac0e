// A bounded queue between threads of one process, with one or many users at each end: the stamped
// algorithm (queue/stamped.hpp) and the memory it works on. The lowest latency between two cores,
// because neither end ever reads the other's cursor; for bursts through one producer and one
// consumer the dense queue (queue/dense.hpp) costs half.
//
//   auto [producer, consumer] = make_queue<Order, Users::many, Users::one>(1024).value();
//   auto second = producer.clone();       // does not compile where the end is for one
//
// make_queue() allocates everything; afterwards nothing is. Each thread has a handle of its own,
// which can be moved to it but not copied, so that a second user of a single end does not compile.
// The memory lives until the last handle is gone. Items of one producer come out in its order, and
// each item comes out once.
//
// An item lies beside its stamp: up to 56 bytes they share a cache line, and above that every
// queue costs the same, two lines an item.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "core/result.hpp"
#include "queue/stamped.hpp"

namespace tally::queue {

template <typename T, typename Wait, typename Atomics>
struct QueueMemory {
  template <typename U>
  using Atomic = typename Atomics::template Atomic<U>;
  using Cell = typename Atomics::template Cell<T>;
  using WaitEnds = Ends<Wait, Atomics>;

  // Four words of eight bytes a line, otherwise a line an item.
  struct alignas(sizeof(T) <= 8 ? 16 : 64) Slot {
    Atomic<std::uint64_t> stamp;
    Cell item;
  };
  // What the algorithm asks of the memory.
  struct Slots {
    using Slot = QueueMemory::Slot;
    Slot* first;
    std::uint64_t mask;
    [[nodiscard]] Slot& at(std::uint64_t position) const { return first[position & mask]; }
    [[nodiscard]] std::uint64_t capacity() const { return mask + 1; }
    // Eight lines ahead, for writing: otherwise a consumer gets each line twice, to read the item
    // and to stamp it, and the exchange on the cursor keeps it from asking for the next meanwhile.
    // Four lines halve the cost of a stream between near cores of Zen 4 and take two thirds off
    // between far ones; asked for once a line instead of with each item, a stream between far ones
    // takes 33 ns an item instead of 12. On Emerald Rapids a line takes longer to come: four take
    // 30 ns an item, eight 25, sixteen and thirty-two no less, and asking for the producer's lines
    // too 33. A short queue is left alone: its lines are the producer's.
    void prefetch(std::uint64_t position) const {
      constexpr std::uint64_t kAhead = 8 * (sizeof(Slot) < 64 ? 64 / sizeof(Slot) : 1);
      if (mask >= 2 * kAhead) __builtin_prefetch(&at(position + kAhead), 1);
    }
  };
  struct Publisher {
    typename WaitEnds::Side* side;
    void publish(Atomic<std::uint64_t>& stamp, std::uint64_t value) const {
      WaitEnds::publish(*side, stamp, value);
    }
  };

  QueueMemory(std::size_t capacity, std::uint64_t start)
      : tail(start), head(start), mask(capacity - 1), memory(std::make_unique<Slot[]>(capacity)) {
    for (std::size_t i = 0; i < capacity; ++i)
      Atomics::store_relaxed(slots().at(start + i).stamp, start + i);
  }
  [[nodiscard]] Slots slots() const { return {memory.get(), mask}; }

  alignas(128) Atomic<std::uint64_t> tail;  // next position to fill; the producers'
  alignas(128) Atomic<std::uint64_t> head;  // next position to take; the consumers'
  WaitEnds ends;
  const std::uint64_t mask;
  const std::unique_ptr<Slot[]> memory;
};

// What both kinds of handle share. Not used by itself.
template <Role kRole, typename T, Users kUsers, typename Wait, typename Atomics>
class alignas(128) QueueEnd {
 public:
  using Memory = QueueMemory<T, Wait, Atomics>;
  using Cell = typename Memory::Cell;

  QueueEnd(QueueEnd&&) noexcept = default;
  QueueEnd& operator=(QueueEnd&&) = delete;
  QueueEnd(const QueueEnd&) = delete;
  QueueEnd& operator=(const QueueEnd&) = delete;
  ~QueueEnd() { close(); }

  // Leaves: the other side hears of it when the last handle of this side has left. The destructor
  // does the same. Nothing else may be called afterwards.
  void close() {
    if (memory_ == nullptr) return;
    Memory::WaitEnds::leave(theirs());
    memory_.reset();
  }

  [[nodiscard]] std::size_t capacity() const { return memory_->mask + 1; }
  // Items in the queue a moment ago. Touches the other side's line.
  [[nodiscard]] std::size_t size_approx() const {
    const auto head = Atomics::load_relaxed(memory_->head);
    const auto size = static_cast<std::int64_t>(Atomics::load_relaxed(memory_->tail) - head);
    return size < 0 ? 0 : static_cast<std::size_t>(size);
  }

  // Up to so many positions in a row where they lie, in order. What finish() was not called for is
  // left when the run goes out of scope, as the end says: Producer::claim(), Consumer::peek().
  class InPlace {
   public:
    InPlace(const InPlace&) = delete;
    InPlace& operator=(const InPlace&) = delete;
    ~InPlace() { finish(kRole == Role::consumer && kUsers == Users::many ? size() : 0); }

    [[nodiscard]] std::size_t size() const { return run_.count; }
    [[nodiscard]] Cell& operator[](std::size_t i) const {
      return end_->slots().at(run_.position + i).item;
    }

   protected:
    friend QueueEnd;
    InPlace(QueueEnd& end, Run run) : end_(&end), run_(run) {}
    void finish(std::size_t count) {
      if (run_.count != 0) end_->stamped_.finish(run_, count);
      run_.count = 0;
    }

   private:
    QueueEnd* end_;
    Run run_;
  };

 protected:
  using Side = Stamped<kRole, kUsers, typename Memory::Slots, typename Memory::Publisher, Atomics>;

  explicit QueueEnd(std::shared_ptr<Memory> memory)
      : memory_(std::move(memory)),
        stamped_(kRole == Role::producer ? memory_->tail : memory_->head, memory_->slots(),
                 {&theirs()}) {}

  // Where this side sleeps, and where it publishes.
  auto& own() const {
    return kRole == Role::producer ? memory_->ends.writers : memory_->ends.readers;
  }
  auto& theirs() const {
    return kRole == Role::producer ? memory_->ends.readers : memory_->ends.writers;
  }
  typename Memory::Slots& slots() { return stamped_.slots(); }
  template <typename Attempt>
  WaitResult wait(std::uint64_t deadline_ns, Attempt attempt) {
    return Memory::WaitEnds::wait(own(), theirs(), deadline_ns, attempt,
                                  [this] { return stamped_.is_blocked(); });
  }

  std::shared_ptr<Memory> memory_;
  Side stamped_;
};

// An end that fills. One thread at a time.
template <typename T, Users kUsers, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class Producer : public QueueEnd<Role::producer, T, kUsers, Wait, Atomics> {
  using Base = QueueEnd<Role::producer, T, kUsers, Wait, Atomics>;

 public:
  using typename Base::Memory;

  explicit Producer(std::shared_ptr<Memory> memory) : Base(std::move(memory)) {}
  // A handle for another thread; may be called while others push.
  [[nodiscard]] Producer clone() const requires(kUsers == Users::many) {
    Memory::WaitEnds::join(this->theirs());
    return Producer(this->memory_);
  }

  // Returns false, and leaves `item` as it was, when the queue is full.
  bool try_push(T&& item) {
    const auto one = this->stamped_.take_one();
    if (one.slot == nullptr) return false;
    Atomics::put(one.slot->item, std::move(item));
    this->stamped_.finish_one(one);
    return true;
  }
  bool try_push(const T& item) { return try_push(T(item)); }

  // Copies as many items as there is room for in a row, from the front, and returns how many.
  std::size_t push(std::span<const T> items) {
    const Run run = this->stamped_.take(items.size());
    for (std::size_t i = 0; i < run.count; ++i)
      Atomics::put(this->slots().at(run.position + i).item, T(items[i]));
    if (run.count != 0) this->stamped_.finish(run, run.count);
    return run.count;
  }

  // Zero copy: up to `wanted` free slots to fill in order. commit(k) publishes the first k and
  // gives up the rest; so does the end of the scope with all that is left, and abort() at once. One
  // producer gets the rest again; of many, consumers skip it.
  class Claim : public Base::InPlace {
   public:
    void commit(std::size_t count) { this->finish(count); }
    void abort() { this->finish(0); }

   private:
    friend Producer;
    Claim(Base& end, Run run) : Base::InPlace(end, run) {}
  };
  [[nodiscard]] Claim claim(std::size_t wanted) { return {*this, this->stamped_.take(wanted)}; }

  // Waits for room until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed when no consumer
  // is left.
  WaitResult push_wait(T item, std::uint64_t deadline_ns = kForeverNs) {
    return this->wait(deadline_ns, [&] { return try_push(std::move(item)); });
  }
};

// An end that takes. One thread at a time.
template <typename T, Users kUsers, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class Consumer : public QueueEnd<Role::consumer, T, kUsers, Wait, Atomics> {
  using Base = QueueEnd<Role::consumer, T, kUsers, Wait, Atomics>;

 public:
  using typename Base::Memory;

  explicit Consumer(std::shared_ptr<Memory> memory) : Base(std::move(memory)) {}
  // A handle for another thread; may be called while others pop.
  [[nodiscard]] Consumer clone() const requires(kUsers == Users::many) {
    Memory::WaitEnds::join(this->theirs());
    return Consumer(this->memory_);
  }

  // Returns false, and leaves `item` as it was, when the queue is empty.
  bool try_pop(T& item) {
    const auto one = this->stamped_.take_one();
    if (one.slot == nullptr) return false;
    item = Atomics::take(one.slot->item);
    this->stamped_.finish_one(one);
    return true;
  }

  // Takes as many items as there are in a row, at most items.size(), and returns how many.
  std::size_t pop(std::span<T> items) {
    const Run run = this->stamped_.take(items.size());
    for (std::size_t i = 0; i < run.count; ++i)
      items[i] = Atomics::take(this->slots().at(run.position + i).item);
    if (run.count != 0) this->stamped_.finish(run, run.count);
    return run.count;
  }

  // Zero copy: up to `wanted` items where they lie. release(k) frees the first k. One consumer
  // finds the others again with the next peek(); of many, what one has taken no other sees, so all
  // of it counts as read when it is released or goes out of scope.
  class Peek : public Base::InPlace {
   public:
    void release(std::size_t count) { this->finish(count); }

   private:
    friend Consumer;
    Peek(Base& end, Run run) : Base::InPlace(end, run) {}
  };
  [[nodiscard]] Peek peek(std::size_t wanted) { return {*this, this->stamped_.take(wanted)}; }

  // Waits for an item until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed after the last
  // item when no producer is left.
  WaitResult pop_wait(T& item, std::uint64_t deadline_ns = kForeverNs) {
    return this->wait(deadline_ns, [&] { return try_pop(item); });
  }
  // The same without taking it. With many consumers another may come first.
  WaitResult wait_readable(std::uint64_t deadline_ns = kForeverNs) {
    return this->wait(deadline_ns, [this] { return !this->stamped_.is_blocked(); });
  }

  // Positions that producers gave up and this handle skipped.
  [[nodiscard]] std::uint64_t tombstones() const { return this->stamped_.tombstones(); }
};

template <typename T, Users kProducers, Users kConsumers, typename Wait = SpinWait,
          typename Atomics = core::StdAtomics>
struct QueuePair {
  Producer<T, kProducers, Wait, Atomics> producer;
  Consumer<T, kConsumers, Wait, Atomics> consumer;
};

// Makes a queue of `capacity` slots, a power of two of at least 2 (with one slot "there" and
// "taken" are the same stamp). T is default constructible and moves without throwing. `start` is
// the first position, for tests of the wrap. Errors: usage for the capacity.
template <typename T, Users kProducers, Users kConsumers, typename Wait = SpinWait,
          typename Atomics = core::StdAtomics>
[[nodiscard]] Result<QueuePair<T, kProducers, kConsumers, Wait, Atomics>> make_queue(
    std::size_t capacity, std::uint64_t start = 0) {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                std::is_default_constructible_v<T>);
  if (!std::has_single_bit(capacity) || capacity < 2) {
    return fail(Code::usage, "queue capacity " + std::to_string(capacity) +
                                 " is not a power of two of at least 2");
  }
  auto memory = std::make_shared<QueueMemory<T, Wait, Atomics>>(capacity, start);
  return QueuePair<T, kProducers, kConsumers, Wait, Atomics>{
      Producer<T, kProducers, Wait, Atomics>(memory),
      Consumer<T, kConsumers, Wait, Atomics>(memory)};
}

}  // namespace tally::queue
