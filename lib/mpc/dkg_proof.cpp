#include "mpc/dkg_proof.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/sha256.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SchnorrSignature;
using crypto::SecretScalar;
using crypto::Sha256;

ByteArray<4> id_bytes(PartyId id) {
  ByteArray<4> bytes;
  core::store_be(bytes.data(), id);
  return bytes;
}

Scalar challenge(ByteView nonce_x, ByteView key_x, PartyId id) {
  static const Sha256 kTag = Sha256::tagged("BIP DKG/pop message/challenge");
  return Scalar::from_bytes_reduced(crypto::tagged_hash(kTag, {nonce_x, key_x, id_bytes(id)}));
}

// The secret nonce, from the key masked by randomness, as BIP-340 does it.
SecretScalar draw_nonce(const SecretScalar& key, ByteView key_x, PartyId id, ByteView aux) {
  static const Sha256 kAux = Sha256::tagged("BIP DKG/pop message/aux");
  static const Sha256 kNonce = Sha256::tagged("BIP DKG/pop message/nonce");
  ByteArray<32> masked;
  key.value().encode_to(masked);
  auto mask = crypto::tagged_hash(kAux, {aux});
  for (std::size_t i = 0; i < masked.size(); ++i) {
    masked[i] = static_cast<std::uint8_t>(masked[i] ^ mask[i]);
  }
  auto hash = crypto::tagged_hash(kNonce, {masked, key_x, id_bytes(id)});
  SecretScalar nonce(Scalar::from_bytes_reduced(hash));
  core::wipe(masked);
  core::wipe(mask);
  core::wipe(hash);
  return nonce;
}

// The scalar, negated if its point has an odd y; parities of public points are public.
SecretScalar even(const SecretScalar& scalar, const Point& point) {
  return SecretScalar(point.has_even_y() ? scalar.value() : -scalar.value());
}

// Domain separation as BIP-340 advises: a prefix of 33 bytes, then the message.
Bytes statement_message(Statement statement, PartyId id, ByteView agreed) {
  const std::string_view prefix =
      statement == Statement::agreed ? "BIP DKG/certeq message" : "BIP DKG/recovery acknowledgment";
  Bytes message(prefix.begin(), prefix.end());
  message.resize(33);
  const auto number = id_bytes(id);
  message.insert(message.end(), number.begin(), number.end());
  message.insert(message.end(), agreed.begin(), agreed.end());
  return message;
}

}  // namespace

Outcome<SchnorrSignature> prove_possession(const SecretScalar& secret, PartyId id, ByteView aux) {
  const Point point = Point::mul_generator(secret.value());
  if (point.is_infinity()) return failed(Fault::bad_share, {}, id);
  const auto key_x = point.xonly();
  const SecretScalar key = even(secret, point);
  const SecretScalar drawn = draw_nonce(key, key_x, id, aux);
  const Point nonce_point = Point::mul_generator(drawn.value());
  if (nonce_point.is_infinity()) return failed(Fault::negligible);
  const SecretScalar nonce = even(drawn, nonce_point);

  SchnorrSignature proof;
  const auto nonce_x = nonce_point.xonly();
  std::copy(nonce_x.begin(), nonce_x.end(), proof.begin());
  const Scalar e = challenge(nonce_x, key_x, id);
  // The proof is sent; its nonce hides the secret.
  crypto::declassified(nonce.value() + e * key.value())
      .encode_to(MutableByteView(proof).subspan(32));
  return proof;
}

bool verify_possession(const SchnorrSignature& proof, const Point& commitment, PartyId id) {
  if (commitment.is_infinity()) return false;
  const ByteView nonce_x = ByteView(proof).first(32);
  const auto s = Scalar::parse(ByteView(proof).subspan(32));
  const auto nonce = Point::parse_xonly(nonce_x);
  if (!s || !nonce) return false;
  const Scalar e = challenge(nonce_x, commitment.xonly(), id);
  const Point key = commitment.has_even_y() ? commitment : -commitment;
  return Point::mul_generator(*s) == *nonce + Point::mul_var(e, key);
}

Outcome<SchnorrSignature> sign_statement(Statement statement, const SecretScalar& host_secret,
                                         PartyId id, ByteView agreed, ByteView aux) {
  if (aux.size() != 32) return failed(Fault::bad_length);
  const auto made =
      crypto::schnorr_sign(host_secret, statement_message(statement, id, agreed), aux);
  if (!made) return failed(Fault::bad_host_secret, {}, id);
  return *made;
}

bool verify_statement(Statement statement, ByteView signature, const crypto::PointBytes& host_key,
                      PartyId id, ByteView agreed) {
  // The parity of the key is in what is signed, which names every host key whole.
  return crypto::schnorr_verify(signature, statement_message(statement, id, agreed),
                                ByteView(host_key).subspan(1));
}

Outcome<Bytes> certify(const DkgParams& params, ByteView agreed,
                       std::span<const Bytes> signatures) {
  if (signatures.size() != params.n()) return failed(Fault::bad_length);
  Bytes certificate;
  for (PartyId id = 0; id < params.n(); ++id) {
    if (signatures[id].size() != 64) return failed(Fault::bad_length, id, id);
    certificate.insert(certificate.end(), signatures[id].begin(), signatures[id].end());
  }
  if (const auto id = first_bad_signature(params, agreed, certificate)) {
    return failed(Fault::bad_agreement, *id, *id);
  }
  return certificate;
}

std::optional<PartyId> first_bad_signature(const DkgParams& params, ByteView agreed,
                                           ByteView certificate) {
  for (PartyId id = 0; id < params.n(); ++id) {
    const ByteView signature = certificate.subspan(std::size_t{64} * id, 64);
    if (!verify_statement(Statement::agreed, signature, params.host_keys[id], id, agreed)) {
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace tally::mpc
