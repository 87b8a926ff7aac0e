// Both ways of multiplying by secret scalars give what libsecp256k1 gives.
#include "crypto/secret_mul.hpp"

#include <array>
#include <doctest/doctest.h>
#include <random>
#include <vector>

#include "core/cpu.hpp"
#include "crypto/point_batch.hpp"
#include "crypto/secret_lift.hpp"
#include "support/skip.hpp"

namespace crypto = tally::crypto;
using crypto::Point;
using crypto::Scalar;
using tally::ByteArray;

namespace {

Scalar random_scalar(std::mt19937_64& random) {
  ByteArray<32> bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return Scalar::from_bytes_reduced(bytes);
}
Scalar power_of_two(int exponent) {
  Scalar power(1);
  for (int i = 0; i < exponent; ++i) power = power + power;
  return power;
}

// Zero and one and their neighbours, whatever stands at the edge of a digit, of a row, of the
// halves, and all scalars for which the last additions can meet exceptions: for the generator twice
// +-255 * 2^248, the largest top digit; for a point x + lambda * y with x twice an odd digit or
// zero and y an odd digit, or x zero and y twice an odd digit.
std::vector<Scalar> edge_scalars() {
  const Scalar one(1);
  const Scalar lambda = [] {
    static constexpr ByteArray<32> kLambda = {0x53, 0x63, 0xad, 0x4c, 0xc0, 0x5c, 0x30, 0xe0,
                                              0xa5, 0x26, 0x1c, 0x02, 0x88, 0x12, 0x64, 0x5a,
                                              0x12, 0x2e, 0x22, 0xea, 0x20, 0x81, 0x66, 0x78,
                                              0xdf, 0x02, 0x96, 0x7c, 0x1b, 0x23, 0xbd, 0x72};
    return Scalar::from_bytes_reduced(kLambda);
  }();
  std::vector<Scalar> scalars = {Scalar(),
                                 one,
                                 Scalar(2),
                                 Scalar(3),
                                 -one,
                                 -Scalar(2),
                                 lambda,
                                 -lambda,
                                 lambda + one,
                                 lambda - one,
                                 lambda * lambda,
                                 power_of_two(249) * Scalar(255),
                                 -power_of_two(249) * Scalar(255)};
  for (int bit = 0; bit < 256; bit += bit < 8 || bit > 244 ? 1 : 8) {
    for (const Scalar& power : {power_of_two(bit), power_of_two(bit) * lambda}) {
      for (const Scalar& near : {power, power - one, power + one}) {
        scalars.push_back(near);
        scalars.push_back(-near);
      }
    }
  }
  for (std::uint64_t y = 1; y < 32; y += 2) {
    for (std::uint64_t x = 0; x < 64; x += 2) {
      const Scalar lambda_y = lambda * Scalar(y);
      for (const Scalar& k : {Scalar(x) + lambda_y, Scalar(x) - lambda_y}) {
        scalars.push_back(k);
        scalars.push_back(-k);
      }
    }
    scalars.push_back(lambda * Scalar(2 * y));
    scalars.push_back(-lambda * Scalar(2 * y));
  }
  return scalars;
}

void check_generator(const std::vector<Scalar>& k, decltype(crypto::mul_generator_each)* each) {
  std::vector<Point> out(k.size());
  each(k, out);
  for (std::size_t i = 0; i < k.size(); ++i) {
    CAPTURE(i);
    CHECK(out[i] == Point::mul_generator(k[i]));
  }
}
void check_secret(const std::vector<Scalar>& k, const std::vector<Point>& points,
                  decltype(crypto::mul_secret_each)* each) {
  std::vector<Point> out(k.size());
  each(k, points, out);
  for (std::size_t i = 0; i < k.size(); ++i) {
    CAPTURE(i);
    CHECK(out[i] == Point::mul_secret(k[i], points[i]));
  }
}

struct Way {
  const char* name;
  decltype(crypto::mul_generator_each)* generator;
  decltype(crypto::mul_secret_each)* secret;
};
std::vector<Way> ways() {
  std::vector<Way> all = {
      {"chosen", crypto::mul_generator_each, crypto::mul_secret_each},
      {"libsecp", crypto::mul_generator_each_libsecp, crypto::mul_secret_each_libsecp}};
  if (tally::core::cpu_features().avx512_ifma) {
    all.push_back({"ifma", crypto::mul_generator_each_ifma, crypto::mul_secret_each_ifma});
  }
  return all;
}

}  // namespace

TEST_CASE("multiplication by secrets knows edges of digits and rows and halves") {
  const auto k = edge_scalars();
  const std::vector<Point> generators(k.size(), Point::generator());
  for (const Way& way : ways()) {
    CAPTURE(way.name);
    check_generator(k, way.generator);
    check_secret(k, generators, way.secret);
  }
}

TEST_CASE("multiplication by secrets agrees with libsecp256k1 on random scalars and points") {
  std::mt19937_64 random(5);
  std::vector<Scalar> k;
  std::vector<Point> points;
  for (int i = 0; i < 400; ++i) {
    k.push_back(random_scalar(random));
    points.push_back(Point::mul_generator(random_scalar(random)));
  }
  for (const Way& way : ways()) {
    CAPTURE(way.name);
    check_generator(k, way.generator);
    check_secret(k, points, way.secret);
  }
}

TEST_CASE("multiplication by secrets takes batches of every length with an edge in every lane") {
  std::mt19937_64 random(6);
  const std::array<Scalar, 4> edges = {Scalar(), Scalar(1), -Scalar(1), -Scalar(2)};
  for (std::size_t count = 0; count <= 17; ++count) {
    for (std::size_t lane = 0; lane < count; ++lane) {
      std::vector<Scalar> k;
      std::vector<Point> points;
      for (std::size_t i = 0; i < count; ++i) {
        k.push_back(random_scalar(random));
        points.push_back(Point::mul_generator(random_scalar(random)));
      }
      k[lane] = edges[(count + lane) % edges.size()];
      points[count - 1 - lane] = Point();
      for (const Way& way : ways()) {
        CAPTURE(way.name);
        CAPTURE(count);
        CAPTURE(lane);
        check_generator(k, way.generator);
        check_secret(k, points, way.secret);
      }
    }
  }
}

TEST_CASE("lanes of equal scalars and points give equal products") {
  std::mt19937_64 random(7);
  const std::vector<Scalar> k(9, random_scalar(random));
  const std::vector<Point> points(9, Point::mul_generator(random_scalar(random)));
  for (const Way& way : ways()) {
    CAPTURE(way.name);
    check_generator(k, way.generator);
    check_secret(k, points, way.secret);
    std::vector<Point> in_place = points;
    way.secret(k, in_place, in_place);
    CHECK(in_place[8] == Point::mul_secret(k[8], points[8]));
  }
}

TEST_CASE("multiplication by secrets in lanes runs here") {
  if (!tally::core::cpu_features().avx512_ifma) tally::test::skip("no AVX-512 IFMA");
  CHECK(ways().size() == 3);
}

TEST_CASE("coordinates of a point are read back and others refused") {
  const Point point = Point::mul_generator(Scalar(77));
  auto bytes = point.coordinates();
  CHECK(Point::from_coordinates(bytes) == point);
  CHECK(Point::from_coordinates(Point().coordinates()) == Point());
  bytes[63] ^= 1U;
  CHECK_FALSE(Point::from_coordinates(bytes));
  CHECK_FALSE(Point::from_coordinates(tally::ByteView(bytes).first(63)));
}

TEST_CASE("a sum of two products is that of its parts whatever is zero or opposite") {
  const std::array<Scalar, 5> scalars = {Scalar(), Scalar(1), -Scalar(1), Scalar(12345),
                                         -power_of_two(200)};
  const std::array<Point, 4> points = {Point(), Point::generator(), -Point::generator(),
                                       Point::mul_generator(power_of_two(99))};
  for (const Point& point : points) {
    for (const Scalar& a : scalars) {
      for (const Scalar& b : scalars) {
        CHECK(Point::mul_sum_var(a, point, b) ==
              Point::mul_var(a, point) + Point::mul_generator(b));
      }
    }
  }
}

TEST_CASE("points are read together as they are one by one") {
  std::mt19937_64 random(8);
  std::vector<crypto::PointBytes> encoded;
  for (std::size_t i = 0; i < 21; ++i) {
    encoded.push_back(Point::mul_generator(random_scalar(random)).encode());
  }
  std::vector<Point> out(encoded.size());
  CHECK(crypto::parse_each_var(encoded, out));
  encoded[3].fill(0);
  encoded[5][0] = 4;
  encoded[7].fill(0xff);
  encoded[7][0] = 2;
  encoded[20].fill(0);  // x = 5 is on no point of the curve
  encoded[20][0] = 3;
  encoded[20][32] = 5;
  CHECK_FALSE(crypto::parse_each_var(encoded, out));
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    CAPTURE(i);
    CHECK(out[i] == Point::parse(encoded[i]).value_or(Point()));
  }
  CHECK(crypto::parse_each_var({}, {}));
}

TEST_CASE("the first of several x that has a point is lifted") {
  std::mt19937_64 random(9);
  for (std::size_t count = 0; count < 21; ++count) {
    std::vector<crypto::XonlyBytes> candidates(count);
    Point wanted;
    for (auto& candidate : candidates) {
      candidate = random_scalar(random).encode();
      if (wanted.is_infinity()) wanted = Point::parse_xonly(candidate).value_or(Point());
    }
    CAPTURE(count);
    CHECK(crypto::lift_first(candidates) == wanted);
  }
  // None of p and above, of 5 and of nothing has one; the generator's stands behind them all.
  std::vector<crypto::XonlyBytes> candidates(17);
  for (auto& candidate : candidates) candidate[31] = 5;
  candidates[3].fill(0xff);
  CHECK(crypto::lift_first(candidates).is_infinity());
  CHECK(crypto::lift_first({}).is_infinity());
  candidates.push_back(Point::generator().xonly());
  CHECK(crypto::lift_first(candidates) == Point::generator());
  candidates.push_back(Point::mul_generator(Scalar(7)).xonly());
  CHECK(crypto::lift_first(candidates) == Point::generator());
}

TEST_CASE("points are added together as they are one by one") {
  const Point g = Point::generator();
  const std::array<Point, 6> a = {g, g, g, Point(), Point(), Point::mul_generator(Scalar(9))};
  const std::array<Point, 6> b = {g, -g, Point(), g, Point(), Point::mul_generator(Scalar(7))};
  std::array<Point, 6> sums;
  crypto::add_each_var(a, b, sums);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(sums[i] == a[i] + b[i]);
  std::array<Point, 2> in_place = {a[5], a[0]};
  crypto::add_each_var(in_place, std::array<Point, 2>{b[5], b[5]}, in_place);
  CHECK(in_place[0] == sums[5]);
}

TEST_CASE("polynomials in points have together the values that they have one by one") {
  std::mt19937_64 random(9);
  const Point g = Point::generator();
  for (const std::uint32_t x : {1U, 2U, 3U, 6U, 7U, 129U, 0xffffffffU}) {
    CAPTURE(x);
    const Point x_g = Point::mul_generator(Scalar(x));
    for (const std::size_t terms : {1U, 2U, 3U, 5U}) {
      CAPTURE(terms);
      std::vector<Point> coefficients;
      for (std::size_t i = 0; i < 19 * terms; ++i) {
        coefficients.push_back(Point::mul_generator(random_scalar(random)));
      }
      // Zero at the head, zero at the end, all zero, and sums that meet their like or opposite.
      coefficients[0] = Point();
      coefficients[2 * terms - 1] = Point();
      std::fill_n(coefficients.begin() + static_cast<std::ptrdiff_t>(2 * terms), terms, Point());
      if (terms > 1) {
        for (std::size_t i = 3; i < 7; ++i) {
          coefficients[(i + 1) * terms - 1] = g;
          coefficients[(i + 1) * terms - 2] = i % 2 == 0 ? x_g : -x_g;
        }
      }
      std::vector<Point> values(19);
      crypto::evaluate_each_var(coefficients, x, values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        CAPTURE(i);
        Point expected;
        for (std::size_t k = terms; k-- > 0;) {
          expected = Point::mul_var(Scalar(x), expected) + coefficients[i * terms + k];
        }
        CHECK(values[i] == expected);
      }
    }
  }
  crypto::evaluate_each_var({}, 1, {});
}
