// One suite over every engine that runs here: the portable one, and the lanes of AVX-512 IFMA.
#include "crypto/engine.hpp"

#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crypto/glv.hpp"
#include "crypto/msm.hpp"
#include "crypto/point_table.hpp"
#include "support/skip.hpp"

namespace crypto = tally::crypto;
using crypto::AffineWords;
using crypto::Engine;
using crypto::FieldWords;
using crypto::Point;
using crypto::Scalar;

namespace {

__extension__ typedef unsigned __int128 Wide;

// Arithmetic modulo p, slow and evident: additions only.
FieldWords plus(const FieldWords& a, const FieldWords& b) {
  FieldWords sum{};
  Wide carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    carry += Wide{a[i]} + b[i];
    sum[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64U;
  }
  const auto not_below = [](const FieldWords& x) {
    for (std::size_t i = 4; i-- > 0;) {
      if (x[i] != crypto::kPrimeWords[i]) return x[i] > crypto::kPrimeWords[i];
    }
    return true;
  };
  while (carry != 0 || not_below(sum)) {
    Wide borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const Wide difference = Wide{sum[i]} - crypto::kPrimeWords[i] - borrow;
      sum[i] = static_cast<std::uint64_t>(difference);
      borrow = (difference >> 64U) & 1U;
    }
    carry -= borrow;
  }
  return sum;
}
FieldWords product(const FieldWords& a, const FieldWords& b) {
  FieldWords result{};
  for (std::size_t bit = 256; bit-- > 0;) {
    result = plus(result, result);
    if ((b[bit / 64] >> (bit % 64) & 1U) != 0) result = plus(result, a);
  }
  return result;
}
FieldWords negative(const FieldWords& a) {
  return product(a, {0xFFFFFFFEFFFFFC2E, ~0ULL, ~0ULL, ~0ULL});
}

// 0, 1, p - 1, p, 2^256 - 1, limbs of ones alone and together, and random ones.
std::vector<FieldWords> operands(std::size_t random_count) {
  std::vector<FieldWords> all = {{},
                                 {1, 0, 0, 0},
                                 {0xFFFFFFFEFFFFFC2E, ~0ULL, ~0ULL, ~0ULL},
                                 crypto::kPrimeWords,
                                 {~0ULL, ~0ULL, ~0ULL, ~0ULL},
                                 {0x1000003D1, 0, 0, 0},
                                 {0, 0, 0, 1ULL << 63U}};
  for (std::size_t limb = 0; limb < 5; ++limb) {
    FieldWords ones{};
    for (std::size_t bit = 52 * limb; bit < 52 * (limb + 1) && bit < 256; ++bit)
      ones[bit / 64] |= 1ULL << (bit % 64);
    all.push_back(ones);
    for (std::uint64_t& word : ones) word = ~word;
    all.push_back(ones);
  }
  std::mt19937_64 random(5);
  for (std::size_t i = 0; i < random_count; ++i)
    all.push_back({random(), random(), random(), random()});
  return all;
}

Scalar random_scalar(std::mt19937_64& random) {
  tally::ByteArray<32> bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return Scalar::from_bytes_reduced(bytes);
}

std::vector<const Engine*> engines() {
  std::vector<const Engine*> all = {&crypto::portable_engine()};
  if (crypto::ifma_engine() != nullptr) all.push_back(crypto::ifma_engine());
  return all;
}

template <typename Test>
void on_each_engine(Test test) {
  for (const Engine* engine : engines()) {
    CAPTURE(engine->name);
    test(*engine);
  }
}

AffineWords multiple(const Scalar& k) {
  return crypto::to_affine(Point::mul_generator(k));
}
AffineWords multiple(std::uint64_t k) {
  return multiple(Scalar(k));
}
AffineWords opposite(const AffineWords& of) {
  AffineWords point = of;
  point.y = negative(point.y);
  return point;
}

struct Problem {
  Scalar base, own;
  AffineWords point;
};

crypto::DoubleMulBlock block_of(const std::vector<Problem>& problems, int window) {
  crypto::DoubleMulBlock block;
  for (std::size_t i = 0; i < 8; ++i) {
    const Problem& problem = problems[i];
    block.point[i] = problem.point;
    const auto own = crypto::split_endomorphism_var(problem.own);
    const auto base = crypto::split_words_var(problem.base);
    crypto::signed_digits_var(own.first, crypto::kPointWindow, &block.own[0][0][i], 8);
    crypto::signed_digits_var(own.second, crypto::kPointWindow, &block.own[1][0][i], 8);
    crypto::signed_digits_var(base.low, window, &block.base[0][0][i], 8);
    crypto::signed_digits_var(base.high, window, &block.base[1][0][i], 8);
  }
  return block;
}

Point expected(const Problem& problem) {
  return Point::mul_generator(problem.base) +
         Point::mul_var(problem.own, crypto::from_affine(problem.point));
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("the lanes run here or a word says why not") {
  if (crypto::ifma_engine() == nullptr) {
    tally::test::skip("the processor has no AVX-512 IFMA, or TALLY_CPU=portable");
  }
  CHECK(crypto::ifma_engine()->lanes == 8);
  CHECK(crypto::engine().name == "ifma");
}

TEST_CASE("products squares and carries of field elements") {
  const auto values = operands(12);
  std::vector<FieldWords> a, b, c;
  for (const auto& left : values) {
    for (const auto& right : values) {
      a.push_back(left);
      b.push_back(right);
      c.push_back(values[a.size() % values.size()]);
    }
  }
  on_each_engine([&](const Engine& engine) {
    std::vector<FieldWords> products(a.size()), squares(a.size()), halves(a.size());
    engine.mul(a.data(), b.data(), a.size(), products.data());
    engine.sqr(b.data(), b.size(), squares.data());
    engine.add_sub_half(a.data(), b.data(), c.data(), a.size(), halves.data());
    for (std::size_t i = 0; i < a.size(); ++i) {
      CAPTURE(i);
      REQUIRE(products[i] == product(a[i], b[i]));
      REQUIRE(squares[i] == product(b[i], b[i]));
      REQUIRE(plus(halves[i], halves[i]) == plus(plus(a[i], b[i]), negative(c[i])));
    }
  });
}

TEST_CASE("every count of field elements leaves the rest alone") {
  const auto values = operands(8);
  on_each_engine([&](const Engine& engine) {
    for (std::size_t count = 1; count <= 17; ++count) {
      std::vector<FieldWords> out(20, FieldWords{7, 7, 7, 7});
      engine.sqr(values.data(), count, out.data());
      for (std::size_t i = 0; i < count; ++i) REQUIRE(out[i] == product(values[i], values[i]));
      for (std::size_t i = count; i < out.size(); ++i) REQUIRE(out[i] == FieldWords{7, 7, 7, 7});
    }
  });
}

TEST_CASE("inverses and roots of field elements") {
  const auto values = operands(20);
  on_each_engine([&](const Engine& engine) {
    std::vector<FieldWords> inverses(values.size()), squares(values.size()), roots(values.size());
    engine.inverse(values.data(), values.size(), inverses.data());
    engine.sqr(values.data(), values.size(), squares.data());
    engine.root(squares.data(), squares.size(), roots.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(i);
      const bool zero = plus(values[i], {}) == FieldWords{};
      CHECK(product(inverses[i], values[i]) == FieldWords{zero ? 0ULL : 1ULL, 0, 0, 0});
      CHECK(product(roots[i], roots[i]) == squares[i]);
    }
  });
}

TEST_CASE("points are lifted as libsecp256k1 parses them") {
  std::vector<FieldWords> values = operands(40);
  for (std::uint64_t k = 1; k < 12; ++k) values.push_back(multiple(k).x);
  const auto odd = std::make_unique<bool[]>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) odd[i] = i % 3 == 0;
  on_each_engine([&](const Engine& engine) {
    std::vector<AffineWords> points(values.size());
    engine.lift_x(values.data(), odd.get(), values.size(), points.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(i);
      crypto::PointBytes bytes;
      bytes[0] = odd[i] ? 3 : 2;
      for (std::size_t j = 0; j < 32; ++j)
        bytes[1 + j] = static_cast<std::uint8_t>(values[i][3 - j / 8] >> (56 - 8 * (j % 8)));
      const auto parsed = Point::parse(bytes);
      CHECK(points[i].is_infinity() == !parsed.has_value());
      if (parsed) CHECK(crypto::from_affine(points[i]) == *parsed);
      if (parsed) CHECK((points[i].y[0] & 1U) == (odd[i] ? 1U : 0U));
    }
  });
}

TEST_CASE("scalars are cut up and come together again") {
  std::mt19937_64 random(8);
  std::vector<Scalar> scalars = {Scalar(), Scalar(1), -Scalar(1), Scalar(2), -Scalar(2)};
  for (int i = 0; i < 300; ++i) scalars.push_back(random_scalar(random));
  const auto value = [](const crypto::HalfScalar& half) {
    const Scalar two64 = Scalar(1ULL << 63U) + Scalar(1ULL << 63U);
    const Scalar magnitude = Scalar(half.low) + two64 * Scalar(half.high);
    return half.negative ? -magnitude : magnitude;
  };
  // lambda is what beta * x of the generator says: found from its bytes (SEC 2 has no name for it).
  const auto lambda = Scalar::from_bytes_reduced(
      tally::ByteArray<32>{0x53, 0x63, 0xad, 0x4c, 0xc0, 0x5c, 0x30, 0xe0, 0xa5, 0x26, 0x1c,
                           0x02, 0x88, 0x12, 0x64, 0x5a, 0x12, 0x2e, 0x22, 0xea, 0x20, 0x81,
                           0x66, 0x78, 0xdf, 0x02, 0x96, 0x7c, 0x1b, 0x23, 0xbd, 0x72});
  AffineWords image = multiple(1);
  crypto::engine().endomorphism(&image, 1, &image);
  CHECK(crypto::from_affine(image) == Point::mul_generator(lambda));
  for (const Scalar& k : scalars) {
    const auto split = crypto::split_endomorphism_var(k);
    CHECK(value(split.first) + lambda * value(split.second) == k);
    for (int window = 2; window <= 15; ++window) {
      std::vector<std::int16_t> digits(static_cast<std::size_t>(128 / window + 1));
      crypto::signed_digits_var(split.second, window, digits.data(), 1);
      Scalar sum;
      for (std::size_t j = digits.size(); j-- > 0;) {
        for (int bit = 0; bit < window; ++bit) sum = sum + sum;
        const int digit = digits[j];
        CHECK(std::abs(digit) <= 1 << (window - 1));
        const Scalar magnitude(static_cast<std::uint64_t>(std::abs(digit)));
        sum = digit < 0 ? sum - magnitude : sum + magnitude;
      }
      CHECK(sum == value(split.second));
    }
  }
}

TEST_CASE("pairs of points are added whatever they are") {
  const AffineWords infinity{};
  std::vector<AffineWords> points = {infinity};
  for (std::uint64_t k = 1; k <= 9; ++k) {
    points.push_back(multiple(k));
    points.push_back(opposite(multiple(k)));
  }
  std::vector<crypto::PointRef> left, right;
  for (std::uint32_t i = 0; i < points.size(); ++i) {
    for (std::uint32_t j = 0; j < points.size(); ++j) {
      left.push_back(i | ((i + j) % 3 == 0 ? crypto::kNegativeRef : 0));
      right.push_back(j | ((i + j) % 5 == 0 ? crypto::kNegativeRef : 0));
    }
  }
  const auto point_of = [&](crypto::PointRef ref) {
    const Point point = crypto::from_affine(points[ref & ~crypto::kNegativeRef]);
    return (ref & crypto::kNegativeRef) != 0 ? -point : point;
  };
  on_each_engine([&](const Engine& engine) {
    std::vector<AffineWords> sums(left.size());
    CHECK(
        engine.add_pairs(points.data(), left.data(), right.data(), left.size(), true, sums.data()));
    for (std::size_t i = 0; i < left.size(); ++i) {
      CAPTURE(i);
      REQUIRE(crypto::from_affine(sums[i]) == point_of(left[i]) + point_of(right[i]));
    }
    // Ordinary pairs, and one exception in each lane in turn, without the word that infinity may
    // come.
    for (std::size_t lane = 0; lane < 17; ++lane) {
      std::vector<crypto::PointRef> a(17, 1), b(17, 3);
      a[lane] = 3;
      CHECK_FALSE(engine.add_pairs(points.data(), a.data(), b.data(), 17, false, sums.data()));
      for (std::size_t i = 0; i < 17; ++i) CHECK(sums[i] == multiple(i == lane ? 4 : 3));
      a[lane] = 4;
      CHECK(engine.add_pairs(points.data(), a.data(), b.data(), 17, false, sums.data()));
      for (std::size_t i = 0; i < 17; ++i) CHECK(sums[i] == (i == lane ? infinity : multiple(3)));
    }
  });
}

TEST_CASE("sums of any number of points by lanes") {
  std::vector<AffineWords> points;
  for (std::uint64_t k = 1; k <= 5; ++k) points.push_back(multiple(k));
  on_each_engine([&](const Engine& engine) {
    for (std::size_t count = 0; count <= 40; ++count) {
      std::vector<const AffineWords*> rows;
      const auto negative = std::make_unique<bool[]>(count + 1);
      Point right;
      for (std::size_t i = 0; i < count; ++i) {
        // Equal and opposite points meet in a lane, every eighth being its neighbour.
        rows.push_back(&points[(i / 16) % 5]);
        negative[i] = i % 3 == 0;
        const Point point = crypto::from_affine(*rows.back());
        right = right + (negative[i] ? -point : point);
      }
      std::array<crypto::JacobianWords, Engine::kSumLanes> parts;
      engine.sum_points(rows.data(), negative.get(), count, parts.data());
      Point sum;
      for (const auto& part : parts) {
        if (part.infinite) continue;
        FieldWords inverse;
        engine.inverse(&part.z, 1, &inverse);
        const FieldWords square = product(inverse, inverse);
        AffineWords affine;
        affine.x = product(part.x, square);
        affine.y = product(part.y, product(square, inverse));
        sum = sum + crypto::from_affine(affine);
      }
      CHECK(sum == right);
    }
  });
}

TEST_CASE("two scalars and two points in every lane") {
  std::mt19937_64 random(11);
  const auto& table = crypto::PointTable::generator();
  on_each_engine([&](const Engine& engine) {
    for (int round = 0; round < 4; ++round) {
      std::vector<crypto::DoubleMulBlock> blocks;
      std::vector<Problem> problems;
      for (int b = 0; b < 3; ++b) {
        std::vector<Problem> eight;
        for (int i = 0; i < 8; ++i) {
          const Scalar own = random_scalar(random);
          eight.push_back({random_scalar(random), own, multiple(random_scalar(random))});
        }
        blocks.push_back(block_of(eight, table.view().window));
        problems.insert(problems.end(), eight.begin(), eight.end());
      }
      std::vector<AffineWords> out(24);
      bool exceptional[24];
      engine.double_mul(blocks.data(), blocks.size(), table.view(), out.data(), exceptional);
      for (std::size_t i = 0; i < 24; ++i) {
        CAPTURE(i);
        CHECK_FALSE(exceptional[i]);
        CHECK(crypto::from_affine(out[i]) == expected(problems[i]));
      }
    }
  });
}

TEST_CASE("exceptional lanes are named or right and never disturb the others") {
  std::mt19937_64 random(12);
  const auto& table = crypto::PointTable::generator();
  const AffineWords g = multiple(1);
  const Scalar k = random_scalar(random);
  const Scalar m = random_scalar(random);
  const Scalar m_inverse = Scalar::inverse_var(m);
  std::vector<Problem> forced = {
      {k, k, g},                              // Q = G
      {k, k, opposite(g)},                    // Q = -G: infinity
      {Scalar(), k, multiple(m)},             // u1 = 0
      {k, Scalar(), multiple(m)},             // u2 = 0
      {Scalar(), Scalar(), multiple(m)},      // both: infinity
      {k, k * m_inverse, multiple(m)},        // u1 * G = u2 * Q
      {k, -(k * m_inverse), multiple(m)},     // u1 * G = -u2 * Q: infinity
      {Scalar(1), Scalar(1), g},              // G + G
      {Scalar(1), -Scalar(1), g},             // G - G
      {Scalar(2), Scalar(1), multiple(2)},    // 2G + 2G
      {-Scalar(1), Scalar(1), multiple(3)},   //
      {Scalar(16), Scalar(16), opposite(g)},  // the last entry of a window
  };
  on_each_engine([&](const Engine& engine) {
    for (const Problem& one : forced) {
      for (std::size_t lane = 0; lane < 8; ++lane) {
        std::vector<Problem> eight(8, {m, k, multiple(5)});
        eight[lane] = one;
        const auto block = block_of(eight, table.view().window);
        std::vector<AffineWords> out(8);
        bool exceptional[8];
        engine.double_mul(&block, 1, table.view(), out.data(), exceptional);
        for (std::size_t i = 0; i < 8; ++i) {
          CAPTURE(i);
          const Point right = expected(eight[i]);
          if (i != lane) CHECK_FALSE(exceptional[i]);
          if (right.is_infinity()) CHECK(exceptional[i]);
          if (!exceptional[i]) CHECK(crypto::from_affine(out[i]) == right);
        }
      }
    }
  });
}

TEST_CASE("tables hold the multiples they should") {
  const Point base = Point::mul_generator(Scalar(77));
  for (const int window : {8, 9}) {
    const auto table = crypto::PointTable::make(base, window).value();
    const auto view = table.view();
    CHECK(reinterpret_cast<std::uintptr_t>(view.low) % 64 == 0);
    for (const std::uint64_t i : {1U, 2U, 3U, 64U, 127U, 128U}) {
      CHECK(crypto::from_affine(view.low[i - 1]) == Point::mul_var(Scalar(i), base));
      tally::ByteArray<32> shift{};
      shift[15] = 1;
      const Scalar high = Scalar::from_bytes_reduced(shift) * Scalar(i);
      CHECK(crypto::from_affine(view.high[i - 1]) == Point::mul_var(high, base));
    }
  }
  CHECK_FALSE(crypto::PointTable::make(Point(), 8));
}

namespace {

// By Strauss's method up to `most_strauss` halves, and by buckets above.
void check_sums(const Engine& engine, std::size_t most_strauss) {
  std::mt19937_64 random(13);
  crypto::Msm msm(engine, most_strauss);
  CHECK(msm.sum_var().is_infinity());
  for (const std::size_t count : {1U, 2U, 3U, 6U, 7U, 8U, 17U, 40U, 130U, 300U}) {
    CAPTURE(count);
    msm.clear();
    Scalar sum;
    for (std::size_t i = 0; i < count; ++i) {
      Scalar k = random_scalar(random);
      Scalar d = random_scalar(random);
      if (i % 7 == 3) k = Scalar(i);
      if (i % 11 == 4) k = Scalar();
      if (i % 5 == 2) d = Scalar(9);
      if (i % 13 == 6) d = -Scalar(9);
      const AffineWords point = i % 17 == 5 ? AffineWords{} : multiple(d);
      if (i % 17 == 5) d = Scalar();
      if (i % 4 == 1) {
        const crypto::HalfScalar half{random(), random(), i % 8 == 1};
        const Scalar two64 = Scalar(1ULL << 63U) + Scalar(1ULL << 63U);
        k = Scalar(half.low) + two64 * Scalar(half.high);
        if (half.negative) k = -k;
        msm.add(half, point);
      } else {
        msm.add(k, point);
      }
      sum = sum + k * d;
    }
    CHECK(crypto::from_affine(msm.sum_var()) == Point::mul_generator(sum));
    // And to infinity, through the same paths.
    msm.add(-sum, multiple(1));
    CHECK(msm.sum_var().is_infinity());
  }
}

}  // namespace

TEST_CASE("sums of products with zeros infinities and repetitions among them") {
  on_each_engine([](const Engine& engine) {
    check_sums(engine, crypto::Msm::most_strauss(engine));
    check_sums(engine, 0);
    check_sums(engine, crypto::Msm::kRoomStrauss);
  });
}

TEST_CASE("a sum of one point many times and of opposite points") {
  on_each_engine([&](const Engine& engine) {
    crypto::Msm msm(engine);
    Scalar sum;
    for (std::uint64_t i = 1; i <= 64; ++i) {
      msm.add(Scalar(3), multiple(7));
      msm.add(Scalar(i), i % 2 == 0 ? multiple(5) : opposite(multiple(5)));
      sum = sum + Scalar(21);
      sum = i % 2 == 0 ? sum + Scalar(5 * i) : sum - Scalar(5 * i);
    }
    CHECK(crypto::from_affine(msm.sum_var()) == Point::mul_generator(sum));
  });
}

TEST_SUITE_END();
