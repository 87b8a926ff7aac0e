// The DER form of an ECDSA signature. Any thread; allocates the result.
#pragma once

#include "core/bytes.hpp"

namespace tally::crypto {

// Of a compact signature, r || s. Pre: 64 bytes, r and s below the group order.
[[nodiscard]] Bytes ecdsa_to_der(ByteView compact);

}  // namespace tally::crypto
