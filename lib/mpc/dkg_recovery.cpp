#include "mpc/dkg.hpp"
#include "mpc/dkg_output.hpp"
#include "mpc/dkg_proof.hpp"
#include "mpc/dkg_seal.hpp"
#include "mpc/reshare.hpp"

namespace tally::mpc {
namespace {

using crypto::SecretScalar;

// Decodes and checks that every participant signed.
Outcome<RecoveryParts> certified(ByteView recovery_data) {
  auto parts = decode_recovery(recovery_data);
  if (!parts || !check_params(parts->agreement.params) ||
      first_bad_signature(parts->agreement.params, parts->agreed, parts->certificate)) {
    return failed(Fault::bad_recovery_data);
  }
  return std::move(*parts);
}

Outcome<Share> recover_share(const EqualityInput& agreement, const TweakedCommitments& tweaked,
                             const GroupKey& group, ByteView host_secret) {
  const auto host = host_key(host_secret);
  if (!host) return core::unexpected(host.error());
  const auto id = agreement.params.id_of(host->pub);
  if (!id) return failed(Fault::unknown_host_key);
  const auto pads = pads_for(agreement.params, *host, *id, agreement.nonces, *id);
  if (!pads) return failed(Fault::bad_recovery_data);
  SecretScalar secret(agreement.sealed_sums[*id] + tweaked.tweak);
  for (const SecretScalar& pad : *pads) secret = SecretScalar(secret.value() - pad.value());
  ByteArray<32> bytes;
  secret.value().encode_to(bytes);
  auto share = Share::make(group, *id, bytes);
  core::wipe(bytes);
  return share;
}

}  // namespace

Outcome<RecoveredKey> recover(ByteView recovery_data, ByteView host_secret) {
  if (is_reshare_recovery(recovery_data)) return recover_reshared(recovery_data, host_secret);
  const auto parts = certified(recovery_data);
  if (!parts) return core::unexpected(parts.error());
  const auto tweaked = tweak_commitments(parts->agreement.sum_commitments);
  if (!tweaked) return failed(Fault::bad_recovery_data);
  auto group = group_of(parts->agreement.params, *tweaked, parts->agreed);
  if (!group) return failed(Fault::bad_recovery_data);
  RecoveredKey out{parts->agreement.params, std::move(*group), {}};
  if (host_secret.empty()) return out;
  auto share = recover_share(parts->agreement, *tweaked, out.group, host_secret);
  if (!share) return core::unexpected(share.error());
  out.share = std::move(*share);
  return out;
}

Outcome<SchnorrSignature> acknowledge_recovery(ByteView recovery_data, ByteView host_secret,
                                               ByteView aux) {
  const auto parts = certified(recovery_data);
  if (!parts) return core::unexpected(parts.error());
  const auto host = host_key(host_secret);
  if (!host) return core::unexpected(host.error());
  const auto id = parts->agreement.params.id_of(host->pub);
  if (!id) return failed(Fault::unknown_host_key);
  return sign_statement(Statement::kept_recovery_data, host->secret, *id, parts->agreed, aux);
}

Outcome<void> verify_acknowledgement(ByteView recovery_data, PartyId id, ByteView signature) {
  const auto parts = certified(recovery_data);
  if (!parts) return core::unexpected(parts.error());
  const DkgParams& params = parts->agreement.params;
  if (id >= params.n()) return failed(Fault::id_out_of_range, {}, id);
  if (!verify_statement(Statement::kept_recovery_data, signature, params.host_keys[id], id,
                        parts->agreed)) {
    return failed(Fault::bad_agreement, {}, id);
  }
  return {};
}

}  // namespace tally::mpc
