// The seeds of one direction of a pair as a pair setup leaves them, made without one.
#pragma once

#include <algorithm>
#include <utility>

#include "mpc/dkls_random.hpp"
#include "mpc/ot_seeds.hpp"

namespace tally::ctime {

// Bob has every leaf, and Alice all but one of each tree, which Delta names.
inline std::pair<mpc::dkls::AliceSeeds, mpc::dkls::BobSeeds> deal_seeds(ByteView all,
                                                                        ByteView delta) {
  namespace dkls = mpc::dkls;
  auto bob = dkls::BobSeeds::make(all).value();
  ByteArray<dkls::kLeavesBytes> leaves{};
  std::ranges::copy(all, leaves.begin());
  for (std::size_t tree = 0; tree < dkls::kTrees; ++tree) {
    const std::size_t hole = (delta[tree / 2] >> ((tree % 2) * 4)) & 15U;
    std::fill_n(&leaves[(tree * dkls::kLeaves + hole) * dkls::kSeedBytes], dkls::kSeedBytes,
                std::uint8_t{0});
  }
  return {dkls::AliceSeeds::make(leaves, delta).value(), std::move(bob)};
}

// The same of leaves and a Delta that follow from a number.
inline std::pair<mpc::dkls::AliceSeeds, mpc::dkls::BobSeeds> dealt_seeds(std::uint8_t seed) {
  namespace dkls = mpc::dkls;
  dkls::HedgedRandomness random(ByteArray<32>{seed}, dkls::Hedge{});
  ByteArray<dkls::kLeavesBytes> leaves{};
  ByteArray<dkls::kColumns / 8> delta{};
  random.fill(dkls::Draw::zero_part, 0, leaves);
  random.fill(dkls::Draw::ot_choice, 0, delta);
  return deal_seeds(leaves, delta);
}

}  // namespace tally::ctime
