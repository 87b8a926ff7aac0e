#include "mpc/deal.hpp"

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/sha256.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/polynomial.hpp"
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

}  // namespace

Outcome<Share> Dealing::share(PartyId id) const {
  if (id >= group_.parties()) return failed(Fault::id_out_of_range, {}, id);
  return Share::make(group_, id, secrets_.bytes().subspan(kSecretBytes * id, kSecretBytes));
}

Outcome<Dealing> deal(std::uint32_t t, std::uint32_t n, ByteView seed) {
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (seed.size() != kSeedBytes) return failed(Fault::bad_length);
  auto secrets = core::SecretBytes::allocate(kSecretBytes * n);
  if (!secrets) return failed(Fault::out_of_memory);

  const auto polynomial = draw_polynomial(seed, t, n);
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
  KeyFacts facts;
  facts.chain_code = Transcript("deal-chain").add("seed", seed).finish();
  auto group = GroupKey::make(t, n, commitments.front(), std::move(pubshares), facts);
  if (!group) return core::unexpected(group.error());
  return Dealing(std::move(*group), std::move(commitments), std::move(*secrets));
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

}  // namespace tally::mpc
