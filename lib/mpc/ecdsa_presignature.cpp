#include "mpc/ecdsa_presignature.hpp"

#include "crypto/sha256.hpp"

namespace tally::mpc {

using crypto::Scalar;
using crypto::SecretScalar;

ComputedDigest ComputedDigest::of(DigestKind kind, ByteView message) {
  const auto once = crypto::Sha256::digest(message);
  return ComputedDigest(kind == DigestKind::sha256 ? once : crypto::Sha256::digest(once));
}

PresignatureFacts Presignature::move_to(Presignature presignature, MutableByteView out) {
  presignature.phi_.value().encode_to(out.first(32));
  presignature.u_.value().encode_to(out.subspan(32, 32));
  presignature.v_.value().encode_to(out.subspan(64, 32));
  return std::move(presignature.facts_);
}

Presignature Presignature::take_from(PresignatureFacts facts, MutableByteView secrets) {
  Presignature out;
  out.facts_ = std::move(facts);
  // What encode_to wrote is in range; a wiped store gives zeros, with which nothing verifies.
  out.phi_ = SecretScalar(Scalar::from_bytes_reduced(secrets.first(32)));
  out.u_ = SecretScalar(Scalar::from_bytes_reduced(secrets.subspan(32, 32)));
  out.v_ = SecretScalar(Scalar::from_bytes_reduced(secrets.subspan(64, 32)));
  core::wipe(secrets);
  return out;
}

}  // namespace tally::mpc
