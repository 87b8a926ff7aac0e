// A bounded queue from one thread to one other thread of the same process: a dense array of T and
// two cursors. The fastest layout for bursts; for the lowest latency of single items between two
// cores, and across processes, see the stamped slots of ring/layout.hpp.
//
//   * Each side keeps a private copy of the other's cursor and reads the shared one only when the
//     copy says full or empty, so that a burst of n costs one miss and not n (rigtorp/SPSCQueue,
//     "cached indices").
//   * The shared cursors lie 128 bytes apart, and the private copies inside the handles: processors
//     fetch cache lines in pairs, and a line that both sides write costs a transfer on each write.
//   * Positions are 64-bit and only ever grow; the slot is position & (capacity - 1), the fill is
//     tail - head. Both are right across the wrap at 2^64, so no slot is wasted to tell full from
//     empty.
//
// make_spsc() allocates everything; afterwards nothing is. The two ends are handles that can be
// moved to a thread but not copied, so that a second user of one side does not compile. The memory
// lives until both are gone.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "core/result.hpp"
#include "queue/atomics.hpp"
#include "queue/wait.hpp"

namespace tally::queue {

// What push_wait() and pop_wait() do while they wait (queue/wait.hpp), chosen when the queue's type
// is named: only FutexWait makes the other side pay for looking after sleepers.
struct SpinWait {
  static constexpr WaitPolicy kPolicy = WaitPolicy::spin;
};
struct YieldWait {
  static constexpr WaitPolicy kPolicy = WaitPolicy::yield;
};
struct FutexWait {
  static constexpr WaitPolicy kPolicy = WaitPolicy::futex;
};

enum class WaitResult : std::uint8_t {
  ok,
  timeout,
  closed,  // the other side has left; a consumer hears it after the last item
};

template <typename T, typename Wait, typename Atomics>
struct SpscShared {
  using Cell = typename Atomics::template Cell<T>;
  template <typename U>
  using Atomic = typename Atomics::template Atomic<U>;
  static constexpr bool kMaySleep = Wait::kPolicy == WaitPolicy::futex;

  SpscShared(std::size_t capacity, std::uint64_t start)
      : tail(start), head(start), mask(capacity - 1), cells(std::make_unique<Cell[]>(capacity)) {}

  // Stores a cursor and, where the other side may sleep there, wakes it.
  void advance(Atomic<std::uint64_t>& cursor, std::uint64_t position, Gate& gate) {
    if constexpr (kMaySleep) {
      Atomics::store_seq_cst(cursor, position);  // before the look for a sleeper (Gate)
      gate.wake_if_waiting(FutexScope::process);
    } else {
      Atomics::store_release(cursor, position);  // the cells before it are written, or read
    }
  }

  alignas(128) Atomic<std::uint64_t> tail;  // next position to write; the producer's
  alignas(128) Atomic<std::uint64_t> head;  // next position to read; the consumer's
  alignas(128) Gate readers{};
  Gate writers{};
  Atomic<std::uint32_t> producer_gone{0};
  Atomic<std::uint32_t> consumer_gone{0};
  const std::uint64_t mask;
  const std::unique_ptr<Cell[]> cells;
};

// Up to two runs of slots: the second begins at the array's start when the range wraps.
template <typename Cell>
struct SpanPair {
  std::span<Cell> first;
  std::span<Cell> second;
  [[nodiscard]] std::size_t size() const { return first.size() + second.size(); }
  [[nodiscard]] Cell& operator[](std::size_t i) const {
    return i < first.size() ? first[i] : second[i - first.size()];
  }
};

// What both handles share: the memory, and waiting. Not used by itself.
template <typename T, typename Wait, typename Atomics>
class SpscEnd {
 public:
  using Shared = SpscShared<T, Wait, Atomics>;
  using Cell = typename Shared::Cell;

  explicit SpscEnd(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  [[nodiscard]] std::size_t capacity() const { return shared_->mask + 1; }

 protected:
  Cell& cell(std::uint64_t position) const { return shared_->cells[position & shared_->mask]; }
  SpanPair<Cell> range(std::uint64_t position, std::size_t count) const {
    const std::size_t begin = position & shared_->mask;
    const std::size_t first = std::min(count, capacity() - begin);
    return {{&shared_->cells[begin], first}, {&shared_->cells[0], count - first}};
  }
  // Repeats `attempt` until it succeeds. `blocked` looks at the other cursor with seq_cst.
  template <typename Attempt, typename Blocked, typename Gone>
  WaitResult wait(Attempt attempt, Blocked blocked, Gone gone, Gate& gate,
                  std::uint64_t deadline_ns) {
    WaitLoop loop(Wait::kPolicy, deadline_ns);
    for (;;) {
      if (attempt()) return WaitResult::ok;
      // Once more after seeing the other side gone: it may have finished in between.
      if (gone()) return attempt() ? WaitResult::ok : WaitResult::closed;
      const auto step = loop.next();
      if (step == WaitLoop::Step::expired) {
        return attempt() ? WaitResult::ok : WaitResult::timeout;
      }
      if (step == WaitLoop::Step::sleep) {
        gate.sleep([&] { return blocked() && !gone(); }, loop.wake_at_ns(), FutexScope::process);
      }
    }
  }

  std::shared_ptr<Shared> shared_;
};

// The writing end. One thread at a time.
template <typename T, typename Wait = SpinWait, typename Atomics = StdAtomics>
class alignas(128) SpscProducer : public SpscEnd<T, Wait, Atomics> {
  using Base = SpscEnd<T, Wait, Atomics>;

 public:
  using typename Base::Cell;
  using typename Base::Shared;

  explicit SpscProducer(std::shared_ptr<Shared> shared)
      : Base(std::move(shared)),
        tail_(Atomics::load_relaxed(this->shared_->tail)),
        cached_head_(tail_) {}
  SpscProducer(SpscProducer&&) noexcept = default;
  SpscProducer& operator=(SpscProducer&&) = delete;
  SpscProducer(const SpscProducer&) = delete;
  SpscProducer& operator=(const SpscProducer&) = delete;
  ~SpscProducer() { close(); }

  // Returns false, and leaves `item` as it was, when the queue is full.
  bool try_push(T&& item) {
    if (free_slots(1) == 0) return false;
    Atomics::put(this->cell(tail_), std::move(item));
    publish(1);
    return true;
  }
  bool try_push(const T& item) { return try_push(T(item)); }

  // Copies as many items as there is room for, from the front, and returns how many.
  std::size_t push(std::span<const T> items) {
    const std::size_t count = free_slots(items.size());
    for (std::size_t i = 0; i < count; ++i) Atomics::put(this->cell(tail_ + i), T(items[i]));
    if (count > 0) publish(count);
    return count;
  }

  // Zero copy: up to `wanted` free slots to fill in order. commit(k) publishes the first k, and
  // what is not committed is claimed again next time.
  SpanPair<Cell> claim(std::size_t wanted) { return this->range(tail_, free_slots(wanted)); }
  void commit(std::size_t count) { publish(count); }

  WaitResult push_wait(T item, std::uint64_t deadline_ns = kForeverNs) {
    auto& shared = *this->shared_;
    return this->wait([&] { return try_push(std::move(item)); },
                      // seq_cst: after this side said that it waits (Gate).
                      [&] { return tail_ - Atomics::load_seq_cst(shared.head) > shared.mask; },
                      // Pairs with the consumer's close().
                      [&] { return Atomics::load_acquire(shared.consumer_gone) != 0; },
                      shared.writers, deadline_ns);
  }

  // No more items: the consumer gets `closed` after the last one. The destructor does the same.
  void close() {
    if (this->shared_ == nullptr) return;
    Atomics::store_release(this->shared_->producer_gone, std::uint32_t{1});  // after the last tail
    if constexpr (Shared::kMaySleep) this->shared_->readers.wake(FutexScope::process);
  }

  // Items in the queue, at least: the consumer may have taken some meanwhile.
  [[nodiscard]] std::size_t size_approx() const {
    return tail_ - Atomics::load_relaxed(this->shared_->head);
  }

 private:
  std::size_t free_slots(std::size_t wanted) {
    std::size_t free = this->capacity() - (tail_ - cached_head_);
    if (free < wanted) {
      // Acquire pairs with the head that the consumer stored after it had read the cells.
      cached_head_ = Atomics::load_acquire(this->shared_->head);
      free = this->capacity() - (tail_ - cached_head_);
    }
    return std::min(free, wanted);
  }
  void publish(std::size_t count) {
    tail_ += count;
    this->shared_->advance(this->shared_->tail, tail_, this->shared_->readers);
  }

  std::uint64_t tail_;
  std::uint64_t cached_head_;
};

// The reading end. One thread at a time.
template <typename T, typename Wait = SpinWait, typename Atomics = StdAtomics>
class alignas(128) SpscConsumer : public SpscEnd<T, Wait, Atomics> {
  using Base = SpscEnd<T, Wait, Atomics>;

 public:
  using typename Base::Cell;
  using typename Base::Shared;

  explicit SpscConsumer(std::shared_ptr<Shared> shared)
      : Base(std::move(shared)),
        head_(Atomics::load_relaxed(this->shared_->head)),
        cached_tail_(head_) {}
  SpscConsumer(SpscConsumer&&) noexcept = default;
  SpscConsumer& operator=(SpscConsumer&&) = delete;
  SpscConsumer(const SpscConsumer&) = delete;
  SpscConsumer& operator=(const SpscConsumer&) = delete;
  ~SpscConsumer() { close(); }

  // Returns false, and leaves `item` as it was, when the queue is empty.
  bool try_pop(T& item) {
    if (ready(1) == 0) return false;
    item = Atomics::take(this->cell(head_));
    retire(1);
    return true;
  }

  // Takes as many items as there are, at most items.size(), and returns how many.
  std::size_t pop(std::span<T> items) {
    const std::size_t count = ready(items.size());
    for (std::size_t i = 0; i < count; ++i) items[i] = Atomics::take(this->cell(head_ + i));
    if (count > 0) retire(count);
    return count;
  }

  // Zero copy: up to `wanted` items where they lie. release(k) frees the first k.
  SpanPair<Cell> peek(std::size_t wanted) { return this->range(head_, ready(wanted)); }
  void release(std::size_t count) { retire(count); }

  WaitResult pop_wait(T& item, std::uint64_t deadline_ns = kForeverNs) {
    auto& shared = *this->shared_;
    return this->wait([&] { return try_pop(item); },
                      // seq_cst: after this side said that it waits (Gate).
                      [&] { return Atomics::load_seq_cst(shared.tail) == head_; },
                      // Pairs with the producer's close(): its last tail is seen after.
                      [&] { return Atomics::load_acquire(shared.producer_gone) != 0; },
                      shared.readers, deadline_ns);
  }

  // A producer that waits for room hears of it. The destructor does the same.
  void close() {
    if (this->shared_ == nullptr) return;
    Atomics::store_release(this->shared_->consumer_gone, std::uint32_t{1});  // after the last head
    if constexpr (Shared::kMaySleep) this->shared_->writers.wake(FutexScope::process);
  }

  // Items in the queue, at least: the producer may have added some meanwhile.
  [[nodiscard]] std::size_t size_approx() const {
    return Atomics::load_relaxed(this->shared_->tail) - head_;
  }

 private:
  std::size_t ready(std::size_t wanted) {
    if (cached_tail_ - head_ < wanted) {
      // Acquire pairs with the tail that the producer stored after it had written the cells.
      cached_tail_ = Atomics::load_acquire(this->shared_->tail);
    }
    return std::min<std::size_t>(cached_tail_ - head_, wanted);
  }
  void retire(std::size_t count) {
    head_ += count;
    this->shared_->advance(this->shared_->head, head_, this->shared_->writers);
  }

  std::uint64_t head_;
  std::uint64_t cached_tail_;
};

template <typename T, typename Wait = SpinWait, typename Atomics = StdAtomics>
struct SpscPair {
  SpscProducer<T, Wait, Atomics> producer;
  SpscConsumer<T, Wait, Atomics> consumer;
};

// Makes a queue of `capacity` slots, a power of two. T is default constructible and moves without
// throwing. `start` is the first position, for tests of the wrap. Errors: usage for the capacity.
template <typename T, typename Wait = SpinWait, typename Atomics = StdAtomics>
[[nodiscard]] Result<SpscPair<T, Wait, Atomics>> make_spsc(std::size_t capacity,
                                                           std::uint64_t start = 0) {
  static_assert(std::is_nothrow_move_assignable_v<T> && std::is_default_constructible_v<T>);
  if (!std::has_single_bit(capacity)) {
    return fail(Code::usage,
                "queue capacity " + std::to_string(capacity) + " is not a power of two");
  }
  auto shared = std::make_shared<SpscShared<T, Wait, Atomics>>(capacity, start);
  return SpscPair<T, Wait, Atomics>{SpscProducer<T, Wait, Atomics>(shared),
                                    SpscConsumer<T, Wait, Atomics>(shared)};
}

}  // namespace tally::queue
