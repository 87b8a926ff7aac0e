// The public half of a t-of-n key: who takes part and which point each party's share must match.
// A group has exactly one spelling, lines of text in a fixed order:
//
//   tally-group 1
//   threshold 3
//   parties 4
//   key 02c6...           the group's public key, SEC1 compressed
//   party 0 0379...       one line a party, its share times the generator
//   id 5f1c...            tagged SHA-256 of the lines above
//
// Text, because custodians compare it by eye and diff it; one spelling, because its hash is the
// identity of the key, so that two parsers can never read two groups out of one id. (JSON has many
// spellings of one value.) The reader encodes what it read and compares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::custody {

using CompressedPoint = ByteArray<33>;
using KeyId = ByteArray<32>;

inline constexpr std::uint16_t kMostParties = 256;
inline constexpr std::size_t kLargestGroupBytes = 32U * 1024;

// Plain data; any thread. Party i is the one with identifier i of BIP-445 (x coordinate i + 1).
struct Group {
  std::uint16_t threshold = 0;
  std::uint16_t parties = 0;
  CompressedPoint public_key{};
  std::vector<CompressedPoint> party_keys;  // `parties` of them

  bool operator==(const Group&) const = default;

  // The 32-byte x-only key of BIP-340: the compressed key without its first byte.
  [[nodiscard]] ByteView xonly_key() const { return ByteView(public_key).subspan(1); }
};

// BIP-340's tagged hash of the encoded lines, tag "tally/key-id/1".
[[nodiscard]] KeyId key_id(const Group& group);

[[nodiscard]] std::string encode_group(const Group& group);

// Checks form and the id, and that each point is on the curve; that the party keys interpolate to
// the group key is checked by lib/mpc when a quorum signs. Errors: bad_data.
[[nodiscard]] Result<Group> parse_group(std::string_view text);

// Errors: as parse_group and core::read_file, with the path before the message.
[[nodiscard]] Result<Group> read_group_file(const std::string& path);

// Whether `text` starts as a group file does, as opposed to a share file.
[[nodiscard]] bool looks_like_group(std::string_view text);

}  // namespace tally::custody
