#include "crypto/glv.hpp"

#include <array>

namespace tally::crypto {
namespace {

__extension__ typedef unsigned __int128 Wide;
using Limbs = Scalar::Limbs;

// The basis (a1, b1), (a2, b2) of the lattice of (x, y) with x + lambda * y = 0: b2 = a1, b1 < 0.
constexpr Limbs kA1 = {0xE86C90E49284EB15, 0x3086D221A7D46BCD, 0, 0};
constexpr Limbs kMinusB1 = {0x6F547FA90ABFE4C3, 0xE4437ED6010E8828, 0, 0};
constexpr Limbs kA2 = {0x57C1108D9D44CFD8, 0x14CA50F7A8E2F3F6, 1, 0};
// b2 and -b1, each times 2^384 / n and rounded.
constexpr Limbs kG1 = {0xE893209A45DBB031, 0x3DAA8A1471E8CA7F, 0xE86C90E49284EB15,
                       0x3086D221A7D46BCD};
constexpr Limbs kG2 = {0x1571B4AE8AC47F71, 0x221208AC9DF506C6, 0x6F547FA90ABFE4C4,
                       0xE4437ED6010E8828};

// The low kOut limbs of a * b.
template <std::size_t kOut>
std::array<std::uint64_t, kOut> product(const Limbs& a, const Limbs& b) {
  std::array<std::uint64_t, kOut> out{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 4 && i + j < kOut; ++j) {
      const Wide sum = Wide{a[i]} * b[j] + out[i + j] + carry;
      out[i + j] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64U);
    }
    if (i + 4 < kOut) out[i + 4] = carry;
  }
  return out;
}

// a * b / 2^384, rounded; the whole product is left in `whole`.
Limbs rounded_high(const Limbs& a, const Limbs& b, std::array<std::uint64_t, 8>& whole) {
  whole = product<8>(a, b);
  const Wide high = (Wide{whole[7]} << 64U | whole[6]) + (whole[5] >> 63U);
  return {static_cast<std::uint64_t>(high), static_cast<std::uint64_t>(high >> 64U), 0, 0};
}

// Modulo 2^256, as two's complement.
Limbs subtract(const Limbs& a, const Limbs& b) {
  Limbs out;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    out[i] = static_cast<std::uint64_t>(difference);
    borrow = static_cast<std::uint64_t>(difference >> 64U) & 1U;
  }
  return out;
}

HalfScalar half_from(const Limbs& value) {
  const bool negative = (value[3] >> 63U) != 0;
  const Limbs magnitude = negative ? subtract(Limbs{}, value) : value;
  return {magnitude[0], magnitude[1], negative};
}

// What a split passes through, as secret as its scalar.
struct SplitWork {
  std::array<std::uint64_t, 8> whole;
  Limbs c1, c2;
  Limbs product1, product2;
  Limbs difference;
};

SplitLimbs split(const Scalar& k, SplitWork& work) {
  SplitLimbs out;
  work.c1 = rounded_high(k.limbs(), kG1, work.whole);
  work.c2 = rounded_high(k.limbs(), kG2, work.whole);
  work.product1 = product<4>(work.c1, kA1);
  work.product2 = product<4>(work.c2, kA2);
  work.difference = subtract(k.limbs(), work.product1);
  out.first = subtract(work.difference, work.product2);
  work.product1 = product<4>(work.c1, kMinusB1);
  work.product2 = product<4>(work.c2, kA1);
  out.second = subtract(work.product1, work.product2);
  return out;
}

}  // namespace

SplitLimbs split_endomorphism(const Scalar& k) {
  SplitWork work;
  const SplitLimbs out = split(k, work);
  core::wipe(&work, sizeof work);
  return out;
}

SplitScalar split_endomorphism_var(const Scalar& k) {
  SplitWork work;
  const SplitLimbs halves = split(k, work);
  return {half_from(halves.first), half_from(halves.second)};
}

ScalarWords split_words_var(const Scalar& k) {
  const Limbs& limbs = k.limbs();
  return {{limbs[0], limbs[1], false}, {limbs[2], limbs[3], false}};
}

void signed_digits_var(const HalfScalar& k, int window, std::int16_t* digits, std::size_t stride) {
  const int count = 128 / window + 1;
  const std::uint64_t mask = (std::uint64_t{1} << static_cast<unsigned>(window)) - 1;
  const std::int64_t most = std::int64_t{1} << static_cast<unsigned>(window - 1);
  Wide rest = Wide{k.high} << 64U | k.low;
  std::int64_t carry = 0;
  for (int j = 0; j < count; ++j) {
    std::int64_t digit = static_cast<std::int64_t>(static_cast<std::uint64_t>(rest) & mask) + carry;
    carry = digit >= most ? 1 : 0;
    digit -= carry << static_cast<unsigned>(window);
    digits[static_cast<std::size_t>(j) * stride] =
        static_cast<std::int16_t>(k.negative ? -digit : digit);
    rest >>= static_cast<unsigned>(window);
  }
}

}  // namespace tally::crypto
