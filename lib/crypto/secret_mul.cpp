#include "crypto/secret_mul.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/cpu.hpp"
#include "crypto/ctime.hpp"
#include "crypto/point_table.hpp"
#include "crypto/secret_mul_digits.hpp"
#include "mem/pages.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kLanes = 8;

class FixedTable {
 public:
  static const FixedRow* rows() {
    static const FixedTable kTable;
    return reinterpret_cast<const FixedRow*>(kTable.memory_.data());
  }

 private:
  FixedTable() {
    auto made = mem::Mapping::anonymous(kFixedDigits * sizeof(FixedRow));
    if (!made) {
      std::fprintf(stderr, "no memory for the table of the generator\n");
      std::abort();
    }
    memory_ = std::move(*made);
    auto* const rows = reinterpret_cast<FixedRow*>(memory_.data());
    const std::vector<AffineWords> doubles = doubles_of_generator();
    for (std::size_t j = 0; j < kFixedDigits; ++j) fill_row(&doubles[j * kFixedWindow], rows[j]);
  }

  // 2^i * G.
  static std::vector<AffineWords> doubles_of_generator() {
    std::vector<AffineWords> doubles(kFixedDigits * kFixedWindow);
    doubles[0] = to_affine(Point::generator());
    const PointRef self = 0;
    for (std::size_t i = 1; i < doubles.size(); ++i) {
      engine().add_pairs(&doubles[i - 1], &self, &self, 1, false, &doubles[i]);
    }
    return doubles;
  }
  // Twice as many odd multiples are those there are, and those plus the next power of two.
  static void fill_row(const AffineWords* doubles, FixedRow& row) {
    std::array<AffineWords, kFixedMultiples + 1> points;
    std::array<PointRef, kFixedMultiples> left;
    std::array<PointRef, kFixedMultiples> right;
    points[0] = doubles[0];
    std::size_t power = 1;
    for (std::size_t made = 1; made < kFixedMultiples; made *= 2, ++power) {
      for (std::size_t i = 0; i < made; ++i) left[i] = static_cast<PointRef>(i);
      std::fill_n(right.begin(), made, static_cast<PointRef>(made));
      points[made] = doubles[power];
      std::array<AffineWords, kFixedMultiples / 2> sums;
      engine().add_pairs(points.data(), left.data(), right.data(), made, false, sums.data());
      std::copy_n(sums.begin(), made, points.begin() + static_cast<std::ptrdiff_t>(made));
    }
    for (std::size_t m = 0; m < kFixedMultiples; ++m) {
      for (std::size_t i = 0; i < 4; ++i) {
        row.word[i][m] = points[m].x[i];
        row.word[4 + i][m] = points[m].y[i];
      }
    }
  }

  mem::Mapping memory_;
};

// What the kernel computed counts as public from here on, as with libsecp256k1.
void give_out(AffineWords* words, std::span<Point> out) {
  declassify(words, kLanes * sizeof *words);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = from_affine(words[i]);
}

// How many of `count` go through the lanes: whole groups, and the rest where it is `least` or more.
std::size_t in_lanes(std::size_t count, std::size_t least) {
  static const bool kThere =
      core::cpu_features().avx512_ifma && compiled_secret_mul_kernel() != nullptr;
  if (!kThere) return 0;
  const std::size_t rest = count % kLanes;
  return rest >= least ? count : count - rest;
}

}  // namespace

void mul_generator_each_libsecp(Scalars k, std::span<Point> out) {
  for (std::size_t i = 0; i < k.size(); ++i) out[i] = Point::mul_generator(k[i]);
}

void mul_generator_each_ifma(Scalars k, std::span<Point> out) {
  if (k.empty()) return;
  const FixedRow* const table = FixedTable::rows();
  FixedMulBlock block{};
  std::array<AffineWords, kLanes> words;
  for (std::size_t at = 0; at < k.size(); at += kLanes) {
    const std::size_t here = std::min(kLanes, k.size() - at);
    for (std::size_t i = 0; i < here; ++i) cut_fixed(k[at + i], i, block);
    compiled_secret_mul_kernel()->mul_generator(block, table, words.data());
    give_out(words.data(), out.subspan(at, here));
  }
  core::wipe(&block, sizeof block);
  core::wipe(&words, sizeof words);
}

void mul_secret_each_libsecp(Scalars k, std::span<const Point> points, std::span<Point> out) {
  for (std::size_t i = 0; i < k.size(); ++i) out[i] = Point::mul_secret(k[i], points[i]);
}

void mul_secret_each_ifma(Scalars k, std::span<const Point> points, std::span<Point> out) {
  SecretMulBlock block{};
  std::array<AffineWords, kLanes> words;
  for (std::size_t at = 0; at < k.size(); at += kLanes) {
    const std::size_t here = std::min(kLanes, k.size() - at);
    std::array<bool, kLanes> infinite{};
    for (std::size_t i = 0; i < kLanes; ++i) {
      // Lanes without a point of their own work on the generator.
      infinite[i] = i >= here || points[at + i].is_infinity();
      block.point[i] = to_affine(infinite[i] ? Point::generator() : points[at + i]);
      if (i < here) cut_secret(k[at + i], i, block);
    }
    compiled_secret_mul_kernel()->mul_point(block, words.data());
    for (std::size_t i = 0; i < here; ++i) {
      if (infinite[i]) words[i] = {};
    }
    give_out(words.data(), out.subspan(at, here));
  }
  core::wipe(&block, sizeof block);
  core::wipe(&words, sizeof words);
}

void mul_generator_each(Scalars k, std::span<Point> out) {
  const std::size_t lanes = in_lanes(k.size(), kLeastGeneratorLanes);
  mul_generator_each_ifma(k.first(lanes), out.first(lanes));
  mul_generator_each_libsecp(k.subspan(lanes), out.subspan(lanes));
}

void mul_secret_each(Scalars k, std::span<const Point> points, std::span<Point> out) {
  const std::size_t lanes = in_lanes(k.size(), kLeastPointLanes);
  mul_secret_each_ifma(k.first(lanes), points.first(lanes), out.first(lanes));
  mul_secret_each_libsecp(k.subspan(lanes), points.subspan(lanes), out.subspan(lanes));
}

}  // namespace tally::crypto
