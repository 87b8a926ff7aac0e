#include "crypto/scalar_vector.hpp"

#include "core/cpu.hpp"
#include "crypto/scalar_sum.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kScalarBytes = 32;

Scalar inner_product_portable(Scalars a, Scalars b) {
  ScalarSum sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.add_product(a[i], b[i]);
  return sum.reduced();
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

void subtract_and_add_portable(Scalars a, Scalars b, const Scalar& x, std::span<Scalar> out) {
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i] + x;
}

void add_where_portable(Scalars a, ByteView bits, Scalars b, const Scalar& x,
                        std::span<Scalar> out) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    Scalar added;
    added.cmov(b[i] + x, ((bits[i / 8] >> (i % 8)) & 1U) != 0);
    out[i] = a[i] + added;
  }
}

void reduce_each_portable(ByteView bytes, std::span<Scalar> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = Scalar::from_bytes_reduced(bytes.subspan(kScalarBytes * i, kScalarBytes));
  }
}

bool parse_each_portable(ByteView bytes, std::span<Scalar> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto value = Scalar::parse(bytes.subspan(kScalarBytes * i, kScalarBytes));
    if (!value) return false;
    out[i] = *value;
  }
  return true;
}

void encode_each_portable(Scalars values, MutableByteView bytes) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].encode_to(bytes.subspan(kScalarBytes * i, kScalarBytes));
  }
}

const ScalarVectorKernel& chosen() {
  static const ScalarVectorKernel* const kChosen =
      core::cpu_features().avx512_ifma ? &scalar_vector_ifma() : &scalar_vector_portable();
  return *kChosen;
}

}  // namespace

const ScalarVectorKernel& scalar_vector_portable() {
  static constexpr ScalarVectorKernel kKernel = {
      inner_product_portable, add_scaled_portable, subtract_and_add_portable, add_where_portable,
      reduce_each_portable,   parse_each_portable, encode_each_portable};
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

void add_scaled(Scalars addend, const Scalar& x, Scalars a, const Scalar& y, Scalars b,
                std::span<Scalar> out) {
  chosen().add_scaled(addend, x, a, y, b, out);
}

void subtract_and_add(Scalars a, Scalars b, const Scalar& x, std::span<Scalar> out) {
  chosen().subtract_and_add(a, b, x, out);
}

void add_where(Scalars a, ByteView bits, Scalars b, const Scalar& x, std::span<Scalar> out) {
  chosen().add_where(a, bits, b, x, out);
}

void reduce_each(ByteView bytes, std::span<Scalar> out) {
  chosen().reduce_each(bytes, out);
}

bool parse_each(ByteView bytes, std::span<Scalar> out) {
  return chosen().parse_each(bytes, out);
}

void encode_each(Scalars values, MutableByteView bytes) {
  chosen().encode_each(values, bytes);
}

}  // namespace tally::crypto
