// The work that rings of records are measured by, ours and the peers'. A ring is given by an
// adapter, whose records carry 64 bytes each:
//
//   std::size_t send(std::uint64_t first, std::size_t most)   side 1: puts in at most `most`
//   records,
//                                  filled with fill_record(), and publishes them together; how many
//   std::size_t take(std::uint64_t first, std::size_t most, bool& good)   side 0: takes at most
//                                  `most` records that are there, reads each with is_record(); how
//                                  many. `good` goes false where one is not what it should be.
//
// Record n is the n-th of all; `first` is the number of the next. Used by the modules of peers too:
// nothing here needs linking.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/threads.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

inline constexpr std::size_t kBatchRecords = 32;
inline constexpr std::size_t kRecordBytes = 64;
// Rings that fit into the first-level caches of both cores, as one takes for the shortest way: a
// line comes from there and goes back there in a third of the time that it takes further out.
inline constexpr std::uint64_t kNearSlots = 128;

inline void fill_record(std::uint8_t* record, std::uint64_t number) {
  std::memset(record, static_cast<int>(number & 0xffU), kRecordBytes);
}
// Reads all of it.
inline bool is_record(const std::uint8_t* record, std::uint64_t number) {
  std::array<std::uint8_t, kRecordBytes> copy;
  std::memcpy(copy.data(), record, kRecordBytes);
  keep(copy);
  return copy[17] == static_cast<std::uint8_t>(number);
}

// Two threads: records from side 1 to side 0, in batches.
template <typename Ring>
class RecordBatches final : public bench::Subject {
 public:
  template <typename... Arguments>
  explicit RecordBatches(Arguments&&... arguments) : ring_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] std::uint64_t granularity() const override { return kBatchRecords; }
  void run(std::size_t side, std::uint64_t operations) override {
    std::uint64_t& next = next_[side].value;
    const std::uint64_t end = next + operations;
    bool good = true;
    while (next != end) {
      const std::size_t most = std::min<std::uint64_t>(kBatchRecords, end - next);
      const std::size_t moved = side == 0 ? ring_.take(next, most, good) : ring_.send(next, most);
      // As every wait of a ring's ends does: who looks without a break takes the lines that the
      // other side is at.
      if (moved == 0) core::cpu_relax();
      next += moved;
    }
    if (side == 0 && !good) wrong_ = true;
  }
  [[nodiscard]] bool healthy() const override { return !wrong_; }

 private:
  struct alignas(128) Next {
    std::uint64_t value = 0;
  };
  Ring ring_;
  std::array<Next, 2> next_{};
  alignas(128) bool wrong_ = false;  // side 0 alone
};

// Two threads and two rings: side 0 sends a word and waits for its echo. A ring here is
//
//   bool push(std::uint64_t word)    a record that begins with the word
//   bool pop(std::uint64_t& word)    reads the next one, if it is there
template <typename Ring>
class WordRoundTrip final : public bench::Subject {
 public:
  WordRoundTrip(Ring there, Ring back) : there_(std::move(there)), back_(std::move(back)) {}

  void run(std::size_t side, std::uint64_t operations) override {
    std::uint64_t word = 0;
    for (std::uint64_t i = 0; i < operations; ++i) {
      if (side == 0) {
        there_.push(i);
        while (!back_.pop(word)) core::cpu_relax();
        if (word != i) wrong_ = true;
      } else {
        while (!there_.pop(word)) core::cpu_relax();
        back_.push(word);
      }
    }
  }
  [[nodiscard]] bool healthy() const override { return !wrong_; }

 private:
  Ring there_;
  Ring back_;
  bool wrong_ = false;  // side 0 alone
};

}  // namespace tally::bench_tool
