#include "mpc/signing_rounds.hpp"

#include <doctest/doctest.h>

#include "mpc/derive.hpp"
#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace mpc = tally::mpc;
using tally::Bytes;
using tally::ByteView;
using tally::test::FrostWorld;
using tally::test::random_32;

namespace {

const ByteView kMessage = core::as_bytes("pay 5 to carol");

mpc::SigningRounds rounds_of(const FrostWorld& world, std::vector<mpc::PartyId> signers,
                             std::vector<std::uint32_t> path = {}, ByteView message = kMessage) {
  auto rounds =
      mpc::SigningRounds::make(world.dealing.group(), std::move(signers), std::move(path), message);
  REQUIRE(rounds);
  return std::move(*rounds);
}

// The nonces of all signers, and the session they make.
struct Drawn {
  Drawn(const FrostWorld& its_world, const mpc::SigningRounds& its_rounds)
      : world(its_world), rounds(its_rounds) {
    for (const mpc::PartyId id : rounds.terms().signers) {
      auto pair = rounds.draw(world.shares[id], random_32());
      REQUIRE(pair);
      secrets.push_back(std::move(pair->secret));
      nonces.push_back(pair->pub);
    }
  }
  [[nodiscard]] std::vector<mpc::PartialSignature> sign_all() {
    std::vector<mpc::PartialSignature> partials;
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      const mpc::Share& share = world.shares[rounds.terms().signers[i]];
      partials.push_back(rounds.sign(std::move(secrets[i]), share, nonces).value());
    }
    return partials;
  }

  const FrostWorld& world;
  const mpc::SigningRounds& rounds;
  std::vector<mpc::SecNonce> secrets;
  std::vector<mpc::PubNonce> nonces;
};

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("two rounds without a coordinator sign for the key and its children") {
  const FrostWorld world(3, 5);
  for (const std::vector<std::uint32_t>& path :
       {std::vector<std::uint32_t>{}, std::vector<std::uint32_t>{44, 0, 7}}) {
    const auto rounds = rounds_of(world, {4, 0, 2}, path);
    CHECK(rounds.terms().signers == std::vector<mpc::PartyId>{0, 2, 4});
    const auto key = mpc::derive(world.dealing.group(), path).value().key;
    CHECK(rounds.public_key() == key.xonly());
    Drawn drawn(world, rounds);
    const auto partials = drawn.sign_all();
    const auto signature = rounds.combine(drawn.nonces, partials);
    REQUIRE(signature);
    CHECK(tally::crypto::schnorr_verify(*signature, kMessage, key.xonly()));
  }
}

TEST_CASE("more signers than the threshold sign and fewer do not") {
  const FrostWorld world(2, 4);
  const auto rounds = rounds_of(world, {0, 1, 3});
  Drawn drawn(world, rounds);
  const auto partials = drawn.sign_all();
  CHECK(rounds.combine(drawn.nonces, partials));
  const auto few = mpc::SigningRounds::make(world.dealing.group(), {1}, {}, kMessage);
  REQUIRE_FALSE(few);
  CHECK(few.error().fault == mpc::Fault::signer_count);
  const auto twice = mpc::SigningRounds::make(world.dealing.group(), {1, 1}, {}, kMessage);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().fault == mpc::Fault::duplicate_id);
  CHECK(mpc::SigningRounds::make(world.dealing.group(), {1, 4}, {}, kMessage).error().fault ==
        mpc::Fault::id_out_of_range);
}

TEST_CASE("the session is another for each nonce message signer path and key") {
  const FrostWorld world(2, 3);
  const auto rounds = rounds_of(world, {0, 1});
  const Drawn drawn(world, rounds);
  const auto session = rounds.session_id(drawn.nonces);
  CHECK(rounds.session_id(drawn.nonces) == session);
  CHECK(rounds_of(world, {0, 1}, {}, core::as_bytes("pay 6 to carol")).session_id(drawn.nonces) !=
        session);
  CHECK(rounds_of(world, {0, 2}).session_id(drawn.nonces) != session);
  CHECK(rounds_of(world, {0, 1}, {0}).session_id(drawn.nonces) != session);
  CHECK(rounds_of(FrostWorld(2, 3), {0, 1}).session_id(drawn.nonces) != session);
  auto changed = drawn.nonces;
  std::swap(changed[0], changed[1]);
  CHECK(rounds.session_id(changed) != session);
  changed = {drawn.nonces[0], rounds.draw(world.shares[1], random_32())->pub};
  CHECK(rounds.session_id(changed) != session);
}

TEST_CASE("equal randomness gives another nonce for another message or other signers") {
  const FrostWorld world(2, 3);
  const auto random = random_32();
  const auto draw = [&](const mpc::SigningRounds& rounds, mpc::PartyId id) {
    return rounds.draw(world.shares[id], random).value().pub;
  };
  const auto rounds = rounds_of(world, {0, 1});
  CHECK(draw(rounds, 0) == draw(rounds, 0));
  CHECK(draw(rounds, 0) != draw(rounds, 1));
  CHECK(draw(rounds, 0) != draw(rounds_of(world, {0, 2}), 0));
  CHECK(draw(rounds, 0) != draw(rounds_of(world, {0, 1}, {1}), 0));
  CHECK(draw(rounds, 0) != draw(rounds_of(world, {0, 1}, {}, core::as_bytes("no")), 0));
}

TEST_CASE("a wrong partial signature is named and no signature leaves") {
  const FrostWorld world(2, 3);
  const auto rounds = rounds_of(world, {0, 2});
  Drawn drawn(world, rounds);
  auto partials = drawn.sign_all();
  partials[1][31] ^= 1;
  const auto signature = rounds.combine(drawn.nonces, partials);
  REQUIRE_FALSE(signature);
  CHECK(signature.error() == mpc::Failure{mpc::Fault::wrong_partial, 1, 2});
  partials.pop_back();
  CHECK(rounds.combine(drawn.nonces, partials).error().fault == mpc::Fault::bad_length);
  drawn.nonces.pop_back();
  CHECK(rounds.combine(drawn.nonces, partials).error().fault == mpc::Fault::bad_length);
}

TEST_CASE("a party that is no signer and a key of another scheme are refused") {
  const FrostWorld world(2, 3);
  const auto rounds = rounds_of(world, {0, 1});
  CHECK(rounds.draw(world.shares[2], random_32()).error().fault == mpc::Fault::not_a_signer);
  Drawn drawn(world, rounds);
  CHECK(rounds.sign(std::move(drawn.secrets[0]), world.shares[2], drawn.nonces).error().fault ==
        mpc::Fault::not_a_signer);
  // A nonce is spent whatever came of it.
  CHECK(rounds.sign(std::move(drawn.secrets[0]), world.shares[0], drawn.nonces).error().fault ==
        mpc::Fault::nonce_spent);
  const mpc::GroupKey& group = world.dealing.group();
  mpc::KeyFacts facts = group.facts();
  facts.schemes = static_cast<std::uint16_t>(mpc::Scheme::ecdsa);
  const auto ecdsa = mpc::GroupKey::make(
      2, 3, group.key(), {group.pubshares().begin(), group.pubshares().end()}, facts);
  REQUIRE(ecdsa);
  CHECK(mpc::SigningRounds::make(*ecdsa, {0, 1}, {}, kMessage).error().fault ==
        mpc::Fault::wrong_scheme);
}

TEST_CASE("an offer has one spelling and is refused at any other length") {
  const FrostWorld world(2, 3);
  const auto rounds = rounds_of(world, {0, 2}, {44, 7});
  const mpc::NonceOffer offer{rounds.terms(), rounds.draw(world.shares[0], random_32())->pub};
  const Bytes whole = offer.encode();
  CHECK(whole.size() == 2 + 4 + 1 + 8 + 32 + 66);
  const auto read = mpc::NonceOffer::decode(whole);
  REQUIRE(read);
  CHECK(read->terms == offer.terms);
  CHECK(read->nonce == offer.nonce);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(mpc::NonceOffer::decode(ByteView(whole).first(size)));
  }
  Bytes changed = whole;
  changed.push_back(0);
  CHECK_FALSE(mpc::NonceOffer::decode(changed));
  // The signers 2, 2 and 3, 2.
  for (const std::uint8_t first : Bytes{2, 3}) {
    changed = whole;
    changed[3] = first;
    CHECK_FALSE(mpc::NonceOffer::decode(changed));
  }
  // No signers, and a path that is longer than any.
  CHECK_FALSE(mpc::NonceOffer::decode(Bytes(2 + 1 + 32 + 66)));
  Bytes deep{0, 1, 0, 0, 65};
  deep.resize(5 + 4 * 65 + 32 + 66);
  CHECK_FALSE(mpc::NonceOffer::decode(deep));
  deep[4] = 64;
  deep.resize(5 + 4 * 64 + 32 + 66);
  CHECK(mpc::NonceOffer::decode(deep));
}

TEST_SUITE_END();
