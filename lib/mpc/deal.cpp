#include "mpc/deal.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/point_batch.hpp"
#include "crypto/secret_mul.hpp"
#include "crypto/sha256.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/polynomial.hpp"
#include "mpc/secret_batch.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kSecretBytes = 32;

std::vector<SecretScalar> draw_polynomial(ByteView seed, std::uint32_t t, std::uint32_t n) {
  static const crypto::Sha256 kTag = crypto::Sha256::tagged("tally/mpc/v1/deal");
  std::vector<SecretScalar> coefficients;
  coefficients.reserve(t);
  for (std::uint32_t k = 0; k < t; ++k) {
    ByteArray<12> context;
    core::store_be(context.data(), t);
    core::store_be(context.data() + 4, n);
    core::store_be(context.data() + 8, k);
    auto hash = crypto::tagged_hash(kTag, {seed, context});
    coefficients.emplace_back(Scalar::from_bytes_reduced(hash));
    core::wipe(hash);
  }
  return coefficients;
}

Outcome<SecretScalar> parse_secret(ByteView secret) {
  if (secret.size() != kSecretBytes) return failed(Fault::bad_length);
  auto parsed = Scalar::parse(secret);
  if (!parsed || crypto::declassified(parsed->is_zero())) return failed(Fault::bad_share);
  SecretScalar scalar(*parsed);
  core::wipe(&*parsed, sizeof *parsed);
  return scalar;
}

// What the proof of an import is about: all commitments, so that it fits one dealing.
ByteArray<32> import_ceremony(std::span<const Point> commitments) {
  Transcript transcript("import");
  for (const Point& commitment : commitments) transcript.add("commitment", commitment.encode());
  return transcript.finish();
}

}  // namespace

Outcome<Share> Dealing::share(PartyId id) const {
  if (id >= group_.parties()) return failed(Fault::id_out_of_range, {}, id);
  return Share::make(group_, id, secrets_.bytes().subspan(kSecretBytes * id, kSecretBytes));
}

Outcome<Dealing> Dealing::from(std::span<const SecretScalar> polynomial, std::uint32_t n,
                               const KeyFacts& facts) {
  auto secrets = core::SecretBytes::allocate(kSecretBytes * n);
  if (!secrets) return failed(Fault::out_of_memory);
  std::vector<Point> commitments = commit(polynomial);
  for (const Point& commitment : commitments) {
    // A zero constant term is no key, a zero leading one a lower threshold.
    if (commitment.is_infinity()) return failed(Fault::negligible);
  }
  std::vector<Point> pubshares;
  for (PartyId id = 0; id < n; ++id) {
    const SecretScalar value = evaluate(polynomial, x_of(id));
    value.value().encode_to(secrets->bytes().subspan(kSecretBytes * id, kSecretBytes));
    pubshares.push_back(Point::mul_generator(value.value()));
    if (pubshares.back().is_infinity()) return failed(Fault::negligible);
  }
  auto group = GroupKey::make(static_cast<std::uint32_t>(polynomial.size()), n, commitments.front(),
                              std::move(pubshares), facts);
  if (!group) return core::unexpected(group.error());
  return Dealing(std::move(*group), std::move(commitments), std::move(*secrets));
}

Outcome<Dealing> deal(std::uint32_t t, std::uint32_t n, ByteView seed) {
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (seed.size() != kSeedBytes) return failed(Fault::bad_length);
  KeyFacts facts;
  facts.chain_code = Transcript("deal-chain").add("seed", seed).finish();
  // It stands in every group file; the hash says nothing about the seed.
  crypto::declassify(facts.chain_code.data(), facts.chain_code.size());
  return Dealing::from(draw_polynomial(seed, t, n), n, facts);
}

Outcome<Dealing> import_key(std::uint32_t t, std::uint32_t n, ByteView secret,
                            const ByteArray<32>& chain_code, ByteView seed) {
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (seed.size() != kSeedBytes) return failed(Fault::bad_length);
  auto key = parse_secret(secret);
  if (!key) return core::unexpected(key.error());
  auto polynomial = draw_polynomial(seed, t, n);
  polynomial.front() = std::move(*key);
  KeyFacts facts;
  facts.chain_code = chain_code;
  return Dealing::from(polynomial, n, facts);
}

Outcome<Proof> prove_import(const Dealing& dealing, ByteView secret, ByteView random) {
  const auto key = parse_secret(secret);
  if (!key) return core::unexpected(key.error());
  const auto ceremony = import_ceremony(dealing.commitments());
  return prove(*key, {ceremony, 0, 0}, random);
}

Outcome<void> verify_import(std::span<const Point> commitments, std::uint32_t t, const Point& key,
                            ByteView proof) {
  if (commitments.size() != t || t == 0) return failed(Fault::bad_length);
  if (commitments.front() != key) return failed(Fault::key_mismatch);
  const auto ceremony = import_ceremony(commitments);
  if (!verify_proof(proof, key, {ceremony, 0, 0})) return failed(Fault::bad_proof);
  return {};
}

Outcome<core::SecretBytes> unsafe_export_key(std::span<const Share* const> shares) {
  if (shares.empty() || shares.size() < shares[0]->group().threshold()) {
    return failed(Fault::signer_count);
  }
  const GroupKey& group = shares[0]->group();
  std::vector<PartyId> ids;
  for (std::uint32_t i = 0; i < shares.size(); ++i) {
    if (shares[i]->group().digest() != group.digest()) return failed(Fault::wrong_epoch, i);
    if (std::find(ids.begin(), ids.end(), shares[i]->id()) != ids.end()) {
      return failed(Fault::duplicate_id, i, shares[i]->id());
    }
    ids.push_back(shares[i]->id());
  }
  auto out = core::SecretBytes::allocate(kSecretBytes);
  if (!out) return failed(Fault::out_of_memory);
  const auto lambda = lagrange_at_zero_var(ids);
  SecretScalar key;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    key = SecretScalar(key.value() + lambda[i] * shares[i]->secret().value());
  }
  if (Point::mul_generator(key.value()) != group.key()) return failed(Fault::key_mismatch);
  key.value().encode_to(out->bytes());
  return std::move(*out);
}

Outcome<void> verify_share(std::span<const Point> commitments, std::uint32_t t, std::uint32_t n,
                           PartyId id, ByteView secret) {
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (commitments.size() != t || secret.size() != kSecretBytes) return failed(Fault::bad_length);
  if (id >= n) return failed(Fault::id_out_of_range, {}, id);
  auto parsed = Scalar::parse(secret);
  if (!parsed) return failed(Fault::bad_share, {}, id);
  const SecretScalar scalar(*parsed);
  core::wipe(&*parsed, sizeof *parsed);
  const Point ours = Point::mul_generator(scalar.value());
  if (ours.is_infinity()) return failed(Fault::bad_share, {}, id);
  if (ours != evaluate_var(commitments, x_of(id))) return failed(Fault::share_mismatch, {}, id);
  return {};
}

Outcome<void> verify_shares(std::span<const DealtShare> shares, std::uint32_t t, std::uint32_t n,
                            PartyId id) {
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (id >= n) return failed(Fault::id_out_of_range, {}, id);
  const auto count = static_cast<std::uint32_t>(shares.size());
  SecretBatch secrets(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (shares[i].commitments.size() != t || shares[i].secret.size() != kSecretBytes) {
      return failed(Fault::bad_length, i);
    }
    auto parsed = Scalar::parse(shares[i].secret);
    if (!parsed) return failed(Fault::bad_share, i, id);
    secrets.add(*parsed);
    core::wipe(&*parsed, sizeof *parsed);
  }
  std::vector<Point> ours(count);
  crypto::mul_generator_each(secrets.get(), ours);

  std::vector<Point> commitments;
  commitments.reserve(std::size_t{count} * t);
  for (const DealtShare& share : shares) {
    commitments.insert(commitments.end(), share.commitments.begin(), share.commitments.end());
  }
  std::vector<Point> values(count);
  crypto::evaluate_each_var(commitments, id + 1, values);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (ours[i].is_infinity()) return failed(Fault::bad_share, i, id);
    if (ours[i] != values[i]) return failed(Fault::share_mismatch, i, id);
  }
  return {};
}

}  // namespace tally::mpc
