// Whole sessions of parties whose shares, nonces, host keys, pair setups and randomness are
// poisoned.
#define DOCTEST_CONFIG_DISABLE  // what the world below checks is for its own tests

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "crypto/ctime.hpp"
#include "custody/pair_channel.hpp"
#include "dealt_seeds.hpp"
#include "mpc/dkg.hpp"
#include "mpc/ot_base.hpp"
#include "mpc/repair.hpp"
#include "mpc/reshare.hpp"
#include "mpc/rfc9591.hpp"
#include "mpc/signing_rounds.hpp"
#include "poison.hpp"
#include "unit/mpc/dkls_world.hpp"

namespace tally::ctime {
namespace {

mpc::Dealing dealt(std::uint32_t t, std::uint32_t n) {
  const ByteArray<32> seed = {1};
  return mpc::deal(t, n, seed).value();
}
mpc::Share poisoned_share(const mpc::Dealing& dealing, mpc::PartyId id) {
  mpc::Share share = dealing.share(id).value();
  poison(share.secret_bytes());
  return share;
}

// Parameters of a new key or epoch whose host keys have these seeds.
mpc::DkgParams params_of(std::uint32_t t, const std::vector<std::uint8_t>& seeds) {
  mpc::DkgParams params{t, {}};
  for (const std::uint8_t seed : seeds) {
    params.host_keys.push_back(mpc::host_key(secret_bytes(seed)).value().pub);
  }
  return params;
}

// From the collection to the shares of all, whoever they are, and to one that is lost and
// recovered.
template <typename Party, typename Coordinator>
bool agree(std::vector<Party>& parties, const Coordinator& coordinator,
           const std::vector<std::uint8_t>& seeds) {
  std::vector<Bytes> signatures;
  for (Party& party : parties) {
    const auto signature = party.agree(coordinator.collection(), secret_bytes(51));
    if (!signature) return false;
    signatures.push_back(said(*signature));
  }
  const auto result = coordinator.finish(signatures);
  if (!result) return false;
  for (const Party& party : parties) {
    const auto made = party.finish(result->certificate);
    if (!made || !is_poisoned(made->share.secret_bytes())) return false;
  }
  const auto recovered = mpc::recover(result->recovery_data, secret_bytes(seeds.back()));
  return recovered && is_poisoned(recovered->share->secret_bytes());
}

bool dkg() {
  const std::vector<std::uint8_t> seeds = {21, 23, 25};
  const auto params = params_of(2, seeds);
  std::vector<mpc::DkgParticipant> participants;
  std::vector<Bytes> contributions;
  for (const std::uint8_t seed : seeds) {
    auto started = mpc::DkgParticipant::start(secret_bytes(seed), params, secret_bytes(27));
    if (!started) return false;
    contributions.push_back(said(started->contribution()));
    participants.push_back(std::move(*started));
  }
  const auto coordinator = mpc::DkgCoordinator::collect(params, contributions);
  return coordinator && agree(participants, *coordinator, seeds);
}

// Two old parties deal to themselves and to a newcomer.
bool renew() {
  const auto dealing = dealt(2, 3);
  const std::vector<std::uint8_t> seeds = {31, 33, 35};
  const mpc::ReshareParams params{dealing.group(), {0, 1}, params_of(2, seeds)};
  std::vector<Bytes> messages;
  for (const mpc::PartyId id : params.dealers) {
    const auto message = mpc::deal_again(params, poisoned_share(dealing, id), secret_bytes(5));
    if (!message) return false;
    messages.push_back(said(*message));
  }
  const auto coordinator = mpc::ReshareCoordinator::collect(params, messages);
  if (!coordinator) return false;
  std::vector<mpc::ReshareReceiver> receivers;
  receivers.reserve(seeds.size());
  for (const std::uint8_t seed : seeds) {
    receivers.push_back(mpc::ReshareReceiver::make(params, secret_bytes(seed)).value());
  }
  return agree(receivers, *coordinator, seeds);
}

bool repair() {
  const auto dealing = dealt(2, 3);
  const std::vector<mpc::PartyId> helpers = {0, 1};
  std::vector<std::vector<crypto::SecretScalar>> pieces;
  for (const mpc::PartyId id : helpers) {
    auto split = mpc::split_for_repair(poisoned_share(dealing, id), helpers, 2, secret_bytes(7));
    if (!split) return false;
    pieces.push_back(std::move(*split));
  }
  std::vector<crypto::SecretScalar> sums;
  for (std::size_t helper = 0; helper < helpers.size(); ++helper) {
    std::array<crypto::SecretScalar, 2> held = {std::move(pieces[0][helper]),
                                                std::move(pieces[1][helper])};
    sums.push_back(mpc::sum_pieces(held));
  }
  const auto share = mpc::repair_share(dealing.group(), 2, sums);
  return share && is_poisoned(share->secret_bytes());
}

bool import() {
  const auto secret = secret_bytes(45);
  const auto dealing = mpc::import_key(2, 3, secret, {1}, secret_bytes(47));
  if (!dealing || !mpc::prove_import(*dealing, secret, secret_bytes(49))) return false;
  const auto first = poisoned_share(*dealing, 0);
  const auto second = poisoned_share(*dealing, 1);
  const std::array<const mpc::Share*, 2> shares = {&first, &second};
  const auto whole = mpc::unsafe_export_key(shares);
  const auto encoded = first.encode();
  return whole && is_poisoned(whole->bytes()) && encoded && is_poisoned(encoded->bytes()) &&
         mpc::Share::decode(encoded->bytes());
}

// A nonce that waits between its rounds, as bytes, and is taken back.
bool cosign() {
  const auto dealing = dealt(2, 3);
  const auto rounds =
      mpc::SigningRounds::make(dealing.group(), {0, 2}, {7}, core::as_bytes("m")).value();
  std::vector<mpc::Share> shares;
  std::vector<ByteArray<mpc::kSecNonceBytes>> waiting;
  std::vector<mpc::PubNonce> nonces;
  for (const mpc::PartyId id : {mpc::PartyId{0}, mpc::PartyId{2}}) {
    shares.push_back(poisoned_share(dealing, id));
    auto pair = rounds.draw(shares.back(), secret_bytes(static_cast<std::uint8_t>(53 + id)));
    if (!pair) return false;
    nonces.push_back(pair->pub);
    mpc::SecNonce::move_to(std::move(pair->secret), waiting.emplace_back());
    if (!is_poisoned(waiting.back())) return false;
  }
  std::vector<mpc::PartialSignature> partials;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto partial = rounds.sign(mpc::SecNonce::take_from(waiting[i]), shares[i], nonces);
    if (!partial) return false;
    partials.push_back(*partial);
  }
  return rounds.combine(nonces, partials).has_value();
}

bool rfc9591() {
  const auto dealing = dealt(2, 2);
  const auto share = poisoned_share(dealing, 0);
  const std::vector<mpc::PartyId> ids = {0, 1};
  const auto quorum = mpc::Quorum::make(dealing.group(), ids).value();
  for (const auto suite : {mpc::rfc9591::Suite::sha256, mpc::rfc9591::Suite::taproot}) {
    auto mine = mpc::rfc9591::commit(suite, secret_bytes(57), secret_bytes(59), share);
    if (!mine || !is_poisoned(mine->secret)) return false;
    const ByteArray<32> random = {2};
    const auto other =
        mpc::rfc9591::commit(suite, random, random, dealing.share(1).value()).value();
    const std::array<mpc::PubNonce, 2> nonces = {mine->pub, other.pub};
    const auto session =
        mpc::rfc9591::Session::open(suite, quorum, nonces, core::as_bytes("m")).value();
    const auto partial = mpc::rfc9591::sign(std::move(mine->secret), share, session);
    if (!partial || !mpc::rfc9591::verify_partial(session, 0, nonces[0], *partial)) return false;
  }
  return true;
}

// The keys between two parties, from the product of their shares; libsodium's part is watched too.
bool channel() {
  const auto share = poisoned_share(dealt(2, 3), 1);
  const auto channels = custody::PairChannels::make(share);
  const ByteArray<16> message = {1};
  return channels && is_poisoned(channels->seal(2, {}, message));
}

struct SetupPair {
  std::shared_ptr<mpc::PairSetup> first;
  std::shared_ptr<mpc::PairSetup> second;
};
SetupPair set_up(const ByteArray<32>& key_id, mpc::dkls::Randomness& one,
                 mpc::dkls::Randomness& two) {
  const auto a = mpc::PairSetupSession::start({key_id, 0, 1, 2, 0}, one).value();
  const auto b = mpc::PairSetupSession::start({key_id, 0, 2, 1, 0}, two).value();
  const Bytes offer_a = said(a->offer(b->hello()).value());
  const Bytes offer_b = said(b->offer(a->hello()).value());
  const Bytes answer_a = said(a->answer(offer_b).value());
  const Bytes answer_b = said(b->answer(offer_a).value());
  return {a->finish(answer_b).value(), b->finish(answer_a).value()};
}

// Of fields everybody knows, of which it is secret which was hashed.
std::array<mpc::dkls::HashInput, 6> secret_fields() {
  std::array<mpc::dkls::HashInput, 6> inputs{};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto number = static_cast<std::uint8_t>(i);
    inputs[i] = {static_cast<std::uint8_t>(i % 2), number, {2, number}};
    poison(&inputs[i].bit, sizeof inputs[i].bit);
    poison(inputs[i].point);
  }
  return inputs;
}
bool hash_to_curve() {
  const auto inputs = secret_fields();
  const auto points = mpc::dkls::hash_to_curve({}, inputs);
  return is_poisoned(inputs) && std::ranges::none_of(points, &crypto::Point::is_infinity);
}
// Its twin for public fields stops where it has found a point.
bool fault_hash_to_curve() {
  return mpc::dkls::hash_to_curve_var({}, secret_fields()).size() == 6;
}

bool pair_setup() {
  PoisonedRandom one(1);
  PoisonedRandom two(2);
  const auto [first, second] = set_up({}, one, two);
  // Bob's leaves hang on products alone, which count as public (point.hpp): `trees` hides what
  // they come from.
  return is_poisoned(first->as_alice().delta()) && is_poisoned(first->as_alice().leaves()) &&
         is_poisoned(first->zero_seed());
}

// Poisoned setups, shares and randomness of a key of three.
test::World poisoned_world() {
  constexpr mpc::dkls::XId kParties = 3;
  test::World world;
  const auto dealing = dealt(kParties, kParties);
  for (mpc::dkls::XId id = 1; id <= kParties; ++id) {
    auto& member = world.members[id];
    member.party = mpc::EcdsaParty::of(dealing.share(id - 1U).value());
    member.random = std::make_unique<PoisonedRandom>(static_cast<std::uint8_t>(id));
    poison(&member.party.share, sizeof member.party.share);
  }
  for (mpc::dkls::XId a = 1; a <= kParties; ++a) {
    for (auto b = static_cast<mpc::dkls::XId>(a + 1); b <= kParties; ++b) {
      const auto number = static_cast<std::uint8_t>(8 * a + b);
      auto [alice_a, bob_b] = dealt_seeds(number);
      auto [alice_b, bob_a] = dealt_seeds(static_cast<std::uint8_t>(number + 64));
      for (const ByteView secret : {alice_a.leaves(), alice_a.delta(), bob_a.leaves(),
                                    alice_b.leaves(), alice_b.delta(), bob_b.leaves()}) {
        poison(secret);
      }
      const auto add = [&world, number](mpc::dkls::XId me, mpc::dkls::XId peer, auto& alice,
                                        auto& bob) {
        auto& member = world.members[me];
        member.setups.push_back(mpc::PairSetup::make({member.party.key_id, 0, me, peer, 0},
                                                     {number}, secret_bytes(number),
                                                     std::move(alice), std::move(bob))
                                    .value());
      };
      add(a, b, alice_a, bob_a);
      add(b, a, alice_b, bob_b);
    }
  }
  return world;
}

// From these to a signature: each is Alice and Bob of others, adds zero shares and takes off some.
bool ecdsa() {
  auto world = poisoned_world();
  world.agree(world.propose({1, 2, 3}));
  const auto carry = [](mpc::Round, mpc::dkls::XId, mpc::dkls::XId, Bytes& message) {
    say(message);
  };
  if (!world.presign(carry)) return false;
  // As a store keeps them.
  for (auto& [id, member] : world.members) {
    ByteArray<mpc::kPresignatureSecretBytes> secrets;
    auto facts = mpc::Presignature::move_to(std::move(*member.presignature), secrets);
    for (std::size_t at = 0; at < secrets.size(); at += 32) {
      if (!is_poisoned(ByteView(secrets).subspan(at, 32))) return false;
    }
    member.presignature = mpc::Presignature::take_from(std::move(facts), secrets);
  }
  world.bind(mpc::ComputedDigest::of(mpc::DigestKind::sha256, core::as_bytes("a message")));
  return world.sign(carry).has_value();
}

// The twin of pair_setup: whoever branches on a choice of the base OT is reported.
bool fault_pair_setup() {
  PoisonedRandom one(1);
  PoisonedRandom two(2);
  const auto pair = set_up({}, one, two);
  if ((pair.first->as_alice().delta()[0] & 1U) != 0) std::puts("odd");
  return true;
}
}  // namespace

Cases cases_of_parties() {
  return {{"dkg", dkg},
          {"renew", renew},
          {"repair", repair},
          {"import", import},
          {"cosign", cosign},
          {"rfc9591", rfc9591},
          {"channel", channel},
          {"pair_setup", pair_setup},
          {"ecdsa", ecdsa},
          {"fault_pair_setup", fault_pair_setup},
          {"hash_to_curve", hash_to_curve},
          {"fault_hash_to_curve", fault_hash_to_curve}};
}

}  // namespace tally::ctime
