// Sums of scalars and of their products that are reduced once, at the end: 576 bits take 2^64
// products without a carry lost. Constant time; wiped when it goes. One thread at a time; allocates
// nothing.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/scalar.hpp"

namespace tally::crypto {

class ScalarSum {
 public:
  ScalarSum() = default;
  ScalarSum(const ScalarSum&) = delete;
  ScalarSum& operator=(const ScalarSum&) = delete;
  ~ScalarSum() { core::wipe(&limbs_, sizeof limbs_); }

  void add(const Scalar& value);
  // Adds `value` if `flag`, in the same time either way.
  void add_if(const Scalar& value, bool flag);
  void add_product(const Scalar& a, const Scalar& b);
  // Adds value * 2^shift_bits. Pre: shift_bits + 64 <= 576.
  void add_shifted(std::uint64_t value, unsigned shift_bits);

  [[nodiscard]] Scalar reduced() const;

 private:
  std::array<std::uint64_t, 9> limbs_{};
};

}  // namespace tally::crypto
