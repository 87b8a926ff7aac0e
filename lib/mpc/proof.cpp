#include "mpc/proof.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

Transcript begin(std::string_view purpose, const ProofContext& context, ByteView point) {
  Transcript transcript(purpose);
  transcript.add("ceremony", context.ceremony).add("party", context.party);
  transcript.add("index", context.index).add("point", point);
  return transcript;
}

Scalar challenge(const ProofContext& context, ByteView point, ByteView nonce) {
  return begin("proof", context, point).add("nonce", nonce).finish_scalar();
}

}  // namespace

Outcome<Proof> prove(const SecretScalar& secret, const ProofContext& context, ByteView random) {
  if (random.size() != 32) return failed(Fault::bad_length);
  const Point point = Point::mul_generator(secret.value());
  if (point.is_infinity()) return failed(Fault::bad_share, {}, context.party);
  const auto point_bytes = point.encode();

  ByteArray<32> secret_bytes;
  secret.value().encode_to(secret_bytes);
  const SecretScalar k(begin("proof-nonce", context, point_bytes)
                           .add("secret", secret_bytes)
                           .add("random", random)
                           .finish_scalar());
  core::wipe(secret_bytes);
  const Point nonce = Point::mul_generator(k.value());
  if (nonce.is_infinity()) return failed(Fault::negligible);

  Proof proof;
  const auto nonce_bytes = nonce.encode();
  std::copy(nonce_bytes.begin(), nonce_bytes.end(), proof.begin());
  const Scalar e = challenge(context, point_bytes, nonce_bytes);
  // The proof is sent; its nonce hides the secret.
  crypto::declassified(k.value() + e * secret.value())
      .encode_to(MutableByteView(proof).subspan(nonce_bytes.size()));
  return proof;
}

Outcome<void> verify_proof(ByteView proof, const Point& point, const ProofContext& context) {
  const auto bad = failed(Fault::bad_proof, {}, context.party);
  if (proof.size() != kProofBytes || point.is_infinity()) return bad;
  const auto nonce = Point::parse(proof.first(33));
  const auto s = Scalar::parse(proof.subspan(33));
  if (!nonce || !s) return bad;
  const Scalar e = challenge(context, point.encode(), proof.first(33));
  if (Point::mul_generator(*s) != *nonce + Point::mul_var(e, point)) return bad;
  return {};
}

}  // namespace tally::mpc
