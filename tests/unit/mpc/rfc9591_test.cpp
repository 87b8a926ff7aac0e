// FROST(secp256k1, SHA-256) and the Taproot suite: the vectors of RFC 9591 and of
// ZcashFoundation/frost as transcribed, the published files where they are, and both suites with
// keys of every parity.
#include "mpc/rfc9591.hpp"

#include <cstdio>

#include "json/value.hpp"
#include "mpc/polynomial.hpp"
#include "mpc/rfc9591_hash.hpp"
#include "support/skip.hpp"
#include "support/vectors.hpp"
#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
namespace rfc = tally::mpc::rfc9591;
using crypto::Point;
using crypto::Scalar;
using mpc::Fault;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using namespace tally::test;

namespace {

Scalar scalar_of(const Bytes& bytes) {
  return Scalar::parse(bytes).value();
}
Point point_of(const Bytes& bytes) {
  return Point::parse(bytes).value();
}

rfc::Suite suite_of(const VectorCase& vector) {
  return vector.text("suite") == "taproot" ? rfc::Suite::taproot : rfc::Suite::sha256;
}

// A key from its published polynomial.
struct DealtKey {
  mpc::GroupKey group;
  std::vector<mpc::Share> shares;
};
DealtKey deal_published(const VectorCase& vector) {
  std::vector<crypto::SecretScalar> polynomial;
  polynomial.emplace_back(scalar_of(vector.bytes("secret")));
  for (const Bytes& one : vector.byte_list("coefficients")) polynomial.emplace_back(scalar_of(one));
  const auto commitments = mpc::commit(polynomial);
  CHECK(core::to_hex(commitments[0].encode()) == vector.text("key"));
  const auto secrets = vector.byte_list("shares");
  std::vector<Point> pubshares;
  for (std::uint32_t i = 0; i < secrets.size(); ++i) {
    CHECK(mpc::verify_share(commitments, static_cast<std::uint32_t>(commitments.size()),
                            static_cast<std::uint32_t>(secrets.size()), i, secrets[i]));
    pubshares.push_back(Point::mul_generator(scalar_of(secrets[i])));
  }
  DealtKey key{
      mpc::GroupKey::make(static_cast<std::uint32_t>(commitments.size()),
                          static_cast<std::uint32_t>(secrets.size()), commitments[0], pubshares)
          .value(),
      {}};
  for (std::uint32_t i = 0; i < secrets.size(); ++i) {
    key.shares.push_back(mpc::Share::make(key.group, i, secrets[i]).value());
  }
  return key;
}

void run_signing(const VectorCase& vector) {
  INFO(vector.label());
  const auto suite = suite_of(vector);
  const DealtKey key = deal_published(vector);
  std::vector<mpc::PartyId> ids;
  for (const std::uint32_t id : vector.numbers("signers")) ids.push_back(id - 1);
  const auto quorum = mpc::Quorum::make(key.group, ids).value();
  const auto hiding = vector.byte_list("hiding_random");
  const auto binding = vector.byte_list("binding_random");
  std::vector<mpc::SecNonce> secrets;
  std::vector<mpc::PubNonce> commitments;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto pair = rfc::commit(suite, hiding[i], binding[i], key.shares[ids[i]]).value();
    CHECK(core::to_hex(pair.secret.first().encode()) == vector.words("hiding_nonces")[i]);
    CHECK(core::to_hex(pair.secret.second().encode()) == vector.words("binding_nonces")[i]);
    CHECK(core::to_hex(pair.pub) ==
          vector.words("hiding_commitments")[i] + vector.words("binding_commitments")[i]);
    secrets.push_back(std::move(pair.secret));
    commitments.push_back(pair.pub);
  }
  const Bytes message = vector.bytes("message");
  const auto session = rfc::Session::open(suite, quorum, commitments, message).value();
  std::vector<mpc::PartialSignature> partials;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    CHECK(core::to_hex(session.binding_factor(i).encode()) == vector.words("binding_factors")[i]);
    partials.push_back(rfc::sign(std::move(secrets[i]), key.shares[ids[i]], session).value());
    CHECK(core::to_hex(partials.back()) == vector.words("partials")[i]);
    CHECK(rfc::verify_partial(session, i, commitments[i], partials[i]));
  }
  const auto signature = rfc::aggregate(session, commitments, partials, message);
  REQUIRE(signature);
  CHECK(core::to_hex(*signature) == vector.text("signature"));
}

// One participant's view of the published key generation: proofs, shares, and the key.
void run_dkg(const VectorCase& vector) {
  INFO(vector.label());
  const auto suite = suite_of(vector);
  const auto commitments = vector.byte_list("commitments");  // two for each participant
  const auto proofs = vector.byte_list("proofs");
  const auto dealt = vector.byte_list("dealt");  // three for each: what it gives 1, 2, 3
  const auto shares = vector.byte_list("shares");
  Point key;
  std::vector<Scalar> sums(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::vector<Point> mine = {point_of(commitments[2 * i]),
                                     point_of(commitments[2 * i + 1])};
    CHECK(rfc::verify_dkg_proof(suite, i, mine[0], proofs[i]));
    CHECK(rfc::verify_dkg_proof(suite, (i + 1) % 3, mine[0], proofs[i]).error().fault ==
          Fault::bad_proof);
    Bytes changed = proofs[i];
    changed.back() ^= 1U;
    CHECK(rfc::verify_dkg_proof(suite, i, mine[0], changed).error().party == i);
    for (std::uint32_t to = 0; to < 3; ++to) {
      CHECK(mpc::verify_share(mine, 2, 3, to, dealt[3 * i + to]));
      sums[to] = sums[to] + scalar_of(dealt[3 * i + to]);
    }
    key = key + mine[0];
  }
  // The Taproot suite makes the key even and adds the tweak of an unspendable script.
  Scalar tweak;
  if (suite == rfc::Suite::taproot) {
    tweak = Scalar::from_bytes_reduced(
        crypto::tagged_hash(crypto::Sha256::tagged("TapTweak"), {key.xonly()}));
    if (!key.has_even_y()) {
      for (Scalar& sum : sums) sum = -sum;
      key = -key;
    }
  }
  CHECK(core::to_hex((key + Point::mul_generator(tweak)).encode()) == vector.text("key"));
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(sums[i] + tweak == scalar_of(shares[i]));
}

// The published JSON as a case. Coefficients and shares that one gives itself are recomputed.
VectorCase read_signing(const tally::json::Value& document, const std::string& suite) {
  VectorCase out;
  out.set("case", suite);
  out.set("suite", suite);
  const auto& inputs = *document.find("inputs");
  out.set("secret", inputs.string_at("group_secret_key").value());
  out.set("key", inputs.string_at("verifying_key_key").value());
  out.set("message", inputs.string_at("message").value());
  const auto join = [&out](const char* as, const tally::json::Value::Array& list,
                           const char* member) {
    std::string text;
    for (const auto& entry : list) {
      text += (text.empty() ? "" : " ") +
              (member == nullptr ? *entry.as_string() : entry.string_at(member).value());
    }
    out.set(as, text);
  };
  join("coefficients", **inputs.array_at("share_polynomial_coefficients"), nullptr);
  join("shares", **inputs.array_at("participant_shares"), "participant_share");
  std::string signers;
  for (const auto& id : **inputs.array_at("participant_list")) {
    signers += std::to_string(*std::get_if<std::int64_t>(&id.content())) + " ";
  }
  out.set("signers", signers);
  const auto& first = **document.find("round_one_outputs")->array_at("outputs");
  join("hiding_random", first, "hiding_nonce_randomness");
  join("binding_random", first, "binding_nonce_randomness");
  join("hiding_nonces", first, "hiding_nonce");
  join("binding_nonces", first, "binding_nonce");
  join("hiding_commitments", first, "hiding_nonce_commitment");
  join("binding_commitments", first, "binding_nonce_commitment");
  join("binding_factors", first, "binding_factor");
  join("partials", **document.find("round_two_outputs")->array_at("outputs"), "sig_share");
  out.set("signature", document.find("final_output")->string_at("sig").value());
  return out;
}

VectorCase read_dkg(const tally::json::Value& document, const std::string& suite) {
  VectorCase out;
  out.set("case", suite + " dkg");
  out.set("suite", suite);
  const auto& inputs = *document.find("inputs");
  out.set("key", inputs.string_at("verifying_key").value());
  std::string commitments;
  std::string proofs;
  std::string dealt;
  std::string shares;
  for (const std::string from : {"1", "2", "3"}) {
    const auto& one = *inputs.find(from);
    for (const auto& point : **one.array_at("vss_commitments")) {
      commitments += *point.as_string() + " ";
    }
    proofs += one.string_at("proof_of_knowledge").value() + " ";
    shares += one.string_at("signing_share").value() + " ";
    for (const std::string to : {"1", "2", "3"}) {
      // What a participant gives itself is its polynomial at its own identifier. In these files the
      // member "signing_shares" of one lists what it got from the others.
      if (to != from) {
        dealt += inputs.find(to)->find("signing_shares")->string_at(from).value() + " ";
        continue;
      }
      std::vector<crypto::SecretScalar> polynomial;
      for (const char* name : {"signing_key", "coefficient"}) {
        polynomial.emplace_back(scalar_of(core::from_hex(one.string_at(name).value()).value()));
      }
      const auto x = static_cast<std::uint64_t>(std::stoul(from));
      dealt += core::to_hex(mpc::evaluate(polynomial, Scalar(x)).value().encode()) + " ";
    }
  }
  out.set("commitments", commitments);
  out.set("proofs", proofs);
  out.set("dealt", dealt);
  out.set("shares", shares);
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("RFC 9591 and the Taproot suite as transcribed") {
  const auto cases = read_transcribed("rfc9591.txt");
  for (const VectorCase& vector : cases)
    vector.has("message") ? run_signing(vector) : run_dkg(vector);
  CHECK(cases.size() == 4);
}

TEST_CASE("RFC 9591 and the Taproot suite every file of the published set") {
  const auto folder = published_folder("rfc9591");
  if (!std::filesystem::is_directory(folder)) {
    skip("no folder of published vectors (TALLY_VECTORS, ../shared/vectors)");
  }
  const auto read = [&folder](const std::string& name) {
    const auto content = core::read_file((folder / name).string());
    REQUIRE(content);
    return tally::json::parse(*content).value();
  };
  run_signing(read_signing(read("frost-secp256k1-vectors.json"), "sha256"));
  run_signing(read_signing(read("frost-secp256k1-tr-vectors.json"), "taproot"));
  run_dkg(read_dkg(read("frost-secp256k1-vectors_dkg.json"), "sha256"));
  run_dkg(read_dkg(read("frost-secp256k1-tr-vectors_dkg.json"), "taproot"));
  std::printf("rfc9591: 4 files\n");
}

TEST_CASE(
    "both suites sign with keys and nonces of every parity and name who sends a wrong share") {
  for (const auto suite : {rfc::Suite::sha256, rfc::Suite::taproot}) {
    unsigned seen = 0;  // bit 2 * key odd + nonce odd
    for (int run = 0; run < 200 && seen != 15; ++run) {
      const FrostWorld world(2, 3);
      const auto quorum =
          mpc::Quorum::make(world.dealing.group(), std::vector<mpc::PartyId>{2, 0}).value();
      std::vector<mpc::SecNonce> secrets;
      std::vector<mpc::PubNonce> commitments;
      for (const mpc::PartyId id : quorum.ids()) {
        auto pair = rfc::commit(suite, random_32(), random_32(), world.shares[id]).value();
        secrets.push_back(std::move(pair.secret));
        commitments.push_back(pair.pub);
      }
      const Bytes message = {1, 2, 3};
      const auto session = rfc::Session::open(suite, quorum, commitments, message).value();
      std::vector<mpc::PartialSignature> partials;
      for (std::uint32_t i = 0; i < 2; ++i) {
        partials.push_back(
            rfc::sign(std::move(secrets[i]), world.shares[quorum.ids()[i]], session).value());
        CHECK(rfc::verify_partial(session, i, commitments[i], partials[i]));
      }
      const auto signature = rfc::aggregate(session, commitments, partials, message);
      REQUIRE(signature);
      CHECK(rfc::verify(suite, *signature, message, quorum.group_key()));
      CHECK_FALSE(rfc::verify(suite, *signature, Bytes{1, 2, 4}, quorum.group_key()));
      CHECK_FALSE(rfc::verify(suite, ByteView(*signature).first(63), message, quorum.group_key()));
      partials[1][31] ^= 1U;
      const auto named = rfc::aggregate(session, commitments, partials, message);
      REQUIRE_FALSE(named);
      CHECK(named.error() == mpc::Failure{Fault::wrong_partial, 1, 0});
      seen |= 1U << (2U * (quorum.group_key().has_even_y() ? 0U : 1U) +
                     (session.nonce().has_even_y() ? 0U : 1U));
    }
    CHECK(seen == 15);
  }
}

TEST_CASE("a suite refuses tweaked quorums strangers and spent nonces") {
  const FrostWorld world(2, 3);
  const FrostWorld other(2, 3);
  auto quorum = mpc::Quorum::make(world.dealing.group(), std::vector<mpc::PartyId>{0, 1}).value();
  std::vector<mpc::PubNonce> commitments;
  for (const mpc::PartyId id : quorum.ids()) {
    commitments.push_back(
        rfc::commit(rfc::Suite::sha256, random_32(), random_32(), world.shares[id]).value().pub);
  }
  const auto open = [&](std::span<const mpc::PubNonce> nonces) {
    return rfc::Session::open(rfc::Suite::sha256, quorum, nonces, {});
  };
  const auto session = open(commitments).value();
  CHECK(rfc::sign({}, world.shares[0], session).error().fault == Fault::nonce_spent);
  CHECK(rfc::sign({}, world.shares[2], session).error().fault == Fault::not_a_signer);
  CHECK(rfc::sign({}, other.shares[0], session).error().fault == Fault::not_a_signer);
  CHECK(open(std::span(commitments).first(1)).error().fault == Fault::bad_length);
  auto bad = commitments;
  bad[1][0] = 4;
  CHECK(open(bad).error() == mpc::Failure{Fault::bad_pubnonce, 1, 1});
  REQUIRE(quorum.apply_tweak(random_32(), mpc::TweakMode::plain));
  CHECK(open(commitments).error().fault == Fault::bad_tweak);
}

TEST_SUITE_END();
