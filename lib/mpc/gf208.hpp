// GF(2^208) = GF(2)[x] / (x^208 + x^9 + x^3 + x + 1), the field of the OT extension's consistency
// check. The coefficient of x^i is bit i, so that 26 bytes with the lowest bit first are an
// element. Constant time in every operand; PCLMULQDQ where the processor has it, a portable twin
// elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace tally::mpc::dkls {

// Four limbs, lowest first; the top 48 bits of the last are zero.
using Gf208 = std::array<std::uint64_t, 4>;

inline constexpr std::size_t kGf208Bytes = 26;

// Pre: 26 bytes.
[[nodiscard]] Gf208 gf208_load(ByteView bytes);
void gf208_store(const Gf208& value, MutableByteView out);

[[nodiscard]] Gf208 gf208_mul(const Gf208& a, const Gf208& b);

// The check's linear hash of a column of 78 bytes: chi_0 v[0..207] + chi_1 v[208..415] +
// v[416..623].
[[nodiscard]] Gf208 gf208_hash(const std::array<Gf208, 2>& chi, ByteView column);

}  // namespace tally::mpc::dkls
