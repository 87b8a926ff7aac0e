// From a passphrase to keys: Argon2id (RFC 9106) of libsodium, whose memory makes each guess cost
// what it costs us. The parameters travel in the header of a share file, and so are an attacker's
// input: they are bounded before a byte is allocated.
#pragma once

#include <cstdint>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace tally::custody {

// The defaults are what libsodium calls moderate: a party pays them once, when it starts.
struct KdfParameters {
  std::uint64_t memory_bytes = std::uint64_t{256} << 20U;
  std::uint32_t passes = 3;

  bool operator==(const KdfParameters&) const = default;
};

// Bounds of what is written and of what is read. Below the defaults only who says so in as many
// words: a host with little memory, a test.
inline constexpr KdfParameters kWeakestKdf{std::uint64_t{64} << 20U, 2};
inline constexpr KdfParameters kStrongestKdf{std::uint64_t{1} << 30U, 16};
inline constexpr std::size_t kSaltBytes = 16;

// Errors: bad_data, naming the value and its bound.
[[nodiscard]] Status check_kdf(const KdfParameters& parameters);

// The two values drawn from a passphrase: a key for the AEAD, and a public check value that
// commits to it. XChaCha20-Poly1305 alone is not key-committing: without the check a file could be
// made that opens under two passphrases.
struct DerivedKeys {
  core::SecretBytes aead_key;  // 32 bytes
  ByteArray<32> check{};
};

// Takes about 0.1 s for each 64 MiB and pass pair, and that memory while it runs. Errors: bad_data
// from check_kdf; os_failure when the memory is not to be had.
[[nodiscard]] Result<DerivedKeys> derive_keys(ByteView passphrase,
                                              const ByteArray<kSaltBytes>& salt,
                                              const KdfParameters& parameters);

}  // namespace tally::custody
