#include "mpc/rfc9591.hpp"

#include <algorithm>
#include <numeric>

#include "crypto/sha256.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/rfc9591_hash.hpp"

namespace tally::mpc::rfc9591 {
namespace {

using crypto::Point;
using crypto::PointBytes;
using crypto::Scalar;

// The Taproot suite works with the key of even y, whatever the group's.
bool negates_key(Suite suite, const Point& key) {
  return suite == Suite::taproot && !key.has_even_y();
}

Scalar challenge_of(Suite suite, const Point& nonce, const Point& key, ByteView message) {
  if (suite == Suite::sha256) {
    return hash_to_scalar(suite, "chal", {nonce.encode(), key.encode(), message});
  }
  static const crypto::Sha256 kTag = crypto::Sha256::tagged("BIP0340/challenge");
  return Scalar::from_bytes_reduced(
      crypto::tagged_hash(kTag, {nonce.xonly(), key.xonly(), message}));
}

// Positions by ascending identifier, the order in which commitments are hashed.
std::vector<std::uint32_t> ascending(const Quorum& quorum) {
  std::vector<std::uint32_t> order(quorum.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&quorum](std::uint32_t a, std::uint32_t b) {
    return quorum.ids()[a] < quorum.ids()[b];
  });
  return order;
}

// Sections 4.3 and 4.4: everything a binding factor hashes but the identifier.
Bytes binding_prefix(Suite suite, const Quorum& quorum, std::span<const PubNonce> commitments,
                     ByteView message) {
  Bytes list;
  for (const std::uint32_t position : ascending(quorum)) {
    const auto id = x_of(quorum.ids()[position]).encode();
    list.insert(list.end(), id.begin(), id.end());
    list.insert(list.end(), commitments[position].begin(), commitments[position].end());
  }
  const Point& key = quorum.group_key();
  const PointBytes key_bytes = (negates_key(suite, key) ? -key : key).encode();
  Bytes prefix(key_bytes.begin(), key_bytes.end());
  for (const auto& hash : {hash_bytes(suite, "msg", message), hash_bytes(suite, "com", list)}) {
    prefix.insert(prefix.end(), hash.begin(), hash.end());
  }
  return prefix;
}

// The nonce of a signature in the suite's form and what follows it; nothing for another length.
std::optional<Point> split(Suite suite, ByteView bytes, ByteView& rest) {
  const std::size_t nonce_bytes = suite == Suite::sha256 ? 33 : 32;
  if (bytes.size() != nonce_bytes + 32) return std::nullopt;
  rest = bytes.subspan(nonce_bytes);
  const ByteView nonce = bytes.first(nonce_bytes);
  return suite == Suite::sha256 ? Point::parse(nonce) : Point::parse_xonly(nonce);
}

}  // namespace

Outcome<NoncePair> commit(Suite suite, ByteView hiding_random, ByteView binding_random,
                          const Share& share) {
  if (hiding_random.size() != 32 || binding_random.size() != 32) return failed(Fault::bad_length);
  NoncePair pair;
  ByteArray<kSecNonceBytes> secrets;
  std::size_t at = 0;
  for (const ByteView random : {hiding_random, binding_random}) {
    const crypto::SecretScalar k(hash_to_scalar(suite, "nonce", {random, share.secret_bytes()}));
    k.value().encode_to(MutableByteView(secrets).subspan(32 * at, 32));
    const Point point = Point::mul_generator(k.value());
    if (point.is_infinity()) return failed(Fault::negligible);
    const auto bytes = point.encode();
    std::copy(bytes.begin(), bytes.end(), pair.pub.begin() + static_cast<std::ptrdiff_t>(33 * at));
    ++at;
  }
  pair.secret = SecNonce::take_from(secrets);
  return pair;
}

Outcome<Session> Session::open(Suite suite, const Quorum& quorum,
                               std::span<const PubNonce> commitments, ByteView message) {
  if (commitments.size() != quorum.size()) return failed(Fault::bad_length);
  if (quorum.key().point() != quorum.group_key()) return failed(Fault::bad_tweak);
  const Bytes prefix = binding_prefix(suite, quorum, commitments, message);
  Session session(suite, quorum);
  std::vector<Point> terms;
  for (std::uint32_t i = 0; i < quorum.size(); ++i) {
    const PartyId id = quorum.ids()[i];
    const auto hiding = Point::parse(ByteView(commitments[i]).first(33));
    const auto binding = Point::parse(ByteView(commitments[i]).subspan(33));
    if (!hiding || !binding) return failed(Fault::bad_pubnonce, i, id);
    session.factors_.push_back(hash_to_scalar(suite, "rho", {prefix, x_of(id).encode()}));
    terms.push_back(*hiding);
    terms.push_back(Point::mul_var(session.factors_.back(), *binding));
  }
  session.nonce_ = Point::sum(terms);
  if (session.nonce_.is_infinity()) return failed(Fault::negligible);
  session.challenge_ = challenge_of(suite, session.nonce_, quorum.group_key(), message);
  return session;
}

PartialTerms Session::terms(std::uint32_t position) const {
  const Scalar factor = challenge_ * quorum_->lagrange(position);
  return {factors_[position], suite_ == Suite::taproot && !nonce_.has_even_y(),
          negates_key(suite_, quorum_->group_key()) ? -factor : factor, position,
          quorum_->ids()[position]};
}

Outcome<PartialSignature> sign(SecNonce nonce, const Share& share, const Session& session,
                               SelfCheck self_check) {
  const Quorum& quorum = session.quorum();
  if (!share.group().may(Scheme::schnorr)) return failed(Fault::wrong_scheme, {}, share.id());
  const auto position = quorum.position_of(share.id());
  if (!position || quorum.group_key() != share.group().key() ||
      quorum.pubshare(*position) != share.pubshare()) {
    return failed(Fault::not_a_signer, {}, share.id());
  }
  return make_partial(std::move(nonce), session.terms(*position), share, self_check);
}

Outcome<void> verify_partial(const Session& session, std::uint32_t position,
                             const PubNonce& commitment, const PartialSignature& partial) {
  if (position >= session.quorum().size()) return failed(Fault::bad_length, position);
  return check_partial(session.terms(position), commitment, session.quorum().pubshare(position),
                       partial);
}

Outcome<Bytes> aggregate(const Session& session, std::span<const PubNonce> commitments,
                         std::span<const PartialSignature> partials, ByteView message) {
  const Quorum& quorum = session.quorum();
  if (partials.size() != quorum.size() || commitments.size() != quorum.size()) {
    return failed(Fault::bad_length);
  }
  Scalar sum;
  for (std::uint32_t i = 0; i < partials.size(); ++i) {
    const auto z = Scalar::parse(partials[i]);
    if (!z) return failed(Fault::bad_partial, i, quorum.ids()[i]);
    sum = sum + *z;
  }
  const PointBytes nonce = session.nonce().encode();
  Bytes signature(nonce.begin() + (session.suite() == Suite::taproot ? 1 : 0), nonce.end());
  const auto z = sum.encode();
  signature.insert(signature.end(), z.begin(), z.end());
  if (verify(session.suite(), signature, message, quorum.group_key())) return signature;
  for (std::uint32_t i = 0; i < partials.size(); ++i) {
    const auto verdict = verify_partial(session, i, commitments[i], partials[i]);
    if (!verdict) return core::unexpected(verdict.error());
  }
  return failed(Fault::wrong_signature);
}

bool verify(Suite suite, ByteView signature, ByteView message, const Point& key) {
  if (suite == Suite::taproot) return crypto::schnorr_verify(signature, message, key.xonly());
  ByteView scalar;
  const auto nonce = split(suite, signature, scalar);
  const auto z = nonce ? Scalar::parse(scalar) : std::nullopt;
  if (!z || key.is_infinity()) return false;
  return Point::mul_generator(*z) ==
         *nonce + Point::mul_var(challenge_of(suite, *nonce, key, message), key);
}

Outcome<void> verify_dkg_proof(Suite suite, PartyId party, const Point& commitment,
                               ByteView proof) {
  ByteView scalar;
  const auto nonce = split(suite, proof, scalar);
  const auto mu = nonce ? Scalar::parse(scalar) : std::nullopt;
  if (!mu || commitment.is_infinity()) return failed(Fault::bad_proof, {}, party);
  const Scalar c =
      hash_to_scalar(suite, "dkg", {x_of(party).encode(), commitment.encode(), nonce->encode()});
  if (Point::mul_generator(*mu) != *nonce + Point::mul_var(c, commitment)) {
    return failed(Fault::bad_proof, {}, party);
  }
  return {};
}

}  // namespace tally::mpc::rfc9591
