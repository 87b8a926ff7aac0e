// Numbers for resampling and shuffling: the same from a seed on every host and with every standard
// library, so that a report can be computed again. Not for secrets. One thread an object.
//
// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tally::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  // 0 to limit - 1, for a limit from 1 to 2^32. By multiplication; a value's probability is off by
  // at most limit / 2^32 of itself.
  std::size_t below(std::size_t limit) {
    return static_cast<std::size_t>(((next() >> 32U) * limit) >> 32U);
  }

  // 0 to 1, without 1.
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace tally::bench
