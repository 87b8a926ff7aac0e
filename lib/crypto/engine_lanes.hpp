// The operations of an Engine, written once over any width (field.hpp). Included by the two sources
// that make an engine of it and by nobody else; it uses nothing of the standard library, because
// one of them is compiled for instructions that not every processor has.
#pragma once

#include "crypto/ctime.hpp"
#include "crypto/double_mul.hpp"
#include "crypto/engine.hpp"
#include "crypto/field_chains.hpp"
#include "crypto/group_formulas.hpp"
#include "crypto/point_sums.hpp"

namespace tally::crypto {

template <typename W>
struct EngineOf {
  using Fe = typename W::Fe;
  using Mask = typename W::Mask;
  static constexpr std::size_t kLanes = W::kLanes;

  // Runs operation(rows of a, rows of b, rows of out) for each group of lanes. Lanes past the end
  // work on the last element once more and write to a place of their own.
  template <typename In, typename Out, typename Operation>
  static void for_groups(const In* a, const In* b, std::size_t count, Out* out,
                         Operation operation) {
    Out spare[kLanes];
    for (std::size_t at = 0; at < count; at += kLanes) {
      const In* left[kLanes];
      const In* right[kLanes];
      Out* into[kLanes];
      for (std::size_t i = 0; i < kLanes; ++i) {
        const bool real = at + i < count;
        const std::size_t index = real ? at + i : count - 1;
        left[i] = a + index;
        right[i] = b + index;
        into[i] = real ? out + index : spare + i;
      }
      operation(left, right, into);
    }
  }
  template <typename Operation>
  static void for_elements(const FieldWords* a, const FieldWords* b, std::size_t count,
                           FieldWords* out, Operation operation) {
    for_groups(a, b, count, out,
               [&](const FieldWords** left, const FieldWords** right, FieldWords** into) {
                 Fe x, y;
                 W::load_elements(left, x);
                 W::load_elements(right, y);
                 W::store_elements(into, operation(x, y));
               });
  }

  static void mul_all(const FieldWords* a, const FieldWords* b, std::size_t count,
                      FieldWords* out) {
    for_elements(a, b, count, out, [](const Fe& x, const Fe& y) { return mul(x, y); });
  }
  static void sqr_all(const FieldWords* a, std::size_t count, FieldWords* out) {
    for_elements(a, a, count, out, [](const Fe& x, const Fe&) { return sqr(x); });
  }
  static void inverse_all(const FieldWords* a, std::size_t count, FieldWords* out) {
    for_elements(a, a, count, out, [](const Fe& x, const Fe&) { return field_inverse(x); });
  }
  static void root_all(const FieldWords* a, std::size_t count, FieldWords* out) {
    for_elements(a, a, count, out, [](const Fe& x, const Fe&) { return field_root(x); });
  }
  static void add_sub_half(const FieldWords* a, const FieldWords* b, const FieldWords* c,
                           std::size_t count, FieldWords* out) {
    for (std::size_t at = 0; at < count; at += kLanes) {
      const std::size_t here = count - at < kLanes ? count - at : kLanes;
      const FieldWords* one[kLanes];
      for_elements(a + at, b + at, here, out + at, [&](const Fe& x, const Fe& y) {
        for (std::size_t i = 0; i < kLanes; ++i) one[i] = c + at + (i < here ? i : here - 1);
        Fe z;
        W::load_elements(one, z);
        return weak(half(x + y - z));
      });
    }
  }

  static void lift_x(const FieldWords* x, const bool* odd, std::size_t count, AffineWords* out) {
    std::size_t at = 0;
    for_groups(x, x, count, out,
               [&](const FieldWords** rows, const FieldWords**, AffineWords** into) {
                 bool wanted[kLanes];
                 for (std::size_t i = 0; i < kLanes; ++i) wanted[i] = at + i < count && odd[at + i];
                 lift_group(rows, W::mask_of(wanted), into);
                 at += kLanes;
               });
  }

  static void endomorphism(const AffineWords* in, std::size_t count, AffineWords* out) {
    const Fe beta = W::broadcast(kBetaWords);
    for_groups(in, in, count, out,
               [&](const AffineWords** rows, const AffineWords**, AffineWords** into) {
                 Fe x, y;
                 W::load_points(rows, x, y);
                 W::store_points(into, mul(x, beta), y);
               });
  }

  [[nodiscard]] static constexpr Engine make(std::string_view name) {
    return {name,         kLanes,         mul_all,
            sqr_all,      inverse_all,    root_all,
            add_sub_half, lift_x,         double_mul_blocks<W>,
            add_pairs<W>, sum_buckets<W>, sum_points<W>,
            endomorphism};
  }

 private:
  // Of the form of x + (2^256 - p), which carries out of 256 bits where x is p or above.
  static bool below_prime(const FieldWords& x) {
    const auto* w = reinterpret_cast<const std::uint64_t*>(&x);
    const std::uint64_t not_full = ~(w[1] & w[2] & w[3]);
    const auto carry = static_cast<std::uint64_t>(w[0] + kFieldFold < w[0]);
    return value_barrier(not_full | (carry ^ 1U)) != 0;
  }
  // Constant time: whether there is a point, and which, is told by masks.
  static void lift_group(const FieldWords** rows, Mask odd, AffineWords** into) {
    bool sound[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) sound[i] = below_prime(*rows[i]);
    Fe x;
    W::load_elements(rows, x);
    const auto square = mul(sqr(x), x) + W::broadcast({7, 0, 0, 0});
    const Fe root = normal(field_root(weak(square)));
    const Mask on_curve = W::both(W::mask_of(sound), is_zero(square - sqr(root)));
    // A root is never zero: there is no point of order two.
    const Mask turn = W::either(W::without(odd, is_odd(root)), W::without(is_odd(root), odd));
    const Fe zero = W::broadcast({0, 0, 0, 0});
    const Fe y = weak(select(turn, root, negate(root)));
    W::store_points(into, select(on_curve, zero, x), select(on_curve, zero, y));
  }
};

}  // namespace tally::crypto
