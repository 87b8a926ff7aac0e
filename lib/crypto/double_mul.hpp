// u1 * B + u2 * Q for eight problems at once, over any width (field.hpp): the heart of verifying
// signatures one by one. Public data only.
//
// One ladder of doublings serves both scalars: the two halves of u2 by windows of 5 bits over a
// table of 16 multiples of Q, the two halves of u1 by wide windows over the tables of B. The table
// of Q is brought to one common Z, so that it is affine on an isomorphic curve and needs no
// inversion; points of B cross over to that curve at the cost of one product each.
//
// A table is read as rows, one cache line a lane, and transposed, instead of by gathers, each of
// which touches a line a lane for every limb.
//
// Source: Gallant, Lambert, Vanstone (CRYPTO 2001) for the halves; the common Z is the idea of
// libsecp256k1's ecmult_impl.h.
#pragma once

#include "crypto/engine.hpp"
#include "crypto/field_chains.hpp"
#include "crypto/group_formulas.hpp"

namespace tally::crypto {

template <typename W>
class DoubleMul {
 public:
  using Fe = typename W::Fe;
  using Mask = typename W::Mask;
  static constexpr std::size_t kLanes = W::kLanes;

  // Problems first .. first + kLanes - 1 of `block`. The result has Z = 0 in exceptional lanes.
  static Jacobian<W> run(const DoubleMulBlock& block, std::size_t first, const TableView& base) {
    DoubleMul ladder(block, first);
    const int digits = table_digits(base.window);
    for (int bit = kPointDigits * kPointWindow - 1; bit >= 0; --bit) {
      if (!W::all(ladder.empty_)) ladder.sum_ = doubled(ladder.sum_);
      if (bit % kPointWindow == 0) {
        for (int half = 0; half < 2; ++half) {
          ladder.add_own(block.own[half][bit / kPointWindow] + first, half == 1);
        }
      }
      if (bit % base.window == 0 && bit / base.window < digits) {
        ladder.add_base(base.low, block.base[0][bit / base.window] + first);
        ladder.add_base(base.high, block.base[1][bit / base.window] + first);
      }
    }
    Jacobian<W> result = ladder.sum_;
    result.z = select(ladder.empty_, mul(result.z, ladder.scale_), W::broadcast({0, 0, 0, 0}));
    return result;
  }

 private:
  static constexpr int kMultiples = 1 << (kPointWindow - 1);

  DoubleMul(const DoubleMulBlock& block, std::size_t first) {
    const AffineWords* rows[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) rows[i] = block.point + first + i;
    Fe x, y;
    W::load_points(rows, x, y);
    make_table(x, y);
  }

  // Multiples 1 .. 16, each on a curve with its own Z, then all with the last one's.
  void make_table(const Fe& x, const Fe& y) {
    Jacobian<W> multiple[kMultiples];
    Fe growth[kMultiples];  // Z of multiple i over Z of multiple i - 1
    multiple[0] = {x, y, W::broadcast({1, 0, 0, 0})};
    multiple[1] = doubled(multiple[0]);
    growth[1] = multiple[1].z;
    for (int i = 2; i < kMultiples; ++i) {
      Meeting<W> met;
      multiple[i] = added<W>(multiple[i - 1], x, y, Mask{}, met);
      growth[i] = met.ratio;
    }
    scale_ = multiple[kMultiples - 1].z;
    store_multiple(kMultiples - 1, multiple[kMultiples - 1].x, multiple[kMultiples - 1].y);
    Fe factor = growth[kMultiples - 1];
    for (int i = kMultiples - 2; i >= 0; --i) {
      const Fe square = sqr(factor);
      store_multiple(i, mul(multiple[i].x, square), mul(multiple[i].y, mul(square, factor)));
      if (i > 0) factor = mul(factor, growth[i]);
    }
  }
  void store_multiple(int index, const Fe& x, const Fe& y) {
    AffineWords* rows[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) rows[i] = &table_[i][index];
    W::store_points(rows, x, y);
  }

  void add_own(const std::int16_t* digits, bool endomorphism) {
    alignas(64) std::uint64_t index[kLanes];
    Mask negative, present;
    W::split_digits(digits, index, negative, present);
    const AffineWords* rows[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) rows[i] = table_[i] + index[i];
    Fe x, y;
    W::load_points(rows, x, y);
    if (endomorphism) x = mul(x, W::broadcast(kBetaWords));
    Meeting<W> met;
    const Jacobian<W> sum = added<W>(sum_, x, y, negative, met);
    if (!W::any(empty_) && W::all(present)) {
      sum_ = sum;
      return;
    }
    sum_ = select<W>(W::without(present, empty_), sum_, sum);
    start(W::both(present, empty_), x, weak(select(negative, y, negate(y))));
  }

  void add_base(const AffineWords* table, const std::int16_t* digits) {
    alignas(64) std::uint64_t index[kLanes];
    Mask negative, present;
    W::split_digits(digits, index, negative, present);
    const AffineWords* rows[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) rows[i] = table + index[i];
    Fe x, y;
    W::load_points(rows, x, y);
    const Jacobian<W> sum = added_across<W>(sum_, scale_, x, y, negative);
    sum_ = select<W>(W::without(present, empty_), sum_, sum);
    const Mask first = W::both(present, empty_);
    if (!W::any(first)) return;
    const Fe square = sqr(scale_);
    start(first, mul(x, square), mul(select(negative, y, negate(y)), mul(square, scale_)));
  }

  // Takes (x, y) for the sum in lanes that had none yet.
  void start(Mask first, const Fe& x, const Fe& y) {
    if (!W::any(first)) return;
    sum_ = select<W>(first, sum_, {x, y, W::broadcast({1, 0, 0, 0})});
    empty_ = W::without(empty_, first);
  }

  Jacobian<W> sum_{};
  Mask empty_ = W::kAll;
  Fe scale_;
  AffineWords table_[kLanes][kMultiples];
};

template <typename W>
void double_mul_blocks(const DoubleMulBlock* blocks, std::size_t count, const TableView& base,
                       AffineWords* out, bool* exceptional) {
  using Fe = typename W::Fe;
  constexpr std::size_t kMost = Engine::kMostBlocks * 8 / W::kLanes;
  Jacobian<W> sums[kMost];
  Fe inverses[kMost];
  Fe scratch[kMost];
  const std::size_t groups = count * 8 / W::kLanes;
  if (groups == 0) return;
  const Fe one = W::broadcast({1, 0, 0, 0});
  const Fe zero = W::broadcast({0, 0, 0, 0});
  typename W::Mask lost[kMost];
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t at = g * W::kLanes;
    sums[g] = DoubleMul<W>::run(blocks[at / 8], at % 8, base);
    lost[g] = is_zero(sums[g].z);
    inverses[g] = select(lost[g], sums[g].z, one);
  }
  field_inverse_all(inverses, groups, scratch);
  for (std::size_t g = 0; g < groups; ++g) {
    const Fe square = sqr(inverses[g]);
    const Fe x = mul(sums[g].x, square);
    const Fe y = mul(sums[g].y, mul(square, inverses[g]));
    AffineWords* rows[W::kLanes];
    for (std::size_t i = 0; i < W::kLanes; ++i) {
      rows[i] = out + g * W::kLanes + i;
      exceptional[g * W::kLanes + i] = W::lane(lost[g], i);
    }
    W::store_points(rows, select(lost[g], x, zero), select(lost[g], y, zero));
  }
}

}  // namespace tally::crypto
