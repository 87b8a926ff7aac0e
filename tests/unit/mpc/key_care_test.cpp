// Importing, exporting, deriving and repairing keys, and proofs of knowledge.
#include <algorithm>

#include "core/hex.hpp"
#include "mpc/derive.hpp"
#include "mpc/proof.hpp"
#include "mpc/repair.hpp"
#include "unit/mpc/signing.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using mpc::Fault;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::test::FrostWorld;
using tally::test::quorum_signs;
using tally::test::random_32;

namespace {

template <typename Outcome>
Fault fault_of(const Outcome& outcome) {
  REQUIRE_FALSE(outcome.has_value());
  return outcome.error().fault;
}

ByteArray<32> bytes_of(const char* hex) {
  ByteArray<32> out{};
  REQUIRE(core::from_hex_exact(hex, out));
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("an imported key is the key it was and is exported whole by any quorum") {
  const auto secret = random_32();
  const auto chain = random_32();
  const auto dealing = mpc::import_key(3, 5, secret, chain, random_32());
  REQUIRE(dealing);
  const auto key = crypto::Point::mul_generator(crypto::Scalar::parse(secret).value());
  CHECK(dealing->group().key() == key);
  CHECK(dealing->group().facts().chain_code == chain);
  std::vector<mpc::Share> shares;
  for (mpc::PartyId id = 0; id < 5; ++id) {
    shares.push_back(dealing->share(id).value());
    CHECK(mpc::verify_share(dealing->commitments(), 3, 5, id, shares.back().secret_bytes()));
  }
  CHECK(quorum_signs(dealing->group(), {4, 0, 2}, {&shares[4], &shares[0], &shares[2]}));
  const std::vector<const mpc::Share*> quorum = {&shares[1], &shares[4], &shares[3]};
  const auto whole = mpc::unsafe_export_key(quorum);
  REQUIRE(whole);
  CHECK(core::equal_constant_time(whole->bytes(), secret));
  CHECK(fault_of(mpc::unsafe_export_key(std::span(quorum).first(2))) == Fault::signer_count);
  CHECK(fault_of(mpc::unsafe_export_key({})) == Fault::signer_count);
  const std::vector<const mpc::Share*> twice = {&shares[1], &shares[4], &shares[1]};
  CHECK(fault_of(mpc::unsafe_export_key(twice)) == Fault::duplicate_id);
  CHECK(fault_of(mpc::import_key(2, 3, ByteArray<32>{}, chain, random_32())) == Fault::bad_share);
  CHECK(fault_of(mpc::import_key(2, 3, Bytes(32, 0xff), chain, random_32())) == Fault::bad_share);
}

TEST_CASE("the proof of an import ties the commitments to the key that was known") {
  const auto secret = random_32();
  const auto dealing = mpc::import_key(2, 3, secret, random_32(), random_32()).value();
  const auto other = mpc::import_key(2, 3, secret, random_32(), random_32()).value();
  const auto key = dealing.group().key();
  const auto proof = mpc::prove_import(dealing, secret, random_32()).value();
  CHECK(mpc::verify_import(dealing.commitments(), 2, key, proof));
  CHECK(fault_of(mpc::verify_import(other.commitments(), 2, key, proof)) == Fault::bad_proof);
  CHECK(fault_of(mpc::verify_import(dealing.commitments(), 3, key, proof)) == Fault::bad_length);
  CHECK(fault_of(mpc::verify_import({}, 0, key, proof)) == Fault::bad_length);
  CHECK(fault_of(mpc::verify_import(dealing.commitments(), 2, crypto::Point::generator(), proof)) ==
        Fault::key_mismatch);
}

TEST_CASE("row 18 a proof of knowledge fits one point one party one index and one ceremony") {
  const crypto::SecretScalar secret(crypto::Scalar::from_bytes_reduced(random_32()));
  const auto point = crypto::Point::mul_generator(secret.value());
  const auto ceremony = random_32();
  const auto proof = mpc::prove(secret, {ceremony, 3, 1}, random_32()).value();
  CHECK(mpc::verify_proof(proof, point, {ceremony, 3, 1}));
  CHECK(fault_of(mpc::verify_proof(proof, point, {ceremony, 2, 1})) == Fault::bad_proof);
  CHECK(fault_of(mpc::verify_proof(proof, point, {ceremony, 3, 0})) == Fault::bad_proof);
  CHECK(fault_of(mpc::verify_proof(proof, point, {random_32(), 3, 1})) == Fault::bad_proof);
  CHECK(fault_of(mpc::verify_proof(proof, -point, {ceremony, 3, 1})) == Fault::bad_proof);
  CHECK(fault_of(mpc::verify_proof(proof, {}, {ceremony, 3, 1})) == Fault::bad_proof);
  const auto named = mpc::verify_proof(Bytes(65, 0), point, {ceremony, 3, 1});
  CHECK(named.error().party == 3);
  for (std::size_t size = 0; size <= mpc::kProofBytes + 1; ++size) {
    Bytes changed(proof.begin(), proof.end());
    changed.resize(size);
    CHECK(mpc::verify_proof(changed, point, {ceremony, 3, 1}).has_value() ==
          (size == mpc::kProofBytes));
  }
  for (std::size_t bit = 0; bit < 8 * mpc::kProofBytes; ++bit) {
    auto changed = proof;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK(fault_of(mpc::verify_proof(changed, point, {ceremony, 3, 1})) == Fault::bad_proof);
  }
  // A generator that repeats itself does not repeat a nonce over different contexts.
  const ByteArray<32> stuck{};
  const auto first = mpc::prove(secret, {ceremony, 0, 0}, stuck).value();
  const auto second = mpc::prove(secret, {ceremony, 0, 1}, stuck).value();
  CHECK_FALSE(std::equal(first.begin(), first.begin() + 33, second.begin()));
  CHECK(fault_of(mpc::prove(crypto::SecretScalar(), {ceremony, 0, 0}, stuck)) == Fault::bad_share);
}

TEST_CASE("BIP 32 derives the published child") {
  // Test vector 2 of BIP-32 (bitcoin/bips, bip-0032.mediawiki): the points and chain codes inside
  // the extended public keys of m and m/0.
  const auto parent = crypto::Point::parse(
      core::from_hex("03cbcaa9c98c877a26977d00825c956a238e8dddfbd322cce4f74b0b5bd6ace4a7").value());
  const auto chain = bytes_of("60499f801b896d83179a4374aeb7822aaeaceaa0db1f85ee3e904c4defbd9689");
  const std::vector<std::uint32_t> path = {0};
  const auto child = mpc::derive(*parent, chain, path);
  REQUIRE(child);
  CHECK(core::to_hex(child->key.encode()) ==
        "02fc9e5af0ac8d9b3cecfe2a888e2117ba3d089d8585886c9c826b6b22a98d12ea");
  CHECK(child->chain_code ==
        bytes_of("f0909affaa7ee7abe5dd4e100598d4dc53cd709d5a5c2cac40e7412f232f7c9c"));
  CHECK(*parent + crypto::Point::mul_generator(child->tweak) == child->key);
  CHECK(mpc::derive(*parent, chain, {})->key == *parent);
  const std::vector<std::uint32_t> hardened = {0, 0x80000000};
  const auto refused = mpc::derive(*parent, chain, hardened);
  CHECK(fault_of(refused) == Fault::hardened_path);
  CHECK(refused.error().position == 1);
  // A key that came without a chain code has no children, and is its own root.
  CHECK(fault_of(mpc::derive(*parent, {}, path)) == Fault::no_chain_code);
  CHECK(mpc::derive(*parent, {}, {})->key == *parent);
}

TEST_CASE("a quorum signs for a derived key") {
  const FrostWorld world(2, 3);
  for (const auto& path :
       std::vector<std::vector<std::uint32_t>>{{}, {0}, {44, 0, 7}, {0x7fffffff}}) {
    const auto derived = mpc::derive(world.dealing.group(), path).value();
    CHECK((derived.key == world.dealing.group().key()) == path.empty());
    if (path.empty()) continue;
    CHECK(quorum_signs(world.dealing.group(), {2, 0}, {&world.shares[2], &world.shares[0]},
                       &derived));
  }
}

TEST_CASE("a lost share is given back by any helpers and checked") {
  const FrostWorld world(3, 5);
  const auto& group = world.dealing.group();
  for (const auto& helpers : std::vector<std::vector<mpc::PartyId>>{{0, 1, 3}, {4, 3, 0}}) {
    const mpc::PartyId lost = 2;
    std::vector<std::vector<crypto::SecretScalar>> pieces;
    for (const mpc::PartyId id : helpers) {
      pieces.push_back(mpc::split_for_repair(world.shares[id], helpers, lost, random_32()).value());
    }
    std::vector<crypto::SecretScalar> sums;
    for (std::size_t to = 0; to < helpers.size(); ++to) {
      std::vector<crypto::SecretScalar> got;
      for (auto& from : pieces) got.push_back(std::move(from[to]));
      sums.push_back(mpc::sum_pieces(got));
    }
    const auto repaired = mpc::repair_share(group, lost, sums);
    REQUIRE(repaired);
    CHECK(repaired->secret().value() == world.shares[lost].secret().value());
    CHECK(quorum_signs(group, {2, 1, 4}, {&*repaired, &world.shares[1], &world.shares[4]}));
    CHECK(fault_of(mpc::repair_share(group, 1, sums)) == Fault::share_mismatch);
    CHECK(fault_of(mpc::repair_share(group, lost, std::span(sums).first(2))) == Fault::bad_length);
    sums[1] = crypto::SecretScalar(sums[1].value() + crypto::Scalar(1));
    CHECK(fault_of(mpc::repair_share(group, lost, sums)) == Fault::share_mismatch);
  }
  const auto split = [&](mpc::PartyId who, const std::vector<mpc::PartyId>& helpers) {
    return fault_of(mpc::split_for_repair(world.shares[who], helpers, 2, random_32()));
  };
  CHECK(split(0, {0, 1}) == Fault::signer_count);
  CHECK(split(0, {0, 1, 1}) == Fault::duplicate_id);
  CHECK(split(0, {0, 1, 5}) == Fault::id_out_of_range);
  CHECK(split(0, {0, 1, 2}) == Fault::bad_parameters);
  CHECK(split(4, {0, 1, 3}) == Fault::not_a_signer);
}

TEST_SUITE_END();
