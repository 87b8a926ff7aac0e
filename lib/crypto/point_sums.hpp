// The two halves of Pippenger's method over any width (field.hpp): sums of pairs of points, which
// fill the buckets, and the weighted sums of buckets. Public data only.
//
// Pairs are added in affine coordinates, one inversion for up to 1024 of them (1024 a lane), which
// makes 6M + 1S of an addition where Jacobian coordinates need 8M + 3S. Equal, opposite and
// infinite operands are rare: a first pass notices them (a difference of zero makes the whole
// product zero) and they are then done by a second form of the loop that knows all cases.
//
// Source: Bernstein, Doumen, Lange, Oosterwijk, "Faster batch forgery identification" (INDOCRYPT
// 2012) for the buckets; Montgomery's trick.
#pragma once

#include "crypto/engine.hpp"
#include "crypto/field_chains.hpp"
#include "crypto/group_formulas.hpp"

namespace tally::crypto {

template <typename W>
class PairAdder {
 public:
  using Fe = typename W::Fe;
  using Mask = typename W::Mask;
  static constexpr std::size_t kLanes = W::kLanes;
  static constexpr std::size_t kMostGroups = 128;

  // At most kMostGroups groups of lanes. Returns whether a sum is infinity.
  static bool run(const AffineWords* in, const PointRef* left, const PointRef* right,
                  std::size_t count, bool infinities, AffineWords* out) {
    PairAdder adder{in, left, right, count, out};
    if (!infinities && !W::any(is_zero(adder.template multiply_up<false>()))) {
      adder.template add_all<false>();
      return false;
    }
    (void)adder.template multiply_up<true>();
    return adder.template add_all<true>();
  }

 private:
  PairAdder(const AffineWords* in, const PointRef* left, const PointRef* right, std::size_t count,
            AffineWords* out)
      : in_(in), left_(left), right_(right), count_(count), out_(out) {}

  struct Pair {
    Fe x1, y1, x2, y2;
    Fe under;  // what the slope is divided by
    Fe over;
    Mask first_infinite, second_infinite, opposite;
  };

  void load(const PointRef* refs, std::size_t at, Fe& x, Fe& y) const {
    const AffineWords* rows[kLanes];
    bool negative[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      const PointRef ref = refs[at + i < count_ ? at + i : count_ - 1];
      rows[i] = in_ + (ref & ~kNegativeRef);
      negative[i] = (ref & kNegativeRef) != 0;
    }
    W::load_points(rows, x, y);
    const Mask mask = W::mask_of(negative);
    if (W::any(mask)) y = weak(select(mask, y, negate(y)));
  }

  template <bool kComplete>
  Pair pair_at(std::size_t group) const {
    Pair pair;
    load(left_, group * kLanes, pair.x1, pair.y1);
    load(right_, group * kLanes, pair.x2, pair.y2);
    pair.under = weak(pair.x2 - pair.x1);
    pair.over = weak(pair.y2 - pair.y1);
    if constexpr (kComplete) know_all_cases(pair);
    return pair;
  }
  static void know_all_cases(Pair& pair) {
    pair.first_infinite = W::both(is_zero(pair.x1), is_zero(pair.y1));
    pair.second_infinite = W::both(is_zero(pair.x2), is_zero(pair.y2));
    const Mask infinite = W::either(pair.first_infinite, pair.second_infinite);
    const Mask same_x = W::without(is_zero(pair.under), infinite);
    const Mask same = W::both(same_x, is_zero(pair.over));
    pair.opposite = W::without(same_x, same);
    pair.under = weak(select(same, pair.under, times<2>(pair.y1)));
    pair.over = weak(select(same, pair.over, times<3>(sqr(pair.x1))));
    pair.under = select(W::either(infinite, pair.opposite), pair.under, W::broadcast({1, 0, 0, 0}));
  }

  // below_[g] becomes the product of the divisors of the groups before g; returns that of all.
  template <bool kComplete>
  Fe multiply_up() {
    Fe product = W::broadcast({1, 0, 0, 0});
    for (std::size_t group = 0; group * kLanes < count_; ++group) {
      below_[group] = product;
      product = mul(product, pair_at<kComplete>(group).under);
    }
    product_ = product;
    return product;
  }

  template <bool kComplete>
  bool add_all() {
    bool infinity = false;
    Fe inverse = field_inverse(product_);
    for (std::size_t group = (count_ + kLanes - 1) / kLanes; group-- > 0;) {
      const Pair pair = pair_at<kComplete>(group);
      const auto slope = mul(pair.over, mul(inverse, below_[group]));
      inverse = mul(inverse, pair.under);
      Fe x = weak(sqr(slope) - (pair.x1 + pair.x2));
      Fe y = weak(mul(slope, pair.x1 - x) - pair.y1);
      if constexpr (kComplete) {
        x = select(pair.first_infinite, select(pair.second_infinite, x, pair.x1), pair.x2);
        y = select(pair.first_infinite, select(pair.second_infinite, y, pair.y1), pair.y2);
        const Fe zero = W::broadcast({0, 0, 0, 0});
        x = select(pair.opposite, x, zero);
        y = select(pair.opposite, y, zero);
        infinity = infinity || W::any(pair.opposite) ||
                   W::any(W::both(pair.first_infinite, pair.second_infinite));
      }
      store(group * kLanes, x, y);
    }
    return infinity;
  }
  void store(std::size_t at, const Fe& x, const Fe& y) const {
    AffineWords spare[kLanes];
    AffineWords* rows[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) rows[i] = at + i < count_ ? out_ + at + i : spare + i;
    W::store_points(rows, x, y);
  }

  const AffineWords* in_;
  const PointRef* left_;
  const PointRef* right_;
  std::size_t count_;
  AffineWords* out_;
  Fe product_;
  Fe below_[kMostGroups];
};

template <typename W>
bool add_pairs(const AffineWords* in, const PointRef* left, const PointRef* right,
               std::size_t count, bool infinities, AffineWords* out) {
  constexpr std::size_t kMost = PairAdder<W>::kMostGroups * W::kLanes;
  bool infinity = false;
  for (std::size_t at = 0; at < count; at += kMost) {
    const std::size_t here = count - at < kMost ? count - at : kMost;
    infinity |= PairAdder<W>::run(in, left + at, right + at, here, infinities, out + at);
  }
  return infinity;
}

template <typename W>
void store_group(const Group<W>& group, JacobianWords* const* out) {
  FieldWords* rows[3][W::kLanes];
  for (std::size_t i = 0; i < W::kLanes; ++i) {
    out[i]->infinite = W::lane(group.infinite, i);
    rows[0][i] = &out[i]->x;
    rows[1][i] = &out[i]->y;
    rows[2][i] = &out[i]->z;
  }
  W::store_elements(rows[0], group.point.x);
  W::store_elements(rows[1], group.point.y);
  W::store_elements(rows[2], group.point.z);
}

// Each lane has a window of its own, and walks down its buckets with a running sum and the sum of
// all running sums.
template <typename W>
void sum_buckets(const AffineWords* buckets, std::size_t windows, std::size_t bucket_count,
                 JacobianWords* out) {
  using Fe = typename W::Fe;
  static const AffineWords kNothing{};
  for (std::size_t at = 0; at < windows; at += W::kLanes) {
    Group<W> running;
    Group<W> total;
    for (std::size_t bucket = bucket_count; bucket-- > 0;) {
      const AffineWords* rows[W::kLanes];
      for (std::size_t i = 0; i < W::kLanes; ++i) {
        rows[i] = at + i < windows ? buckets + (at + i) * bucket_count + bucket : &kNothing;
      }
      Fe x, y;
      W::load_points(rows, x, y);
      const auto present = W::without(W::kAll, W::both(is_zero(x), is_zero(y)));
      if (W::any(present)) running.add_affine(x, y, present);
      total.add(running);
    }
    JacobianWords spare;
    JacobianWords* into[W::kLanes];
    for (std::size_t i = 0; i < W::kLanes; ++i) into[i] = at + i < windows ? out + at + i : &spare;
    store_group<W>(total, into);
  }
}

// Lane i adds up points i, i + 8, i + 16 and so on.
template <typename W>
void sum_points(const AffineWords* const* points, const bool* negative, std::size_t count,
                JacobianWords* out) {
  static const AffineWords kNothing{};
  for (std::size_t first = 0; first < Engine::kSumLanes; first += W::kLanes) {
    Group<W> sum;
    for (std::size_t at = first; at < count; at += Engine::kSumLanes) {
      const AffineWords* rows[W::kLanes];
      bool present[W::kLanes];
      bool minus[W::kLanes];
      for (std::size_t i = 0; i < W::kLanes; ++i) {
        present[i] = at + i < count;
        rows[i] = present[i] ? points[at + i] : &kNothing;
        minus[i] = present[i] && negative[at + i];
      }
      typename W::Fe x, y;
      W::load_points(rows, x, y);
      sum.add_affine(x, y, W::mask_of(present), W::mask_of(minus));
    }
    JacobianWords* into[W::kLanes];
    for (std::size_t i = 0; i < W::kLanes; ++i) into[i] = out + first + i;
    store_group<W>(sum, into);
  }
}

}  // namespace tally::crypto
