// SHA-256 in pieces, by libsodium, and the tagged hash of BIP-340. A Sha256 is a value: a copy of
// one that has taken a prefix is that prefix's midstate, and hashing on from the copy costs nothing
// for the prefix. One thread at a time; allocates nothing.
#pragma once

#include <initializer_list>
#include <sodium/crypto_hash_sha256.h>
#include <string_view>

#include "core/bytes.hpp"

namespace tally::crypto {

class Sha256 {
 public:
  Sha256();
  Sha256& update(ByteView bytes);
  // The digest of everything taken so far. The state is wiped: this object is at its end.
  [[nodiscard]] ByteArray<32> finish();

  // SHA-256 of `bytes`.
  [[nodiscard]] static ByteArray<32> digest(ByteView bytes);
  // The state after SHA-256(tag) || SHA-256(tag), one whole block (BIP-340, "Design"). Keep it and
  // hash on from copies.
  [[nodiscard]] static Sha256 tagged(std::string_view tag);

 private:
  crypto_hash_sha256_state state_;
};

// SHA-256(h || h || parts...) with h = SHA-256(tag), continued from the midstate `tagged`.
[[nodiscard]] ByteArray<32> tagged_hash(const Sha256& tagged,
                                        std::initializer_list<ByteView> parts);

}  // namespace tally::crypto
