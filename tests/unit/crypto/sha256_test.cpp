#include "crypto/sha256.hpp"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <secp256k1.h>
#include <string>

#include "core/cpu.hpp"
#include "core/hex.hpp"
#include "core/secret.hpp"
#include "crypto/context.hpp"
#include "crypto/sha256_batch.hpp"
#include "crypto/sha256_kernels.hpp"
#include "support/skip.hpp"

namespace core = tally::core;
using tally::Bytes;
using tally::ByteView;
using tally::crypto::Sha256;
using tally::crypto::Sha256Kernel;

namespace {

Bytes random(std::size_t size) {
  Bytes bytes(size);
  core::random_bytes(bytes);
  return bytes;
}

}  // namespace

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
  const Bytes data = random(300);
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
      const Bytes message = random(size);
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

TEST_CASE("a finished hash and its block are wiped") {
  Sha256 state;
  state.update(random(100));
  (void)state.finish();
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&state);
  for (std::size_t i = 0; i < sizeof state; ++i) CHECK(bytes[i] == 0);
}

namespace {

// Streams of every length, and batches of messages of up to four blocks that have nothing or their
// first 32 bytes in common, in counts around two streams and sixteen lanes.
void agrees_with_portable(const Sha256Kernel& fast) {
  const Sha256Kernel& portable = tally::crypto::sha256_portable();
  for (std::size_t count = 0; count < 20; ++count) {
    const Bytes blocks = random(count * Sha256::kBlockBytes);
    Sha256::Words ours = {1, 2, 3, 0xffffffff, 0x80000000, 6, 7, 8};
    Sha256::Words theirs = ours;
    fast.compress(ours, blocks.data(), count);
    portable.compress(theirs, blocks.data(), count);
    CHECK(ours == theirs);
  }
  for (std::size_t blocks_each = 1; blocks_each < 5; ++blocks_each) {
    for (const std::size_t count : {0U, 1U, 2U, 3U, 8U, 15U, 16U, 17U, 31U, 32U, 35U}) {
      for (const std::size_t shared : {0U, 31U, 32U, 63U}) {
        const std::size_t message_bytes = blocks_each * Sha256::kBlockBytes;
        // At odd addresses.
        Bytes memory = random(1 + count * message_bytes);
        std::uint8_t* const messages = memory.data() + 1;
        for (std::size_t i = 1; i < count; ++i) {
          std::copy_n(messages, shared, messages + i * message_bytes);
        }
        const Sha256::Words from = {8, 7, 6, 5, 4, 0xdeadbeef, 2, 1};
        const auto start = tally::crypto::sha256_start(from, messages, count == 0 ? 0 : shared);
        CHECK(start.rounds == (count != 0 && shared >= 32 ? 8 : 0));
        Bytes ours(1 + 32 * count);
        Bytes theirs(1 + 32 * count);
        fast.digest_many(start, messages, blocks_each, count, ours.data() + 1);
        portable.digest_many({from, from, 0}, messages, blocks_each, count, theirs.data() + 1);
        CHECK(ours == theirs);
        portable.digest_many(start, messages, blocks_each, count, ours.data() + 1);
        CHECK(ours == theirs);
      }
    }
  }
}

}  // namespace

TEST_CASE("SHA NI gives the digests of the portable code") {
  if (!core::cpu_features().sha_ni) tally::test::skip("SHA-NI is missing or switched off");
  agrees_with_portable(tally::crypto::sha256_sha_ni());
}

TEST_CASE("sixteen lanes give the digests of the portable code") {
  if (!core::cpu_features().sha_ni || !core::cpu_features().avx512_ifma)
    tally::test::skip("AVX-512 or SHA-NI is missing or switched off");
  agrees_with_portable(tally::crypto::sha256_avx512());
}

TEST_CASE("a batch keeps what its caller does not write anew") {
  const Sha256 prefix = Sha256::tagged("kept").update(random(32));
  constexpr std::size_t kBytes = 19;
  tally::crypto::Sha256Batch batch(prefix, kBytes);
  std::array<Bytes, tally::crypto::Sha256Batch::kMost> messages;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    messages[i] = random(kBytes);
    std::copy(messages[i].begin(), messages[i].end(), batch.message(i));
  }
  for (const std::size_t count : {16U, 7U, 0U, 16U, 1U}) {
    Bytes digests(32 * count);
    batch.digest(count, digests);
    for (std::size_t i = 0; i < count; ++i) {
      const auto alone = tally::crypto::tagged_hash(prefix, {messages[i]});
      CHECK(std::equal(alone.begin(), alone.end(), digests.data() + 32 * i));
    }
    for (std::size_t i = 0; i < messages.size(); ++i) {
      messages[i][count % kBytes] ^= 0x81U;
      batch.message(i)[count % kBytes] = messages[i][count % kBytes];
    }
  }
}

TEST_CASE("a batch hashes each message as it would be hashed alone") {
  // Lengths around each block, prefixes that end in the middle of one, counts around a group of
  // sixteen, and messages too long for the lanes.
  for (const std::size_t held : {0U, 1U, 32U, 55U, 56U, 63U, 64U, 70U}) {
    const Bytes prefix_bytes = random(held);
    Sha256 prefix = Sha256::tagged("batch");
    prefix.update(prefix_bytes);
    for (const std::size_t size : {1U, 7U, 19U, 22U, 23U, 24U, 55U, 56U, 64U, 100U, 190U, 300U}) {
      for (const std::size_t count : {0U, 1U, 2U, 3U, 15U, 16U, 17U, 33U}) {
        const Bytes messages = random(count * size);
        Bytes digests(32 * count);
        tally::crypto::sha256_batch(prefix, messages, size, digests);
        for (std::size_t i = 0; i < count; ++i) {
          const auto alone =
              tally::crypto::tagged_hash(prefix, {ByteView(messages).subspan(i * size, size)});
          CHECK(std::equal(alone.begin(), alone.end(), digests.data() + 32 * i));
        }
      }
    }
  }
}

TEST_SUITE_END();
