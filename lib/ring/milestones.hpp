// Where some of the records of a broadcast begin, kept by its producer in memory of its own. It
// gives up records by these: from one record to the next it would have to read what it wrote a lap
// ago, one line after the other, from the core of the reader that had it last (between two Zen 4
// cores half of the time of a stream of 64-byte records).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ring/broadcast.hpp"

namespace tally::ring {

// Belongs to the producer's thread.
class Milestones {
 public:
  // Of an area of so many bytes, in which `begin` is the oldest record.
  Milestones(std::uint64_t area_bytes, std::uint64_t begin)
      : apart_(area_bytes / kMostInArea), last_(begin) {}

  // A record, or the pad before it, begins there. Called for each, in order.
  void note(std::uint64_t position) {
    if (position - last_ < apart_) return;
    last_ = position;
    at_[end_++ % at_.size()] = position;
  }
  // From `head` to the first one at or behind `wanted`, or else to the last one up to `limit`; the
  // head itself where there is none. Those before are forgotten.
  [[nodiscard]] std::uint64_t go_on(std::uint64_t head, std::uint64_t wanted, std::uint64_t limit) {
    for (; begin_ != end_ && is_before(head, wanted); ++begin_) {
      const std::uint64_t next = at_[begin_ % at_.size()];
      if (is_before(limit, next)) break;
      head = next;
    }
    return head;
  }

 private:
  // So many fit between the head and the end of what was put, which is an area at most; one of
  // either end is spare.
  static constexpr std::size_t kMostInArea = 64;

  std::uint64_t apart_;
  std::uint64_t last_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<std::uint64_t, 2 * kMostInArea> at_{};
};

}  // namespace tally::ring
