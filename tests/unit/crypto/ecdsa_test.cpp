#include "crypto/ecdsa.hpp"

#include <cstdio>
#include <doctest/doctest.h>
#include <secp256k1.h>

#include "core/secret.hpp"
#include "crypto/context.hpp"
#include "crypto/scalar.hpp"
#include "crypto/sha256.hpp"
#include "json/value.hpp"
#include "support/skip.hpp"
#include "support/vectors.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
using crypto::ecdsa_verify;
using crypto::EcdsaFormat;
using crypto::EcdsaVerdict;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;

namespace {

struct Signed {
  Bytes key_33, key_65, compact, der;
  ByteArray<32> digest{};
};

Bytes serialize(const secp256k1_pubkey& key, unsigned flags) {
  Bytes out(65);
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(crypto::context(), out.data(), &size, &key, flags);
  out.resize(size);
  return out;
}

Signed sign_something() {
  Signed made;
  ByteArray<32> secret{};
  core::random_bytes(secret);
  core::random_bytes(made.digest);
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature signature;
  REQUIRE(secp256k1_ec_pubkey_create(crypto::context(), &key, secret.data()) == 1);
  REQUIRE(secp256k1_ecdsa_sign(crypto::context(), &signature, made.digest.data(), secret.data(),
                               nullptr, nullptr) == 1);
  made.key_33 = serialize(key, SECP256K1_EC_COMPRESSED);
  made.key_65 = serialize(key, SECP256K1_EC_UNCOMPRESSED);
  made.compact.resize(64);
  secp256k1_ecdsa_signature_serialize_compact(crypto::context(), made.compact.data(), &signature);
  made.der.resize(80);
  std::size_t size = made.der.size();
  REQUIRE(secp256k1_ecdsa_signature_serialize_der(crypto::context(), made.der.data(), &size,
                                                  &signature) == 1);
  made.der.resize(size);
  return made;
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("ECDSA signatures of libsecp256k1 verify in both forms") {
  for (int i = 0; i < 20; ++i) {
    const Signed it = sign_something();
    for (const Bytes& key : {it.key_33, it.key_65}) {
      CHECK(ecdsa_verify(key, it.digest, it.der, EcdsaFormat::der, true) == EcdsaVerdict::valid);
      CHECK(ecdsa_verify(key, it.digest, it.compact, EcdsaFormat::compact, true) ==
            EcdsaVerdict::valid);
    }
    auto digest = it.digest;
    digest[5] ^= 1U;
    CHECK(ecdsa_verify(it.key_33, digest, it.der, EcdsaFormat::der, true) == EcdsaVerdict::invalid);
  }
}

TEST_CASE("a high s is refused or normalised as asked") {
  const Signed it = sign_something();
  const auto s = crypto::Scalar::parse(ByteView(it.compact).subspan(32));
  REQUIRE(s);
  Bytes high = it.compact;
  (-*s).encode_to(tally::MutableByteView(high).subspan(32));
  CHECK(ecdsa_verify(it.key_33, it.digest, high, EcdsaFormat::compact, true) ==
        EcdsaVerdict::high_s);
  CHECK(ecdsa_verify(it.key_33, it.digest, high, EcdsaFormat::compact, false) ==
        EcdsaVerdict::valid);
}

TEST_CASE("malformed keys digests and signatures have verdicts of their own") {
  const Signed it = sign_something();
  const auto verdict = [&](ByteView key, ByteView digest, ByteView signature, EcdsaFormat format) {
    return ecdsa_verify(key, digest, signature, format, true);
  };
  Bytes hybrid = it.key_65;
  hybrid[0] = static_cast<std::uint8_t>(6 + (it.key_65[64] & 1U));
  CHECK(verdict(hybrid, it.digest, it.der, EcdsaFormat::der) == EcdsaVerdict::bad_public_key);
  CHECK(verdict({}, it.digest, it.der, EcdsaFormat::der) == EcdsaVerdict::bad_public_key);
  CHECK(verdict(ByteView(it.key_33).first(32), it.digest, it.der, EcdsaFormat::der) ==
        EcdsaVerdict::bad_public_key);
  Bytes off_curve = it.key_65;
  off_curve[64] ^= 1U;
  CHECK(verdict(off_curve, it.digest, it.der, EcdsaFormat::der) == EcdsaVerdict::bad_public_key);
  CHECK(verdict(it.key_33, ByteView(it.digest).first(31), it.der, EcdsaFormat::der) ==
        EcdsaVerdict::bad_digest);
  CHECK(verdict(it.key_33, it.digest, {}, EcdsaFormat::der) == EcdsaVerdict::malformed);
  CHECK(verdict(it.key_33, it.digest, it.compact, EcdsaFormat::der) == EcdsaVerdict::malformed);
  CHECK(verdict(it.key_33, it.digest, it.der, EcdsaFormat::compact) == EcdsaVerdict::malformed);
  CHECK(verdict(it.key_33, it.digest, Bytes(64, 0xff), EcdsaFormat::compact) ==
        EcdsaVerdict::malformed);
  for (std::size_t size = 0; size < it.der.size(); ++size) {
    CHECK(verdict(it.key_33, it.digest, ByteView(it.der).first(size), EcdsaFormat::der) ==
          EcdsaVerdict::malformed);
  }
  CHECK(crypto::to_text(EcdsaVerdict::high_s) == "signature has a high s");
}

TEST_CASE("the transcribed ECDSA cases of Wycheproof in both readings of a high s") {
  int high = 0;
  for (const auto& it : tally::test::read_transcribed("wycheproof_ecdsa.txt")) {
    INFO(it.label());
    const auto digest = crypto::Sha256::digest(it.bytes("message"));
    const bool valid = it.text("result") == "valid";
    const bool is_high = it.text("high_s") == "yes";
    const auto plain =
        ecdsa_verify(it.bytes("key"), digest, it.bytes("sig"), EcdsaFormat::der, false);
    const auto strict =
        ecdsa_verify(it.bytes("key"), digest, it.bytes("sig"), EcdsaFormat::der, true);
    CHECK((plain == EcdsaVerdict::valid) == valid);
    CHECK((strict == EcdsaVerdict::valid) == (valid && !is_high));
    if (is_high) CHECK(strict == EcdsaVerdict::high_s);
    high += is_high ? 1 : 0;
  }
  CHECK(high > 0);
}

TEST_CASE("the published ECDSA set of Wycheproof in both readings of a high s") {
  const auto folder = tally::test::published_folder("wycheproof");
  if (!std::filesystem::is_directory(folder)) {
    tally::test::skip("no folder of published vectors (TALLY_VECTORS, ../shared/vectors)");
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const auto content = core::read_file(entry.path().string(), std::size_t{16} << 20U);
    REQUIRE(content);
    const auto document = tally::json::parse(*content);
    REQUIRE(document);
    int count = 0;
    int high = 0;
    for (const auto& group : **document->array_at("testGroups")) {
      const auto key =
          core::from_hex(group.find("publicKey")->string_at("uncompressed").value()).value();
      for (const auto& test : **group.array_at("tests")) {
        const auto message = core::from_hex(test.string_at("msg").value()).value();
        const auto signature = core::from_hex(test.string_at("sig").value()).value();
        const auto digest = crypto::Sha256::digest(message);
        const bool valid = test.string_at("result").value() == "valid";
        INFO(test.int_at("tcId").value() << ": " << test.string_at("comment").value());
        const auto plain = ecdsa_verify(key, digest, signature, EcdsaFormat::der, false);
        const auto strict = ecdsa_verify(key, digest, signature, EcdsaFormat::der, true);
        CHECK((plain == EcdsaVerdict::valid) == valid);
        CHECK((strict == plain || strict == EcdsaVerdict::high_s));
        high += strict == EcdsaVerdict::high_s && valid ? 1 : 0;
        ++count;
      }
    }
    std::printf("wycheproof/%s: %d cases, %d of them valid with a high s\n",
                entry.path().filename().c_str(), count, high);
    CHECK(count > 0);
    ++files;
  }
  CHECK(files > 0);
}

TEST_SUITE_END();
