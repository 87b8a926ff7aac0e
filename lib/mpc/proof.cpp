#include "mpc/proof.hpp"

#include <algorithm>
#include <vector>

#include "crypto/ctime.hpp"
#include "mpc/transcript.hpp"
#include "mpc/verdicts.hpp"

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

// s*G - e*P is encoded and compared with R as it came, which saves reading R.
Outcome<void> verify_proof(ByteView proof, const Point& point, const ProofContext& context) {
  const auto bad = failed(Fault::bad_proof, {}, context.party);
  if (proof.size() != kProofBytes || point.is_infinity()) return bad;
  const auto s = Scalar::parse(proof.subspan(33));
  if (!s) return bad;
  const Scalar e = challenge(context, point.encode(), proof.first(33));
  const Point nonce = Point::mul_sum_var(-e, point, *s);
  if (nonce.is_infinity() || !std::ranges::equal(nonce.encode(), proof.first(33))) return bad;
  return {};
}

Outcome<void> verify_proofs(std::span<const ProofClaim> claims) {
  struct Encoded {
    crypto::PointBytes point{};
    ByteArray<32> challenge{};
  };
  std::vector<Encoded> encoded(claims.size());
  std::vector<crypto::VerifyItem> items(claims.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const ProofClaim& claim = claims[i];
    items[i].scheme = crypto::Scheme::dlog;
    // What has not the length of a proof stays an item without a signature, which is bad.
    if (claim.proof.size() != kProofBytes) continue;
    encoded[i].point = claim.point.encode();
    encoded[i].challenge =
        challenge(claim.context, encoded[i].point, claim.proof.first(33)).encode();
    items[i].key = encoded[i].point;
    items[i].message = encoded[i].challenge;
    items[i].signature = claim.proof;
  }
  const auto bad = first_bad_var(items);
  if (bad) return failed(Fault::bad_proof, *bad, claims[*bad].context.party);
  return {};
}

}  // namespace tally::mpc
