// 1/a modulo n by division steps: D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation
// and modular inversion" (2019), with the start at delta = 1/2 whose bound of 590 steps for 256
// bits is P. Wuille's. Steps are taken on the lowest limbs alone, some sixty at a time, and
// collected in a matrix that is then applied to the whole numbers.
//
// Representation: signed numbers of five limbs of 62 bits, all but the last one in [0, 2^62).
#include <bit>

#include "crypto/scalar_limbs.hpp"

namespace tally::crypto {
namespace {

__extension__ typedef __int128 Signed128;
using Limbs = Scalar::Limbs;
using Signed62 = std::array<std::int64_t, 5>;

constexpr std::uint64_t kMask62 = (std::uint64_t{1} << 62U) - 1;

constexpr Signed62 to_signed62(const Limbs& a) {
  const auto part = [](std::uint64_t value) { return static_cast<std::int64_t>(value & kMask62); };
  return {part(a[0]), part(a[0] >> 62U | a[1] << 2U), part(a[1] >> 60U | a[2] << 4U),
          part(a[2] >> 58U | a[3] << 6U), static_cast<std::int64_t>(a[3] >> 56U)};
}

// Pre: 0 <= a < 2^256.
Limbs to_limbs(const Signed62& a) {
  const auto bits = [&a](std::size_t i) { return static_cast<std::uint64_t>(a[i]); };
  return {bits(0) | bits(1) << 62U, bits(1) >> 2U | bits(2) << 60U, bits(2) >> 4U | bits(3) << 58U,
          bits(3) >> 6U | bits(4) << 56U};
}

constexpr Signed62 kOrder62 = to_signed62(limbs::kOrder);

// 1/n modulo 2^62, by Newton's iteration, which doubles the correct bits.
constexpr std::uint64_t order_inverse62() {
  std::uint64_t inverse = 1;
  for (int i = 0; i < 6; ++i) inverse *= 2 - limbs::kOrder[0] * inverse;
  return inverse & kMask62;
}

// 2^62 times the effect of a run of steps on (f, g).
struct Steps {
  std::int64_t u, v, q, r;
};

std::int64_t as_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
std::uint64_t as_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

// All ones where value is negative.
std::uint64_t sign_mask(std::int64_t value) {
  return limbs::mask_from(as_unsigned(value) >> 63U);
}

// 59 steps in constant time; the matrix starts at 8, so that it too is scaled by 2^62. zeta is
// -(delta + 1/2) and says which of f and g has had more shifts.
Steps steps_59(std::int64_t& zeta, std::uint64_t f, std::uint64_t g) {
  std::uint64_t u = 8, v = 0, q = 0, r = 8;
  for (int i = 0; i < 59; ++i) {
    std::uint64_t swap = sign_mask(zeta);
    const std::uint64_t odd = limbs::mask_from(g & 1U);
    // g += f, or g -= f when they change places, if g is odd.
    g += ((f ^ swap) - swap) & odd;
    q += ((u ^ swap) - swap) & odd;
    r += ((v ^ swap) - swap) & odd;
    swap &= odd;
    zeta = as_signed(as_unsigned(zeta) ^ swap) - 1;
    f += g & swap;
    u += q & swap;
    v += r & swap;
    g >>= 1U;
    u <<= 1U;
    v <<= 1U;
  }
  return {as_signed(u), as_signed(v), as_signed(q), as_signed(r)};
}

// 62 steps, zeros of g at once and then up to six bits of g cancelled at a time by a multiple of f.
Steps steps_62_var(std::int64_t& eta, std::uint64_t f, std::uint64_t g) {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  for (int left = 62;;) {
    const int zeros = std::countr_zero(g | (~std::uint64_t{0} << static_cast<unsigned>(left)));
    g >>= static_cast<unsigned>(zeros);
    u <<= static_cast<unsigned>(zeros);
    v <<= static_cast<unsigned>(zeros);
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    std::uint64_t multiple = 0;
    if (eta < 0) {
      eta = -eta;
      std::swap(f, g);
      std::swap(u, q);
      std::swap(v, r);
      g = 0 - g;
      q = 0 - q;
      r = 0 - r;
      // f * (f^2 - 2) is -1/f modulo 64.
      const int limit = eta + 1 > left ? left : static_cast<int>(eta) + 1;
      multiple =
          (f * g * (f * f - 2)) & (~std::uint64_t{0} >> static_cast<unsigned>(64 - limit)) & 63U;
    } else {
      // f + ((f + 1) & 4) * 2 is 1/f modulo 16.
      const int limit = eta + 1 > left ? left : static_cast<int>(eta) + 1;
      const std::uint64_t inverse = f + (((f + 1) & 4U) << 1U);
      multiple =
          ((0 - inverse) * g) & (~std::uint64_t{0} >> static_cast<unsigned>(64 - limit)) & 15U;
    }
    g += f * multiple;
    q += u * multiple;
    r += v * multiple;
  }
  return {as_signed(u), as_signed(v), as_signed(q), as_signed(r)};
}

// (f, g) = steps * (f, g) / 2^62, of which the first `count` limbs are in use.
[[gnu::always_inline]] inline void apply_to_numbers(Signed62& f, Signed62& g, const Steps& t,
                                                    std::size_t count) {
  Signed128 cf = Signed128{t.u} * f[0] + Signed128{t.v} * g[0];
  Signed128 cg = Signed128{t.q} * f[0] + Signed128{t.r} * g[0];
  cf >>= 62U;
  cg >>= 62U;
  for (std::size_t i = 1; i < count; ++i) {
    cf += Signed128{t.u} * f[i] + Signed128{t.v} * g[i];
    cg += Signed128{t.q} * f[i] + Signed128{t.r} * g[i];
    f[i - 1] = as_signed(static_cast<std::uint64_t>(cf) & kMask62);
    g[i - 1] = as_signed(static_cast<std::uint64_t>(cg) & kMask62);
    cf >>= 62U;
    cg >>= 62U;
  }
  f[count - 1] = static_cast<std::int64_t>(cf);
  g[count - 1] = static_cast<std::int64_t>(cg);
}

// (d, e) = steps * (d, e) / 2^62 modulo n. Both lie in (-2n, n) before and after: n is added where
// one is negative, and then the multiple of n that makes the result divisible.
[[gnu::always_inline]] inline void apply_to_factors(Signed62& d, Signed62& e, const Steps& t) {
  constexpr std::uint64_t kInverse = order_inverse62();
  const auto negative = [](std::int64_t value) { return value >> 63U; };
  std::int64_t md = (t.u & negative(d[4])) + (t.v & negative(e[4]));
  std::int64_t me = (t.q & negative(d[4])) + (t.r & negative(e[4]));
  Signed128 cd = Signed128{t.u} * d[0] + Signed128{t.v} * e[0];
  Signed128 ce = Signed128{t.q} * d[0] + Signed128{t.r} * e[0];
  md -= as_signed((kInverse * static_cast<std::uint64_t>(cd) + as_unsigned(md)) & kMask62);
  me -= as_signed((kInverse * static_cast<std::uint64_t>(ce) + as_unsigned(me)) & kMask62);
  cd += Signed128{kOrder62[0]} * md;
  ce += Signed128{kOrder62[0]} * me;
  cd >>= 62U;
  ce >>= 62U;
  limbs::unrolled<4>([&](auto before) {
    constexpr std::size_t kLimb = decltype(before)::value + 1;
    cd += Signed128{t.u} * d[kLimb] + Signed128{t.v} * e[kLimb] + Signed128{kOrder62[kLimb]} * md;
    ce += Signed128{t.q} * d[kLimb] + Signed128{t.r} * e[kLimb] + Signed128{kOrder62[kLimb]} * me;
    d[before] = as_signed(static_cast<std::uint64_t>(cd) & kMask62);
    e[before] = as_signed(static_cast<std::uint64_t>(ce) & kMask62);
    cd >>= 62U;
    ce >>= 62U;
  });
  d[4] = static_cast<std::int64_t>(cd);
  e[4] = static_cast<std::int64_t>(ce);
}

// Adds n where a is negative, then brings all limbs but the last into [0, 2^62).
void add_order_if_negative(Signed62& a) {
  const std::int64_t negative = as_signed(sign_mask(a[4]));
  for (std::size_t i = 0; i < 5; ++i) a[i] += kOrder62[i] & negative;
}
void carry(Signed62& a) {
  for (std::size_t i = 0; i < 4; ++i) {
    a[i + 1] += a[i] >> 62U;
    a[i] = as_signed(as_unsigned(a[i]) & kMask62);
  }
}

// The inverse from d, where f ended as 1 or -1 with the sign of `sign`: into [0, n).
Limbs finish(Signed62 d, std::int64_t sign) {
  add_order_if_negative(d);
  const std::int64_t negate = as_signed(sign_mask(sign));
  for (std::int64_t& limb : d) limb = (limb ^ negate) - negate;
  carry(d);
  add_order_if_negative(d);
  carry(d);
  return to_limbs(d);
}

}  // namespace

Scalar Scalar::inverse(const Scalar& a) {
  a.verify();
  Signed62 f = kOrder62;
  Signed62 g = to_signed62(a.limbs_);
  Signed62 d = {};
  Signed62 e = {1, 0, 0, 0, 0};
  std::int64_t zeta = -1;
  for (int i = 0; i < 10; ++i) {
    const Steps t = steps_59(zeta, as_unsigned(f[0]), as_unsigned(g[0]));
    apply_to_factors(d, e, t);
    apply_to_numbers(f, g, t, 5);
  }
  const Scalar r(finish(d, f[4]));
  core::wipe(&f, sizeof f);
  core::wipe(&g, sizeof g);
  core::wipe(&d, sizeof d);
  core::wipe(&e, sizeof e);
  r.verify();
  return r;
}

Scalar Scalar::inverse_var(const Scalar& a) {
  a.verify();
  Signed62 f = kOrder62;
  Signed62 g = to_signed62(a.limbs_);
  Signed62 d = {};
  Signed62 e = {1, 0, 0, 0, 0};
  std::int64_t eta = -1;
  std::size_t count = 5;
  for (;;) {
    const Steps t = steps_62_var(eta, as_unsigned(f[0]), as_unsigned(g[0]));
    apply_to_factors(d, e, t);
    apply_to_numbers(f, g, t, count);
    std::int64_t any = 0;
    for (std::size_t i = 0; i < count; ++i) any |= g[i];
    if (any == 0) break;
    // A top limb that is only a sign joins the one below it.
    const std::int64_t top_f = f[count - 1];
    const std::int64_t top_g = g[count - 1];
    if (count > 1 && ((top_f ^ (top_f >> 63U)) | (top_g ^ (top_g >> 63U))) == 0) {
      f[count - 2] |= as_signed(as_unsigned(top_f) << 62U);
      g[count - 2] |= as_signed(as_unsigned(top_g) << 62U);
      --count;
    }
  }
  const Scalar r(finish(d, f[count - 1]));
  r.verify();
  return r;
}

}  // namespace tally::crypto
