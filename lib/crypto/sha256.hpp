// SHA-256 in pieces, and the tagged hash of BIP-340. A Sha256 is a value: a copy of one that has
// taken a prefix is that prefix's midstate, and hashing on from the copy costs nothing for the
// prefix. One thread at a time; allocates nothing. Many short messages: crypto/sha256_batch.hpp.
//
// Source: FIPS 180-4. SHA-256 adds, rotates and selects by masks in every form of it here, so time
// depends on lengths alone. The processor's own instructions are used where it has them
// (crypto/sha256_kernels.hpp).
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "core/bytes.hpp"

namespace tally::crypto {

class Sha256 {
 public:
  static constexpr std::size_t kBlockBytes = 64;
  using Words = std::array<std::uint32_t, 8>;

  Sha256() = default;
  Sha256& update(ByteView bytes);
  // The digest of everything taken so far. The state is wiped: this object is at its end.
  [[nodiscard]] ByteArray<32> finish();

  // SHA-256 of `bytes`.
  [[nodiscard]] static ByteArray<32> digest(ByteView bytes);
  // The state after SHA-256(tag) || SHA-256(tag), one whole block (BIP-340, "Design"). Keep it and
  // hash on from copies.
  [[nodiscard]] static Sha256 tagged(std::string_view tag);

 private:
  friend class Sha256Batch;

  [[nodiscard]] std::size_t pending() const {
    return static_cast<std::size_t>(total_bytes_ % kBlockBytes);
  }

  Words words_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  ByteArray<kBlockBytes> block_{};  // the first pending() bytes wait for the rest of their block
  std::uint64_t total_bytes_ = 0;
};

// SHA-256(h || h || parts...) with h = SHA-256(tag), continued from the midstate `tagged`.
[[nodiscard]] ByteArray<32> tagged_hash(const Sha256& tagged,
                                        std::initializer_list<ByteView> parts);

}  // namespace tally::crypto
