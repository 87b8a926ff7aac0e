// ECDSA verification and key recovery by libsecp256k1. Any thread; allocates nothing.
#pragma once

#include <optional>
#include <string_view>

#include "core/bytes.hpp"
#include "crypto/point.hpp"

namespace tally::crypto {

enum class EcdsaFormat { der, compact };  // compact: r || s, 64 bytes

enum class EcdsaVerdict { valid, bad_public_key, bad_digest, malformed, high_s, invalid };

// Words for a verdict, as `tally-sign verify` prints them.
[[nodiscard]] std::string_view to_text(EcdsaVerdict verdict);

// `public_key` is SEC 1: 33 bytes after 02 or 03, or 65 after 04; the hybrid forms 06 and 07, which
// libsecp256k1 would take, are bad_public_key. `digest` is 32 bytes. With `low_s` a signature with
// s > n/2 is high_s (what libsecp256k1 and Bitcoin's policy demand); without it, it is normalised
// first (what SEC 1 says).
[[nodiscard]] EcdsaVerdict ecdsa_verify(ByteView public_key, ByteView digest, ByteView signature,
                                        EcdsaFormat format, bool low_s);

// What ecdsa_verify() says before it comes to the equation: valid when it would come so far.
[[nodiscard]] EcdsaVerdict ecdsa_form(ByteView public_key, ByteView digest, ByteView signature,
                                      EcdsaFormat format, bool low_s);

// r || s of a signature in DER, as libsecp256k1 reads it: both zero, which no signature has, where
// one is out of range. Nothing where the DER is malformed.
[[nodiscard]] std::optional<ByteArray<64>> ecdsa_compact(ByteView der);

// The public key under which the compact `signature` (r || s, 64 bytes) over `digest` (32 bytes) is
// valid when its nonce point has the parity of bit 0 of `recovery_id` and x = r + n for bit 1 (SEC
// 1, 4.1.6). Nothing where there is none. A key that comes back satisfies the equation of
// verification.
[[nodiscard]] std::optional<Point> ecdsa_recover(ByteView digest, ByteView signature,
                                                 int recovery_id);

}  // namespace tally::crypto
