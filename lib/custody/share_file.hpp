// One share of a key, encrypted at rest. All integers little-endian:
//
//   offset  bytes
//        0      8  magic "TALLYSHR"
//        8      2  version, 2
//       10      2  key derivation, 1 = Argon2id version 1.3
//       12      4  its passes
//       16      8  its memory, bytes
//       24     16  its salt
//       40     24  nonce of XChaCha20-Poly1305
//       64     32  check value that commits to the derived key
//       96     32  key id
//      128      4  epoch
//      132      2  party
//      134      2  threshold
//      136      2  parties
//      138      2  length of the group, g
//      140      g  the group (mpc/group.hpp)
//    140+g   58+g  the sealed share (mpc/share.hpp) and its tag; all before is associated data
//   198+2g      4  CRC-32C of all before
//
// Version 1, whose groups knew neither epoch nor chain code, is refused.
//
// The CRC tells a damaged copy from a wrong passphrase; it protects against no one. The check value
// tells a wrong passphrase from a changed secret part. Someone who can write the file can make
// either look like the other, so the words stay "wrong passphrase, or the file was changed".
//
// Blocking; any thread; allocates the file's size.
#pragma once

#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "custody/kdf.hpp"
#include "mpc/share.hpp"

namespace tally::custody {

inline constexpr std::size_t kLargestShareFileBytes = 32U * 1024;

// What a share file says without its passphrase. Nothing of it is authenticated before open_share()
// succeeded.
struct ShareFacts {
  mpc::PartyId party = 0;
  mpc::GroupKey group;
  KdfParameters kdf;
};

// A share file that was read and is well formed, still sealed.
struct SealedShare {
  ShareFacts facts;
  ByteArray<kSaltBytes> salt{};
  ByteArray<24> nonce{};
  ByteArray<32> check{};
  Bytes associated;  // the header as read
  Bytes sealed;
};

// Encrypts one share under fresh salt and nonce. Errors: as derive_keys.
[[nodiscard]] Result<Bytes> seal_share(const mpc::Share& share, ByteView passphrase,
                                       const KdfParameters& kdf);

// Errors: bad_data for a file that is truncated, longer, damaged, of another version, asks for a
// key derivation out of bounds, or contradicts itself.
[[nodiscard]] Result<SealedShare> parse_share(ByteView file);

// Decrypts, and checks that the share is that of the header's party and fits its public share.
// Errors: permission for a wrong passphrase, bad_data when the sealed part was changed.
[[nodiscard]] Result<mpc::Share> open_share(const SealedShare& sealed, ByteView passphrase);

// Reads and parses. Errors: those of parse_share; permission when others than the owner may read or
// write the file, or it belongs to another user; no_input.
[[nodiscard]] Result<SealedShare> read_share_file(const std::string& path);

// Whether `file` starts as a share file does.
[[nodiscard]] bool looks_like_share(ByteView file);

}  // namespace tally::custody
