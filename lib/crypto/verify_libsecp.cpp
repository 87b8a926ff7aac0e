// Items one by one, by libsecp256k1.
#include <algorithm>

#include "crypto/ecdsa.hpp"
#include "crypto/point.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/verify_backend.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kScalar = 32;
constexpr std::size_t kPoint = 33;

bool check_ecdsa(const VerifyItem& item) {
  if (item.signature.size() == 65 && item.signature[64] > 3) return false;
  if (item.signature.size() != 64 && item.signature.size() != 65) return false;
  return ecdsa_verify(item.key, item.message, item.signature.first(64), EcdsaFormat::compact,
                      item.low_s) == EcdsaVerdict::valid;
}

bool check_partial(const VerifyItem& item) {
  if (item.signature.size() != kScalar || item.message.size() != 2 * kPoint + 2 * kScalar + 1)
    return false;
  const auto s = Scalar::parse(item.signature);
  const auto share = Point::parse(item.key);
  const auto r1 = Point::parse(item.message.first(kPoint));
  const auto r2 = Point::parse(item.message.subspan(kPoint, kPoint));
  const auto b = Scalar::parse(item.message.subspan(2 * kPoint, kScalar));
  const auto c = Scalar::parse(item.message.subspan(2 * kPoint + kScalar, kScalar));
  const std::uint8_t sign = item.message.back();
  if (!s || !share || !r1 || !r2 || !b || !c || sign > 1) return false;
  const Point nonce = *r1 + Point::mul_var(*b, *r2);
  return Point::mul_generator(*s) == (sign == 1 ? -nonce : nonce) + Point::mul_var(*c, *share);
}

bool check_dlog(const VerifyItem& item) {
  if (item.signature.size() != kPoint + kScalar || item.message.size() != kScalar) return false;
  const auto key = Point::parse(item.key);
  const auto e = Scalar::parse(item.message);
  const auto r = Point::parse(item.signature.first(kPoint));
  const auto s = Scalar::parse(item.signature.last(kScalar));
  return key && e && r && s && Point::mul_generator(*s) == *r + Point::mul_var(*e, *key);
}

bool check_feldman(const VerifyItem& item) {
  if (item.signature.size() != kScalar || item.message.size() != kScalar || item.threshold == 0 ||
      item.key.size() != item.threshold * kPoint) {
    return false;
  }
  const auto s = Scalar::parse(item.signature);
  const auto x = Scalar::parse(item.message);
  if (!s || !x) return false;
  Point sum;
  for (std::size_t k = item.threshold; k-- > 0;) {
    const auto commitment = Point::parse(item.key.subspan(k * kPoint, kPoint));
    if (!commitment) return false;
    sum = Point::mul_var(*x, sum) + *commitment;
  }
  return Point::mul_generator(*s) == sum;
}

bool check(const VerifyItem& item) {
  switch (item.scheme) {
    case Scheme::ecdsa:
      return check_ecdsa(item);
    case Scheme::bip340:
      return schnorr_verify(item.signature, item.message, item.key);
    case Scheme::partial:
      return check_partial(item);
    case Scheme::dlog:
      return check_dlog(item);
    case Scheme::feldman:
      return check_feldman(item);
  }
  return false;
}

}  // namespace

Verdict verify_singly_var(const VerifyItem& item) {
  return check(item) ? Verdict::good : Verdict::bad;
}

}  // namespace tally::crypto
