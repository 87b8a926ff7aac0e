// Operations on many public points at once, in the lanes of engine.hpp: they share square roots and
// inversions that points one by one pay each. Variable time. Any thread; allocates room for the
// batch, and wipes it: what points are may tell a secret where their values do not.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/point.hpp"

namespace tally::crypto {

// out[i] is the point that Point::parse reads of encoded[i], and infinity where it reads none.
// Returns whether all were points. Pre: both have one length.
bool parse_each_var(std::span<const PointBytes> encoded, std::span<Point> out);

// out[i] = a[i] + b[i]. Pre: all have one length; `out` may be `a` or `b`.
void add_each_var(std::span<const Point> a, std::span<const Point> b, std::span<Point> out);

// As many polynomials as `out` has places, each of as many coefficients as fall to one, constant
// term first and one polynomial behind the other, at x: out[i] is the sum of x^k * coefficient k.
// By Horner's rule in doublings and additions, so that a small x costs little. Pre: x is above 0,
// and `out` divides the coefficients, of which there are some for each.
void evaluate_each_var(std::span<const Point> coefficients, std::uint32_t x, std::span<Point> out);

}  // namespace tally::crypto
