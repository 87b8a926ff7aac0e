#include "crypto/scalar_sum.hpp"

#include "crypto/scalar_limbs.hpp"

namespace tally::crypto {
namespace {

using limbs::Wide;

// sum += addend, the carry going up to the end. kCount limbs.
template <std::size_t kCount>
[[gnu::always_inline]] inline void accumulate(std::array<std::uint64_t, 9>& sum,
                                              const std::uint64_t* addend) {
  Wide carry = 0;
  limbs::unrolled<9>([&](auto i) {
    carry = Wide{sum[i]} + limbs::high(carry);
    if constexpr (i < kCount) carry += addend[i];
    sum[i] = limbs::low(carry);
  });
}

}  // namespace

void ScalarSum::add(const Scalar& value) {
  accumulate<4>(limbs_, value.limbs().data());
}

void ScalarSum::add_if(const Scalar& value, bool flag) {
  const std::uint64_t mask = limbs::mask_from(static_cast<std::uint64_t>(flag));
  Scalar::Limbs masked;
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] = value.limbs()[i] & mask;
  accumulate<4>(limbs_, masked.data());
}

void ScalarSum::add_product(const Scalar& a, const Scalar& b) {
  limbs::Product product;
  if (limbs::has_mulx()) {
    limbs::multiply_mulx(product, a.limbs(), b.limbs());
  } else {
    limbs::multiply_portable(product, a.limbs(), b.limbs());
  }
  accumulate<8>(limbs_, product.data());
}

void ScalarSum::add_shifted(std::uint64_t value, unsigned shift_bits) {
  const Wide shifted = Wide{value} << (shift_bits % 64);
  std::size_t at = shift_bits / 64;
  Wide carry = Wide{limbs_[at]} + limbs::low(shifted);
  limbs_[at] = limbs::low(carry);
  const std::uint64_t upper = limbs::high(shifted);
  for (++at; at < limbs_.size(); ++at) {
    carry = Wide{limbs_[at]} + limbs::high(carry) + (at == shift_bits / 64 + 1 ? upper : 0);
    limbs_[at] = limbs::low(carry);
  }
}

// 576 -> 450 bits, and on as a product.
Scalar ScalarSum::reduced() const {
  const limbs::Product first = limbs::fold<8, 5>(limbs_.data(), limbs_.data() + 4);
  return Scalar::from_limbs(limbs::reduce(first));
}

}  // namespace tally::crypto
