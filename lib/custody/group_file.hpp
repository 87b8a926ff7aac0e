// The public half of a t-of-n key as a file: lines of text in a fixed order.
//
//   tally-group 2
//   schemes 3             what may sign with the key: 1 schnorr, 2 ecdsa, 3 both
//   threshold 3
//   parties 4
//   epoch 0               how often the shares were renewed
//   chain 77aa...         the chain code of BIP-32
//   key 02c6...           the group's public key, SEC1 compressed
//   party 0 0379...       one line a party, its share times the generator
//   id 5f1c...            the key id, the same in every epoch
//   state 03d4...         the digest of mpc::GroupKey: this epoch of this key
//
// Text, because custodians compare it by eye and diff it. A group has one spelling: the reader
// encodes what it read and compares, so that no two programs read two groups out of one file. (A
// JSON file has many spellings.) Any thread; allocates the text.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "mpc/group.hpp"

namespace tally::custody {

inline constexpr std::size_t kLargestGroupFileBytes = 32U * 1024;

[[nodiscard]] std::string encode_group(const mpc::GroupKey& group);

// Checks form, id, and what mpc::GroupKey::make checks. Errors: bad_data.
[[nodiscard]] Result<mpc::GroupKey> parse_group(std::string_view text);

// Errors: as parse_group and core::read_file, with the path before the message.
[[nodiscard]] Result<mpc::GroupKey> read_group_file(const std::string& path);

// Whether `text` starts as a group file does, as opposed to a share file.
[[nodiscard]] bool looks_like_group(std::string_view text);

}  // namespace tally::custody
