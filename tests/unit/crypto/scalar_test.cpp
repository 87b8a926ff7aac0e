#include "crypto/scalar.hpp"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <new>
#include <optional>
#include <secp256k1.h>
#include <string>
#include <vector>

#include "core/hex.hpp"
#include "crypto/context.hpp"
#include "crypto/scalar_limbs.hpp"
#include "crypto/scalar_sum.hpp"
#include "support/skip.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace limbs = tally::crypto::limbs;
using crypto::Scalar;
using tally::ByteArray;

namespace {

using Bytes32 = ByteArray<32>;

Bytes32 from_hex(const std::string& text) {
  Bytes32 bytes{};
  REQUIRE(core::from_hex_exact(text, bytes));
  return bytes;
}

const std::string kOrderHex = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

// The edges of every limb, of the order and of its complement, where carries are born.
std::vector<Bytes32> edge_values() {
  std::vector<Bytes32> values;
  for (const char* text : {
           "0000000000000000000000000000000000000000000000000000000000000001",
           "0000000000000000000000000000000000000000000000000000000000000002",
           "000000000000000000000000000000000000000000000000ffffffffffffffff",
           "0000000000000000000000000000000000000000000000010000000000000000",
           "00000000000000000000000000000000ffffffffffffffffffffffffffffffff",
           "0000000000000000ffffffffffffffffffffffffffffffffffffffffffffffff",
           "0000000000000001000000000000000000000000000000000000000000000000",
           "000000000000000000000000000000014551231950b75fc4402da1732fc9bebf",
           "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0",
           "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1",
           "8000000000000000000000000000000000000000000000000000000000000000",
           "fffffffffffffffffffffffffffffffe00000000000000000000000000000000",
           "fffffffffffffffffffffffffffffffebaaedce6af48a03affffffffffffffff",
           "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
       }) {
    values.push_back(from_hex(text));
  }
  return values;
}

Scalar scalar(const Bytes32& bytes) {
  const auto parsed = Scalar::parse(bytes);
  REQUIRE(parsed);
  return *parsed;
}

// The same operation by libsecp256k1; nothing where it refuses, which it does for a zero result.
template <typename Tweak>
std::optional<Bytes32> by_library(Tweak tweak, Bytes32 a, const Bytes32& b) {
  if (tweak(crypto::context(), a.data(), b.data()) != 1) return std::nullopt;
  return a;
}

void compare_with_library(const Bytes32& a, const Bytes32& b) {
  const auto sum = by_library(secp256k1_ec_seckey_tweak_add, a, b);
  const Scalar ours = scalar(a) + scalar(b);
  CHECK(sum.has_value() != ours.is_zero());
  if (sum) CHECK(*sum == ours.encode());
  const auto product = by_library(secp256k1_ec_seckey_tweak_mul, a, b);
  REQUIRE(product);
  CHECK(*product == (scalar(a) * scalar(b)).encode());
  Bytes32 negative = b;
  REQUIRE(secp256k1_ec_seckey_negate(crypto::context(), negative.data()) == 1);
  CHECK(negative == (-scalar(b)).encode());
  CHECK(scalar(a) - scalar(b) == scalar(a) + scalar(negative));
}

Scalar random_scalar() {
  Bytes32 bytes{};
  core::random_bytes(bytes);
  return Scalar::from_bytes_reduced(bytes);
}

void check_inverse(const Scalar& a) {
  const Scalar inverse = Scalar::inverse(a);
  CHECK(a * inverse == Scalar(1));
  CHECK(Scalar::inverse_var(a) == inverse);
}

// Four limbs of any value, modulo n.
Scalar scalar_of(const Scalar::Limbs& value) {
  return Scalar::from_limbs(limbs::reduce_once(value, 0));
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("scalar arithmetic at the edges agrees with libsecp256k1") {
  for (const Bytes32& a : edge_values()) {
    for (const Bytes32& b : edge_values()) compare_with_library(a, b);
  }
}

TEST_CASE("scalar arithmetic of random values agrees with libsecp256k1") {
  for (int i = 0; i < 2000; ++i) {
    Bytes32 a{};
    Bytes32 b{};
    core::random_bytes(a);
    core::random_bytes(b);
    if (!Scalar::parse(a) || !Scalar::parse(b)) continue;
    compare_with_library(a, b);
  }
}

TEST_CASE("zero behaves as zero which the library refuses") {
  const Scalar zero;
  for (const Bytes32& bytes : edge_values()) {
    const Scalar a = scalar(bytes);
    CHECK(a + zero == a);
    CHECK(zero + a == a);
    CHECK(a - zero == a);
    CHECK(a - a == zero);
    CHECK(zero - a == -a);
    CHECK((a * zero).is_zero());
    CHECK((zero * a).is_zero());
    CHECK_FALSE(a.is_zero());
  }
  CHECK((-zero).is_zero());
  CHECK((zero + zero).is_zero());
}

TEST_CASE("parsing refuses the order and above reducing wraps them") {
  const auto order = from_hex(kOrderHex);
  const auto all_ones = from_hex(std::string(64, 'f'));
  CHECK_FALSE(Scalar::parse(order));
  CHECK_FALSE(Scalar::parse(all_ones));
  CHECK(Scalar::from_bytes_reduced(order).is_zero());
  CHECK(core::to_hex(Scalar::from_bytes_reduced(all_ones).encode()) ==
        "000000000000000000000000000000014551231950b75fc4402da1732fc9bebe");
  auto above = order;
  ++above[31];
  CHECK_FALSE(Scalar::parse(above));
  CHECK(Scalar::from_bytes_reduced(above) == Scalar(1));
  auto below = order;
  --below[31];
  REQUIRE(Scalar::parse(below));
  CHECK(*Scalar::parse(below) == -Scalar(1));
  CHECK(Scalar::from_bytes_reduced(below) == -Scalar(1));
  // Another limb decides.
  CHECK(
      Scalar::parse(from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03affffffffffffffff")));
  CHECK_FALSE(
      Scalar::parse(from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03c0000000000000000")));
  CHECK_FALSE(
      Scalar::parse(from_hex("ffffffffffffffffffffffffffffffff00000000000000000000000000000000")));
}

TEST_CASE("a scalar times its inverse is one") {
  for (const Bytes32& bytes : edge_values()) {
    const Scalar a = scalar(bytes);
    check_inverse(a);
    check_inverse(-a);
  }
  for (int i = 0; i < 2000; ++i) check_inverse(random_scalar());
  for (std::uint64_t small = 1; small < 300; ++small) {
    check_inverse(Scalar(small));
    check_inverse(-Scalar(small));
  }
}

TEST_CASE("zero has zero for its inverse in both forms") {
  CHECK(Scalar::inverse(Scalar()).is_zero());
  CHECK(Scalar::inverse_var(Scalar()).is_zero());
}

TEST_CASE("products by mulx are those of the portable code") {
  if (!limbs::has_mulx()) tally::test::skip("BMI2 or ADX is missing or switched off");
  auto values = edge_values();
  for (int i = 0; i < 200; ++i) values.push_back(random_scalar().encode());
  for (const Bytes32& left : values) {
    for (const Bytes32& right : values) {
      const Scalar a = scalar(left);
      const Scalar b = scalar(right);
      Scalar::Limbs ours;
      Scalar::Limbs theirs;
      limbs::multiply_reduced_mulx(ours, a.limbs(), b.limbs());
      limbs::multiply_reduced_portable(theirs, a.limbs(), b.limbs());
      CHECK(ours == theirs);
      limbs::Product wide;
      limbs::multiply_mulx(wide, a.limbs(), b.limbs());
      CHECK(limbs::reduce(wide) == theirs);
    }
  }
}

TEST_CASE("both reductions take products of any limbs") {
  // Operands beyond the contract, whose products reach every carry of the reductions.
  const std::uint64_t ones = ~std::uint64_t{0};
  std::vector<Scalar::Limbs> values = {
      {ones, ones, ones, ones}, {0, 0, 0, ones}, {ones, 0, 0, ones}, {0, ones, ones, ones}};
  values.push_back(limbs::kOrder);
  for (const auto& a : values) {
    for (const auto& b : values) {
      limbs::Product wide;
      limbs::multiply_portable(wide, a, b);
      Scalar::Limbs expected;
      limbs::multiply_reduced_portable(expected, scalar_of(a).limbs(), scalar_of(b).limbs());
      CHECK(limbs::reduce(wide) == expected);
      if (!limbs::has_mulx()) continue;
      Scalar::Limbs ours;
      limbs::multiply_reduced_mulx(ours, a, b);
      CHECK(ours == expected);
    }
  }
}

TEST_CASE("a sum is reduced to what its terms add up to") {
  Scalar expected;
  crypto::ScalarSum sum;
  for (int i = 0; i < 300; ++i) {
    const Scalar a = i % 3 == 0 ? -Scalar(1) : random_scalar();
    const Scalar b = i % 2 == 0 ? -Scalar(1) : random_scalar();
    sum.add_product(a, b);
    sum.add(b);
    sum.add_if(a, i % 5 == 0);
    expected = expected + a * b + b + (i % 5 == 0 ? a : Scalar());
    CHECK(sum.reduced() == expected);
  }
}

TEST_CASE("shifted words add up to the powers of two that they stand for") {
  for (unsigned shift = 0; shift <= 512; shift += 13) {
    crypto::ScalarSum sum;
    sum.add_product(-Scalar(1), -Scalar(1));
    sum.add_shifted(~std::uint64_t{0}, shift);
    Scalar expected(~std::uint64_t{0});
    for (unsigned i = 0; i < shift; ++i) expected = expected + expected;
    CHECK(sum.reduced() == expected + Scalar(1));
  }
}

TEST_CASE("cmov moves on true only") {
  Scalar a(5);
  a.cmov(Scalar(9), false);
  CHECK(a == Scalar(5));
  a.cmov(-Scalar(9), true);
  CHECK(a == -Scalar(9));
}

TEST_CASE("a secret scalar leaves zeros where it was") {
  crypto::SecretScalar first(Scalar(7));
  crypto::SecretScalar second(std::move(first));
  CHECK(second.value() == Scalar(7));
  CHECK(first.value().is_zero());  // NOLINT(bugprone-use-after-move): wiping is the contract
  crypto::SecretScalar third;
  third = std::move(second);
  CHECK(third.value() == Scalar(7));
  CHECK(second.value().is_zero());  // NOLINT(bugprone-use-after-move): wiping is the contract
  alignas(crypto::SecretScalar) std::array<std::uint8_t, sizeof(crypto::SecretScalar)> place{};
  auto* made = new (place.data()) crypto::SecretScalar(Scalar(0x5a5a5a5a5a5a5a5aULL));
  made->~SecretScalar();
  CHECK(std::count(place.begin(), place.end(), std::uint8_t{0x5a}) == 0);
}

TEST_SUITE_END();
