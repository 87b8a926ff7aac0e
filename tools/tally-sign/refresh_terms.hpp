// To whom the key of a refresh shall go on, and the body of a party's first message, which says so.
// Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "mpc/group.hpp"

namespace tally::sign {

// Some of its parties, ascending, and newcomers by their host keys, who get new numbers in this
// order. During the session newcomers are numbered behind all old parties.
struct RefreshTerms {
  std::uint32_t threshold = 0;
  std::vector<mpc::PartyId> members;
  std::vector<crypto::PointBytes> newcomers;

  bool operator==(const RefreshTerms&) const = default;
};
// "threshold 3 of parties 0, 1, 2 and 02ab.."
[[nodiscard]] std::string to_text(const RefreshTerms& terms);

// Errors: usage when the key cannot go on like this; bad_data for members that are no parties of
// it, or do not ascend.
[[nodiscard]] Status check_terms(const RefreshTerms& terms, const mpc::GroupKey& group);

// Host key 33, threshold u16, number of parties u16, parties u16, number of newcomers u16, their
// host keys 33; little-endian.
struct RefreshHello {
  crypto::PointBytes host_key{};  // made for the session by who says it
  RefreshTerms terms;
};
[[nodiscard]] Bytes encode(const RefreshHello& hello);
// Nothing for another length than the numbers say.
[[nodiscard]] std::optional<RefreshHello> decode_refresh_hello(ByteView body);

}  // namespace tally::sign
