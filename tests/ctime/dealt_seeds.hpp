// The seeds of one direction of a pair as a pair setup leaves them, made without one.
#pragma once

#include <algorithm>
#include <utility>

#include "mpc/dkls_random.hpp"
#include "mpc/ot_seeds.hpp"

namespace tally::ctime {

// Bob has every leaf, and Alice all but one of each tree.
inline std::pair<mpc::dkls::AliceSeeds, mpc::dkls::BobSeeds> dealt_seeds(std::uint8_t seed) {
  namespace dkls = mpc::dkls;
  dkls::HedgedRandomness random(ByteArray<32>{seed}, dkls::Hedge{});
  ByteArray<dkls::kLeavesBytes> leaves{};
  ByteArray<dkls::kColumns / 8> delta{};
  random.fill(dkls::Draw::zero_part, 0, leaves);
  random.fill(dkls::Draw::ot_choice, 0, delta);
  auto bob = dkls::BobSeeds::make(leaves).value();
  for (std::size_t tree = 0; tree < dkls::kTrees; ++tree) {
    const std::size_t hole = (delta[tree / 2] >> ((tree % 2) * 4)) & 15U;
    std::fill_n(&leaves[(tree * dkls::kLeaves + hole) * dkls::kSeedBytes], dkls::kSeedBytes,
                std::uint8_t{0});
  }
  return {dkls::AliceSeeds::make(leaves, delta).value(), std::move(bob)};
}

}  // namespace tally::ctime
