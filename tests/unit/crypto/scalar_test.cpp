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

namespace core = tally::core;
namespace crypto = tally::crypto;
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
    CHECK(a * Scalar::inverse_var(a) == Scalar(1));
  }
  for (int i = 0; i < 500; ++i) {
    Bytes32 bytes{};
    core::random_bytes(bytes);
    const Scalar a = Scalar::from_bytes_reduced(bytes);
    CHECK(a * Scalar::inverse_var(a) == Scalar(1));
  }
  for (std::uint64_t small = 1; small < 300; ++small) {
    CHECK(Scalar(small) * Scalar::inverse_var(Scalar(small)) == Scalar(1));
    CHECK(-Scalar(small) * Scalar::inverse_var(-Scalar(small)) == Scalar(1));
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
