#include "crypto/secret_mul_digits.hpp"

#include "crypto/glv.hpp"

namespace tally::crypto {
namespace {

// 2^exponent modulo n.
Scalar power_of_two(int exponent) {
  Scalar power(1);
  for (int i = 0; i < exponent; ++i) power = power + power;
  return power;
}

// Bits first .. first + count - 1 of a number of 256 bits, those past its end being zero.
std::uint8_t bits_at(const Scalar::Limbs& value, int first, int count) {
  const auto limb = static_cast<std::size_t>(first / 64);
  const auto shift = static_cast<unsigned>(first % 64);
  std::uint64_t bits = limb < 4 ? value[limb] >> shift : 0;
  if (shift != 0 && limb + 1 < 4) bits |= value[limb + 1] << (64 - shift);
  return static_cast<std::uint8_t>(bits & ((1U << static_cast<unsigned>(count)) - 1));
}

}  // namespace

void cut_fixed(const Scalar& k, std::size_t lane, FixedMulBlock& block) {
  static const Scalar kHalf = Scalar::inverse_var(Scalar(2));
  static const Scalar kOffset = power_of_two(kFixedWindow * kFixedDigits) - Scalar(1);
  Scalar sum = k + kOffset;
  Scalar half = sum * kHalf;
  for (int j = 0; j < kFixedDigits; ++j) {
    block.digit[j][lane] = bits_at(half.limbs(), j * kFixedWindow, kFixedWindow);
  }
  core::wipe(&sum, sizeof sum);
  core::wipe(&half, sizeof half);
}

// k = first + lambda * second with first = 2 v - (2^L - 1) for v in 0 .. 2^129, and second
// likewise.
void cut_secret(const Scalar& k, std::size_t lane, SecretMulBlock& block) {
  // A cube root of one modulo n, big-endian.
  static constexpr ByteArray<32> kLambda = {0x53, 0x63, 0xad, 0x4c, 0xc0, 0x5c, 0x30, 0xe0,
                                            0xa5, 0x26, 0x1c, 0x02, 0x88, 0x12, 0x64, 0x5a,
                                            0x12, 0x2e, 0x22, 0xea, 0x20, 0x81, 0x66, 0x78,
                                            0xdf, 0x02, 0x96, 0x7c, 0x1b, 0x23, 0xbd, 0x72};
  static const Scalar kHalf = Scalar::inverse_var(Scalar(2));
  static const Scalar kOffset =
      (power_of_two(kSecretWindow * kSecretDigits) - Scalar(1) - power_of_two(129)) *
      (Scalar(1) + Scalar::from_bytes_reduced(kLambda));
  Scalar sum = k + kOffset;
  Scalar half = sum * kHalf;
  SplitLimbs split = split_endomorphism(half);
  Scalar::Limbs* const halves[2] = {&split.first, &split.second};
  for (std::size_t h = 0; h < 2; ++h) {
    // Adding 2^128 to a number above -2^128 in two's complement leaves what is not negative.
    Scalar::Limbs& v = *halves[h];
    v[2] = (v[2] + 1) & 1U;
    v[3] = 0;
    for (int j = 0; j < kSecretDigits; ++j) {
      block.digit[h][j][lane] = bits_at(v, j * kSecretWindow, kSecretWindow);
    }
  }
  core::wipe(&sum, sizeof sum);
  core::wipe(&half, sizeof half);
  core::wipe(&split, sizeof split);
}

}  // namespace tally::crypto
