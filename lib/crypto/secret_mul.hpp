// k * G and k * P for many secret scalars at once: eight in the lanes of AVX-512 IFMA where the
// processor has it and there are enough, one by one through libsecp256k1 elsewhere. Both give the
// points that Point::mul_generator and Point::mul_secret give, and what these say of secrets holds
// here: scalars are secret; results, and that one is infinity, count as public.
//
// Any thread; allocates nothing but the table of the generator (256 KiB, mapped once a process by
// the first batch that is large enough). Digits, tables and sums are wiped; what the compiler
// spills is beyond that.
//
// secret_mul_kernel.hpp says how, and why no exception of the formulas is met.
#pragma once

#include <span>

#include "crypto/point.hpp"
#include "crypto/scalar_vector.hpp"

namespace tally::crypto {

// out[i] = k[i] * G. Pre: both have one length, any length.
void mul_generator_each(Scalars k, std::span<Point> out);

// out[i] = k[i] * points[i]. Pre: all have one length, any length; `out` may be `points`.
void mul_secret_each(Scalars k, std::span<const Point> points, std::span<Point> out);

// From how many scalars on, fewer than a group of eight, the lanes are the faster way; measured by
// `tally-bench run scalar`.
inline constexpr std::size_t kLeastGeneratorLanes = 2;
inline constexpr std::size_t kLeastPointLanes = 2;

// The two ways, for tests and benchmarks. Pre of those in lanes: avx512_ifma of core/cpu.hpp.
void mul_generator_each_libsecp(Scalars k, std::span<Point> out);
void mul_generator_each_ifma(Scalars k, std::span<Point> out);
void mul_secret_each_libsecp(Scalars k, std::span<const Point> points, std::span<Point> out);
void mul_secret_each_ifma(Scalars k, std::span<const Point> points, std::span<Point> out);

}  // namespace tally::crypto
