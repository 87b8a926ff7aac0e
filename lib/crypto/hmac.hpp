// HMAC-SHA512 by libsodium, for BIP-32. Any thread; allocates nothing.
#pragma once

#include <initializer_list>

#include "core/bytes.hpp"

namespace tally::crypto {

// The MAC of the parts, one after another.
[[nodiscard]] ByteArray<64> hmac_sha512(ByteView key, std::initializer_list<ByteView> parts);

}  // namespace tally::crypto
