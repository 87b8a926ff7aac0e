// One suite over every backend of verification: each gives the verdicts of libsecp256k1.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <sched.h>
#include <string>

#include "crypto/batch_verifier.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/engine.hpp"
#include "crypto/known_key.hpp"
#include "crypto/made_items.hpp"
#include "crypto/verify_sums.hpp"
#include "support/vectors.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
using crypto::BackendKind;
using crypto::MadeItems;
using crypto::Scheme;
using crypto::Verdict;

namespace {

constexpr std::array kSchemes = {Scheme::ecdsa, Scheme::bip340, Scheme::partial, Scheme::dlog,
                                 Scheme::feldman};

using Backends = std::vector<std::unique_ptr<crypto::VerifyBackend>>;
Backends backends() {
  Backends all;
  all.push_back(crypto::make_backend(BackendKind::libsecp));
  all.push_back(crypto::make_backend(BackendKind::portable));
  // The automatic one where there are no lanes.
  all.push_back(std::make_unique<crypto::SumVerifier>(crypto::portable_engine(),
                                                      crypto::SumVerifier::Singly::libsecp));
  if (crypto::ifma_engine() != nullptr) all.push_back(crypto::make_backend(BackendKind::ifma));
  return all;
}

std::vector<Verdict> singly(std::span<const crypto::VerifyItem> items) {
  std::vector<Verdict> verdicts;
  for (const auto& item : items) verdicts.push_back(crypto::verify_singly_var(item));
  return verdicts;
}

std::size_t good_ones(const std::vector<Verdict>& verdicts) {
  return static_cast<std::size_t>(std::count(verdicts.begin(), verdicts.end(), Verdict::good));
}

// Every backend says of the items what libsecp256k1 says of each. Returns how many are good.
std::size_t check_all(std::span<const crypto::VerifyItem> items) {
  const auto right = singly(items);
  for (const auto& backend : backends()) {
    REQUIRE(backend);
    CAPTURE(backend->name());
    std::vector<Verdict> verdicts(items.size(), Verdict::good);
    backend->verify_var(items, verdicts);
    for (std::size_t i = 0; i < items.size(); ++i) {
      CAPTURE(i);
      CHECK(verdicts[i] == right[i]);
    }
  }
  return good_ones(right);
}

// Items a scheme; TALLY_VERIFY_ITEMS asks for more.
std::size_t item_count() {
  const char* const asked = std::getenv("TALLY_VERIFY_ITEMS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 600;
}

tally::Result<std::unique_ptr<crypto::BatchVerifier>> verifier_on(std::vector<int> cpus,
                                                                  std::size_t slice_items) {
  crypto::BatchVerifier::Options options;
  options.cpus = std::move(cpus);
  options.slice_items = slice_items;
  return crypto::BatchVerifier::make(std::move(options));
}

void add_to(tally::Bytes& scalar, int difference) {
  const auto delta = crypto::Scalar(static_cast<std::uint64_t>(std::abs(difference)));
  const auto value = crypto::Scalar::from_bytes_reduced(scalar);
  const auto changed = (difference < 0 ? value - delta : value + delta).encode();
  scalar.assign(changed.begin(), changed.end());
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

namespace {

void check_scheme(Scheme scheme) {
  constexpr std::size_t kAtOnce = 600;
  std::size_t done = 0;
  std::size_t good = 0;
  for (std::uint64_t seed = 1; done < item_count(); ++seed, done += kAtOnce) {
    MadeItems made(seed);
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      made.add(scheme, i % 2 == 0);
      // One batch in two is all good but for one item, the other has a fifth of bad ones.
      if (seed % 2 == 0 ? i == 77 : made.random()() % 5 == 0) made.corrupt(i);
    }
    good += check_all(made.items());
  }
  CHECK(good > done / 2);
  CHECK(good < done);
}

}  // namespace

// tests/CMakeLists.txt runs these with a million items each under the label long.
TEST_CASE("good and corrupted items of ecdsa get the verdicts of libsecp256k1") {
  check_scheme(Scheme::ecdsa);
}
TEST_CASE("good and corrupted items of bip340 get the verdicts of libsecp256k1") {
  check_scheme(Scheme::bip340);
}
TEST_CASE("good and corrupted items of partial get the verdicts of libsecp256k1") {
  check_scheme(Scheme::partial);
}
TEST_CASE("good and corrupted items of dlog get the verdicts of libsecp256k1") {
  check_scheme(Scheme::dlog);
}
TEST_CASE("good and corrupted items of feldman get the verdicts of libsecp256k1") {
  check_scheme(Scheme::feldman);
}

TEST_CASE("few keys of many signatures are shared without a word of one item for another") {
  for (const std::uint64_t seed : {31U, 32U, 33U, 34U}) {
    MadeItems made(seed);
    const std::array<crypto::Scalar, 3> keys = {made.scalar(), made.scalar(), made.scalar()};
    for (std::size_t i = 0; i < 240; ++i) {
      const Scheme scheme = seed % 2 == 0 && i % 5 == 2 ? Scheme::ecdsa : Scheme::bip340;
      // Now and then a key that nobody else has.
      made.add(scheme, i % 2 == 0, i % 17 == 0 ? nullptr : &keys[i % 3]);
      if (seed < 33 ? i % 100 == 77 : i % 9 == 4) made.corrupt(i);
    }
    const std::size_t good = check_all(made.items());
    CHECK(good > 150);
    CHECK(good < 240);
  }
}

TEST_CASE("a key whose y is wrong spoils no other item of its x") {
  MadeItems made(35);
  const auto key = made.scalar();
  for (std::size_t i = 0; i < 80; ++i) {
    made.add(i % 4 == 1 ? Scheme::bip340 : Scheme::ecdsa, true, &key);
    auto& item = made.item(i);
    if (item.key.size() != 65 || i % 8 != 3) continue;
    tally::Bytes bytes(item.key.begin(), item.key.end());
    bytes[40] ^= 1U;
    item.key = made.keep(bytes);
  }
  check_all(made.items());
  CHECK(good_ones(singly(made.items())) == 70);
}

TEST_CASE("short batches of one to seventeen items with one bad in every place") {
  for (std::size_t count = 1; count <= 17; ++count) {
    CAPTURE(count);
    for (std::size_t bad = 0; bad <= count; bad += count > 9 ? 4 : 1) {
      MadeItems made(count);
      for (std::size_t i = 0; i < count; ++i) made.add(kSchemes[i % 5], i % 3 == 0);
      if (bad < count) made.corrupt(bad);
      check_all(made.items());
    }
  }
}

TEST_CASE("errors that cancel in a plain sum are found") {
  for (const Scheme scheme : {Scheme::bip340, Scheme::partial, Scheme::dlog, Scheme::feldman}) {
    for (const std::size_t count : {2U, 40U}) {
      MadeItems made(9);
      for (std::size_t i = 0; i < count; ++i) made.add(scheme);
      for (const std::size_t i : {std::size_t{0}, count - 1}) {
        auto& signature = made.item(i).signature;
        tally::Bytes bytes(signature.begin(), signature.end());
        tally::Bytes s(bytes.end() - 32, bytes.end());
        add_to(s, i == 0 ? 5 : -5);
        std::copy(s.begin(), s.end(), bytes.end() - 32);
        signature = made.keep(bytes);
      }
      check_all(made.items());
      CHECK(good_ones(singly(made.items())) == count - 2);
    }
  }
}

TEST_CASE("a wrong recovery id is no reason for a bad verdict") {
  MadeItems made(3);
  for (std::size_t i = 0; i < 60; ++i) made.add(Scheme::ecdsa, true);
  for (std::size_t i = 0; i < 60; i += 7) {
    auto& signature = made.item(i).signature;
    tally::Bytes bytes(signature.begin(), signature.end());
    bytes[64] = static_cast<std::uint8_t>((bytes[64] + 1 + i % 3) % 4);
    signature = made.keep(bytes);
  }
  check_all(made.items());
  CHECK(good_ones(singly(made.items())) == 60);
  auto& signature = made.item(1).signature;
  tally::Bytes bytes(signature.begin(), signature.end());
  bytes[64] = 4;
  signature = made.keep(bytes);
  check_all(made.items());
  CHECK(good_ones(singly(made.items())) == 59);
}

TEST_CASE("r and s out of range and high s") {
  const auto edge = [](std::string_view hex) { return core::from_hex(hex).value(); };
  const std::vector<tally::Bytes> values = {
      tally::Bytes(32, 0),
      tally::Bytes(32, 0xff),
      edge("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
      edge("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"),
      edge("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"),
      edge("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"),
      edge("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
      edge("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30")};
  MadeItems made(4);
  for (const auto& value : values) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{32}}) {
      for (const Scheme scheme : {Scheme::ecdsa, Scheme::bip340}) {
        made.add(scheme, made.items().size() % 3 == 0);
        auto& signature = made.items().back().signature;
        tally::Bytes bytes(signature.begin(), signature.end());
        std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
        made.item(made.items().size() - 1).signature = made.keep(bytes);
      }
    }
  }
  check_all(made.items());
  CHECK(good_ones(singly(made.items())) == 0);
  // The other half of s: bad with low_s, good without.
  MadeItems high(5);
  for (std::size_t i = 0; i < 20; ++i) {
    high.add(Scheme::ecdsa, i % 2 == 0);
    auto& signature = high.items()[i].signature;
    tally::Bytes bytes(signature.begin(), signature.end());
    const auto s = -crypto::Scalar::from_bytes_reduced(tally::ByteView(bytes).subspan(32, 32));
    const auto encoded = s.encode();
    std::copy(encoded.begin(), encoded.end(), bytes.begin() + 32);
    if (i % 2 == 0) bytes[64] ^= 1U;
    high.item(i).signature = high.keep(bytes);
    high.item(i).low_s = i % 4 < 2;
  }
  check_all(high.items());
  CHECK(good_ones(singly(high.items())) == 10);
}

TEST_CASE("exceptional sums in a batch are decided as libsecp256k1 decides") {
  // R = s * G - e * P is infinity for e = s / p, and equal terms for others: proofs made to
  // measure.
  MadeItems made(6);
  const auto bytes_of = [](const auto& array) { return tally::Bytes(array.begin(), array.end()); };
  const auto proof = [&](const crypto::Scalar& key, const crypto::Scalar& e,
                         const crypto::Scalar& s, const crypto::Scalar& nonce) {
    auto signature = bytes_of(crypto::Point::mul_generator(nonce).encode());
    const auto encoded = s.encode();
    signature.insert(signature.end(), encoded.begin(), encoded.end());
    made.put(Scheme::dlog, bytes_of(crypto::Point::mul_generator(key).encode()),
             bytes_of(e.encode()), std::move(signature));
  };
  const crypto::Scalar one(1), two(2);
  for (int i = 0; i < 9; ++i) {
    proof(one, one, two, one);                // Q = G: 2G - G
    proof(-one, one, one, two);               // Q = -G: G + G
    proof(one, one, one, one);                // the sum is infinity, R is not
    proof(two, one, two, one);                // 2G - 2G
    proof(two, -one, two, two + two);         // 2G + 2G
    proof(two, one, crypto::Scalar(), -two);  // u1 = 0
    proof(two, crypto::Scalar(), two, two);   // u2 = 0
  }
  check_all(made.items());
  CHECK(good_ones(singly(made.items())) == 45);
}

TEST_CASE("all rows of BIP 340 in one batch and each in every place") {
  const auto rows = tally::test::read_transcribed("bip340.txt");
  REQUIRE(rows.size() == 19);
  MadeItems made(7);
  for (std::size_t shift = 0; shift < 19; ++shift) {
    for (std::size_t i = 0; i < 19; ++i) {
      const auto& row = rows[(i + shift) % 19];
      made.put(Scheme::bip340, row.bytes("pubkey"), row.bytes("msg"), row.bytes("sig"));
    }
  }
  check_all(made.items());
  for (std::size_t i = 0; i < 19; ++i) {
    const bool good = crypto::verify_singly_var(made.items()[i]) == Verdict::good;
    CHECK(good == (rows[i].number("valid") == 1));
  }
}

TEST_CASE("a verifier gives back one completion an item whatever the threads and slices") {
  MadeItems made(8);
  for (std::size_t i = 0; i < 300; ++i) {
    made.add(kSchemes[i % 5], i % 3 == 0);
    if (i % 11 == 0) made.corrupt(i);
  }
  const auto right = singly(made.items());
  const int here = ::sched_getcpu();
  for (const std::vector<int>& cpus : {std::vector<int>{}, {here}, {here, here}}) {
    for (const std::size_t slice : {1U, 7U, 64U, 1024U}) {
      auto verifier = verifier_on(cpus, slice);
      REQUIRE(verifier);
      std::vector<int> seen(made.items().size(), 0);
      (*verifier)->submit(std::span(made.items()).first(150));
      (*verifier)->submit(std::span(made.items()).subspan(150));
      (*verifier)->flush();
      std::array<crypto::Completion, 13> some;
      for (std::size_t count = 1; count > 0;) {
        count = (*verifier)->complete(some);
        for (std::size_t i = 0; i < count; ++i) {
          REQUIRE(some[i].tag < seen.size());
          ++seen[some[i].tag];
          CHECK(some[i].verdict == right[some[i].tag]);
        }
      }
      CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
      CHECK((*verifier)->mismatched_slices() == 0);
    }
  }
}

namespace {

// A device that calls everything good.
class Liar final : public crypto::VerifyBackend {
 public:
  [[nodiscard]] std::string_view name() const override { return "liar"; }
  void verify_var(std::span<const crypto::VerifyItem>, std::span<Verdict> verdicts) override {
    std::fill(verdicts.begin(), verdicts.end(), Verdict::good);
  }
};

}  // namespace

TEST_CASE("a backend that lies is found out by the sampled share") {
  MadeItems made(10);
  for (std::size_t i = 0; i < 40; ++i) {
    made.add(Scheme::bip340);
    if (i < 30) made.corrupt(i);
  }
  crypto::BatchVerifier::Options options;
  options.recheck_share = 0.9;
  options.make = [](BackendKind) -> std::unique_ptr<crypto::VerifyBackend> {
    return std::make_unique<Liar>();
  };
  auto verifier = crypto::BatchVerifier::make(options);
  REQUIRE(verifier);
  (*verifier)->submit(made.items());
  (*verifier)->flush();
  std::array<crypto::Completion, 40> all;
  REQUIRE((*verifier)->complete(all) == 40);
  CHECK((*verifier)->mismatched_slices() == 1);
  const auto right = singly(made.items());
  for (const auto& one : all) CHECK(one.verdict == right[one.tag]);
}

TEST_CASE("signatures under a key with a table get the verdicts of libsecp256k1") {
  MadeItems made(11);
  const auto secret = made.scalar();
  const auto point = crypto::Point::mul_generator(secret);
  const auto key = crypto::KnownKey::make(point).value();
  const auto encoded = point.encode();
  const auto xonly = point.xonly();
  std::size_t good = 0;
  for (std::size_t i = 0; i < 120; ++i) {
    tally::Bytes message(32);
    for (auto& byte : message) byte = static_cast<std::uint8_t>(made.random()());
    auto schnorr =
        crypto::schnorr_sign(crypto::SecretScalar(secret), message, made.scalar().encode()).value();
    const auto nonce = made.scalar();
    const auto r = crypto::Scalar::from_bytes_reduced(crypto::Point::mul_generator(nonce).xonly());
    const auto s = crypto::Scalar::inverse_var(nonce) *
                   (crypto::Scalar::from_bytes_reduced(message) + r * secret);
    tally::ByteArray<64> ecdsa{};
    r.encode_to(std::span(ecdsa).first(32));
    s.encode_to(std::span(ecdsa).last(32));
    if (i % 3 == 0) schnorr[made.random()() % 64] ^= static_cast<std::uint8_t>(1U << (i % 8));
    if (i % 3 == 1) ecdsa[made.random()() % 64] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const bool low_s = i % 2 == 0;
    const bool schnorr_right = crypto::schnorr_verify(schnorr, message, xonly);
    const bool ecdsa_right =
        crypto::ecdsa_verify(encoded, message, ecdsa, crypto::EcdsaFormat::compact, low_s) ==
        crypto::EcdsaVerdict::valid;
    CHECK(key.schnorr_verify_var(schnorr, message) == schnorr_right);
    CHECK(key.ecdsa_verify_var(message, ecdsa, low_s) == ecdsa_right);
    good += (schnorr_right ? 1U : 0U) + (ecdsa_right ? 1U : 0U);
  }
  CHECK(good > 100);
  CHECK_FALSE(crypto::KnownKey::make(crypto::Point()));
  CHECK_FALSE(key.schnorr_verify_var(tally::ByteArray<64>{}, {}));
  CHECK_FALSE(key.ecdsa_verify_var(tally::ByteArray<32>{}, tally::ByteArray<64>{}, true));
}

TEST_CASE("backends have names and say when they cannot run") {
  CHECK(crypto::parse_backend("auto") == BackendKind::automatic);
  CHECK(crypto::parse_backend("libsecp") == BackendKind::libsecp);
  CHECK(crypto::parse_backend("portable") == BackendKind::portable);
  CHECK(crypto::parse_backend("ifma") == BackendKind::ifma);
  CHECK_FALSE(crypto::parse_backend("gpu"));
  const bool lanes = crypto::ifma_engine() != nullptr;
  CHECK((crypto::make_backend(BackendKind::ifma) != nullptr) == lanes);
  crypto::BatchVerifier::Options on_lanes;
  on_lanes.backend = BackendKind::ifma;
  CHECK(crypto::BatchVerifier::make(on_lanes).has_value() == lanes);
  CHECK_FALSE(verifier_on({1 << 20}, 8));
  CHECK(crypto::make_backend(BackendKind::automatic)->name() == (lanes ? "ifma" : "portable"));
}

TEST_SUITE_END();
