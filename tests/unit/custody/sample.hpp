// A dealt key that is the same in every run.
#pragma once

#include "mpc/deal.hpp"

namespace tally::test {

inline mpc::Dealing sample_dealing(std::uint32_t threshold = 2, std::uint32_t parties = 3,
                                   std::uint8_t seed = 7) {
  ByteArray<32> bytes{};
  bytes.fill(seed);
  return mpc::deal(threshold, parties, bytes).value();
}

}  // namespace tally::test
