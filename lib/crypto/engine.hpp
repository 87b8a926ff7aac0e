// What the curve's arithmetic on public data is done by: a table of operations over arrays, which
// exists once in portable code and once in the eight lanes of AVX-512 IFMA. Both are made from the
// same templates and pass the same tests; whoever stands above asks for engine() and does not care.
//
// Every operation is a plain function of arrays that the caller owns: any thread, no allocation, no
// state. Time depends on the values, so secrets have no business here but in lift_x, whose
// instructions and addresses depend on none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/field.hpp"

namespace tally::crypto {

// A scalar of 128 bits in signed digits of kPointWindow bits, low digit first.
inline constexpr int kPointWindow = 5;
inline constexpr int kPointDigits = 26;
// The tables of a fixed point allow for windows of kLeastTableWindow to kMostTableWindow bits.
inline constexpr int kLeastTableWindow = 8;
inline constexpr int kMostTableWindow = 15;
inline constexpr int kMostTableDigits = 17;
constexpr int table_digits(int window) {
  return 128 / window + 1;
}

// Multiples 1 .. 2^(window - 1) of a fixed point B, and of 2^128 * B.
struct TableView {
  const AffineWords* low = nullptr;
  const AffineWords* high = nullptr;
  int window = 0;
};

// Eight problems u1 * B + u2 * Q, digits apart: digit[j][i] is digit j of problem i.
// B's scalar is u1 = base[0] + 2^128 * base[1], Q's is u2 = own[0] + lambda * own[1].
struct DoubleMulBlock {
  AffineWords point[8];  // Q: on the curve and not infinity
  std::int16_t own[2][kPointDigits][8];
  std::int16_t base[2][kMostTableDigits][8];
};

// A reference to a point of an array, with a sign.
using PointRef = std::uint32_t;
inline constexpr PointRef kNegativeRef = 0x80000000;

struct JacobianWords {
  FieldWords x{}, y{}, z{};
  bool infinite = true;
};

struct Engine {
  std::string_view name;
  std::size_t lanes;

  // out[i] = a[i] * b[i], a[i]^2, 1/a[i] (0 for 0), and a root of a[i] if it has one.
  void (*mul)(const FieldWords* a, const FieldWords* b, std::size_t count, FieldWords* out);
  void (*sqr)(const FieldWords* a, std::size_t count, FieldWords* out);
  void (*inverse)(const FieldWords* a, std::size_t count, FieldWords* out);
  void (*root)(const FieldWords* a, std::size_t count, FieldWords* out);
  // a[i] + b[i] - c[i], and half of it: what carries are tested with.
  void (*add_sub_half)(const FieldWords* a, const FieldWords* b, const FieldWords* c,
                       std::size_t count, FieldWords* out);

  // The point with x-coordinate x[i] and y even, or odd where odd[i]; infinity where there is none,
  // x[i] >= p among these. Constant time.
  void (*lift_x)(const FieldWords* x, const bool* odd, std::size_t count, AffineWords* out);

  // out[8 * k + i] is the sum of problem i of blocks[k]. exceptional[8 * k + i] says that it is
  // infinity or that the incomplete formulas met an exception: out is infinity then and the caller
  // computes it otherwise. At most kMostBlocks blocks; they share one inversion.
  static constexpr std::size_t kMostBlocks = 16;
  void (*double_mul)(const DoubleMulBlock* blocks, std::size_t count, const TableView& base,
                     AffineWords* out, bool* exceptional);

  // out[i] = in[left[i]] + in[right[i]], complete. `infinities` says that infinity may be among the
  // operands; returns whether it is among the results. `out` does not overlap `in`.
  bool (*add_pairs)(const AffineWords* in, const PointRef* left, const PointRef* right,
                    std::size_t count, bool infinities, AffineWords* out);

  // out[w] = sum of (b + 1) * buckets[w * bucket_count + b].
  void (*sum_buckets)(const AffineWords* buckets, std::size_t windows, std::size_t bucket_count,
                      JacobianWords* out);

  // out[0] + .. + out[kSumLanes - 1] is the sum of +-*points[i], complete: the last step is left to
  // the caller. None of the points is infinity.
  static constexpr std::size_t kSumLanes = 8;
  void (*sum_points)(const AffineWords* const* points, const bool* negative, std::size_t count,
                     JacobianWords* out);

  // (beta * x, y) of each point.
  void (*endomorphism)(const AffineWords* in, std::size_t count, AffineWords* out);
};

[[nodiscard]] const Engine& portable_engine();
// Null where the processor or the compiler has no AVX-512 IFMA, and under TALLY_CPU=portable.
[[nodiscard]] const Engine* ifma_engine();
// The faster of those there are.
[[nodiscard]] const Engine& engine();

}  // namespace tally::crypto
