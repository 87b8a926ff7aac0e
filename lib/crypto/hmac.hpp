// HMAC (FIPS 198-1): with SHA-512 by libsodium, for BIP-32, and with SHA-256 over
// crypto/sha256.hpp. Any thread; allocates nothing. Time depends on lengths alone.
#pragma once

#include <initializer_list>

#include "core/bytes.hpp"
#include "core/secret.hpp"
#include "crypto/sha256.hpp"

namespace tally::crypto {

// The MAC of the parts, one after another.
[[nodiscard]] ByteArray<64> hmac_sha512(ByteView key, std::initializer_list<ByteView> parts);

// A key of HMAC-SHA256 as the two midstates that each MAC goes on from; wiped when it goes.
class HmacSha256 {
 public:
  // Pre: at most 64 bytes.
  explicit HmacSha256(ByteView key);
  HmacSha256(const HmacSha256&) = default;
  HmacSha256& operator=(const HmacSha256&) = default;
  ~HmacSha256() { core::wipe(this, sizeof *this); }

  // For a message in pieces: update() what begin() gives, and hand it to finish(), which wipes it.
  [[nodiscard]] Sha256 begin() const { return inner_; }
  [[nodiscard]] ByteArray<32> finish(Sha256& message) const;

 private:
  Sha256 inner_;
  Sha256 outer_;
};

}  // namespace tally::crypto
