// Known attacks on threshold ECDSA and findings of audits, by the number they have in the project's
// checklist, with a cheating party where there is one. Rows that concern files and processes are in
// tests/unit/custody, those on key generation beside it, and the cheats with published values in
// dkls_multiply_test.cpp and dkls_sign_test.cpp.
#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <iterator>
#include <random>
#include <set>

#include "crypto/ecdsa.hpp"
#include "dkls_world.hpp"

using namespace tally;
using namespace tally::test;
using namespace tally::mpc;
using namespace tally::mpc::dkls;
using crypto::Point;
using crypto::Scalar;

// Row 13 and 15: a digest that nobody hashed meets no presignature, and none is used twice.
static_assert(!std::is_constructible_v<ComputedDigest, ByteArray<32>>);
static_assert(!std::is_constructible_v<BoundPresignature, Presignature, ByteArray<32>>);
static_assert(!std::is_copy_constructible_v<Presignature>);
static_assert(!std::is_copy_constructible_v<BoundPresignature>);
static_assert(!std::is_constructible_v<EcdsaSigning, Presignature>);

namespace {

constexpr std::size_t kR2PointOffset = kAliceBytes + 32;
constexpr std::size_t kPubkeyAt = kR2PointOffset + 33 + 32;
constexpr std::size_t kGammaUAt = kPubkeyAt + 33;
constexpr std::size_t kPsiAt = kGammaUAt + 66;

// Made once: parties of a 2-of-3 and of a 3-of-4 key with all their pairs. Tests that burn a pair
// make their own.
World& shared_world() {
  static World world = World::make(2, 3, 2);
  return world;
}

World::Tamper flip(Round round, XId from, XId to, std::size_t byte, std::uint8_t bit = 1) {
  return [=](Round r, XId f, XId t, Bytes& bytes) {
    if (r == round && f == from && t == to) bytes[byte] ^= bit;
  };
}

// Runs a fresh session of 1 and 2 with a message changed on its way.
Abort outcome(World& world, const World::Tamper& tamper) {
  world.agree(world.propose({1, 2}));
  const auto result = world.presign(tamper);
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace

TEST_CASE("row 2 and 4 no message of another length is taken") {
  World& world = shared_world();
  world.agree(world.propose({1, 2}));
  REQUIRE(world.start());
  Presigning& one = *world.members.at(1).presigning;
  Presigning& two = *world.members.at(2).presigning;
  const auto check_lengths = [](ByteView whole, auto take) {
    Bytes longer(whole.begin(), whole.end());
    longer.push_back(0);
    const Abort expected{Verdict::drop, Cause::wrong_length, {}};
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto taken = take(whole.first(size));
      REQUIRE_FALSE(taken);
      REQUIRE(taken.error() == expected);
    }
    const auto taken = take(ByteView(longer));
    REQUIRE_FALSE(taken);
    CHECK(taken.error() == expected);
  };
  const auto r1 = one.envelope_to(2, Round::r1);
  check_lengths(one.r1_to(2), [&](ByteView bytes) { return two.take_r1(r1, bytes); });
  REQUIRE(world.deliver(Round::r1));
  REQUIRE(world.make_r2());
  const auto r2 = one.envelope_to(2, Round::r2);
  check_lengths(one.r2_to(2), [&](ByteView bytes) { return two.take_r2(r2, bytes); });
  REQUIRE(world.deliver(Round::r2));
  REQUIRE(world.finish());
  world.bind(ComputedDigest::of(DigestKind::sha256, core::as_bytes("m")));
  EcdsaSigning first(std::move(*world.members.at(1).bound));
  EcdsaSigning second(std::move(*world.members.at(2).bound));
  check_lengths(first.r3(), [&](ByteView bytes) { return second.take_r3(1, bytes); });
  // Each refusal left the session as it was.
  REQUIRE(second.take_r3(1, first.r3()));
  CHECK(second.combine());
}

TEST_CASE("row 3 and 27 only exactly a quorum of known parties may sign") {
  World& world = shared_world();
  const auto verdict = [&world](std::vector<XId> ids) {
    Proposal proposal = world.propose({1, 2});
    proposal.ids = std::move(ids);
    proposal.setup_ids.resize(proposal.ids.size() * (proposal.ids.size() - 1) / 2);
    const Member& judge = world.members.at(1);
    const auto checked = check_proposal(proposal, judge.party, judge.setups);
    REQUIRE_FALSE(checked);
    return checked.error().cause;
  };
  CHECK(verdict({0, 1}) == Cause::not_a_quorum);
  CHECK(verdict({1, 1}) == Cause::not_a_quorum);
  CHECK(verdict({2, 1}) == Cause::not_a_quorum);
  CHECK(verdict({1, 4}) == Cause::not_a_quorum);
  CHECK(verdict({1, 65535}) == Cause::not_a_quorum);
  CHECK(verdict({2, 3}) == Cause::not_a_quorum);
  CHECK(verdict({1}) == Cause::not_a_quorum);
  CHECK(verdict({1, 2, 3}) == Cause::not_a_quorum);
  // And no proposal of such ids is decoded.
  for (const std::vector<XId>& ids : {std::vector<XId>{0, 1}, {1, 1}, {2, 1}}) {
    Proposal proposal = world.propose({1, 2});
    proposal.ids = ids;
    CHECK_FALSE(Proposal::decode(proposal.encode()));
  }
}

TEST_CASE("row 4 a proposal has one encoding") {
  World& world = shared_world();
  Proposal proposal = world.propose({1, 3}, Purpose::transaction);
  proposal.transaction = {1, 2, 3};
  proposal.digest[5] = 9;
  const Bytes bytes = proposal.encode();
  const auto decoded = Proposal::decode(bytes);
  REQUIRE(decoded);
  CHECK(decoded->encode() == bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(Proposal::decode(ByteView(bytes).first(size)));
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(Proposal::decode(longer));
  // Purposes keep to their own fields.
  proposal.count = 2;
  CHECK_FALSE(Proposal::decode(proposal.encode()));
  proposal.count = 1;
  proposal.transaction.clear();
  CHECK_FALSE(Proposal::decode(proposal.encode()));
  proposal.purpose = Purpose::presign;
  CHECK_FALSE(Proposal::decode(proposal.encode()));
  proposal.digest = {};
  CHECK(Proposal::decode(proposal.encode()));
  proposal.count = kMostPresignatures + 1;
  CHECK_FALSE(Proposal::decode(proposal.encode()));
}

TEST_CASE("row 5 nothing that is no point passes for one") {
  World& world = shared_world();
  for (const Bytes& point : bad_points()) {
    for (const std::size_t offset : {kR2PointOffset, kPubkeyAt, kGammaUAt, kGammaUAt + 33}) {
      const Abort abort = outcome(world, [&](Round round, XId from, XId to, Bytes& bytes) {
        if (round != Round::r2 || from != 2 || to != 1) return;
        std::ranges::copy(point, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
      });
      const auto cause = offset == kR2PointOffset ? Cause::wrong_opening : Cause::bad_point;
      CHECK(abort == Abort{Verdict::abort, cause, {2}});
    }
  }
  const Abort abort = outcome(world, [&](Round round, XId from, XId /*to*/, Bytes& bytes) {
    if (round == Round::r2 && from == 2) std::fill_n(bytes.begin() + kPsiAt, 32, 0xff);
  });
  CHECK(abort == Abort{Verdict::abort, Cause::bad_scalar, {2}});
  CHECK(world.members.at(1).ledger.burnt.empty());
}

TEST_CASE("row 7 parties that were shown different first messages say so and ban nobody") {
  World world = World::make(3, 3, 4);
  world.agree(world.propose({1, 2, 3}));
  REQUIRE(world.start());
  Bytes shown;
  REQUIRE(world.deliver(Round::r1, [&](Round, XId from, XId to, Bytes& bytes) {
    if (from != 3 || to != 2) return;
    bytes[40] ^= 1;  // the commitment
    shown.assign(bytes.begin(), bytes.begin() + 66);
  }));
  REQUIRE(world.make_r2());
  REQUIRE(world.deliver(Round::r2));
  const auto finished = world.members.at(1).presigning->finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error() == Abort{Verdict::equivocation, Cause::digests_differ, {}});
  for (const auto& [id, member] : world.members) CHECK(member.ledger.burnt.empty());
  // Row 22: only two messages of one author and session name it.
  const ByteView honest = world.members.at(3).presigning->r1_to(1).first(66);
  CHECK(equivocation_author(honest, shown) == XId{3});
  CHECK_FALSE(equivocation_author(honest, honest));
  const ByteView other = world.members.at(2).presigning->r1_to(1).first(66);
  CHECK_FALSE(equivocation_author(honest, other));
  CHECK_FALSE(equivocation_author(honest, ByteView(shown).first(65)));
  Bytes other_session = shown;
  other_session[0] ^= 1;
  CHECK_FALSE(equivocation_author(honest, other_session));
}

TEST_CASE("row 8 and 28 a message counts for its session round author and receiver alone") {
  World& world = shared_world();
  world.agree(world.propose({1, 2}));
  REQUIRE(world.start());
  const Bytes old_r1(world.members.at(1).presigning->r1_to(2).begin(),
                     world.members.at(1).presigning->r1_to(2).end());
  const auto old_envelope = world.members.at(1).presigning->envelope_to(2, Round::r1);
  // The same agreement again, on the same parties.
  CHECK(world.start().error() == Abort{Verdict::own, Cause::sid_used, {}});
  world.agree(world.propose({1, 2}));
  REQUIRE(world.start());
  Presigning& one = *world.members.at(1).presigning;
  Presigning& two = *world.members.at(2).presigning;
  const auto cause = [&](const Envelope& envelope, ByteView bytes) {
    const auto taken = two.take_r1(envelope, bytes);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().verdict == Verdict::drop);
    return taken.error().cause;
  };
  const auto good = one.envelope_to(2, Round::r1);
  CHECK(cause(old_envelope, old_r1) == Cause::wrong_session);
  CHECK(cause(good, old_r1) == Cause::wrong_session);
  auto changed = good;
  changed.from = 3;
  CHECK(cause(changed, one.r1_to(2)) == Cause::wrong_receiver);
  changed.from = 2;
  CHECK(cause(changed, two.r1_to(1)) == Cause::wrong_receiver);
  changed = good;
  changed.to = 1;
  CHECK(cause(changed, one.r1_to(2)) == Cause::wrong_receiver);
  changed = good;
  changed.round = Round::r2;
  CHECK(cause(changed, one.r1_to(2)) == Cause::out_of_turn);
  // Its own message, mirrored.
  CHECK(cause(good, two.r1_to(1)) == Cause::wrong_session);
  REQUIRE(two.take_r1(good, one.r1_to(2)));
  CHECK(cause(good, one.r1_to(2)) == Cause::out_of_turn);
  // What the AEAD covers differs wherever the envelope does.
  std::set<std::string> seen;
  for (const auto& envelope :
       {good, old_envelope, one.envelope_to(2, Round::r2), two.envelope_to(1, Round::r1)}) {
    const auto data = envelope.associated_data();
    CHECK(seen.insert(core::to_hex(data)).second);
  }
}

TEST_CASE("row 8 a session repeated with its identifier repeats no pad") {
  World& world = shared_world();
  world.agree(world.propose({1, 2}));
  std::array<Bytes, 2> r1;
  std::array<Bytes, 2> r2;
  for (std::size_t i = 0; i < 2; ++i) {
    for (auto& [id, member] : world.members) member.used = UsedSids();
    REQUIRE(world.start());
    REQUIRE(world.deliver(Round::r1));
    REQUIRE(world.make_r2());
    const Presigning& one = *world.members.at(1).presigning;
    r1[i].assign(one.r1_to(2).begin(), one.r1_to(2).end());
    r2[i].assign(one.r2_to(2).begin(), one.r2_to(2).end());
  }
  // No column of U and no a~ is the same, nor do they differ by the same: pads are fresh.
  for (std::size_t at = 66 + kSaltBytes; at + kColumnBytes <= r1[0].size() - 58;
       at += kColumnBytes) {
    CHECK_FALSE(std::equal(&r1[0][at], &r1[0][at + kColumnBytes], &r1[1][at]));
  }
  std::set<std::string> differences;
  for (std::size_t j = 0; j < kXi * 3; ++j) {
    const std::size_t at = kSaltBytes + 32 * j;
    const auto first = Scalar::parse(ByteView(r2[0]).subspan(at, 32)).value();
    const auto second = Scalar::parse(ByteView(r2[1]).subspan(at, 32)).value();
    CHECK(differences.insert(core::to_hex((first - second).encode())).second);
  }
}

TEST_CASE("row 9 whoever sends an inconsistent transfer is burnt once and for all") {
  World world = World::make(2, 3, 5);
  // Two sessions under way with the same pair.
  world.agree(world.propose({1, 2}));
  REQUIRE(world.start());
  REQUIRE(world.deliver(Round::r1));
  Member& judge = world.members.at(1);
  auto other_session = std::move(judge.presigning);
  const Abort abort = outcome(world, flip(Round::r1, 2, 1, 66 + kSaltBytes + 3));
  CHECK(abort == Abort{Verdict::ban, Cause::ot_check, {2}});
  CHECK(judge.ledger.burnt == std::vector{std::pair{XId{2}, Cause::ot_check}});
  // No answer was made.
  CHECK(judge.presigning->r2_to(2).empty());
  CHECK(setup_with(judge.setups, 2)->burnt());
  // The other session ends at its next step, the same one takes no second try, and a new one is
  // refused.
  CHECK(other_session->make_r2().error() == Abort{Verdict::own, Cause::setup_burnt, {2}});
  CHECK_FALSE(judge.presigning->make_r2());
  CHECK(judge.ledger.burnt.size() == 1);
  world.agree(world.propose({1, 2}));
  CHECK(world.start().error() == Abort{Verdict::own, Cause::setup_burnt, {2}});
  // With others it goes on, and after a new setup with the same one too.
  world.agree(world.propose({1, 3}));
  CHECK(world.presign());
  world.set_up(1, 2, 1);
  world.agree(world.propose({1, 2}));
  CHECK(world.presign());
}

TEST_CASE("row 9 what cannot be put on record is not said") {
  World world = World::make(2, 2, 6);
  Member& judge = world.members.at(1);
  judge.ledger.refuse_burn = true;
  const Abort abort = outcome(world, flip(Round::r1, 2, 1, 66 + kSaltBytes + 3));
  CHECK(abort == Abort{Verdict::own, Cause::journal_failed, {2}});
  CHECK(judge.presigning->r2_to(2).empty());
  CHECK(setup_with(judge.setups, 2)->burnt());
  // The check is still open on record.
  CHECK(judge.ledger.open_checks == std::multiset<XId>{2});
}

TEST_CASE("row 9 the checks of honest parties end when another is caught") {
  World world = World::make(3, 3, 10);
  RecordingLedger& ledger = world.members.at(1).ledger;
  for (const bool refuse_burn : {true, false}) {
    CAPTURE(refuse_burn);
    ledger.refuse_burn = refuse_burn;
    world.set_up(1, 2, refuse_burn ? 0 : 1);
    world.agree(world.propose({1, 2, 3}));
    CHECK_FALSE(world.presign(flip(Round::r1, 2, 1, 66 + kSaltBytes + 3)));
    // That of the cheat ends with its burning, and stays open when this fails.
    CHECK(ledger.open_checks == (refuse_burn ? std::multiset<XId>{2} : std::multiset<XId>{}));
    ledger.open_checks.clear();
  }
  // Nor is a check left open that came before one that could not begin.
  world.set_up(1, 2, 2);
  ledger.refuse_check = 3;
  world.agree(world.propose({1, 2, 3}));
  CHECK(world.presign().error() == Abort{Verdict::own, Cause::journal_failed});
  CHECK(ledger.open_checks.empty());
}

TEST_CASE("row 11 a changed answer of a multiplication is found") {
  for (const std::size_t byte : {std::size_t{0}, kSaltBytes + 5, kSaltBytes + 96 * 100 + 40,
                                 kAliceBytes - 64 + 3, kAliceBytes - 1}) {
    World world = World::make(2, 2, 8);
    const Abort abort = outcome(world, flip(Round::r2, 2, 1, byte));
    CHECK(abort == Abort{Verdict::ban, Cause::vole_check, {2}});
    CHECK(world.members.at(1).ledger.burnt.size() == 1);
  }
}

TEST_CASE("row 12 another key share towards one of the others is found") {
  World world = World::make(3, 3, 9);
  world.agree(world.propose({1, 2, 3}));
  REQUIRE(world.start());
  REQUIRE(world.deliver(Round::r1));
  REQUIRE(world.make_r2());
  // Party 3 once more, from the same randomness and another share; towards 1 it claims the key
  // share of the honest run.
  Member& cheat = world.members.at(3);
  EcdsaParty other = EcdsaParty();
  other.key_id = cheat.party.key_id;
  other.threshold = cheat.party.threshold;
  other.parties = cheat.party.parties;
  other.public_key = cheat.party.public_key;
  other.id = 3;
  other.share = crypto::SecretScalar(cheat.party.share.value() + Scalar(1));
  // The two sessions share r, phi and Bob's messages: the generator starts at the same place.
  CountingRandom first_random(77);
  CountingRandom second_random(77);
  UsedSids used_first;
  UsedSids used_second;
  const auto session_of = [&](const EcdsaParty& party, UsedSids& used, Randomness& random) {
    return Presigning::start({*world.agreement, 0, party, cheat.setups, used, random, cheat.ledger})
        .value();
  };
  const auto honest = session_of(world.members.at(3).party, used_first, first_random);
  const auto lying = session_of(other, used_second, second_random);
  CHECK(std::ranges::equal(honest->r1_to(1), lying->r1_to(1)));
  for (auto& [id, member] : world.members) member.used = UsedSids();
  for (const XId id : {XId{1}, XId{2}}) {
    Member& member = world.members.at(id);
    member.presigning = Presigning::start({*world.agreement, 0, member.party, member.setups,
                                           member.used, *member.random, member.ledger})
                            .value();
  }
  Presigning& one = *world.members.at(1).presigning;
  Presigning& two = *world.members.at(2).presigning;
  REQUIRE(one.take_r1(two.envelope_to(1, Round::r1), two.r1_to(1)));
  REQUIRE(two.take_r1(one.envelope_to(2, Round::r1), one.r1_to(2)));
  for (Presigning* const session : {honest.get(), lying.get()}) {
    REQUIRE(session->take_r1(one.envelope_to(3, Round::r1), one.r1_to(3)));
    REQUIRE(session->take_r1(two.envelope_to(3, Round::r1), two.r1_to(3)));
  }
  REQUIRE(one.take_r1(honest->envelope_to(1, Round::r1), honest->r1_to(1)));
  REQUIRE(two.take_r1(honest->envelope_to(2, Round::r1), honest->r1_to(2)));
  for (Presigning* const session : {&one, &two, honest.get(), lying.get()}) {
    REQUIRE(session->make_r2());
  }
  Bytes lie(lying->r2_to(1).begin(), lying->r2_to(1).end());
  std::copy_n(honest->r2_to(1).begin() + kPubkeyAt, 33, lie.begin() + kPubkeyAt);
  REQUIRE(one.take_r2(honest->envelope_to(1, Round::r2), lie));
  REQUIRE(one.take_r2(two.envelope_to(1, Round::r2), two.r2_to(1)));
  CHECK(one.finish().error() == Abort{Verdict::ban, Cause::gamma_check, {3}});
  // The other, who got the honest one, sees nothing wrong.
  REQUIRE(two.take_r2(honest->envelope_to(2, Round::r2), honest->r2_to(2)));
  REQUIRE(two.take_r2(one.envelope_to(2, Round::r2), one.r2_to(2)));
  CHECK(two.finish());
}

TEST_CASE("row 13 two digests for one presignature end with the other party named") {
  World& world = shared_world();
  world.agree(world.propose({1, 2}));
  REQUIRE(world.presign());
  EcdsaSigning one(BoundPresignature(std::move(*world.members.at(1).presignature),
                                     ComputedDigest::of(DigestKind::sha256, core::as_bytes("a"))));
  EcdsaSigning two(BoundPresignature(std::move(*world.members.at(2).presignature),
                                     ComputedDigest::of(DigestKind::sha256, core::as_bytes("b"))));
  CHECK(one.take_r3(2, two.r3()).error() == Abort{Verdict::abort, Cause::wrong_digest, {2}});
  CHECK(two.take_r3(1, one.r3()).error() == Abort{Verdict::abort, Cause::wrong_digest, {1}});
  // Both are over.
  CHECK_FALSE(one.combine());
  CHECK_FALSE(two.combine());
}

TEST_CASE("row 15 a chosen digest under a known nonce would forge any signature") {
  World& world = shared_world();
  const Proposal proposal = world.propose({1, 2});
  world.agree(proposal);
  REQUIRE(world.presign());
  const Point nonce = world.members.at(1).presignature->facts().nonce;
  const auto target = crypto::Sha256::digest(core::as_bytes("never shown to anybody"));
  // c R for a c of the attacker's choice, and the digest that turns into the target.
  const Scalar c(12345);
  const Scalar r = Scalar::from_bytes_reduced(nonce.xonly());
  const Scalar r_forged = Scalar::from_bytes_reduced(Point::mul_var(c, nonce).xonly());
  const Scalar chosen = Scalar::from_bytes_reduced(target) * r * Scalar::inverse_var(r_forged);
  world.bind(ChosenDigest::of(chosen.encode()));
  const auto signature = world.sign();
  REQUIRE(signature);
  const auto s = Scalar::parse(ByteView(signature->compact).last(32)).value();
  const Scalar s_forged = s * r_forged * Scalar::inverse_var(r * c);
  ByteArray<64> forged;
  std::ranges::copy(r_forged.encode(), forged.begin());
  std::ranges::copy(s_forged.encode(), forged.begin() + 32);
  // This is why the hook is for tests alone.
  CHECK(crypto::ecdsa_verify(proposal.public_key.encode(), target, forged,
                             crypto::EcdsaFormat::compact, false) == crypto::EcdsaVerdict::valid);
}

TEST_CASE("row 15 a session with a digest gives out no presignature and one without binds none") {
  World& world = shared_world();
  Proposal proposal = world.propose({1, 2}, Purpose::raw_digest);
  proposal.digest = crypto::Sha256::digest(core::as_bytes("ready made"));
  world.agree(proposal);
  REQUIRE(world.start());
  REQUIRE(world.deliver(Round::r1));
  REQUIRE(world.make_r2());
  REQUIRE(world.deliver(Round::r2));
  CHECK(world.members.at(1).presigning->finish().error() ==
        Abort{Verdict::own, Cause::bad_terms, {}});
  REQUIRE(world.finish());
  CHECK(world.members.at(1).bound->digest() == proposal.digest);
  CHECK(world.sign());
  world.agree(world.propose({1, 2}));
  REQUIRE(world.start());
  REQUIRE(world.deliver(Round::r1));
  REQUIRE(world.make_r2());
  REQUIRE(world.deliver(Round::r2));
  CHECK(world.members.at(1).presigning->finish_bound().error() ==
        Abort{Verdict::own, Cause::bad_terms, {}});
}

TEST_CASE("row 16 and 21 a system generator that stands still gives no nonce twice") {
  const ByteArray<32> stuck{};
  const ByteArray<32> share{3};
  std::set<std::string> seen;
  for (std::uint64_t counter = 0; counter < 4; ++counter) {
    for (std::uint8_t session = 0; session < 4; ++session) {
      const ByteArray<32> sid{session};
      HedgedRandomness random(stuck, {share, counter, sid});
      for (const Draw draw : {Draw::r, Draw::phi, Draw::salt_bob}) {
        CHECK(seen.insert(core::to_hex(random.scalar(draw, 0).value().encode())).second);
        CHECK(seen.insert(core::to_hex(random.scalar(draw, 1).value().encode())).second);
        CHECK(seen.insert(core::to_hex(random.scalar(draw, 1).value().encode())).second);
      }
    }
  }
  HedgedRandomness other(stuck, {ByteArray<32>{4}, 0, ByteArray<32>{}});
  CHECK(seen.insert(core::to_hex(other.scalar(Draw::r, 0).value().encode())).second);
}

TEST_CASE("row 22 a pair set up anew on one side only is stale and bans nobody") {
  World world = World::make(2, 2, 10);
  const auto old = world.members.at(2).setups;
  world.set_up(1, 2, 1);
  const Proposal proposal = world.propose({1, 2});
  world.members.at(2).setups = old;  // restored from a backup
  const Member& restored = world.members.at(2);
  CHECK(check_proposal(proposal, restored.party, restored.setups).error() ==
        Abort{Verdict::stale_setup, Cause::bad_terms, {1}});
  // And where the proposal hides it, the envelope shows it.
  world.set_up(1, 2, 2);
  world.agree(world.propose({1, 2}));
  REQUIRE(world.start());
  auto envelope = world.members.at(1).presigning->envelope_to(2, Round::r1);
  envelope.setup_id = old[0]->setup_id();
  CHECK(world.members.at(2)
            .presigning->take_r1(envelope, world.members.at(1).presigning->r1_to(2))
            .error() == Abort{Verdict::stale_setup, Cause::bad_terms, {1}});
  CHECK(world.members.at(1).ledger.burnt.empty());
}

TEST_CASE("row 23 a wrong partial signature is withheld and nobody is named") {
  World& world = shared_world();
  for (const std::size_t byte : {std::size_t{127}, std::size_t{159}}) {
    world.agree(world.propose({1, 2}));
    REQUIRE(world.presign());
    world.bind(ComputedDigest::of(DigestKind::sha256, core::as_bytes("m")));
    const auto signature = world.sign(flip(Round::r3, 2, 1, byte));
    REQUIRE_FALSE(signature);
    CHECK(signature.error() == Abort{Verdict::unattributed, Cause::wrong_signature, {2}});
  }
}

TEST_CASE("row 23 signatures have a low s and a recovery id that names the key") {
  // Random messages over random quorums of two keys.
  std::array<World, 2> worlds = {World::make(2, 3, 2), World::make(3, 5, 3)};
  const std::array<std::uint16_t, 2> thresholds = {2, 3};
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 draw(seed);
  std::set<int> ids_seen;
  std::set<std::vector<XId>> quorums_seen;
  const char* const wanted = std::getenv("TALLY_ECDSA_MESSAGES");
  const std::size_t messages = wanted != nullptr ? std::stoul(wanted) : 36;
  for (std::size_t i = 0; i < messages; ++i) {
    const std::size_t at = draw() % worlds.size();
    World& world = worlds[at];
    std::vector<XId> all;
    for (const auto& [id, member] : world.members) all.push_back(id);
    std::vector<XId> quorum;
    std::sample(all.begin(), all.end(), std::back_inserter(quorum), thresholds[at], draw);
    quorums_seen.insert(quorum);
    Bytes message(draw() % 300);
    for (auto& byte : message) byte = static_cast<std::uint8_t>(draw());
    const Proposal proposal = world.propose(quorum);
    world.agree(proposal);
    REQUIRE(world.presign());
    const auto digest = ComputedDigest::of(DigestKind::sha256, message);
    world.bind(digest);
    const auto signature = world.sign();
    REQUIRE(signature);
    CHECK(crypto::ecdsa_verify(proposal.public_key.encode(), digest.bytes(), signature->compact,
                               crypto::EcdsaFormat::compact, true) == crypto::EcdsaVerdict::valid);
    const auto recovered =
        crypto::ecdsa_recover(digest.bytes(), signature->compact, signature->recovery_id);
    REQUIRE(recovered);
    CHECK(*recovered == proposal.public_key);
    CHECK(crypto::ecdsa_recover(digest.bytes(), signature->compact, signature->recovery_id ^ 1) !=
          proposal.public_key);
    ids_seen.insert(signature->recovery_id);
  }
  CHECK(ids_seen == std::set{0, 1});
  // Of three of one key and ten of the other.
  CHECK(quorums_seen.size() > 5);
  if (messages >= 1000) CHECK(quorums_seen.size() == 13);
}
