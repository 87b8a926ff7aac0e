#include "crypto/point.hpp"

#include <algorithm>
#include <array>
#include <secp256k1_extrakeys.h>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/ctime.hpp"

namespace tally::crypto {
namespace {

constexpr std::uint8_t kEvenTag = 2;
constexpr std::uint8_t kOddTag = 3;

}  // namespace

const Point& Point::generator() {
  static const Point kGenerator = mul_generator(Scalar(1));
  return kGenerator;
}

std::optional<Point> Point::parse(ByteView bytes) {
  if (bytes.size() != 33 || (bytes[0] != kEvenTag && bytes[0] != kOddTag)) return std::nullopt;
  Point point;
  if (secp256k1_ec_pubkey_parse(context(), &point.key_, bytes.data(), bytes.size()) != 1) {
    return std::nullopt;
  }
  point.infinity_ = false;
  return point;
}

std::optional<Point> Point::parse_with_infinity(ByteView bytes) {
  const auto zero = [](std::uint8_t byte) { return byte == 0; };
  if (bytes.size() == 33 && std::all_of(bytes.begin(), bytes.end(), zero)) return Point();
  return parse(bytes);
}

std::optional<Point> Point::parse_xonly(ByteView bytes) {
  if (bytes.size() != 32) return std::nullopt;
  PointBytes compressed;
  compressed[0] = kEvenTag;
  std::copy(bytes.begin(), bytes.end(), compressed.begin() + 1);
  return parse(compressed);
}

PointBytes Point::encode() const {
  PointBytes out{};
  if (infinity_) return out;
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &key_, SECP256K1_EC_COMPRESSED);
  return out;
}

XonlyBytes Point::xonly() const {
  const PointBytes compressed = encode();
  XonlyBytes out;
  std::copy(compressed.begin() + 1, compressed.end(), out.begin());
  return out;
}

bool Point::has_even_y() const {
  return encode()[0] == kEvenTag;
}

bool operator==(const Point& a, const Point& b) {
  if (a.infinity_ || b.infinity_) return a.infinity_ == b.infinity_;
  return secp256k1_ec_pubkey_cmp(context(), &a.key_, &b.key_) == 0;
}

Point operator+(const Point& a, const Point& b) {
  if (a.infinity_) return b;
  if (b.infinity_) return a;
  const std::array<const secp256k1_pubkey*, 2> keys = {&a.key_, &b.key_};
  Point result;
  // Refused only when the sum is infinity.
  result.infinity_ =
      secp256k1_ec_pubkey_combine(context(), &result.key_, keys.data(), keys.size()) != 1;
  return result;
}

Point operator-(const Point& a) {
  Point result = a;
  if (!result.infinity_ && secp256k1_ec_pubkey_negate(context(), &result.key_) != 1) return {};
  return result;
}

Point Point::sum(std::span<const Point> points) {
  std::vector<const secp256k1_pubkey*> keys;
  keys.reserve(points.size());
  for (const Point& point : points) {
    if (!point.infinity_) keys.push_back(&point.key_);
  }
  Point result;
  if (keys.empty()) return result;
  result.infinity_ =
      secp256k1_ec_pubkey_combine(context(), &result.key_, keys.data(), keys.size()) != 1;
  return result;
}

Point Point::mul_generator(const Scalar& k) {
  ByteArray<32> bytes;
  k.encode_to(bytes);
  Point result;
  // Refused only when k is zero. The library computes the point without a branch on k.
  const bool made = secp256k1_ec_pubkey_create(context(), &result.key_, bytes.data()) == 1;
  core::wipe(bytes);
  declassify(&result.key_, sizeof result.key_);
  result.infinity_ = !declassified(made);
  return result;
}

Point Point::mul_var(const Scalar& k, const Point& point) {
  Point result = point;
  if (point.infinity_) return result;
  const ByteArray<32> bytes = k.encode();
  // Refused only when k is zero.
  result.infinity_ = secp256k1_ec_pubkey_tweak_mul(context(), &result.key_, bytes.data()) != 1;
  return result;
}

}  // namespace tally::crypto
