#include "mpc/quorum.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "mpc/lagrange.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;

bool has_duplicates(std::vector<PartyId> ids) {
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

// The identifiers are hashed as a set: the coefficient must not change with their order.
crypto::Sha256 hash_ids(std::vector<PartyId> ids) {
  crypto::Sha256 state = crypto::Sha256::tagged("BIP0445/noncecoef");
  std::sort(ids.begin(), ids.end());
  for (const PartyId id : ids) {
    ByteArray<4> bytes;
    core::store_be(bytes.data(), id);
    state.update(bytes);
  }
  return state;
}

Outcome<void> check_ids(std::uint32_t t, std::uint32_t n, std::span<const PartyId> ids) {
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (ids.size() < t || ids.size() > n) return failed(Fault::signer_count);
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= n) return failed(Fault::id_out_of_range, i, ids[i]);
  }
  return {};
}

}  // namespace

Quorum::Quorum(std::vector<PartyId> ids, std::vector<Point> pubshares, const Point& group_key)
    : ids_(std::move(ids)),
      pubshares_(std::move(pubshares)),
      lagrange_(lagrange_at_zero_var(ids_)),
      group_key_(group_key),
      key_(group_key),
      prefix_(hash_ids(ids_)) {}

Outcome<Quorum> Quorum::make(const SignersContext& context) {
  const auto checked = check_ids(context.threshold, context.parties, context.ids);
  if (!checked) return core::unexpected(checked.error());
  if (context.pubshares.size() != context.ids.size()) return failed(Fault::bad_length);
  std::vector<Point> pubshares;
  pubshares.reserve(context.ids.size());
  for (std::uint32_t i = 0; i < context.ids.size(); ++i) {
    const auto point = Point::parse(context.pubshares[i]);
    if (!point) return failed(Fault::bad_pubshare, i, context.ids[i]);
    pubshares.push_back(*point);
  }
  std::vector<PartyId> ids(context.ids.begin(), context.ids.end());
  if (has_duplicates(ids)) return failed(Fault::duplicate_id);
  const auto group_key = Point::parse(context.group_key);
  if (!group_key) return failed(Fault::key_mismatch);

  Quorum quorum(std::move(ids), std::move(pubshares), *group_key);
  std::vector<Point> terms;
  for (std::uint32_t i = 0; i < quorum.size(); ++i) {
    terms.push_back(Point::mul_var(quorum.lagrange_[i], quorum.pubshares_[i]));
  }
  if (Point::sum(terms) != *group_key) return failed(Fault::key_mismatch);
  return quorum;
}

Outcome<Quorum> Quorum::make(const GroupKey& group, std::span<const PartyId> ids) {
  const auto checked = check_ids(group.threshold(), group.parties(), ids);
  if (!checked) return core::unexpected(checked.error());
  std::vector<PartyId> copy(ids.begin(), ids.end());
  if (has_duplicates(copy)) return failed(Fault::duplicate_id);
  std::vector<Point> pubshares;
  pubshares.reserve(ids.size());
  for (const PartyId id : ids) pubshares.push_back(group.pubshares()[id]);
  // That these interpolate to the group key was checked when the group was made.
  return Quorum(std::move(copy), std::move(pubshares), group.key());
}

std::optional<std::uint32_t> Quorum::position_of(PartyId id) const {
  const auto found = std::find(ids_.begin(), ids_.end(), id);
  if (found == ids_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - ids_.begin());
}

}  // namespace tally::mpc
