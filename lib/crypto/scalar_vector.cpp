#include "crypto/scalar_vector.hpp"

#include "core/cpu.hpp"
#include "crypto/scalar_sum.hpp"

namespace tally::crypto {
namespace {

Scalar inner_product_portable(Scalars a, Scalars b) {
  ScalarSum sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.add_product(a[i], b[i]);
  return sum.reduced();
}

void multiply_each_portable(Scalars a, Scalars b, std::span<Scalar> out) {
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] * b[i];
}

void add_scaled_portable(Scalars addend, const Scalar& x, Scalars a, const Scalar& y, Scalars b,
                         std::span<Scalar> out) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    ScalarSum sum;
    sum.add(addend[i]);
    sum.add_product(x, a[i]);
    sum.add_product(y, b[i]);
    out[i] = sum.reduced();
  }
}

const ScalarVectorKernel& chosen() {
  static const ScalarVectorKernel* const kChosen =
      core::cpu_features().avx512_ifma ? &scalar_vector_ifma() : &scalar_vector_portable();
  return *kChosen;
}

}  // namespace

const ScalarVectorKernel& scalar_vector_portable() {
  static constexpr ScalarVectorKernel kKernel = {inner_product_portable, multiply_each_portable,
                                                 add_scaled_portable};
  return kKernel;
}

Scalar inner_product(Scalars a, Scalars b) {
  return chosen().inner_product(a, b);
}

Scalar masked_sum(Scalars values, ByteView bits) {
  ScalarSum sum;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum.add_if(values[i], ((bits[i / 8] >> (i % 8)) & 1U) != 0);
  }
  return sum.reduced();
}

void multiply_each(Scalars a, Scalars b, std::span<Scalar> out) {
  chosen().multiply_each(a, b, out);
}

void add_scaled(Scalars addend, const Scalar& x, Scalars a, const Scalar& y, Scalars b,
                std::span<Scalar> out) {
  chosen().add_scaled(addend, x, a, y, b, out);
}

}  // namespace tally::crypto
