#include "mpc/tweak.hpp"

#include <doctest/doctest.h>
#include <secp256k1_extrakeys.h>

#include "crypto/context.hpp"
#include "unit/mpc/frost_world.hpp"

namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using tally::test::random_32;

namespace {

// BIP-341's tweak by libsecp256k1: the even-y point with this x, plus tweak * G.
crypto::PointBytes tweaked_by_library(const crypto::XonlyBytes& key,
                                      const tally::ByteArray<32>& tweak) {
  secp256k1_xonly_pubkey parsed;
  secp256k1_pubkey sum;
  REQUIRE(secp256k1_xonly_pubkey_parse(crypto::context(), &parsed, key.data()) == 1);
  REQUIRE(secp256k1_xonly_pubkey_tweak_add(crypto::context(), &sum, &parsed, tweak.data()) == 1);
  crypto::PointBytes out;
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(crypto::context(), out.data(), &size, &sum,
                                SECP256K1_EC_COMPRESSED);
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("x only tweaks of odd and even keys agree with libsecp256k1") {
  int odd = 0;
  for (int i = 0; i < 64; ++i) {
    const auto secret = crypto::Scalar::from_bytes_reduced(random_32());
    const auto tweak = random_32();
    const auto point = crypto::Point::mul_generator(secret);
    mpc::TweakedKey key(point);
    odd += point.has_even_y() ? 0 : 1;
    REQUIRE(key.apply(tweak, mpc::TweakMode::xonly));
    CHECK(key.point().encode() == tweaked_by_library(point.xonly(), tweak));
    CHECK(key.xonly() == key.point().xonly());
  }
  CHECK(odd > 8);
  CHECK(odd < 56);
}

TEST_CASE("sign and offset give the secret of the tweaked key after any chain of tweaks") {
  for (int i = 0; i < 64; ++i) {
    const auto secret = crypto::Scalar::from_bytes_reduced(random_32());
    mpc::TweakedKey key(crypto::Point::mul_generator(secret));
    for (int step = 0; step < i % 6; ++step) {
      const auto mode = (i >> (step % 5)) % 2 == 0 ? mpc::TweakMode::plain : mpc::TweakMode::xonly;
      REQUIRE(key.apply(random_32(), mode));
    }
    const auto effective = (key.negates_shares() ? -secret : secret) + key.offset();
    CHECK(crypto::Point::mul_generator(effective).xonly() == key.xonly());
    CHECK(crypto::Point::mul_generator(effective).has_even_y());
  }
}

TEST_CASE("a tweak that cancels the key or is out of range changes nothing") {
  const auto secret = crypto::Scalar(12345);
  mpc::TweakedKey key(crypto::Point::mul_generator(secret));
  const auto before = key.point();
  CHECK(key.apply((-secret).encode(), mpc::TweakMode::plain).error().fault ==
        mpc::Fault::tweak_to_infinity);
  CHECK(key.apply(tally::Bytes(32, 0xff), mpc::TweakMode::plain).error().fault ==
        mpc::Fault::bad_tweak);
  CHECK(key.apply(tally::Bytes(31, 1), mpc::TweakMode::xonly).error().fault ==
        mpc::Fault::bad_length);
  CHECK(key.point() == before);
  CHECK(key.apply(tally::Bytes(32, 0), mpc::TweakMode::plain));
  CHECK(key.point() == before);
}

TEST_SUITE_END();
