// The first of several x-coordinates that has a point, without telling which: what a hash to the
// curve is made of whose input is secret. About every second x has one. By the lanes of engine.hpp,
// eight at once where the processor has them. Constant time. Any thread; nothing is allocated.
#pragma once

#include <span>

#include "crypto/point.hpp"

namespace tally::crypto {

// The point with the first of these x that has one, and an even y; infinity when none has. Which x
// were looked at stays secret. That one of them has a point counts as public, and that it lies on
// the curve: libsecp256k1 branches on these when it reads the point, and on nothing else of it.
[[nodiscard]] Point lift_first(std::span<const XonlyBytes> candidates);

}  // namespace tally::crypto
