// A bounded queue from one thread to one other thread of the same process: a dense array of T and
// two cursors. The fastest layout for bursts; for the lowest latency of single items between two
// cores, and for several users of an end, see the stamped slots of queue/queue.hpp.
//
//   * Each side keeps to itself how far it may go and reads the other's cursor only when it is
//     there, so that a burst of n costs one miss and not n (rigtorp/SPSCQueue, "cached indices").
//   * The shared cursors lie 128 bytes apart, and the limits inside the handles: processors fetch
//     cache lines in pairs, and a line that both sides write costs a transfer on each write.
//   * Positions are 64-bit and only ever grow; the slot is position & (capacity - 1), the fill is
//     tail - head. Both are right across the wrap at 2^64, so no slot is wasted to tell full from
//     empty.
//   * A batch is at most two runs of cells and is copied as such.
//
// make_dense() allocates everything; afterwards nothing is. The two ends are handles that can be
// moved to a thread but not copied, so that a second user of one side does not compile. The memory
// lives until both are gone.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "core/atomics.hpp"
#include "core/result.hpp"
#include "queue/ends.hpp"

namespace tally::queue {

template <typename T, typename Wait, typename Atomics>
struct DenseMemory {
  using Cell = typename Atomics::template Cell<T>;
  using WaitEnds = Ends<Wait, Atomics>;
  using Cursor = typename Atomics::template Atomic<std::uint64_t>;

  DenseMemory(std::size_t capacity, std::uint64_t start)
      : tail(start), head(start), mask(capacity - 1), cells(std::make_unique<Cell[]>(capacity)) {}

  alignas(128) Cursor tail;  // next position to write; the producer's
  alignas(128) Cursor head;  // next position to read; the consumer's
  WaitEnds ends;
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

// What both handles share: the memory, and where it lies. Not used by itself.
template <typename T, typename Wait, typename Atomics>
class DenseEnd {
 public:
  using Memory = DenseMemory<T, Wait, Atomics>;
  using Cell = typename Memory::Cell;

  DenseEnd(DenseEnd&&) noexcept = default;
  DenseEnd& operator=(DenseEnd&&) = delete;
  DenseEnd(const DenseEnd&) = delete;
  DenseEnd& operator=(const DenseEnd&) = delete;

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

 protected:
  using Cursor = typename Memory::Cursor;

  DenseEnd(std::shared_ptr<Memory> memory, Cursor& cursor)
      : memory_(std::move(memory)),
        cells_(memory_->cells.get()),
        mask_(memory_->mask),
        cursor_(&cursor),
        limit_(position()) {}
  ~DenseEnd() = default;

  // Only this side stores it.
  [[nodiscard]] std::uint64_t position() const { return Atomics::load_relaxed(*cursor_); }
  Cell& cell(std::uint64_t position) const { return cells_[position & mask_]; }
  SpanPair<Cell> range(std::size_t count) const {
    const std::size_t begin = position() & mask_;
    const std::size_t first = std::min(count, capacity() - begin);
    return {{cells_ + begin, first}, {cells_, count - first}};
  }
  // Positions up to `limit_`, when the other cursor was last read.
  [[nodiscard]] std::size_t left() const { return limit_ - position(); }
  void advance(typename Memory::WaitEnds::Side& readers_or_writers, std::uint64_t position) {
    Memory::WaitEnds::publish(readers_or_writers, *cursor_, position);
  }

  std::shared_ptr<Memory> memory_;
  Cell* cells_;
  std::uint64_t mask_;
  Cursor* cursor_;
  std::uint64_t limit_;
};

// The writing end. One thread at a time.
template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class alignas(128) DenseProducer : public DenseEnd<T, Wait, Atomics> {
  using Base = DenseEnd<T, Wait, Atomics>;

 public:
  using typename Base::Cell;
  using typename Base::Memory;

  explicit DenseProducer(std::shared_ptr<Memory> memory) : Base(memory, memory->tail) {}
  DenseProducer(DenseProducer&&) noexcept = default;
  ~DenseProducer() { close(); }

  // Returns false, and leaves `item` as it was, when the queue is full.
  bool try_push(T&& item) {
    const std::uint64_t position = this->position();
    if (position == this->limit_ && !look()) return false;
    Atomics::put(this->cell(position), std::move(item));
    publish(position + 1);
    return true;
  }
  bool try_push(const T& item) { return try_push(T(item)); }

  // Copies as many items as there is room for, from the front, and returns how many.
  std::size_t push(std::span<const T> items) {
    const std::size_t count = free_slots(items.size());
    if (count == 0) return 0;
    const auto room = this->range(count);
    Atomics::put_run(room.first.data(), items.data(), room.first.size());
    Atomics::put_run(room.second.data(), items.data() + room.first.size(), room.second.size());
    publish(this->position() + count);
    return count;
  }

  // Zero copy: up to `wanted` free slots to fill in order. commit(k) publishes the first k, and
  // what is not committed is claimed again next time.
  SpanPair<Cell> claim(std::size_t wanted) { return this->range(free_slots(wanted)); }
  void commit(std::size_t count) { publish(this->position() + count); }

  // Waits for room until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed when the consumer
  // has left.
  WaitResult push_wait(T item, std::uint64_t deadline_ns = kForeverNs) {
    auto& memory = *this->memory_;
    return Memory::WaitEnds::wait(
        memory.ends.writers, memory.ends.readers, deadline_ns,
        [&] { return try_push(std::move(item)); },
        // seq_cst: after this side said that it waits (Gate).
        [&] { return this->position() - Atomics::load_seq_cst(memory.head) > this->mask_; });
  }

  // No more items: the consumer gets `closed` after the last one. The destructor does the same.
  // Nothing else may be called afterwards.
  void close() {
    if (this->memory_ == nullptr) return;
    Memory::WaitEnds::leave(this->memory_->ends.readers);
    this->memory_.reset();
  }

  // Items in the queue, at least: the consumer may have taken some meanwhile.
  [[nodiscard]] std::size_t size_approx() const {
    return this->position() - Atomics::load_relaxed(this->memory_->head);
  }

 private:
  // Reads how far the consumer is; false when every slot is taken.
  bool look() {
    // Acquire pairs with the head that the consumer stored after it had read the cells.
    this->limit_ = Atomics::load_acquire(this->memory_->head) + this->capacity();
    return this->left() != 0;
  }
  std::size_t free_slots(std::size_t wanted) {
    if (this->left() < wanted) look();
    return std::min<std::size_t>(this->left(), wanted);
  }
  void publish(std::uint64_t tail) { this->advance(this->memory_->ends.readers, tail); }
};

// The reading end. One thread at a time.
template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class alignas(128) DenseConsumer : public DenseEnd<T, Wait, Atomics> {
  using Base = DenseEnd<T, Wait, Atomics>;

 public:
  using typename Base::Cell;
  using typename Base::Memory;

  explicit DenseConsumer(std::shared_ptr<Memory> memory) : Base(memory, memory->head) {}
  DenseConsumer(DenseConsumer&&) noexcept = default;
  ~DenseConsumer() { close(); }

  // Returns false, and leaves `item` as it was, when the queue is empty.
  bool try_pop(T& item) {
    const std::uint64_t position = this->position();
    if (position == this->limit_ && !look()) return false;
    item = Atomics::take(this->cell(position));
    retire(position + 1);
    return true;
  }

  // Takes as many items as there are, at most items.size(), and returns how many.
  std::size_t pop(std::span<T> items) {
    const std::size_t count = ready(items.size());
    if (count == 0) return 0;
    const auto there = this->range(count);
    Atomics::take_run(items.data(), there.first.data(), there.first.size());
    Atomics::take_run(items.data() + there.first.size(), there.second.data(), there.second.size());
    retire(this->position() + count);
    return count;
  }

  // Zero copy: up to `wanted` items where they lie. release(k) frees the first k.
  SpanPair<Cell> peek(std::size_t wanted) { return this->range(ready(wanted)); }
  void release(std::size_t count) { retire(this->position() + count); }

  // Waits for an item until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed after the last
  // item when the producer has left.
  WaitResult pop_wait(T& item, std::uint64_t deadline_ns = kForeverNs) {
    return wait(deadline_ns, [&] { return try_pop(item); });
  }
  // The same without taking it.
  WaitResult wait_readable(std::uint64_t deadline_ns = kForeverNs) {
    return wait(deadline_ns, [&] { return ready(1) != 0; });
  }

  // A producer that waits for room hears of it. The destructor does the same. Nothing else may be
  // called afterwards.
  void close() {
    if (this->memory_ == nullptr) return;
    Memory::WaitEnds::leave(this->memory_->ends.writers);
    this->memory_.reset();
  }

  // Items in the queue, at least: the producer may have added some meanwhile.
  [[nodiscard]] std::size_t size_approx() const {
    return Atomics::load_relaxed(this->memory_->tail) - this->position();
  }

 private:
  template <typename Attempt>
  WaitResult wait(std::uint64_t deadline_ns, Attempt attempt) {
    auto& memory = *this->memory_;
    return Memory::WaitEnds::wait(
        memory.ends.readers, memory.ends.writers, deadline_ns, attempt,
        // seq_cst: after this side said that it waits (Gate).
        [&] { return Atomics::load_seq_cst(memory.tail) == this->position(); });
  }
  // Reads how far the producer is; false when there is nothing.
  bool look() {
    // Acquire pairs with the tail that the producer stored after it had written the cells.
    this->limit_ = Atomics::load_acquire(this->memory_->tail);
    return this->left() != 0;
  }
  std::size_t ready(std::size_t wanted) {
    if (this->left() < wanted) look();
    return std::min<std::size_t>(this->left(), wanted);
  }
  void retire(std::uint64_t head) { this->advance(this->memory_->ends.writers, head); }
};

template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
struct DensePair {
  DenseProducer<T, Wait, Atomics> producer;
  DenseConsumer<T, Wait, Atomics> consumer;
};

// Makes a queue of `capacity` slots, a power of two. T is default constructible and moves without
// throwing. `start` is the first position, for tests of the wrap. Errors: usage for the capacity.
template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
[[nodiscard]] Result<DensePair<T, Wait, Atomics>> make_dense(std::size_t capacity,
                                                             std::uint64_t start = 0) {
  static_assert(std::is_nothrow_move_assignable_v<T> && std::is_default_constructible_v<T>);
  if (!std::has_single_bit(capacity)) {
    return fail(Code::usage,
                "queue capacity " + std::to_string(capacity) + " is not a power of two");
  }
  auto memory = std::make_shared<DenseMemory<T, Wait, Atomics>>(capacity, start);
  return DensePair<T, Wait, Atomics>{DenseProducer<T, Wait, Atomics>(memory),
                                     DenseConsumer<T, Wait, Atomics>(memory)};
}

}  // namespace tally::queue
