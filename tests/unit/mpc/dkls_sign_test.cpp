#include <doctest/doctest.h>

#include "crypto/ecdsa.hpp"
#include "dkls_vectors.hpp"
#include "dkls_world.hpp"

using namespace tally;
using namespace tally::test;
using namespace tally::mpc;
using namespace tally::mpc::dkls;
using crypto::Scalar;

namespace {

std::string number(std::size_t value) {
  return std::to_string(value);
}
// "A1-B2".
std::string direction(XId alice, XId bob) {
  return "A" + number(alice) + "-B" + number(bob);
}

// Alice's leaves are Bob's without the one Delta names.
Bytes without_holes(Bytes leaves, ByteView delta) {
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    const std::size_t hole = (delta[tree / 2] >> ((tree % 2) * 4)) & 15U;
    const std::size_t at = (tree * kLeaves + hole) * kSeedBytes;
    std::fill_n(leaves.begin() + static_cast<std::ptrdiff_t>(at), kSeedBytes, std::uint8_t{0});
  }
  return leaves;
}

// The quorum of a file of vectors, with the pair setups and the randomness that stand there.
struct Published {
  Published(std::string set_name) : set(std::move(set_name)), file(dkls_file(set + ".json")) {
    for (const auto& id : *at(file, "quorum").as_array()) {
      ids.push_back(static_cast<XId>(*std::get_if<std::int64_t>(&id.content())));
    }
    for (const XId me : ids) {
      Member& member = world.members[me];
      member.party.key_id = hex_array<32>(file, "key_id");
      member.party.epoch = number_at(file, "epoch");
      member.party.threshold = static_cast<std::uint16_t>(number_at(file, "t"));
      member.party.parties = static_cast<std::uint16_t>(number_at(file, "n"));
      member.party.public_key = crypto::Point::parse(hex_at(file, "PK")).value();
      member.party.id = me;
      member.party.share = crypto::SecretScalar(scalar("shares/" + number(me)));
      member.random = std::make_unique<VectorRandom>(set, me);
      for (const XId peer : ids) {
        if (peer != me) member.setups.push_back(setup_of(me, peer));
      }
    }
  }

  Scalar scalar(const std::string& path) const { return Scalar::parse(hex_at(file, path)).value(); }

  std::shared_ptr<PairSetup> setup_of(XId me, XId peer) const {
    const std::string pair =
        "pairs/" + number(std::min(me, peer)) + "-" + number(std::max(me, peer));
    const std::string alice = "dirs/" + direction(me, peer);
    const std::string bob = "dirs/" + direction(peer, me);
    const Bytes delta = hex_at(file, alice + "/delta");
    auto as_alice = AliceSeeds::make(without_holes(hex_at(file, alice + "/leaves"), delta), delta);
    auto as_bob = BobSeeds::make(hex_at(file, bob + "/leaves"));
    return PairSetup::make({hex_array<32>(file, "key_id"), number_at(file, "epoch"), me, peer, 0},
                           hex_array<32>(file, pair + "/setup_id"),
                           hex_at(file, pair + "/zero_seed"), std::move(*as_alice),
                           std::move(*as_bob))
        .value();
  }

  Proposal proposal() const { return Proposal::decode(hex_at(file, "proposal")).value(); }

  // Up to the presignatures, or the abort.
  Attempt<void> presign(const World::Tamper& tamper = {}) {
    world.agree(proposal());
    return world.presign(tamper, number_at(file, "k"));
  }
  Attempt<EcdsaSignature> sign(const World::Tamper& tamper = {}) {
    if (world.agreement->proposal().purpose == Purpose::presign) {
      world.bind(ChosenDigest::of(hex_array<32>(file, "digest")));
    }
    return world.sign(tamper);
  }

  std::string set;
  json::Value file;
  std::vector<XId> ids;
  World world;
};

// Checks everything that is said of a run against the file.
void check_published(const std::string& set) {
  CAPTURE(set);
  Published run(set);
  const json::Value& file = run.file;
  const Proposal proposal = run.proposal();
  CHECK(hex(proposal.encode()) == text_at(file, "proposal"));
  CHECK(hex(proposal_hash(proposal.encode())) == text_at(file, "proposal_hash"));
  const auto tamper = [&file](Round round, XId from, XId to, Bytes& bytes) {
    const std::string author = "parties/" + number(from);
    if (round == Round::r1) {
      CHECK(hex(ByteView(bytes).first(66)) == text_at(file, author + "/r1"));
      CHECK(hex(crypto::Sha256::digest(ByteView(bytes).subspan(66))) ==
            text_at(file, "muls/" + direction(to, from) + "/bob1_sha256"));
    } else if (round == Round::r2) {
      const std::string mul = "muls/" + direction(from, to);
      CHECK(hex(ByteView(bytes).last(228)) == text_at(file, mul + "/r2_tail"));
      CHECK(hex(crypto::Sha256::digest(bytes)) == text_at(file, mul + "/r2_sha256"));
    } else {
      CHECK(hex(bytes) == text_at(file, author + "/r3"));
    }
  };
  REQUIRE(run.presign(tamper));
  CHECK(hex(run.world.agreement->sid(number_at(file, "k"))) == text_at(file, "sid"));
  for (const XId id : run.ids) {
    const Member& member = run.world.members.at(id);
    const auto& facts = member.presignature ? member.presignature->facts() : member.bound->facts();
    CHECK(hex(facts.id) == text_at(file, "result/presig_id"));
    CHECK(hex(facts.nonce.encode()) == text_at(file, "result/R"));
    CHECK(hex(facts.public_key.encode()) == text_at(file, "PK_tweaked"));
  }
  const auto signature = run.sign(tamper);
  REQUIRE(signature);
  CHECK(hex(signature->compact) == text_at(file, "result/r") + text_at(file, "result/s"));
  CHECK(signature->recovery_id == static_cast<int>(number_at(file, "result/recid")));
  CHECK(crypto::ecdsa_verify(hex_at(file, "PK_tweaked"), hex_at(file, "digest"), signature->compact,
                             crypto::EcdsaFormat::compact, true) == crypto::EcdsaVerdict::valid);
  CHECK(kBytesPerOrderedPair == number_at(file, "result/bytes_per_ordered_pair"));
}

void check_cheats() {
  const auto negative = dkls_file("negative.json");
  std::size_t seen = 0;
  for (const json::Value& entry : *at(negative, "cases").as_array()) {
    if (text_at(entry, "level") != "sign") continue;
    ++seen;
    const std::string name = text_at(entry, "name");
    CAPTURE(name);
    const auto author = static_cast<XId>(number_at(entry, "author"));
    Published run("sign_3of4");
    const auto tamper = [&](Round round, XId from, XId to, Bytes& bytes) {
      if (from != author) return;
      if (name == "r1-equivocated" && round == Round::r1) {
        std::ranges::copy(hex_at(entry, "shown_to/" + number(to)), bytes.begin());
        return;
      }
      if (entry.find("receiver") == nullptr || to != number_at(entry, "receiver")) return;
      if (entry.find("r2_tail") != nullptr && round == Round::r2) {
        std::ranges::copy(hex_at(entry, "r2_tail"), bytes.end() - kR2TailBytes);
      }
      if (entry.find("r3") != nullptr && round == Round::r3) bytes = hex_at(entry, "r3");
    };
    if (name == "tweak-not-added") continue;  // needs another R2 whole: below
    run.world.agree(run.proposal());
    REQUIRE(run.world.start(number_at(run.file, "k")));
    REQUIRE(run.world.deliver(Round::r1, tamper));
    REQUIRE(run.world.make_r2());
    REQUIRE(run.world.deliver(Round::r2, tamper));
    const auto receiver =
        name == "r1-equivocated" ? XId{2} : static_cast<XId>(number_at(entry, "receiver"));
    Member& judge = run.world.members.at(receiver);
    if (entry.find("r3") != nullptr) {
      REQUIRE(run.world.finish());
      const auto signature = run.sign(tamper);
      REQUIRE_FALSE(signature);
      if (name == "r3-w") {
        CHECK(signature.error() ==
              Abort{Verdict::unattributed, Cause::wrong_signature, {3, author}});
      } else {
        CHECK(signature.error() == Abort{Verdict::abort, Cause::wrong_digest, {author}});
      }
      CHECK(judge.ledger.burnt.empty());
      continue;
    }
    const auto presignature = judge.presigning->finish();
    // gamma-known-rho: both Gammas are wrong so that they cancel in a sum whose factor was known;
    // here each is checked by itself.
    REQUIRE_FALSE(presignature);
    if (text_at(entry, "expect") == "ban 4") {
      CHECK(presignature.error() == Abort{Verdict::ban, Cause::gamma_check, {4}});
      CHECK(judge.ledger.burnt == std::vector{std::pair{XId{4}, Cause::gamma_check}});
    } else if (name == "com-opening") {
      CHECK(presignature.error() == Abort{Verdict::abort, Cause::wrong_opening, {4}});
      CHECK(judge.ledger.burnt.empty());
    } else {
      CHECK(presignature.error() == Abort{Verdict::equivocation, Cause::digests_differ, {}});
      CHECK(judge.ledger.burnt.empty());
      CHECK(equivocation_author(hex_at(entry, "shown_to/2"), hex_at(entry, "shown_to/3")) ==
            author);
    }
  }
  CHECK(seen == 9);
}

}  // namespace

TEST_CASE("two of three sign a transaction as the vectors say") {
  check_published("sign_2of3");
}

TEST_CASE("three of four presign and sign as the vectors say") {
  check_published("sign_3of4");
}

TEST_CASE("five of six sign a ready made digest as the vectors say") {
  check_published("sign_5of6");
}

TEST_CASE("cheats in a session end as the vectors say") {
  check_cheats();
}

TEST_CASE("a tweak that its party leaves out is caught and nobody is named") {
  const auto negative = dkls_file("negative.json");
  // The lowest party holds the tweak; it works from a share that is short by T over lambda.
  Published run("sign_3of4");
  Member& cheat = run.world.members.at(2);
  const Scalar tweak = run.scalar("T");
  const Scalar lambda = run.scalar("parties/2/lambda_i");
  cheat.party.share =
      crypto::SecretScalar(cheat.party.share.value() - tweak * Scalar::inverse_var(lambda));
  run.world.agree(run.proposal());
  REQUIRE(run.world.start(number_at(run.file, "k")));
  REQUIRE(run.world.deliver(Round::r1));
  REQUIRE(run.world.make_r2());
  for (const auto& entry : *at(negative, "cases").as_array()) {
    if (text_at(entry, "name") != "tweak-not-added") continue;
    CHECK(hex(crypto::Sha256::digest(cheat.presigning->r2_to(3))) == text_at(entry, "r2_sha256"));
  }
  REQUIRE(run.world.deliver(Round::r2));
  const auto presignature = run.world.members.at(3).presigning->finish();
  REQUIRE_FALSE(presignature);
  CHECK(presignature.error() == Abort{Verdict::unattributed, Cause::wrong_key_sum, {2, 4}});
  CHECK(run.world.members.at(3).ledger.burnt.empty());
}

TEST_CASE("parties that set up their pairs themselves sign") {
  World world = World::make(3, 4);
  Proposal proposal = world.propose({1, 2, 4});
  proposal.count = 3;
  world.agree(proposal);
  const Bytes message = dkls_value("message", 100);
  const auto digest = ComputedDigest::of(DigestKind::double_sha256, message);
  CHECK(digest.bytes() == crypto::Sha256::digest(crypto::Sha256::digest(message)));
  std::vector<std::string> nonces;
  for (std::uint32_t k = 0; k < 3; ++k) {
    REQUIRE(world.presign({}, k));
    world.bind(digest);
    const auto signature = world.sign();
    REQUIRE(signature);
    nonces.push_back(hex(ByteView(signature->compact).first(32)));
    CHECK(crypto::ecdsa_verify(proposal.public_key.encode(), digest.bytes(), signature->compact,
                               crypto::EcdsaFormat::compact, true) == crypto::EcdsaVerdict::valid);
  }
  CHECK(nonces[0] != nonces[1]);
  CHECK(nonces[1] != nonces[2]);
}
