#include "mpc/dkg_params.hpp"

#include <algorithm>
#include <string>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/sha256.hpp"
#include "mpc/group.hpp"

namespace tally::mpc {

std::optional<PartyId> DkgParams::id_of(const crypto::PointBytes& host_key) const {
  const auto found = std::find(host_keys.begin(), host_keys.end(), host_key);
  if (found == host_keys.end()) return std::nullopt;
  return static_cast<PartyId>(found - host_keys.begin());
}

Outcome<void> check_params(const DkgParams& params) {
  if (params.host_keys.size() > kMostParties || !good_parameters(params.t, params.n())) {
    return failed(Fault::bad_parameters);
  }
  for (PartyId id = 0; id < params.n(); ++id) {
    if (!crypto::Point::parse(params.host_keys[id])) return failed(Fault::bad_host_key, id, id);
  }
  for (PartyId id = 0; id < params.n(); ++id) {
    const PartyId first = *params.id_of(params.host_keys[id]);
    if (first != id) return failed(Fault::duplicate_host_key, first, id);
  }
  return {};
}

Outcome<ByteArray<32>> params_hash(const DkgParams& params) {
  if (const auto checked = check_params(params); !checked) {
    return core::unexpected(checked.error());
  }
  Bytes message(4);
  core::store_be(message.data(), params.t);
  for (const auto& key : params.host_keys) message.insert(message.end(), key.begin(), key.end());
  return chill_hash("params_hash", {message});
}

Outcome<HostKey> host_key(ByteView secret) {
  if (secret.size() != 32) return failed(Fault::bad_length);
  auto parsed = crypto::Scalar::parse(secret);
  if (!parsed || crypto::declassified(parsed->is_zero())) return failed(Fault::bad_host_secret);
  HostKey key{crypto::SecretScalar(*parsed), crypto::Point::mul_generator(*parsed).encode()};
  core::wipe(&*parsed, sizeof *parsed);
  return key;
}

ByteArray<32> chill_hash(std::string_view tag, std::initializer_list<ByteView> parts) {
  return crypto::tagged_hash(crypto::Sha256::tagged("BIP DKG/" + std::string(tag)), parts);
}

}  // namespace tally::mpc
