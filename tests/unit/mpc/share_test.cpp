#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "core/hex.hpp"
#include "mpc/transcript.hpp"
#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using mpc::Fault;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::test::FrostWorld;
using tally::test::random_32;

TEST_SUITE_BEGIN("mpc");

TEST_CASE("a dealt share verifies against commitments and survives its encoding") {
  for (const auto& [t, n] : {std::pair{1U, 2U}, {2U, 2U}, {2U, 3U}, {7U, 10U}}) {
    const FrostWorld world(t, n);
    const auto& group = world.dealing.group();
    CHECK(group.threshold() == t);
    CHECK(group.parties() == n);
    CHECK(world.dealing.commitments().size() == t);
    CHECK(world.dealing.commitments()[0] == group.key());
    for (const auto& share : world.shares) {
      CHECK(mpc::verify_share(world.dealing.commitments(), t, n, share.id(), share.secret_bytes()));
      const auto plaintext = share.encode();
      REQUIRE(plaintext);
      const auto again = mpc::Share::decode(plaintext->bytes());
      REQUIRE(again);
      CHECK(again->id() == share.id());
      CHECK(again->group().key_id() == group.key_id());
      CHECK(again->secret().value() == share.secret().value());
    }
  }
}

TEST_CASE("a share that was changed does not verify") {
  const FrostWorld world(2, 3);
  Bytes secret(world.shares[0].secret_bytes().begin(), world.shares[0].secret_bytes().end());
  const auto commitments = world.dealing.commitments();
  const auto fault = [&] {
    const auto verdict = mpc::verify_share(commitments, 2, 3, 0, secret);
    REQUIRE_FALSE(verdict);
    const auto checked = mpc::check_share(world.dealing.group(), 0, secret);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().fault == verdict.error().fault);
    CHECK(checked.error().party == 0);
    return verdict.error().fault;
  };
  secret[31] ^= 1U;
  CHECK(fault() == Fault::share_mismatch);
  secret.assign(32, 0);
  CHECK(fault() == Fault::bad_share);
  secret.assign(32, 0xff);
  CHECK(fault() == Fault::bad_share);
  secret.assign(31, 1);
  CHECK(fault() == Fault::bad_length);
}

TEST_CASE("shares of many dealers verify together and the first bad dealer is named") {
  std::vector<mpc::Dealing> dealings;
  std::vector<mpc::Share> held;
  for (std::uint8_t i = 1; i <= 9; ++i) {
    const ByteArray<32> seed = {i};
    dealings.push_back(mpc::deal(3, 4, seed).value());
    held.push_back(dealings.back().share(2).value());
  }
  std::vector<Bytes> secrets;
  std::vector<mpc::DealtShare> shares;
  for (std::size_t i = 0; i < held.size(); ++i) {
    const auto bytes = held[i].secret_bytes();
    secrets.emplace_back(bytes.begin(), bytes.end());
    shares.push_back({dealings[i].commitments(), secrets[i]});
  }
  CHECK(mpc::verify_shares(shares, 3, 4, 2));
  CHECK(mpc::verify_shares({}, 3, 4, 2));
  // Errors that would cancel in a plain sum.
  secrets[4][31] ^= 1U;
  secrets[6][31] ^= 1U;
  auto verdict = mpc::verify_shares(shares, 3, 4, 2);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().fault == mpc::Fault::share_mismatch);
  CHECK(verdict.error().position == 4);
  // A share that is the secret itself: the polynomial without its head is not zero at x.
  const ByteArray<32> whole_seed = {5};
  const auto key = mpc::deal(1, 2, whole_seed).value();
  const auto whole = key.share(0).value();
  const std::array<mpc::DealtShare, 1> one = {{{key.commitments(), whole.secret_bytes()}}};
  CHECK(mpc::verify_shares(one, 1, 2, 0));
  // A share of zero is none, even where the polynomial has a zero.
  const crypto::Point head = dealings[0].commitments()[0];
  const std::array<crypto::Point, 3> cancelling = {crypto::Point::mul_var(crypto::Scalar(3), head),
                                                   -head, crypto::Point()};
  const ByteArray<32> zero{};
  const std::array<mpc::DealtShare, 1> nothing = {{{cancelling, zero}}};
  verdict = mpc::verify_shares(nothing, 3, 4, 2);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().fault == mpc::Fault::bad_share);
  // And nothing else fits a polynomial whose value is infinity.
  const std::array<mpc::DealtShare, 1> other = {{{cancelling, secrets[0]}}};
  verdict = mpc::verify_shares(other, 3, 4, 2);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().fault == mpc::Fault::share_mismatch);
  shares[0].commitments = shares[0].commitments.first(2);
  verdict = mpc::verify_shares(shares, 3, 4, 2);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().fault == mpc::Fault::bad_length);
}

TEST_CASE("row 18 proofs verify together and the first bad one is named") {
  const ByteArray<32> ceremony = {7};
  std::vector<mpc::Proof> proofs;
  std::vector<crypto::Point> points;
  for (std::uint32_t i = 0; i < 7; ++i) {
    const crypto::SecretScalar secret(crypto::Scalar(100 + i));
    proofs.push_back(mpc::prove(secret, {ceremony, i, 0}, ceremony).value());
    points.push_back(crypto::Point::mul_generator(secret.value()));
  }
  const auto claims = [&] {
    std::vector<mpc::ProofClaim> all;
    for (std::uint32_t i = 0; i < proofs.size(); ++i) {
      all.push_back({proofs[i], points[i], {ceremony, i, 0}});
    }
    return all;
  };
  CHECK(mpc::verify_proofs(claims()));
  for (const auto& claim : claims()) {
    CHECK(mpc::verify_proof(claim.proof, claim.point, claim.context));
  }
  const auto named = [](const auto& verdict, std::uint32_t position) {
    return !verdict && verdict.error().fault == mpc::Fault::bad_proof &&
           verdict.error().position == position && verdict.error().party == position;
  };
  auto changed = claims();
  changed[3].point = points[2];
  CHECK(named(mpc::verify_proofs(changed), 3));
  changed = claims();
  changed[5].context.party = 4;
  CHECK_FALSE(mpc::verify_proofs(changed));
  changed = claims();
  changed[6].proof = changed[6].proof.first(64);
  CHECK(named(mpc::verify_proofs(changed), 6));
  changed = claims();
  changed[0].point = crypto::Point();
  CHECK(named(mpc::verify_proofs(changed), 0));
  for (std::size_t byte = 0; byte < mpc::kProofBytes; ++byte) {
    const auto kept = proofs[1];
    proofs[1][byte] ^= 1U;
    CHECK(named(mpc::verify_proofs(claims()), 1));
    CHECK_FALSE(mpc::verify_proof(proofs[1], points[1], {ceremony, 1, 0}));
    proofs[1] = kept;
  }
}

TEST_CASE("the bounds of threshold and parties hold at both ends") {
  const auto seed = random_32();
  for (const auto& [t, n] :
       {std::pair{0U, 3U}, {4U, 3U}, {1U, 1U}, {0U, 0U}, {2U, 256U}, {UINT32_MAX, UINT32_MAX}}) {
    const auto dealt = mpc::deal(t, n, seed);
    REQUIRE_FALSE(dealt);
    CHECK(dealt.error().fault == Fault::bad_parameters);
  }
  CHECK(mpc::deal(255, 255, seed));
  CHECK(mpc::deal(2, 3, ByteView(seed).first(31)).error().fault == Fault::bad_length);
}

TEST_CASE("the seed decides the key and the size of the group separates keys") {
  const auto seed = random_32();
  const FrostWorld first(2, 3, seed);
  const FrostWorld same(2, 3, seed);
  const FrostWorld wider(2, 4, seed);
  CHECK(first.dealing.group().key_id() == same.dealing.group().key_id());
  CHECK(first.dealing.group().key() != wider.dealing.group().key());
}

TEST_CASE("the encoding of a group is what its header says") {
  // Key and shares of the polynomial 1 + x: G, then 2G, 3G at x = 1, 2.
  const auto times_g = [](std::uint64_t k) {
    return crypto::Point::mul_generator(crypto::Scalar(k));
  };
  const auto group = mpc::GroupKey::make(2, 2, times_g(1), {times_g(2), times_g(3)});
  REQUIRE(group);
  const std::string expected =
      "54474b32"
      "0003"
      "0002"
      "0002"
      "00000000"
      "0000000000000000000000000000000000000000000000000000000000000000"
      "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
      "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
      "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
  CHECK(core::to_hex(group->encode()) == expected);
  const auto again = mpc::GroupKey::decode(core::from_hex(expected).value());
  REQUIRE(again);
  CHECK(again->encode() == group->encode());
  // Version 1 and schemes that are none or unknown.
  for (const auto& [at, text] : {std::pair{7U, "1"}, {11U, "0"}, {11U, "4"}, {9U, "1"}}) {
    std::string changed = expected;
    changed.replace(at, 1, text);
    const auto refused = mpc::GroupKey::decode(core::from_hex(changed).value());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::bad_parameters);
  }
}

TEST_CASE("a key keeps its id over epochs and each epoch has a digest of its own") {
  const FrostWorld world(2, 3);
  const auto& group = world.dealing.group();
  const std::vector<crypto::Point> pubshares(group.pubshares().begin(), group.pubshares().end());
  mpc::KeyFacts next = group.facts();
  ++next.epoch;
  const auto later = mpc::GroupKey::make(2, 3, group.key(), pubshares, next);
  REQUIRE(later);
  CHECK(later->key_id() == group.key_id());
  CHECK(later->digest() != group.digest());
  next.chain_code[0] ^= 1U;
  const auto other = mpc::GroupKey::make(2, 3, group.key(), pubshares, next);
  REQUIRE(other);
  CHECK(other->key_id() != group.key_id());
}

TEST_CASE("a share of a key for another scheme does not sign") {
  const FrostWorld world(2, 3);
  const auto& group = world.dealing.group();
  mpc::KeyFacts facts = group.facts();
  facts.schemes = static_cast<std::uint16_t>(mpc::Scheme::ecdsa);
  const std::vector<crypto::Point> pubshares(group.pubshares().begin(), group.pubshares().end());
  const auto ecdsa = mpc::GroupKey::make(2, 3, group.key(), pubshares, facts).value();
  const auto share = mpc::Share::make(ecdsa, 0, world.shares[0].secret_bytes()).value();
  const auto quorum = mpc::Quorum::make(ecdsa, std::vector<mpc::PartyId>{0, 1}).value();
  const auto signer = mpc::Signer::make(share, quorum);
  REQUIRE_FALSE(signer);
  CHECK(signer.error().fault == Fault::wrong_scheme);
}

TEST_CASE("row 19 parts of a transcript do not run into each other") {
  const auto hash = [](std::string_view purpose, std::string_view label, std::string_view first,
                       std::string_view second) {
    mpc::Transcript transcript(purpose);
    transcript.add(label, core::as_bytes(first));
    if (!second.empty()) transcript.add("b", core::as_bytes(second));
    return transcript.finish();
  };
  const std::set<tally::ByteArray<32>> all = {hash("p", "a", "ab", "c"), hash("p", "a", "a", "bc"),
                                              hash("p", "a", "abc", ""), hash("p", "ab", "ab", "c"),
                                              hash("q", "a", "ab", "c"), hash("pa", "", "ab", "c")};
  CHECK(all.size() == 6);
  CHECK(mpc::Transcript("p").add("n", 1).finish() ==
        mpc::Transcript("p").add("n", tally::ByteArray<4>{0, 0, 0, 1}).finish());
}

TEST_CASE("a forked child cannot sign with the share of its parent") {
  const FrostWorld world(2, 3);
  const auto quorum =
      mpc::Quorum::make(world.dealing.group(), std::vector<mpc::PartyId>{0, 1}).value();
  const auto signer = mpc::Signer::make(world.shares[0], quorum).value();
  tally::test::Round round(world, quorum, core::as_bytes("m"));
  const auto session = round.open();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto partial = mpc::sign(std::move(round.secnonces[0]), signer, session);
    ::_exit(!partial && partial.error().fault == Fault::bad_share ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(mpc::sign(std::move(round.secnonces[0]), signer, session));
}

TEST_CASE("failures become errors that name the party") {
  const tally::Error partial = mpc::Failure{Fault::wrong_partial, 1, 4};
  CHECK(partial.code == tally::Code::protocol);
  CHECK(partial.message == "party 4: the partial signature does not verify");
  const tally::Error count = mpc::Failure{Fault::signer_count};
  CHECK(count.code == tally::Code::negative);
  const tally::Error nonce = mpc::Failure{Fault::bad_pubnonce, 2};
  CHECK(nonce.message == "entry 2: the public nonce is malformed");
  CHECK(tally::Error(mpc::Failure{Fault::self_check_failed}).code == tally::Code::internal);
  CHECK(tally::Error(mpc::Failure{Fault::bad_share}).code == tally::Code::bad_data);
}

TEST_SUITE_END();
