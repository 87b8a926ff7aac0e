// A bounded queue from one thread to one other thread of the same process: a dense array of T and
// two cursors. The fastest layout for bursts; for the lowest latency of single items between two
// cores, and for several users of an end, see the stamped slots of queue/queue.hpp.
//
//   * Each side keeps to itself how far it may go and reads the other's cursor only when it is
//     there, so that a burst of n costs one miss and not n (rigtorp/SPSCQueue, "cached indices").
//   * The shared cursors lie 128 bytes apart, and the limits inside the handles: processors fetch
//     cache lines in pairs, and a line that both sides write costs a transfer on each write.
//   * A cursor is the address of a cell, and a side knows where the run of cells that are its own
//     ends, so that one item is one comparison, one cell and one store of the cursor. (Positions
//     that only grow, whose cell is found with a mask, cost a fifth more: 0.72 ns an item instead
//     of 0.57. A position kept beside the cursor costs a second store, 0.82 ns.)
//   * There is one cell more than the capacity: a full queue must not look like an empty one.
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
  using Cursor = typename Atomics::template Atomic<Cell*>;

  DenseMemory(std::size_t capacity, std::size_t start)
      : cell_count(capacity + 1),
        cells(std::make_unique<Cell[]>(cell_count)),
        tail(cells.get() + start % cell_count),
        head(cells.get() + start % cell_count) {}

  const std::size_t cell_count;
  const std::unique_ptr<Cell[]> cells;
  // Addresses of cells, or the end of all cells, which means the first.
  alignas(128) Cursor tail;  // next cell to write; the producer's
  alignas(128) Cursor head;  // next cell to read; the consumer's
  WaitEnds ends;
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

// What both handles share: the memory, and how far this side may go. Not used by itself.
template <typename T, typename Wait, typename Atomics>
class DenseEnd {
 public:
  using Memory = DenseMemory<T, Wait, Atomics>;
  using Cell = typename Memory::Cell;

  DenseEnd(DenseEnd&&) noexcept = default;
  DenseEnd& operator=(DenseEnd&&) = delete;
  DenseEnd(const DenseEnd&) = delete;
  DenseEnd& operator=(const DenseEnd&) = delete;

  [[nodiscard]] std::size_t capacity() const { return static_cast<std::size_t>(end_ - begin_) - 1; }

 protected:
  using Cursor = typename Memory::Cursor;
  using Side = typename Memory::WaitEnds::Side;

  DenseEnd(std::shared_ptr<Memory> memory, Cursor& cursor)
      : memory_(std::move(memory)),
        begin_(memory_->cells.get()),
        end_(begin_ + memory_->cell_count),
        cursor_(&cursor),
        limit_(place()),
        stop_(limit_) {}
  ~DenseEnd() = default;

  // Only this side stores it.
  [[nodiscard]] Cell* cursor() const { return Atomics::load_relaxed(*cursor_); }
  [[nodiscard]] Cell* place() const { return around(cursor()); }
  [[nodiscard]] Cell* around(Cell* cursor) const { return cursor == end_ ? begin_ : cursor; }
  // Cells from one place on to another.
  [[nodiscard]] std::size_t distance(const Cell* from, const Cell* to) const {
    return static_cast<std::size_t>(to - from + (to < from ? end_ - begin_ : 0));
  }

  // Whether `count` cells from `cell`, the cursor, are this side's and lie in one run.
  [[nodiscard]] bool is_in_run(const Cell* cell, std::size_t count) const {
    return count <= static_cast<std::size_t>(stop_ - cell);
  }
  // Where the next run begins once the last one is used up, nullptr when there is none. `look`: how
  // far the other cursor lets this side go now.
  template <typename Look>
  Cell* next_run(Look look) {
    Cell* const first = place();
    if (first == limit_) {
      limit_ = look();
      if (first == limit_) return nullptr;
    }
    begin_run(first);
    return first;
  }
  // As many cells from the cursor on as this side may use, at most `wanted`.
  template <typename Look>
  SpanPair<Cell> runs(std::size_t wanted, Look look) {
    Cell* const first = place();
    if (distance(first, limit_) < wanted) limit_ = look();
    const std::size_t count = std::min(distance(first, limit_), wanted);
    const std::size_t until_end = std::min(count, static_cast<std::size_t>(end_ - first));
    return {{first, until_end}, {begin_, count - until_end}};
  }

  // Moves the cursor `count` cells on, around the end.
  void advance(Side& readers_or_writers, std::size_t count) {
    Cell* const first = place();
    const auto until_end = static_cast<std::size_t>(end_ - first);
    Cell* const next = count < until_end ? first + count : begin_ + (count - until_end);
    begin_run(next);
    publish(readers_or_writers, next);
  }
  void publish(Side& readers_or_writers, Cell* cursor) {
    Memory::WaitEnds::publish(readers_or_writers, *cursor_, cursor);
  }
  void begin_run(Cell* first) { stop_ = limit_ < first ? end_ : limit_; }

  std::shared_ptr<Memory> memory_;
  Cell* begin_;
  Cell* end_;
  Cursor* cursor_;
  Cell* limit_;  // where this side must stop, as the other cursor was when last read; not `end_`
  Cell* stop_;   // where the run of cells ends that the cursor is in: at the latest at `end_`
};

// The writing end. One thread at a time.
template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class alignas(128) DenseProducer : public DenseEnd<T, Wait, Atomics> {
  using Base = DenseEnd<T, Wait, Atomics>;
  using typename Base::Side;

 public:
  using typename Base::Cell;
  using typename Base::Memory;

  explicit DenseProducer(std::shared_ptr<Memory> memory) : Base(memory, memory->tail) {}
  DenseProducer(DenseProducer&&) noexcept = default;
  ~DenseProducer() { close(); }

  // Returns false, and leaves `item` as it was, when the queue is full.
  bool try_push(T&& item) {
    Cell* cell = this->cursor();
    if (cell == this->stop_) [[unlikely]] {
      cell = this->next_run([this] { return look(); });
      if (cell == nullptr) return false;
    }
    Atomics::put(*cell, std::move(item));
    this->publish(readers(), cell + 1);
    return true;
  }
  bool try_push(const T& item) { return try_push(T(item)); }

  // Copies as many items as there is room for, from the front, and returns how many.
  std::size_t push(std::span<const T> items) {
    Cell* const cell = this->cursor();
    if (this->is_in_run(cell, items.size())) {
      Atomics::put_run(cell, items.data(), items.size());
      this->publish(readers(), cell + items.size());
      return items.size();
    }
    const auto room = claim(items.size());
    Atomics::put_run(room.first.data(), items.data(), room.first.size());
    Atomics::put_run(room.second.data(), items.data() + room.first.size(), room.second.size());
    if (room.size() != 0) commit(room.size());
    return room.size();
  }

  // Zero copy: up to `wanted` free slots to fill in order. commit(k) publishes the first k, and
  // what is not committed is claimed again next time.
  SpanPair<Cell> claim(std::size_t wanted) {
    return this->runs(wanted, [this] { return look(); });
  }
  void commit(std::size_t count) { this->advance(readers(), count); }

  // Waits for room until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed when the consumer
  // has left.
  WaitResult push_wait(T item, std::uint64_t deadline_ns = kForeverNs) {
    auto& memory = *this->memory_;
    return Memory::WaitEnds::wait(
        memory.ends.writers, memory.ends.readers, deadline_ns,
        [&] { return try_push(std::move(item)); },
        // seq_cst: after this side said that it waits (Gate).
        [&] { return limit(Atomics::load_seq_cst(memory.head)) == this->place(); });
  }

  // No more items: the consumer gets `closed` after the last one. The destructor does the same.
  // Nothing else may be called afterwards.
  void close() {
    if (this->memory_ == nullptr) return;
    Memory::WaitEnds::leave(this->memory_->ends.readers);
    this->memory_.reset();
  }

  // Items in the queue, at most: the consumer may have taken some meanwhile.
  [[nodiscard]] std::size_t size_approx() const {
    return this->distance(this->around(Atomics::load_relaxed(this->memory_->head)), this->place());
  }

 private:
  Side& readers() { return this->memory_->ends.readers; }
  // The cell that stays empty, before the one that is read next.
  Cell* limit(Cell* head) const { return (head == this->begin_ ? this->end_ : head) - 1; }
  // Acquire pairs with the head that the consumer stored after it had read the cells.
  Cell* look() const { return limit(Atomics::load_acquire(this->memory_->head)); }
};

// The reading end. One thread at a time.
template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
class alignas(128) DenseConsumer : public DenseEnd<T, Wait, Atomics> {
  using Base = DenseEnd<T, Wait, Atomics>;
  using typename Base::Side;

 public:
  using typename Base::Cell;
  using typename Base::Memory;

  explicit DenseConsumer(std::shared_ptr<Memory> memory) : Base(memory, memory->head) {}
  DenseConsumer(DenseConsumer&&) noexcept = default;
  ~DenseConsumer() { close(); }

  // Returns false, and leaves `item` as it was, when the queue is empty.
  bool try_pop(T& item) {
    Cell* cell = this->cursor();
    if (cell == this->stop_) [[unlikely]] {
      cell = this->next_run([this] { return look(); });
      if (cell == nullptr) return false;
    }
    item = Atomics::take(*cell);
    this->publish(writers(), cell + 1);
    return true;
  }

  // Takes as many items as there are, at most items.size(), and returns how many.
  std::size_t pop(std::span<T> items) {
    Cell* const cell = this->cursor();
    if (this->is_in_run(cell, items.size())) {
      Atomics::take_run(items.data(), cell, items.size());
      this->publish(writers(), cell + items.size());
      return items.size();
    }
    const auto there = peek(items.size());
    Atomics::take_run(items.data(), there.first.data(), there.first.size());
    Atomics::take_run(items.data() + there.first.size(), there.second.data(), there.second.size());
    if (there.size() != 0) release(there.size());
    return there.size();
  }

  // Zero copy: up to `wanted` items where they lie. release(k) frees the first k.
  SpanPair<Cell> peek(std::size_t wanted) {
    return this->runs(wanted, [this] { return look(); });
  }
  void release(std::size_t count) { this->advance(writers(), count); }

  // Waits for an item until `deadline_ns` (CLOCK_MONOTONIC): ok, timeout, or closed after the last
  // item when the producer has left.
  WaitResult pop_wait(T& item, std::uint64_t deadline_ns = kForeverNs) {
    return wait(deadline_ns, [&] { return try_pop(item); });
  }
  // The same without taking it.
  WaitResult wait_readable(std::uint64_t deadline_ns = kForeverNs) {
    return wait(deadline_ns, [&] { return peek(1).size() != 0; });
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
    return this->distance(this->place(), this->around(Atomics::load_relaxed(this->memory_->tail)));
  }

 private:
  template <typename Attempt>
  WaitResult wait(std::uint64_t deadline_ns, Attempt attempt) {
    auto& memory = *this->memory_;
    return Memory::WaitEnds::wait(
        memory.ends.readers, memory.ends.writers, deadline_ns, attempt,
        // seq_cst: after this side said that it waits (Gate).
        [&] { return limit(Atomics::load_seq_cst(memory.tail)) == this->place(); });
  }
  Side& writers() { return this->memory_->ends.writers; }
  Cell* limit(Cell* tail) const { return this->around(tail); }
  // Acquire pairs with the tail that the producer stored after it had written the cells.
  Cell* look() const { return limit(Atomics::load_acquire(this->memory_->tail)); }
};

template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
struct DensePair {
  DenseProducer<T, Wait, Atomics> producer;
  DenseConsumer<T, Wait, Atomics> consumer;
};

// Makes a queue of `capacity` slots, a power of two. T is default constructible and moves without
// throwing. `start` is the first cell, modulo their number, for tests of the way around. Errors:
// usage for the capacity.
template <typename T, typename Wait = SpinWait, typename Atomics = core::StdAtomics>
[[nodiscard]] Result<DensePair<T, Wait, Atomics>> make_dense(std::size_t capacity,
                                                             std::size_t start = 0) {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
                std::is_default_constructible_v<T>);
  if (!std::has_single_bit(capacity)) {
    return fail(Code::usage,
                "queue capacity " + std::to_string(capacity) + " is not a power of two");
  }
  auto memory = std::make_shared<DenseMemory<T, Wait, Atomics>>(capacity, start);
  return DensePair<T, Wait, Atomics>{DenseProducer<T, Wait, Atomics>(memory),
                                     DenseConsumer<T, Wait, Atomics>(memory)};
}

}  // namespace tally::queue
