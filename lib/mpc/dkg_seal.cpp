#include "mpc/dkg_seal.hpp"

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/ecdh.hpp"
#include "crypto/sha256.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::PointBytes;
using crypto::Scalar;
using crypto::SecretScalar;

ByteArray<4> id_bytes(PartyId id) {
  ByteArray<4> bytes;
  core::store_be(bytes.data(), id);
  return bytes;
}

SecretScalar scalar_from(ByteArray<32> hash) {
  SecretScalar scalar(Scalar::from_bytes_reduced(hash));
  core::wipe(hash);
  return scalar;
}

// The pad of one dealer and one recipient, from either side: the hash is over the ephemeral key
// first, then the recipient's host key. Nothing when `theirs` is no point.
std::optional<SecretScalar> shared_pad(const SecretScalar& mine, const PointBytes& theirs,
                                       const PointBytes& nonce, const PointBytes& recipient_key,
                                       PartyId recipient, ByteView context) {
  const auto point = Point::parse(theirs);
  if (!point) return std::nullopt;
  auto secret = crypto::ecdh(mine.value(), *point);
  if (!secret) return std::nullopt;
  auto pad = scalar_from(
      chill_hash("encpedpop ecdh", {*secret, nonce, recipient_key, id_bytes(recipient), context}));
  core::wipe(*secret);
  return pad;
}

// The pad of a participant with itself, which spares a multiplication.
SecretScalar self_pad(const SecretScalar& host_secret, const PointBytes& nonce, PartyId id,
                      ByteView context) {
  ByteArray<32> secret;
  host_secret.value().encode_to(secret);
  auto pad =
      scalar_from(chill_hash("encaps_multi self_pad", {secret, nonce, id_bytes(id), context}));
  core::wipe(secret);
  return pad;
}

}  // namespace

Bytes seal_context(const DkgParams& params) {
  Bytes out(4);
  core::store_be(out.data(), params.t);
  for (const auto& key : params.host_keys) out.insert(out.end(), key.begin(), key.end());
  return out;
}

Outcome<std::vector<Scalar>> seal_shares(const DkgParams& params, const Sealer& sealer,
                                         std::span<const SecretScalar> shares) {
  const Bytes context = seal_context(params);
  std::vector<Scalar> sealed;
  sealed.reserve(shares.size());
  for (PartyId id = 0; id < params.n(); ++id) {
    std::optional<SecretScalar> pad;
    if (sealer.my_id == id) {
      pad = self_pad(*sealer.host_secret, sealer.nonce, id, context);
    } else {
      pad = shared_pad(*sealer.nonce_secret, params.host_keys[id], sealer.nonce,
                       params.host_keys[id], id, context);
    }
    if (!pad) return failed(Fault::bad_host_key, id, id);
    // Sent to the coordinator; the pad hides the share.
    sealed.push_back(crypto::declassified(shares[id].value() + pad->value()));
  }
  return sealed;
}

Outcome<std::vector<SecretScalar>> pads_for(const DkgParams& params, const HostKey& host,
                                            PartyId my_id, std::span<const PointBytes> nonces,
                                            std::optional<std::uint32_t> dealer_is_self) {
  const Bytes context = seal_context(params);
  std::vector<SecretScalar> pads;
  pads.reserve(nonces.size());
  for (std::uint32_t dealer = 0; dealer < nonces.size(); ++dealer) {
    std::optional<SecretScalar> pad;
    if (dealer_is_self == dealer) {
      pad = self_pad(host.secret, nonces[dealer], my_id, context);
    } else {
      pad = shared_pad(host.secret, nonces[dealer], nonces[dealer], params.host_keys[my_id], my_id,
                       context);
    }
    if (!pad) return failed(Fault::bad_dealer_nonce, dealer, dealer);
    pads.push_back(std::move(*pad));
  }
  return pads;
}

}  // namespace tally::mpc
