// The numbers of the threshold ECDSA suite, DKLs23 (Doerner, Kondi, Lee, shelat, ePrint 2023/765)
// over SoftSpokenOT (Roy, ePrint 2022/192) with k = 4, and the sizes that follow from them. They
// are fixed: a proposal names them, and a party refuses any others.
//
// Statistical security is 2^-80, computational 2^-128. That 128 columns, and not the 256 of other
// implementations, go with a 208-bit check is our own choice (README.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace tally::mpc::dkls {

inline constexpr std::size_t kXi = 416;         // bits of Bob's choice: 256 + 2 * 80
inline constexpr std::size_t kCheckBits = 208;  // S, the field of the consistency check
inline constexpr std::size_t kColumns = 128;    // base OTs, and bits of Delta
inline constexpr std::size_t kTreeDepth = 4;
inline constexpr std::size_t kTrees = kColumns / kTreeDepth;
inline constexpr std::size_t kLeaves = std::size_t{1} << kTreeDepth;
inline constexpr std::size_t kInputs = 2;  // of Alice: r_i and sk_i
static_assert(kXi % kCheckBits == 0);

inline constexpr std::size_t kSeedBytes = 16;                               // nodes, leaves
inline constexpr std::size_t kLeavesBytes = kTrees * kLeaves * kSeedBytes;  // 8 192
inline constexpr std::size_t kColumnBytes = (kXi + kCheckBits) / 8;         // 78
inline constexpr std::size_t kCheckBytes = kCheckBits / 8;                  // 26
inline constexpr std::size_t kBetaBytes = kXi / 8;                          // 52
inline constexpr std::size_t kSaltBytes = 16;
inline constexpr std::size_t kUBytes = kTrees * kColumnBytes;          // 2 496
inline constexpr std::size_t kATildeBytes = kXi * (kInputs + 1) * 32;  // 39 936
inline constexpr std::size_t kPointBytes = 33;

// Messages, none of which is padded, tagged or length-prefixed.
inline constexpr std::size_t kOtPointsBytes = kColumns * 2 * kPointBytes;          // 8 448
inline constexpr std::size_t kTreeBytes = 3 * 2 * kSeedBytes + 2 * 32;             // 160
inline constexpr std::size_t kTreesBytes = kTrees * kTreeBytes;                    // 5 120
inline constexpr std::size_t kBobBytes = kSaltBytes + kUBytes + kCheckBytes + 32;  // 2 570
inline constexpr std::size_t kAliceBytes = kSaltBytes + kATildeBytes + 32 + 32;    // 40 016
inline constexpr std::size_t kAcceptBytes = 32 + 2 + 32;
inline constexpr std::size_t kR1BroadcastBytes = 32 + 2 + 32;
inline constexpr std::size_t kR1Bytes = kR1BroadcastBytes + kBobBytes;
inline constexpr std::size_t kR2TailBytes = 32 + 33 + 32 + 33 + 33 + 33 + 32;  // 228
inline constexpr std::size_t kR2Bytes = kAliceBytes + kR2TailBytes;            // 40 244
inline constexpr std::size_t kR3Bytes = 5 * 32;
// What one party sends one other for one signature.
inline constexpr std::size_t kBytesPerOrderedPair = kR1Bytes + kR2Bytes + kR3Bytes;
static_assert(kBytesPerOrderedPair == 43'040);

// Resets of one pair setup in an epoch: each gives a cheater another try at guessing Delta.
inline constexpr std::uint32_t kMostResets = 16;
// Presignatures of one key that are waiting at once; the proven bound falls with their number.
inline constexpr std::uint32_t kMostPresignatures = 1'024;

// u16 scheme, u16 xi, u16 S, u16 columns, u8 depth: what a proposal begins with.
inline constexpr ByteArray<9> kSuite = {0, 1, 1, 0xa0, 0, 0xd0, 0, 0x80, 4};

// A party in this scheme: the x coordinate at which the key's polynomial gives its share, 1 .. n,
// which is one more than its PartyId.
using XId = std::uint16_t;

}  // namespace tally::mpc::dkls
