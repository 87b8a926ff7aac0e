#include "mpc/ot_trees.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "mpc/dkls_hash.hpp"

namespace tally::mpc::dkls {
namespace {

using Level = std::array<Seed, kLeaves>;  // the first 2^l of them
using Proofs = std::array<ByteArray<32>, kLeaves>;

constexpr std::size_t kDigestOffset = kTreeBytes - 32;
constexpr std::size_t kSumOffset = kTreeBytes - 64;

// Where F_{level,bit} stands in a tree's message.
constexpr std::size_t f_offset(std::size_t level, std::size_t bit) {
  return ((level - 1) * 2 + bit) * kSeedBytes;
}

void xor_into(MutableByteView to, ByteView from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::uint8_t>(to[i] ^ from[i]);
}

// All ones where a equals b, zero elsewhere; both below 16.
std::uint8_t equal_mask(std::size_t a, std::size_t b) {
  return static_cast<std::uint8_t>(crypto::value_barrier(((a ^ b) - std::uint64_t{1}) >> 8U));
}

// Two nodes of level + 1 out of each of `level`; the level's own nodes are overwritten.
void expand(const SetupTag& tag, std::size_t tree, std::size_t level, Level& nodes) {
  Level children{};
  for (std::size_t y = 0; y < std::size_t{1} << level; ++y) {
    auto halves = th(Label::node, {tag, be(static_cast<std::uint8_t>(tree)),
                                   be(static_cast<std::uint8_t>(level)),
                                   be(static_cast<std::uint8_t>(y)), nodes[y]});
    std::copy_n(halves.begin(), kSeedBytes, children[2 * y].begin());
    std::copy_n(halves.begin() + kSeedBytes, kSeedBytes, children[2 * y + 1].begin());
    core::wipe(halves);
  }
  nodes = children;
  core::wipe(&children, sizeof children);
}

ByteArray<32> proof_of(const SetupTag& tag, std::size_t tree, std::size_t y, const Seed& leaf) {
  return th(Label::proof,
            {tag, be(static_cast<std::uint8_t>(tree)), be(static_cast<std::uint8_t>(y)), leaf});
}

ByteArray<32> digest_of(const SetupTag& tag, std::size_t tree, const Proofs& proofs) {
  crypto::Sha256 state = midstate(Label::proofs);
  state.update(tag).update(be(static_cast<std::uint8_t>(tree)));
  for (const auto& proof : proofs) state.update(proof);
  return state.finish();
}

// The seed the extension uses, apart from what the proof shows of the leaf.
void write_leaf(const SetupTag& tag, std::size_t tree, std::size_t y, const Seed& leaf,
                std::uint8_t keep_mask, MutableByteView leaves) {
  auto digest = th(Label::leaf, {tag, be(static_cast<std::uint8_t>(tree)),
                                 be(static_cast<std::uint8_t>(y)), leaf});
  const MutableByteView out = leaves.subspan((tree * kLeaves + y) * kSeedBytes, kSeedBytes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(digest[i] & keep_mask);
  }
  core::wipe(digest);
}

void build_tree(const SetupTag& tag, std::size_t tree, std::span<const std::array<Seed, 2>> seeds,
                MutableByteView leaves, MutableByteView out) {
  Level nodes{};
  nodes[0] = seeds[kTreeDepth * tree][0];
  nodes[1] = seeds[kTreeDepth * tree][1];
  for (std::size_t level = 1; level < kTreeDepth; ++level) {
    expand(tag, tree, level, nodes);
    for (std::size_t bit = 0; bit < 2; ++bit) {
      const MutableByteView f = out.subspan(f_offset(level, bit), kSeedBytes);
      const Seed& seed = seeds[kTreeDepth * tree + level][bit];
      std::copy(seed.begin(), seed.end(), f.begin());
      for (std::size_t y = 0; y < std::size_t{1} << level; ++y) xor_into(f, nodes[2 * y + bit]);
    }
  }
  Proofs proofs;
  const MutableByteView sum = out.subspan(kSumOffset, 32);
  std::fill(sum.begin(), sum.end(), std::uint8_t{0});
  for (std::size_t y = 0; y < kLeaves; ++y) {
    proofs[y] = proof_of(tag, tree, y, nodes[y]);
    xor_into(sum, proofs[y]);
    write_leaf(tag, tree, y, nodes[y], 0xff, leaves);
  }
  const auto digest = digest_of(tag, tree, proofs);
  std::copy(digest.begin(), digest.end(), out.begin() + kDigestOffset);
  core::wipe(&nodes, sizeof nodes);
  core::wipe(&proofs, sizeof proofs);
}

// One level further down: the children of the hole are not known, but the one on the side of the
// choice follows from F and the others of that side. Returns the new hole.
std::size_t descend(const SetupTag& tag, std::size_t tree, std::size_t level, std::size_t hole,
                    std::uint8_t choice, const Seed& seed, ByteView message, Level& nodes) {
  expand(tag, tree, level, nodes);
  const auto choice_mask =
      static_cast<std::uint8_t>(crypto::value_barrier(0 - std::uint64_t{choice}));
  Seed missing = seed;
  for (std::size_t i = 0; i < kSeedBytes; ++i) {
    const std::uint8_t f0 = message[f_offset(level, 0) + i];
    const std::uint8_t f1 = message[f_offset(level, 1) + i];
    missing[i] = static_cast<std::uint8_t>(missing[i] ^ f0 ^ ((f0 ^ f1) & choice_mask));
  }
  for (std::size_t y = 0; y < std::size_t{1} << level; ++y) {
    const auto known = static_cast<std::uint8_t>(~equal_mask(y, hole));
    for (std::size_t i = 0; i < kSeedBytes; ++i) {
      std::uint8_t& left = nodes[2 * y][i];
      std::uint8_t& right = nodes[2 * y + 1][i];
      left = static_cast<std::uint8_t>(left & known);
      right = static_cast<std::uint8_t>(right & known);
      missing[i] = static_cast<std::uint8_t>(missing[i] ^ left ^ ((left ^ right) & choice_mask));
    }
  }
  const std::size_t found = 2 * hole + choice;
  for (std::size_t y = 0; y < std::size_t{2} << level; ++y) {
    const std::uint8_t here = equal_mask(y, found);
    for (std::size_t i = 0; i < kSeedBytes; ++i) {
      nodes[y][i] = static_cast<std::uint8_t>(nodes[y][i] | (missing[i] & here));
    }
  }
  core::wipe(missing);
  return 2 * hole + (choice ^ 1U);
}

// Returns zero bits where the proof holds. The hole's place goes to `hole`.
std::uint8_t evaluate_tree(const SetupTag& tag, std::size_t tree, std::uint8_t choices,
                           std::span<const Seed> seeds, ByteView message, MutableByteView leaves,
                           std::size_t& hole) {
  const auto choice_at = [choices](std::size_t level) {
    return static_cast<std::uint8_t>((choices >> level) & 1U);
  };
  Level nodes{};
  const auto first =
      static_cast<std::uint8_t>(crypto::value_barrier(0 - std::uint64_t{choice_at(0)}));
  for (std::size_t i = 0; i < kSeedBytes; ++i) {
    const std::uint8_t seed = seeds[kTreeDepth * tree][i];
    nodes[0][i] = static_cast<std::uint8_t>(seed & ~first);
    nodes[1][i] = static_cast<std::uint8_t>(seed & first);
  }
  hole = choice_at(0) ^ 1U;
  for (std::size_t level = 1; level < kTreeDepth; ++level) {
    hole = descend(tag, tree, level, hole, choice_at(level), seeds[kTreeDepth * tree + level],
                   message, nodes);
  }
  Proofs proofs;
  ByteArray<32> missing;
  std::copy_n(message.begin() + kSumOffset, 32, missing.begin());
  for (std::size_t y = 0; y < kLeaves; ++y) {
    const auto known = static_cast<std::uint8_t>(~equal_mask(y, hole));
    proofs[y] = proof_of(tag, tree, y, nodes[y]);
    for (auto& byte : proofs[y]) byte = static_cast<std::uint8_t>(byte & known);
    xor_into(missing, proofs[y]);
    write_leaf(tag, tree, y, nodes[y], known, leaves);
  }
  for (std::size_t y = 0; y < kLeaves; ++y) {
    const std::uint8_t here = equal_mask(y, hole);
    for (std::size_t i = 0; i < 32; ++i) {
      proofs[y][i] = static_cast<std::uint8_t>(proofs[y][i] | (missing[i] & here));
    }
  }
  const auto digest = digest_of(tag, tree, proofs);
  std::uint8_t different = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    different = static_cast<std::uint8_t>(different | (digest[i] ^ message[kDigestOffset + i]));
  }
  core::wipe(&nodes, sizeof nodes);
  core::wipe(&proofs, sizeof proofs);
  return different;
}

}  // namespace

void build_trees(const SetupTag& tag, std::span<const std::array<Seed, 2>> seeds,
                 MutableByteView leaves, MutableByteView out) {
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    build_tree(tag, tree, seeds, leaves, out.subspan(tree * kTreeBytes, kTreeBytes));
  }
}

bool evaluate_trees(const SetupTag& tag, ByteView choices, std::span<const Seed> seeds,
                    ByteView message, MutableByteView leaves, MutableByteView delta) {
  std::uint8_t different = 0;
  std::fill(delta.begin(), delta.end(), std::uint8_t{0});
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    const unsigned nibble = (tree % 2) * 4;
    const auto tree_choices = static_cast<std::uint8_t>((choices[tree / 2] >> nibble) & 15U);
    std::size_t hole = 0;
    const std::uint8_t wrong =
        evaluate_tree(tag, tree, tree_choices, seeds,
                      message.subspan(tree * kTreeBytes, kTreeBytes), leaves, hole);
    different = static_cast<std::uint8_t>(different | wrong);
    delta[tree / 2] = static_cast<std::uint8_t>(delta[tree / 2] | (hole << nibble));
  }
  // The verdict over all trees is what the peer learns when the setup is thrown away.
  return crypto::declassified(different) == 0;
}

}  // namespace tally::mpc::dkls
