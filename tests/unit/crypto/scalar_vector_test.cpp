#include "crypto/scalar_vector.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <vector>

#include "core/cpu.hpp"
#include "support/skip.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
using crypto::Scalar;
using Vector = std::vector<Scalar>;

namespace {

// Random values and, in a position that moves with `seed`, the edges where carries are born.
Vector values(std::size_t count, std::size_t seed) {
  Vector out(count);
  for (std::size_t i = 0; i < count; ++i) {
    tally::ByteArray<32> bytes{};
    core::random_bytes(bytes);
    out[i] = Scalar::from_bytes_reduced(bytes);
    if (i % 11 == seed % 11) out[i] = -Scalar(1);
    if (i % 13 == seed % 13) out[i] = Scalar(seed % 3);
    if (i % 17 == seed % 17) out[i] = -Scalar(std::uint64_t{1} << (seed % 64));
  }
  return out;
}

const crypto::ScalarVectorKernel& ifma() {
  if (!core::cpu_features().avx512_ifma)
    tally::test::skip("AVX-512 IFMA is missing or switched off");
  return crypto::scalar_vector_ifma();
}

void check(const crypto::ScalarVectorKernel& kernel, std::size_t count, std::size_t seed) {
  const Vector a = values(count, seed);
  const Vector b = values(count, seed + 5);
  const Vector c = values(count, seed + 11);
  const Scalar x = values(1, seed)[0];
  const Scalar y = -Scalar(1);
  Vector scaled(count);
  kernel.add_scaled(c, x, a, y, b, scaled);
  Scalar sum;
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(scaled[i] == c[i] + x * a[i] + y * b[i]);
    sum = sum + a[i] * b[i];
  }
  CHECK(kernel.inner_product(a, b) == sum);
  // In place.
  Vector out = b;
  kernel.add_scaled(c, x, a, y, out, out);
  CHECK(out == scaled);
}

// Sums, differences and encodings, each beside Scalar's own; in place too.
void check_linear(const crypto::ScalarVectorKernel& kernel, std::size_t count, std::size_t seed) {
  const Vector a = values(count, seed);
  const Vector b = values(count, seed + 5);
  const Scalar x = values(1, seed + 2)[0];
  tally::Bytes bits((count + 7) / 8);
  core::random_bytes(bits);
  Vector difference(count);
  Vector masked(count);
  kernel.subtract_and_add(a, b, x, difference);
  kernel.add_where(a, bits, b, x, masked);
  // At an odd address.
  tally::Bytes bytes(32 * count + 1);
  const auto encoded = tally::MutableByteView(bytes).subspan(1);
  kernel.encode_each(a, encoded);
  Vector parsed(count);
  CHECK(kernel.parse_each(encoded, parsed));
  CHECK(parsed == a);
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(difference[i] == a[i] - b[i] + x);
    CHECK(masked[i] == ((bits[i / 8] >> (i % 8) & 1) != 0 ? a[i] + b[i] + x : a[i]));
    const auto alone = a[i].encode();
    CHECK(std::equal(alone.begin(), alone.end(), encoded.data() + 32 * i));
  }
  Vector out = b;
  kernel.subtract_and_add(a, out, x, out);
  CHECK(out == difference);
  out = a;
  kernel.subtract_and_add(out, b, x, out);
  CHECK(out == difference);
  out = a;
  kernel.add_where(out, bits, b, x, out);
  CHECK(out == masked);
  out = b;
  kernel.add_where(a, bits, out, x, out);
  CHECK(out == masked);
}

// n - 1, n, n + 1 and all ones in every place among values below n.
void check_range(const crypto::ScalarVectorKernel& kernel, std::size_t count) {
  auto order = (-Scalar(1)).encode();
  const auto most = order;
  ++order[31];
  auto above = order;
  ++above[31];
  tally::ByteArray<32> ones{};
  ones.fill(0xff);
  tally::Bytes below(32 * count);
  Vector out(count);
  kernel.encode_each(values(count, count), below);
  for (std::size_t place = 0; place < count; ++place) {
    for (const auto& value : {most, order, above, ones}) {
      tally::Bytes bytes = below;
      std::copy(value.begin(), value.end(), bytes.data() + 32 * place);
      CHECK(kernel.parse_each(bytes, out) == (value == most));
      kernel.reduce_each(bytes, out);
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(out[i] == Scalar::from_bytes_reduced(tally::ByteView(bytes).subspan(32 * i, 32)));
      }
    }
  }
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("sums and encodings of every length around the lanes by the portable code") {
  for (std::size_t count = 0; count < 20; ++count) {
    check_linear(crypto::scalar_vector_portable(), count, count);
    check_range(crypto::scalar_vector_portable(), count);
  }
}

TEST_CASE("sums and encodings of every length around the lanes by IFMA") {
  for (std::size_t count = 0; count < 28; ++count) {
    for (std::size_t seed = 0; seed < 8; ++seed) check_linear(ifma(), count, count + 7 * seed);
    check_range(ifma(), count);
  }
  for (const std::size_t count : {256U, 416U}) check_linear(ifma(), count, count);
}

TEST_CASE("vectors of every length around the lanes by the portable code") {
  for (std::size_t count = 0; count < 40; ++count)
    check(crypto::scalar_vector_portable(), count, count);
}

TEST_CASE("vectors of every length around the lanes by IFMA") {
  for (std::size_t count = 0; count < 40; ++count) {
    for (std::size_t seed = 0; seed < 8; ++seed) check(ifma(), count, count + 7 * seed);
  }
  for (const std::size_t count : {255U, 256U, 257U, 416U, 600U}) check(ifma(), count, count);
}

TEST_CASE("the largest operands in every lane stay below the columns") {
  for (const std::size_t count : {8U, 256U, 2048U}) {
    const Vector most(count, -Scalar(1));
    CHECK(ifma().inner_product(most, most) == Scalar(count));
    Vector out(count);
    ifma().add_scaled(most, -Scalar(1), most, -Scalar(1), most, out);
    for (const Scalar& each : out) CHECK(each == Scalar(1));
    const tally::Bytes all(count / 8, 0xff);
    ifma().add_where(most, all, most, -Scalar(1), out);
    for (const Scalar& each : out) CHECK(each == -Scalar(3));
    ifma().subtract_and_add(most, Vector(count), -Scalar(1), out);
    for (const Scalar& each : out) CHECK(each == -Scalar(2));
    ifma().subtract_and_add(Vector(count), most, Scalar(), out);
    for (const Scalar& each : out) CHECK(each == Scalar(1));
  }
}

TEST_CASE("a masked sum takes the values whose bits are set") {
  for (const std::size_t count : {0U, 1U, 8U, 9U, 416U}) {
    const Vector all = values(count, count);
    tally::Bytes bits((count + 7) / 8);
    core::random_bytes(bits);
    Scalar expected;
    for (std::size_t i = 0; i < count; ++i) {
      if ((bits[i / 8] >> (i % 8) & 1) != 0) expected = expected + all[i];
    }
    CHECK(crypto::masked_sum(all, bits) == expected);
    CHECK(crypto::masked_sum(all, tally::Bytes(bits.size())).is_zero());
  }
}

TEST_SUITE_END();
