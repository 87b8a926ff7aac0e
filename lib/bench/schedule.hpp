// When the packets of an open loop are due: at their times, whatever became of those before. A
// latency that counts from the due time shows a stall in every packet that was due meanwhile; one
// that counts from the moment of sending leaves these out, which is called coordinated omission
// (Gil Tene, "How NOT to Measure Latency").
//
// One thread at a time; nothing allocates.
#pragma once

#include <cstdint>

namespace tally::bench {

class Schedule {
 public:
  // Equal distances, the first at 0; `per_second` is above 0.
  [[nodiscard]] static Schedule fixed(double per_second);
  // Arrivals that know nothing of each other, as from many independent callers: distances are
  // exponential with the mean 1 / per_second, and the same for the same seed.
  [[nodiscard]] static Schedule poisson(double per_second, std::uint64_t seed);

  // The time of the current packet in ns from the start, and its number from 0.
  [[nodiscard]] std::uint64_t due_ns() const;
  [[nodiscard]] std::uint64_t index() const { return index_; }
  // On to the next packet.
  void advance();

 private:
  Schedule(double per_second, bool poisson, std::uint64_t seed);
  [[nodiscard]] double exponential();

  double interval_ns_;
  bool poisson_;
  std::uint64_t state_;    // of SplitMix64
  double arrival_ns_ = 0;  // poisson only
  std::uint64_t index_ = 0;
};

}  // namespace tally::bench
