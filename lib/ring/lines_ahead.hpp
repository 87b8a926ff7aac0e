// Lines of a byte area that are asked for before they are used: by its producer, which takes those
// that it will write back from the cores of its readers (ring/lines.hpp), and by its readers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ring/byte_area.hpp"
#include "ring/lines.hpp"

namespace tally::ring {

// Belongs to the producer's thread.
class LinesAhead {
 public:
  // Of a producer that goes on at `tail`.
  void begin_at(std::uint64_t tail) { until_ = (tail + kInLine) & ~kInLine; }
  [[nodiscard]] bool reach(std::uint64_t end) const { return end <= until_; }
  // Takes the lines of a record that is to lie in [start, end), and some beyond. Nothing behind
  // `start` is written yet, and what is there is free up to `free_end`.
  void take(const ByteArea& area, std::uint64_t start, std::uint64_t end, std::uint64_t free_end) {
    // Further ahead in a small area would take lines that a reader still reads around.
    const std::uint64_t ahead = std::min<std::uint64_t>(4096, area.capacity / 16);
    // What was skipped before the wrap is left alone; the wrap itself is the beginning of a line.
    if (until_ < start) until_ = start;
    const std::uint64_t wanted = (std::max(until_ + ahead, end) + kInLine) & ~kInLine;
    // Whole lines that are free, and not beyond the area's end.
    const std::uint64_t to =
        std::min({wanted, free_end & ~kInLine, start + area.until_wrap(start)});
    if (to <= until_) return;
    std::uint8_t* const from = area.base + area.offset(until_);
    own_lines(from, from + (to - until_));
    until_ = to;
  }

 private:
  static constexpr std::uint64_t kInLine = kLineBytes - 1;

  std::uint64_t until_ = 0;  // what is behind is not written yet
};

// Of a reader, for one look through the area. Where a record begins follows from the one before, so
// that the processor would ask for its lines no sooner than those of the one before have come. What
// is asked for is as much as the look before found: to read the producer's cursor instead, and ask
// for all that it says, took 20 ns a record where this took 17.5 (64 bytes, in batches, between far
// cores of Emerald Rapids; 27 without either).
class LinesToRead {
 public:
  // From `begin` on, about `bytes` are likely to be there. Lines further on are the producer's, who
  // would have to take them back.
  LinesToRead(const ByteArea& area, std::uint64_t begin, std::uint64_t bytes)
      : area_(area), asked_(begin), end_(begin + bytes) {}
  void ask_from(std::uint64_t position) {
    const std::uint64_t ahead = std::min<std::uint64_t>(4096, area_.capacity / 16);
    // A record may be longer than what is asked for at once, or a pad come before it.
    if (static_cast<std::int64_t>(asked_ - position) < 0) asked_ = position;
    for (; asked_ - position < ahead && is_wanted(); asked_ += kLineBytes) {
      __builtin_prefetch(area_.base + area_.offset(asked_));
    }
  }

 private:
  [[nodiscard]] bool is_wanted() const { return static_cast<std::int64_t>(end_ - asked_) > 0; }

  ByteArea area_;
  std::uint64_t asked_;
  std::uint64_t end_;
};

}  // namespace tally::ring
