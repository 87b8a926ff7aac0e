// The group of secp256k1, y^2 = x^3 + 7, over any width (field.hpp). `Group` branches and is for
// public data only.
//
// Jacobian coordinates: (X, Y, Z) is the point (X / Z^2, Y / Z^3). The formulas of this file are
// incomplete: adding a point to itself, to its opposite, or to one with Z = 0 gives Z = 0, and so
// does every sum and double that is built on it. A lane that went wrong is therefore found by one
// look at Z in the end, and done again by complete arithmetic. `Group` below is complete.
//
// Source: Bernstein and Lange, Explicit-Formulas Database, short Weierstrass curves with a = 0
// (madd, add; the doubling with 3/2 X^2, after libsecp256k1's group.h).
#pragma once

#include "crypto/field.hpp"

namespace tally::crypto {

template <typename W>
struct Jacobian {
  typename W::Fe x, y, z;
};

// 3M + 4S.
template <typename W>
[[gnu::always_inline]] inline Jacobian<W> doubled(const Jacobian<W>& a) {
  const auto slope = tight(half(times<3>(sqr(a.x))));
  const auto s = sqr(a.y);
  const auto t = mul(a.x, s);
  Jacobian<W> r;
  r.z = mul(a.y, a.z);
  r.x = weak(sqr(slope) - times<2>(t));
  r.y = weak(mul(slope, t - r.x) - sqr(s));
  return r;
}

// What an addition met on its way: zero `ratio` means equal x, zero `slope` as well equal points.
// Z grew by `ratio`.
template <typename W>
struct Meeting {
  typename W::Fe ratio, slope;
};

// a + (u2 / Z^2, +-s2 / Z^3) for the Z of a, given in `z`: what every addition ends in. 6M + 2S.
template <typename W, typename S>
[[gnu::always_inline]] inline Jacobian<W> added_scaled(const Jacobian<W>& a,
                                                       const typename W::Fe& z,
                                                       const typename W::Fe& u2, const S& s2,
                                                       Meeting<W>& met) {
  const auto h = weak(u2 - a.x);
  const auto r = weak(s2 - a.y);
  const auto hh = sqr(h);
  const auto hhh = mul(h, hh);
  const auto v = mul(a.x, hh);
  Jacobian<W> sum;
  met = {h, r};
  sum.z = mul(z, h);
  sum.x = weak(sqr(r) - (hhh + times<2>(v)));
  sum.y = weak(mul(r, v - sum.x) - mul(a.y, hhh));
  return sum;
}

// a + (x, y), or a - (x, y) where `negative`. 8M + 3S.
template <typename W>
[[gnu::always_inline]] inline Jacobian<W> added(const Jacobian<W>& a, const typename W::Fe& x,
                                                const typename W::Fe& y, typename W::Mask negative,
                                                Meeting<W>& met) {
  const auto zz = sqr(a.z);
  const auto s2 = mul(y, mul(a.z, zz));
  return added_scaled<W>(a, a.z, mul(x, zz), select(negative, s2, negate(s2)), met);
}

// a + (x, y) or a - (x, y), where a stands on the curve that `scale` takes to the real one: its
// real Z is Z * scale. 9M + 3S.
template <typename W>
[[gnu::always_inline]] inline Jacobian<W> added_across(const Jacobian<W>& a,
                                                       const typename W::Fe& scale,
                                                       const typename W::Fe& x,
                                                       const typename W::Fe& y,
                                                       typename W::Mask negative) {
  const auto z = mul(a.z, scale);
  const auto zz = sqr(z);
  const auto s2 = mul(y, mul(z, zz));
  Meeting<W> met;
  return added_scaled<W>(a, a.z, mul(x, zz), select(negative, s2, negate(s2)), met);
}

// a + b. 12M + 4S.
template <typename W>
[[gnu::always_inline]] inline Jacobian<W> added(const Jacobian<W>& a, const Jacobian<W>& b,
                                                Meeting<W>& met) {
  const auto aa = sqr(a.z);
  const auto bb = sqr(b.z);
  Jacobian<W> raised;
  raised.x = mul(a.x, bb);
  raised.y = mul(a.y, mul(b.z, bb));
  const auto s2 = mul(b.y, mul(a.z, aa));
  return added_scaled<W>(raised, mul(a.z, b.z), mul(b.x, aa), s2, met);
}

template <typename W>
[[gnu::always_inline]] inline Jacobian<W> select(typename W::Mask take_b, const Jacobian<W>& a,
                                                 const Jacobian<W>& b) {
  return {select(take_b, a.x, b.x), select(take_b, a.y, b.y), select(take_b, a.z, b.z)};
}

// A sum that knows infinity and every other exception, in lanes. It branches on what happens.
template <typename W>
struct Group {
  using Fe = typename W::Fe;
  using Mask = typename W::Mask;
  Jacobian<W> point{};
  Mask infinite = W::kAll;

  // Adds (x, y), or subtracts it where `negative`, in the lanes of `present`.
  void add_affine(const Fe& x, const Fe& y, Mask present, Mask negative = Mask{}) {
    Meeting<W> met;
    const Jacobian<W> sum = added<W>(point, x, y, negative, met);
    const Fe own_y = weak(select(negative, y, negate(y)));
    take(sum, met, {x, own_y, W::broadcast({1, 0, 0, 0})}, present);
  }
  void add(const Group& other) {
    Meeting<W> met;
    const Jacobian<W> sum = added<W>(point, other.point, met);
    take(sum, met, other.point, W::without(W::kAll, other.infinite));
  }
  void double_it() { point = doubled(point); }

 private:
  void take(const Jacobian<W>& sum, const Meeting<W>& met, const Jacobian<W>& other, Mask present) {
    const Mask first = W::both(infinite, present);
    const Mask sums = W::without(present, infinite);
    const Mask same_x = W::both(sums, is_zero(met.ratio));
    Jacobian<W> result = select<W>(sums, point, sum);
    if (W::any(W::either(first, same_x))) {
      const Mask same = W::both(same_x, is_zero(met.slope));
      result = select<W>(same, result, doubled(point));
      result = select<W>(first, result, other);
      infinite = W::either(W::without(infinite, first), W::without(same_x, same));
    }
    point = result;
  }
};

}  // namespace tally::crypto
