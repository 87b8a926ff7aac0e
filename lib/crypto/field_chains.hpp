// Powers in the field by addition chains, over any width (field.hpp): the inverse, the square root,
// and Montgomery's trick, which shares one inversion among many. Nothing branches on a value.
//
// Source: p - 2 and (p + 1) / 4 begin with 223 ones; the chain of runs of ones is our own
// arrangement of the usual 2, 3, 6, 9, 11, 22, 44, 88, 176, 220, 223.
#pragma once

#include <cstddef>

#include "crypto/field.hpp"

namespace tally::crypto {

template <typename Fe>
[[gnu::noinline]] Fe sqr_times(Fe a, int count) {
  for (int i = 0; i < count; ++i) a = sqr(a);
  return a;
}

// a^(2^k - 1) for the k the two powers below share.
template <typename Fe>
struct RunsOfOnes {
  Fe x2, x3, x22, x223;

  explicit RunsOfOnes(const Fe& a) {
    x2 = mul(sqr(a), a);
    x3 = mul(sqr(x2), a);
    const Fe x6 = mul(sqr_times(x3, 3), x3);
    const Fe x9 = mul(sqr_times(x6, 3), x3);
    const Fe x11 = mul(sqr_times(x9, 2), x2);
    x22 = mul(sqr_times(x11, 11), x11);
    const Fe x44 = mul(sqr_times(x22, 22), x22);
    const Fe x88 = mul(sqr_times(x44, 44), x44);
    const Fe x176 = mul(sqr_times(x88, 88), x88);
    const Fe x220 = mul(sqr_times(x176, 44), x44);
    x223 = mul(sqr_times(x220, 3), x3);
  }
};

// a^(p - 2): 1/a, and 0 for 0.
template <typename Fe>
[[gnu::noinline]] Fe field_inverse(const Fe& a) {
  const RunsOfOnes<Fe> runs(a);
  Fe t = mul(sqr_times(runs.x223, 23), runs.x22);
  t = mul(sqr_times(t, 5), a);
  t = mul(sqr_times(t, 3), runs.x2);
  return mul(sqr_times(t, 2), a);
}

// a^((p + 1) / 4): a square root of a when there is one. The caller squares to find out.
template <typename Fe>
[[gnu::noinline]] Fe field_root(const Fe& a) {
  const RunsOfOnes<Fe> runs(a);
  Fe t = mul(sqr_times(runs.x223, 23), runs.x22);
  t = mul(sqr_times(t, 6), runs.x2);
  return sqr_times(t, 2);
}

// values[i] becomes 1 / values[i], with one inversion for all and three products each. Pre: none is
// zero in any lane; `scratch` has room for `count`, which is at least 1.
template <typename Fe>
void field_inverse_all(Fe* values, std::size_t count, Fe* scratch) {
  scratch[0] = values[0];
  for (std::size_t i = 1; i < count; ++i) scratch[i] = mul(scratch[i - 1], values[i]);
  Fe inverse = field_inverse(scratch[count - 1]);
  for (std::size_t i = count - 1; i > 0; --i) {
    const Fe own = mul(inverse, scratch[i - 1]);
    inverse = mul(inverse, values[i]);
    values[i] = own;
  }
  values[0] = inverse;
}

}  // namespace tally::crypto
