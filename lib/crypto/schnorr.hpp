// BIP-340 signatures by libsecp256k1, over messages of any length. Any thread; allocates nothing.
#pragma once

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "crypto/point.hpp"

namespace tally::crypto {

using SchnorrSignature = ByteArray<64>;  // x(R) || s

// False also for a key that is no x-coordinate of the curve or a signature that is not 64 bytes.
[[nodiscard]] bool schnorr_verify(ByteView signature, ByteView message, ByteView xonly_key);

// Signs with a single key and verifies the result before giving it out. `aux_random` is 32 fresh
// random bytes. Errors: bad_data when the key is zero or not below n; internal when the signature
// does not verify, which only a hardware fault explains. Pre: aux_random.size() == 32.
[[nodiscard]] Result<SchnorrSignature> schnorr_sign(const SecretScalar& key, ByteView message,
                                                    ByteView aux_random);

}  // namespace tally::crypto
