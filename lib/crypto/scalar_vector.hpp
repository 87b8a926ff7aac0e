// Arithmetic of many scalars at a time: what the multiplications of threshold ECDSA do with vectors
// of hundreds. By AVX-512 IFMA, eight scalars in the lanes of a register, where the processor has
// it. Constant time in the values; lengths are public. Any thread; allocates nothing.
//
// Spans of one call have one length, any length, zero included; `out` may be one of the inputs and
// must not overlap one in another way, nor hold a scalar that is given by itself.
#pragma once

#include <span>

#include "crypto/scalar.hpp"

namespace tally::crypto {

using Scalars = std::span<const Scalar>;

// The sum of a[i] * b[i], reduced once.
[[nodiscard]] Scalar inner_product(Scalars a, Scalars b);

// The sum of the values whose bit is one; value i has bit i % 8 of byte i / 8. Pre: `bits` has a
// bit for every value.
[[nodiscard]] Scalar masked_sum(Scalars values, ByteView bits);

// out[i] = addend[i] + x * a[i] + y * b[i], reduced once each.
void add_scaled(Scalars addend, const Scalar& x, Scalars a, const Scalar& y, Scalars b,
                std::span<Scalar> out);

// out[i] = a[i] - b[i] + x.
void subtract_and_add(Scalars a, Scalars b, const Scalar& x, std::span<Scalar> out);

// out[i] = a[i] + b[i] + x where bit i % 8 of byte i / 8 of `bits` is one, a[i] elsewhere. Pre:
// `bits` has a bit for every value.
void add_where(Scalars a, ByteView bits, Scalars b, const Scalar& x, std::span<Scalar> out);

// 32 bytes a scalar, big-endian, one after the other, as Scalar's functions of these names take
// and write each. parse_each tells whether all are below n, and which are counts as public; `out`
// is worth nothing where one is not. Pre: bytes.size() is 32 a scalar; bytes and scalars do not
// overlap.
void reduce_each(ByteView bytes, std::span<Scalar> out);
[[nodiscard]] bool parse_each(ByteView bytes, std::span<Scalar> out);
void encode_each(Scalars values, MutableByteView bytes);

// The forms of the above, for tests and benchmarks. Pre of the second: the processor has
// avx512_ifma of core/cpu.hpp.
struct ScalarVectorKernel {
  Scalar (*inner_product)(Scalars a, Scalars b);
  void (*add_scaled)(Scalars addend, const Scalar& x, Scalars a, const Scalar& y, Scalars b,
                     std::span<Scalar> out);
  void (*subtract_and_add)(Scalars a, Scalars b, const Scalar& x, std::span<Scalar> out);
  void (*add_where)(Scalars a, ByteView bits, Scalars b, const Scalar& x, std::span<Scalar> out);
  void (*reduce_each)(ByteView bytes, std::span<Scalar> out);
  bool (*parse_each)(ByteView bytes, std::span<Scalar> out);
  void (*encode_each)(Scalars values, MutableByteView bytes);
};
[[nodiscard]] const ScalarVectorKernel& scalar_vector_portable();
[[nodiscard]] const ScalarVectorKernel& scalar_vector_ifma();

}  // namespace tally::crypto
