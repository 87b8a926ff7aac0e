// A host key of a key generation ceremony (mpc/dkg.hpp), encrypted at rest as shares are. All
// integers little-endian:
//
//   offset  bytes
//        0      8  magic "TALLYHST"
//        8      2  version, 1
//       10      2  key derivation, 1 = Argon2id version 1.3
//       12      4  its passes
//       16      8  its memory, bytes
//       24     16  its salt
//       40     24  nonce of XChaCha20-Poly1305
//       64     32  check value that commits to the derived key
//       96     33  host public key, compressed
//      129     48  the sealed secret and its tag; all before is associated data
//      177      4  CRC-32C of all before
//
// With public recovery data the secret gives the share of its ceremony: it is as worth keeping, and
// as dangerous, as a share. Blocking; any thread.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "custody/kdf.hpp"
#include "mpc/dkg_params.hpp"

namespace tally::custody {

inline constexpr std::size_t kHostFileBytes = 181;

// A host file that was read and is well formed, still sealed.
struct SealedHostKey {
  crypto::PointBytes pub{};
  KdfParameters kdf;
  ByteArray<kHostFileBytes> file{};
};

// Errors: as derive_keys; bad_data when the secret is no key. Pre: 32 bytes.
[[nodiscard]] Result<Bytes> seal_host_key(ByteView secret, ByteView passphrase,
                                          const KdfParameters& kdf);

// Errors: bad_data for another length, magic, version, checksum, or derivation out of bounds.
[[nodiscard]] Result<SealedHostKey> parse_host_key(ByteView file);

// The secret, 32 bytes, checked against the public key. Errors: permission for a wrong passphrase,
// bad_data when the sealed part was changed.
[[nodiscard]] Result<core::SecretBytes> open_host_key(const SealedHostKey& sealed,
                                                      ByteView passphrase);

// Errors: those of parse_host_key and read_private_file.
[[nodiscard]] Result<SealedHostKey> read_host_file(const std::string& path);

}  // namespace tally::custody
