// What a verifier takes and gives back: items of public bytes with a tag, verdicts with that tag.
// Plain spans and numbers, so that a device could stand behind the same interface.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"

namespace tally::crypto {

// A point is 33 bytes of SEC 1, a scalar 32 bytes big-endian and below n. Whatever does not have
// the shape said here is bad; nothing is reduced or repaired but as said.
//
//   scheme   key                        message                       signature
//   ecdsa    point, or 65 bytes of      digest, 32 bytes              r || s, or r || s || recovery
//            SEC 1 after 04                                           id (0 .. 3)
//   bip340   x-only, 32 bytes           any                           R.x || s
//   partial  public share P, a point    R1 || R2 || b || c || sign    s
//   dlog     point P                    challenge e, a scalar         R || s, a point and a scalar
//   feldman  commitments A_0 .. ,       x, a scalar                   share s
//            `threshold` points
//
// ecdsa: as libsecp256k1 verifies. With the recovery id the item may be checked in a sum with
// others;
//   a wrong id is no reason for a bad verdict.
// partial: s * G = +-(R1 + b * R2) + c * P, minus for sign 1, plus for 0; c = e * lambda * g of
//   BIP-445. R1 and R2 are not infinity.
// dlog: s * G = R + e * P.
// feldman: s * G = sum of x^k * A_k.
enum class Scheme : std::uint8_t { ecdsa, bip340, partial, dlog, feldman };

struct VerifyItem {
  std::uint64_t tag = 0;
  Scheme scheme = Scheme::bip340;
  bool low_s = true;            // ecdsa: refuse s > n / 2 rather than take n - s
  std::uint16_t threshold = 0;  // feldman
  ByteView key;
  ByteView message;
  ByteView signature;
};

enum class Verdict : std::uint8_t { bad, good };

struct Completion {
  std::uint64_t tag = 0;
  Verdict verdict = Verdict::bad;
};

}  // namespace tally::crypto
