#include "mpc/group.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "crypto/sha256.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::string_view kMagic = "TGK2";
constexpr std::size_t kHeaderBytes = 46;
constexpr std::size_t kPointBytes = 33;

// Product over all other x coordinates j of 0 .. n of 1 / (x_i - j).
Scalar dual_weight_var(std::uint32_t i, std::uint32_t n) {
  Scalar product(1);
  for (std::uint32_t j = 0; j <= n; ++j) {
    if (j != i) product = product * (Scalar(i) - Scalar(j));
  }
  return Scalar::inverse_var(product);
}

// A polynomial with n - t + 1 coefficients drawn from the hash of the group.
std::vector<Scalar> challenge_polynomial(ByteView group_digest, std::uint32_t count) {
  static const crypto::Sha256 kTag = crypto::Sha256::tagged("tally/mpc/v1/degree-check");
  std::vector<Scalar> coefficients;
  for (std::uint32_t k = 0; k < count; ++k) {
    ByteArray<4> index;
    core::store_be(index.data(), k);
    coefficients.push_back(
        Scalar::from_bytes_reduced(crypto::tagged_hash(kTag, {group_digest, index})));
  }
  return coefficients;
}

Scalar evaluate_var(std::span<const Scalar> coefficients, const Scalar& x) {
  Scalar value;
  for (std::size_t k = coefficients.size(); k > 0; --k) value = value * x + coefficients[k - 1];
  return value;
}

// The degree test of SCRAPE (Cascudo, David 2017, section 2.1): values at 0 .. n lie on a
// polynomial of degree below t exactly if they are orthogonal to all words (w_i m(i)) with m of
// degree at most n - t; one m that the prover could not know beforehand finds any other with
// probability 1 - 1/n of the group order. The random m comes from a hash of the values themselves.
bool lies_on_low_degree_var(const GroupKey& group) {
  const std::uint32_t n = group.parties();
  const auto m = challenge_polynomial(group.digest(), n - group.threshold() + 1);
  std::vector<Point> terms;
  terms.reserve(n + 1);
  for (std::uint32_t i = 0; i <= n; ++i) {
    const Point& value = i == 0 ? group.key() : group.pubshares()[i - 1];
    terms.push_back(Point::mul_var(dual_weight_var(i, n) * evaluate_var(m, Scalar(i)), value));
  }
  return Point::sum(terms).is_infinity();
}

}  // namespace

Outcome<GroupKey> GroupKey::make(std::uint32_t t, std::uint32_t n, const Point& key,
                                 std::vector<Point> pubshares, const KeyFacts& facts) {
  if (!good_parameters(t, n) || facts.schemes == 0 || (facts.schemes & ~kAllSchemes) != 0) {
    return failed(Fault::bad_parameters);
  }
  if (pubshares.size() != n) return failed(Fault::bad_length);
  if (key.is_infinity()) return failed(Fault::key_mismatch);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (pubshares[i].is_infinity()) return failed(Fault::bad_pubshare, i, i);
  }
  GroupKey group(t, n, key, std::move(pubshares), facts);
  if (!lies_on_low_degree_var(group)) return failed(Fault::key_mismatch);
  return group;
}

Outcome<GroupKey> GroupKey::make(std::uint32_t t, std::uint32_t n, ByteView key,
                                 std::span<const crypto::PointBytes> pubshares,
                                 const KeyFacts& facts) {
  const auto key_point = Point::parse(key);
  if (!key_point) return failed(Fault::key_mismatch);
  std::vector<Point> points;
  points.reserve(pubshares.size());
  for (std::uint32_t i = 0; i < pubshares.size(); ++i) {
    const auto point = Point::parse(pubshares[i]);
    if (!point) return failed(Fault::bad_pubshare, i, i);
    points.push_back(*point);
  }
  return make(t, n, *key_point, std::move(points), facts);
}

Outcome<GroupKey> GroupKey::decode(ByteView bytes) {
  if (bytes.size() < kHeaderBytes + kPointBytes) return failed(Fault::bad_length);
  if (core::as_text(bytes.first(kMagic.size())) != kMagic) return failed(Fault::bad_parameters);
  KeyFacts facts;
  facts.schemes = core::load_be<std::uint16_t>(bytes.data() + 4);
  const std::uint32_t t = core::load_be<std::uint16_t>(bytes.data() + 6);
  const std::uint32_t n = core::load_be<std::uint16_t>(bytes.data() + 8);
  facts.epoch = core::load_be<std::uint32_t>(bytes.data() + 10);
  std::copy_n(bytes.data() + 14, facts.chain_code.size(), facts.chain_code.begin());
  if (!good_parameters(t, n)) return failed(Fault::bad_parameters);
  if (bytes.size() != kHeaderBytes + kPointBytes * (n + 1)) return failed(Fault::bad_length);
  std::vector<crypto::PointBytes> pubshares(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    std::copy_n(bytes.data() + kHeaderBytes + kPointBytes * (i + 1), kPointBytes,
                pubshares[i].data());
  }
  return make(t, n, bytes.subspan(kHeaderBytes, kPointBytes), pubshares, facts);
}

Bytes GroupKey::encode() const {
  Bytes out(kHeaderBytes);
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  core::store_be(out.data() + 4, facts_.schemes);
  core::store_be(out.data() + 6, static_cast<std::uint16_t>(t_));
  core::store_be(out.data() + 8, static_cast<std::uint16_t>(n_));
  core::store_be(out.data() + 10, facts_.epoch);
  std::copy(facts_.chain_code.begin(), facts_.chain_code.end(), out.begin() + 14);
  const auto append = [&out](const Point& point) {
    const auto bytes = point.encode();
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  append(key_);
  for (const Point& pubshare : pubshares_) append(pubshare);
  return out;
}

ByteArray<32> GroupKey::digest() const {
  static const crypto::Sha256 kTag = crypto::Sha256::tagged("tally/mpc/v1/group");
  return crypto::tagged_hash(kTag, {encode()});
}

KeyId GroupKey::key_id() const {
  return Transcript("key-id").add("key", key_.encode()).add("chain", facts_.chain_code).finish();
}

}  // namespace tally::mpc
