// A secret shared between the holders of two keys, by secp256k1_ecdh with its own hash. Any thread;
// allocates nothing.
#pragma once

#include <optional>

#include "crypto/point.hpp"

namespace tally::crypto {

// SHA-256 of the compressed point k*P, in constant time. The caller wipes it. Nothing for k = 0 and
// for infinity: that either is so counts as public. (For k = 0 the library runs its hash over some
// other point and reports failure; what it wrote is never returned.)
[[nodiscard]] std::optional<ByteArray<32>> ecdh(const Scalar& k, const Point& point);

}  // namespace tally::crypto
