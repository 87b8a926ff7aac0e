// A pair setup of threshold ECDSA at rest, one file a peer beside the share: SHARE.pair-J. All
// integers little-endian:
//
//   offset  bytes
//        0      8  magic "TALLYPAR"
//        8      2  version, 1
//       10      2  this party
//       12      2  the peer
//       14      2  zero
//       16     32  key id
//       48      4  epoch
//       52      4  resets of this pair in this epoch
//       56     32  setup id
//       88     24  nonce of XChaCha20-Poly1305
//      112      s  the sealed setup (mpc/pair_setup.hpp) and its tag; all before is associated data
//    112+s      4  CRC-32C of all before
//
// It is sealed under a key that is a hash of the share, so it takes the share's passphrase to open,
// and no second key derivation. A setup is of use for one epoch, and belongs to one share: a copy
// beside another share does not open. Blocking; any thread.
#pragma once

#include <span>
#include <string>

#include "mpc/pair_setup.hpp"
#include "mpc/share.hpp"

namespace tally::custody {

// The file of the setup with `peer` beside a share file.
[[nodiscard]] std::string pair_path(const std::string& share_path, mpc::PartyId peer);

// A key for what lies beside a share: a hash of the share and `purpose`. Errors: os_failure.
[[nodiscard]] Result<core::SecretBytes> key_beside(const mpc::Share& share,
                                                   std::string_view purpose);

// Errors: os_failure. Pre: the setup is of this share's party.
[[nodiscard]] Result<Bytes> seal_pair(const mpc::PairSetup& setup, const mpc::Share& share);

// Errors: bad_data for a file that is damaged, of another version, or of another key, epoch, party
// or share.
[[nodiscard]] Result<std::shared_ptr<mpc::PairSetup>> open_pair(ByteView file,
                                                                const mpc::Share& share);

// All setups that lie beside the share, but those with the peers of `except`. One of an older epoch
// of the key is as good as none, and is passed over: pairs are set up again after a refresh.
// Errors: those of open_pair and read_private_file, with the path, and a hint how to set the pair
// up anew; a file that is missing is no error.
[[nodiscard]] Result<std::vector<std::shared_ptr<mpc::PairSetup>>> read_pair_files(
    const std::string& share_path, const mpc::Share& share,
    std::span<const mpc::PartyId> except = {});

// Removes the setups of older epochs of this key. Errors: those of read_private_file and
// core::remove_file.
[[nodiscard]] Status remove_stale_pairs(const std::string& share_path, const mpc::GroupKey& now);

}  // namespace tally::custody
