// Points of secp256k1, the point at infinity among them, as values over libsecp256k1's public keys.
// Any thread may use any point; a point is 72 bytes and owns no memory.
//
// libsecp256k1 0.2.0 normalises after every operation, at the cost of one field inversion each, and
// knows no infinity; this class keeps infinity apart and never hands it to the library.
#pragma once

#include <optional>
#include <secp256k1.h>
#include <span>

#include "core/bytes.hpp"
#include "crypto/scalar.hpp"

namespace tally::crypto {

using PointBytes = ByteArray<33>;  // SEC 1 compressed: 02 or 03, then x
using XonlyBytes = ByteArray<32>;  // BIP-340: x alone, y even

class Point {
 public:
  // The point at infinity.
  Point() = default;
  [[nodiscard]] static const Point& generator();

  // Exactly 33 bytes that begin with 02 or 03 and name a point of the curve: the hybrid, the
  // uncompressed and every other form are refused, and so is infinity.
  [[nodiscard]] static std::optional<Point> parse(ByteView bytes);
  // The same, and 33 zero bytes are infinity (cpoint_ext of BIP-445).
  [[nodiscard]] static std::optional<Point> parse_with_infinity(ByteView bytes);
  // 32 bytes: the point with this x and an even y (lift_x of BIP-340).
  [[nodiscard]] static std::optional<Point> parse_xonly(ByteView bytes);

  // x and y, 32 bytes each; infinity is 64 zero bytes both ways. from_coordinates refuses what is
  // not on the curve. Faster than the compressed form, which costs a square root to read.
  [[nodiscard]] static std::optional<Point> from_coordinates(ByteView bytes);
  [[nodiscard]] ByteArray<64> coordinates() const;

  // Compressed; infinity gives 33 zero bytes.
  [[nodiscard]] PointBytes encode() const;
  // Pre: not infinity.
  [[nodiscard]] XonlyBytes xonly() const;
  [[nodiscard]] bool has_even_y() const;
  [[nodiscard]] bool is_infinity() const { return infinity_; }

  friend bool operator==(const Point& a, const Point& b);
  friend Point operator+(const Point& a, const Point& b);
  friend Point operator-(const Point& a);
  // One inversion for the whole sum. Allocates 8 bytes a point.
  [[nodiscard]] static Point sum(std::span<const Point> points);

  // Takes the value of `other` if `flag`, in the same time either way. Pre: neither is infinity.
  void cmov(const Point& other, bool flag);

  // k*G in constant time. Whether k is zero, and the result, count as public.
  [[nodiscard]] static Point mul_generator(const Scalar& k);
  // k*P in constant time, by secp256k1_ecdh, the library's one such product. Whether the result is
  // infinity counts as public, and that it lies on the curve; sums of the result with other points
  // take the library's variable time, so that it must not be secret itself or be hashed only.
  [[nodiscard]] static Point mul_secret(const Scalar& k, const Point& point);
  // k*P in a time that depends on both: for public values only.
  [[nodiscard]] static Point mul_var(const Scalar& k, const Point& point);
  // a*P + b*G by one ladder for both: for public values only.
  [[nodiscard]] static Point mul_sum_var(const Scalar& a, const Point& point, const Scalar& b);

 private:
  friend std::optional<ByteArray<32>> ecdh(const Scalar& k, const Point& point);

  secp256k1_pubkey key_{};
  bool infinity_ = true;
};

}  // namespace tally::crypto
