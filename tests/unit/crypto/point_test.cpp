#include "crypto/point.hpp"

#include <array>
#include <doctest/doctest.h>
#include <string>

#include "core/hex.hpp"

namespace core = tally::core;
using tally::Bytes;
using tally::crypto::Point;
using tally::crypto::Scalar;

namespace {

Bytes hex(const std::string& text) {
  return core::from_hex(text).value();
}

const std::string kX = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const std::string kY = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("the generator has the coordinates of SEC 2") {
  CHECK(core::to_hex(Point::generator().encode()) == "02" + kX);
  CHECK(core::to_hex(Point::generator().xonly()) == kX);
  CHECK(Point::generator().has_even_y());
  CHECK_FALSE((-Point::generator()).has_even_y());
  CHECK(core::to_hex((-Point::generator()).encode()) == "03" + kX);
}

TEST_CASE("row 5 only compressed points of the curve are read") {
  CHECK(Point::parse(hex("02" + kX)));
  CHECK(Point::parse(hex("03" + kX)));
  for (const char* tag : {"00", "01", "04", "05", "06", "07", "ff"}) {
    CHECK_FALSE(Point::parse(hex(tag + kX)));
    CHECK_FALSE(Point::parse(hex(tag + kX + kY)));
  }
  CHECK_FALSE(Point::parse({}));
  CHECK_FALSE(Point::parse(hex(kX)));
  CHECK_FALSE(Point::parse(hex("02" + kX + "00")));
  CHECK_FALSE(Point::parse(hex("02" + kX.substr(2))));
  // x = 0 has no y; x = p and x = p + 1 are not reduced, though x = 1 is on the curve.
  CHECK_FALSE(Point::parse(hex("02" + std::string(64, '0'))));
  const std::string p = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc";
  CHECK(Point::parse(hex("02" + std::string(62, '0') + "01")));
  CHECK_FALSE(Point::parse(hex("02" + p + "2f")));
  CHECK_FALSE(Point::parse(hex("02" + p + "30")));
  CHECK_FALSE(Point::parse(hex("02" + std::string(64, 'f'))));
  CHECK_FALSE(Point::parse_xonly(hex(p + "30")));
  CHECK(Point::parse_xonly(hex(kX)) == Point::generator());
}

TEST_CASE("infinity is 33 zero bytes where it is allowed") {
  const Bytes zeros(33, 0);
  CHECK_FALSE(Point::parse(zeros));
  const auto parsed = Point::parse_with_infinity(zeros);
  REQUIRE(parsed);
  CHECK(parsed->is_infinity());
  CHECK(core::to_hex(parsed->encode()) == std::string(66, '0'));
  CHECK_FALSE(Point::parse_with_infinity(Bytes(32, 0)));
  CHECK_FALSE(Point::parse_with_infinity(Bytes(34, 0)));
  CHECK(Point::parse_with_infinity(hex("03" + kX)) == -Point::generator());
  Bytes almost = zeros;
  almost[32] = 1;
  CHECK_FALSE(Point::parse_with_infinity(almost));
}

TEST_CASE("addition knows infinity") {
  const Point& g = Point::generator();
  const Point infinity;
  CHECK(g + infinity == g);
  CHECK(infinity + g == g);
  CHECK((infinity + infinity).is_infinity());
  CHECK((g + -g).is_infinity());
  CHECK(-infinity == infinity);
  CHECK(g != infinity);
  CHECK(g + g == Point::mul_generator(Scalar(2)));
  const std::array<Point, 5> points = {g, infinity, g, -g, g};
  CHECK(Point::sum(points) == Point::mul_generator(Scalar(2)));
  const std::array<Point, 2> cancel = {g, -g};
  CHECK(Point::sum(cancel).is_infinity());
  CHECK(Point::sum({}).is_infinity());
}

TEST_CASE("multiplication is linear and zero gives infinity") {
  const Point& g = Point::generator();
  CHECK(Point::mul_generator(Scalar()).is_infinity());
  CHECK(Point::mul_var(Scalar(), g).is_infinity());
  CHECK(Point::mul_var(Scalar(3), Point()).is_infinity());
  CHECK(Point::mul_generator(-Scalar(1)) == -g);
  for (std::uint64_t a = 1; a < 50; ++a) {
    const Scalar k = Scalar(a) * -Scalar(a + 7);
    CHECK(Point::mul_var(k, g) == Point::mul_generator(k));
    CHECK(Point::mul_generator(k) + Point::mul_generator(Scalar(a)) ==
          Point::mul_generator(k + Scalar(a)));
    CHECK(Point::mul_var(k, Point::mul_generator(Scalar(a))) ==
          Point::mul_generator(k * Scalar(a)));
  }
}

TEST_SUITE_END();
