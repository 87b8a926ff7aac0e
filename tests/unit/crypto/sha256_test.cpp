#include "crypto/sha256.hpp"

#include <doctest/doctest.h>
#include <secp256k1.h>
#include <string>

#include "core/hex.hpp"
#include "core/secret.hpp"
#include "crypto/context.hpp"

namespace core = tally::core;
using tally::Bytes;
using tally::ByteView;
using tally::crypto::Sha256;

TEST_SUITE_BEGIN("crypto");

TEST_CASE("SHA 256 of the examples of FIPS 180") {
  CHECK(core::to_hex(Sha256::digest(core::as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(core::to_hex(Sha256::digest({})) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(core::to_hex(Sha256::digest(
            core::as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("pieces hash as the whole and a copy keeps its midstate") {
  Bytes data(300);
  core::random_bytes(data);
  const auto whole = Sha256::digest(data);
  for (std::size_t cut = 0; cut <= data.size(); cut += 7) {
    Sha256 state;
    state.update(ByteView(data).first(cut));
    Sha256 copy = state;
    CHECK(state.update(ByteView(data).subspan(cut)).finish() == whole);
    CHECK(copy.update(ByteView(data).subspan(cut)).finish() == whole);
  }
}

TEST_CASE("tagged hashes agree with libsecp256k1 for every length around a block") {
  for (const std::string tag : {"", "BIP0340/challenge", "BIP0445/noncecoef"}) {
    const Sha256 midstate = Sha256::tagged(tag);
    for (std::size_t size = 0; size < 140; ++size) {
      Bytes message(size);
      core::random_bytes(message);
      const auto tag_bytes = core::as_bytes(tag);
      tally::ByteArray<32> expected{};
      // The library refuses null pointers, even to no bytes.
      const std::uint8_t none = 0;
      REQUIRE(secp256k1_tagged_sha256(tally::crypto::context(), expected.data(),
                                      tag_bytes.empty() ? &none : tag_bytes.data(),
                                      tag_bytes.size(), size == 0 ? &none : message.data(),
                                      size) == 1);
      const ByteView view(message);
      CHECK(tally::crypto::tagged_hash(midstate, {view.first(size / 3), view.subspan(size / 3)}) ==
            expected);
    }
  }
}

TEST_SUITE_END();
