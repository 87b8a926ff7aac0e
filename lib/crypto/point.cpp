#include "crypto/point.hpp"

#include <algorithm>
#include <array>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/ctime.hpp"

namespace tally::crypto {
namespace {

constexpr std::uint8_t kEvenTag = 2;
constexpr std::uint8_t kOddTag = 3;
constexpr std::uint8_t kUncompressedTag = 4;

// What secp256k1_ecdh asks for: keeps both coordinates as they are.
int keep_coordinates(unsigned char* out, const unsigned char* x, const unsigned char* y,
                     void* /*data*/) {
  std::copy_n(x, 32, out);
  std::copy_n(y, 32, out + 32);
  return 1;
}

bool is_all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

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
  if (bytes.size() == 33 && is_all_zero(bytes)) return Point();
  return parse(bytes);
}

std::optional<Point> Point::parse_xonly(ByteView bytes) {
  if (bytes.size() != 32) return std::nullopt;
  PointBytes compressed;
  compressed[0] = kEvenTag;
  std::copy(bytes.begin(), bytes.end(), compressed.begin() + 1);
  return parse(compressed);
}

std::optional<Point> Point::from_coordinates(ByteView bytes) {
  if (bytes.size() != 64) return std::nullopt;
  if (is_all_zero(bytes)) return Point();
  ByteArray<65> sec1;
  sec1[0] = kUncompressedTag;
  std::copy(bytes.begin(), bytes.end(), sec1.begin() + 1);
  std::optional<Point> point(std::in_place);
  if (secp256k1_ec_pubkey_parse(context(), &point->key_, sec1.data(), sec1.size()) == 1) {
    point->infinity_ = false;
  } else {
    point.reset();
  }
  core::wipe(sec1);
  return point;
}

ByteArray<64> Point::coordinates() const {
  ByteArray<64> out{};
  if (infinity_) return out;
  ByteArray<65> sec1;
  std::size_t size = sec1.size();
  secp256k1_ec_pubkey_serialize(context(), sec1.data(), &size, &key_, SECP256K1_EC_UNCOMPRESSED);
  std::copy(sec1.begin() + 1, sec1.end(), out.begin());
  core::wipe(sec1);
  return out;
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

void Point::cmov(const Point& other, bool flag) {
  const auto mask = static_cast<std::uint8_t>(value_barrier(0 - static_cast<std::uint64_t>(flag)));
  for (std::size_t i = 0; i < sizeof key_.data; ++i) {
    const int changed = (key_.data[i] ^ other.key_.data[i]) & mask;
    key_.data[i] = static_cast<unsigned char>(key_.data[i] ^ changed);
  }
}

Point Point::mul_secret(const Scalar& k, const Point& point) {
  Point result;
  if (point.infinity_) return result;
  // The library's only branch on a point asks whether its x is zero, which that of none is.
  const secp256k1_pubkey base = point.key_;
  declassify(&base, sizeof base);
  ByteArray<32> bytes;
  ByteArray<65> product;
  product[0] = kUncompressedTag;
  k.encode_to(bytes);
  // Refused only when k is zero, and then the output is that of k = 1. The library's own branch on
  // that counts as public, as the point at infinity does in each of its uses.
  const bool made = secp256k1_ecdh(context(), product.data() + 1, &base, bytes.data(),
                                   keep_coordinates, nullptr) == 1;
  // The coordinates come from the library and lie on the curve; the check that they do branches.
  declassify(product.data(), product.size());
  result.infinity_ =
      !declassified(made) ||
      secp256k1_ec_pubkey_parse(context(), &result.key_, product.data(), product.size()) != 1;
  core::wipe(bytes);
  core::wipe(product);
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

// The library's only sum of two products that gives a point is the recovery of an ECDSA key, (s R -
// m G) / r for the R with x = r: with s = a r and m = -b r it is the sum wanted.
Point Point::mul_sum_var(const Scalar& a, const Point& point, const Scalar& b) {
  const PointBytes encoded = point.encode();
  const ByteView x = ByteView(encoded).subspan(1);
  const Scalar r = Scalar::from_bytes_reduced(x);
  if (point.infinity_ || a.is_zero() || r.is_zero()) return mul_var(a, point) + mul_generator(b);
  const int recovery_id = (encoded[0] == kOddTag ? 1 : 0) + (Scalar::parse(x) ? 0 : 2);
  ByteArray<64> compact;
  r.encode_to(MutableByteView(compact).first(32));
  (a * r).encode_to(MutableByteView(compact).last(32));
  const ByteArray<32> m = (-(b * r)).encode();
  secp256k1_ecdsa_recoverable_signature signature;
  Point result;
  // Refused only when the sum is infinity: r and s are below n and not zero, and R is a point.
  result.infinity_ = secp256k1_ecdsa_recoverable_signature_parse_compact(
                         context(), &signature, compact.data(), recovery_id) != 1 ||
                     secp256k1_ecdsa_recover(context(), &result.key_, &signature, m.data()) != 1;
  return result;
}

}  // namespace tally::crypto
