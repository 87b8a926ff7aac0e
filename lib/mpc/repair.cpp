#include "mpc/repair.hpp"

#include <algorithm>

#include "mpc/lagrange.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {
namespace {

using crypto::Scalar;
using crypto::SecretScalar;

Outcome<std::size_t> check_helpers(const Share& share, std::span<const PartyId> helpers,
                                   PartyId lost) {
  const GroupKey& group = share.group();
  if (helpers.size() != group.threshold()) return failed(Fault::signer_count);
  if (lost >= group.parties()) return failed(Fault::id_out_of_range, {}, lost);
  std::optional<std::size_t> position;
  for (std::uint32_t i = 0; i < helpers.size(); ++i) {
    if (helpers[i] >= group.parties()) return failed(Fault::id_out_of_range, i, helpers[i]);
    if (helpers[i] == lost) return failed(Fault::bad_parameters, i, lost);
    if (std::find(helpers.begin(), helpers.begin() + i, helpers[i]) != helpers.begin() + i) {
      return failed(Fault::duplicate_id, i, helpers[i]);
    }
    if (helpers[i] == share.id()) position = i;
  }
  if (!position) return failed(Fault::not_a_signer, {}, share.id());
  return *position;
}

}  // namespace

Outcome<std::vector<SecretScalar>> split_for_repair(const Share& share,
                                                    std::span<const PartyId> helpers, PartyId lost,
                                                    ByteView random) {
  const auto position = check_helpers(share, helpers, lost);
  if (!position) return core::unexpected(position.error());
  if (random.size() != 32) return failed(Fault::bad_length);
  const Scalar lambda = lagrange_at_var(helpers, x_of(lost))[*position];
  // The last piece is what the random ones leave of the part.
  SecretScalar rest(lambda * share.secret().value());
  std::vector<SecretScalar> pieces;
  const auto group = share.group().digest();
  for (std::uint32_t i = 0; i + 1 < helpers.size(); ++i) {
    pieces.emplace_back(Transcript("repair-piece")
                            .add("group", group)
                            .add("lost", lost)
                            .add("helper", helpers[i])
                            .add("share", share.secret_bytes())
                            .add("random", random)
                            .finish_scalar());
    rest = SecretScalar(rest.value() - pieces.back().value());
  }
  pieces.push_back(std::move(rest));
  return pieces;
}

SecretScalar sum_pieces(std::span<const SecretScalar> pieces) {
  SecretScalar sum;
  for (const SecretScalar& piece : pieces) sum = SecretScalar(sum.value() + piece.value());
  return sum;
}

Outcome<Share> repair_share(const GroupKey& group, PartyId lost,
                            std::span<const SecretScalar> sums) {
  if (sums.size() != group.threshold()) return failed(Fault::bad_length);
  const SecretScalar secret = sum_pieces(sums);
  ByteArray<32> bytes;
  secret.value().encode_to(bytes);
  auto share = Share::make(group, lost, bytes);
  core::wipe(bytes);
  return share;
}

}  // namespace tally::mpc
