// All-but-one trees: 32 binary trees of depth 4 over the seeds of 128 base OTs. Y builds them and
// has all 16 leaves of each; X gets every leaf but one, whose place it alone knows. These leaves
// are the seeds of the OT extension (ot_extension.hpp), and the places are Delta.
//
// BuildPPRF and its proof (Roy, ePrint 2022/192, figures 13 and 14); that a leaf is hashed once
// more, apart from the proof, is our own addition. X's accesses to memory do not depend on the
// places. Any thread.
#pragma once

#include <span>

#include "mpc/ot_base.hpp"
#include "mpc/ot_seeds.hpp"

namespace tally::mpc::dkls {

// Y: leaves and message. Pre: seeds.size() is kColumns, leaves is kLeavesBytes, out kTreesBytes.
void build_trees(const SetupTag& tag, std::span<const std::array<Seed, 2>> seeds,
                 MutableByteView leaves, MutableByteView out);

// X: leaves, zero at the places, and Delta. False when the message is not that of 32 trees of this
// form: Y cheats, or what came is not what it sent. Which tree failed is not told, for that depends
// on the choices; all of the setup is to be thrown away then.
// Pre: seeds.size() is kColumns, message kTreesBytes, leaves kLeavesBytes, delta kColumns / 8.
[[nodiscard]] bool evaluate_trees(const SetupTag& tag, ByteView choices,
                                  std::span<const Seed> seeds, ByteView message,
                                  MutableByteView leaves, MutableByteView delta);

}  // namespace tally::mpc::dkls
