// ChillDKG with cheating participants and coordinators: rows of the attack checklist, and what a
// finished ceremony is good for.
#include "mpc/dkg.hpp"

#include <algorithm>
#include <set>

#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using mpc::Blame;
using mpc::Fault;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::test::random_32;

namespace {

// A ceremony step by step, so that a test can interfere between the steps.
struct Ceremony {
  Ceremony(std::uint32_t t, std::uint32_t n) {
    params.t = t;
    for (std::uint32_t i = 0; i < n; ++i) {
      host_secrets.push_back(random_32());
      params.host_keys.push_back(mpc::host_key(host_secrets.back()).value().pub);
    }
    for (std::uint32_t i = 0; i < n; ++i) {
      participants.push_back(
          mpc::DkgParticipant::start(host_secrets[i], params, random_32()).value());
      contributions.push_back(participants.back().contribution());
    }
  }
  [[nodiscard]] mpc::DkgCoordinator collect() const {
    return mpc::DkgCoordinator::collect(params, contributions).value();
  }
  // All sign the same collection.
  void agree(const Bytes& collection) {
    for (auto& participant : participants) {
      const auto signature = participant.agree(collection, random_32()).value();
      signatures.emplace_back(signature.begin(), signature.end());
    }
  }

  mpc::DkgParams params;
  std::vector<ByteArray<32>> host_secrets;
  std::vector<mpc::DkgParticipant> participants;
  std::vector<Bytes> contributions;
  std::vector<Bytes> signatures;
};

template <typename Outcome>
mpc::Failure failure_of(const Outcome& outcome) {
  REQUIRE_FALSE(outcome.has_value());
  return outcome.error();
}

// The offsets of a contribution's parts.
std::size_t proof_at(const mpc::DkgParams& params) {
  return std::size_t{33} * params.t;
}
std::size_t nonce_at(const mpc::DkgParams& params) {
  return proof_at(params) + 64;
}
std::size_t sealed_at(const mpc::DkgParams& params, mpc::PartyId to) {
  return nonce_at(params) + 33 + std::size_t{32} * to;
}

// Adds one to the sealed share for `to`.
void spoil_share(Bytes& contribution, const mpc::DkgParams& params, mpc::PartyId to) {
  const auto at = static_cast<std::ptrdiff_t>(sealed_at(params, to));
  const auto sealed =
      crypto::Scalar::parse(ByteView(contribution).subspan(sealed_at(params, to), 32));
  const auto changed = (*sealed + crypto::Scalar(1)).encode();
  std::copy(changed.begin(), changed.end(), contribution.begin() + at);
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE(
    "a key made without a dealer signs with any quorum and is recovered with its chain code") {
  Ceremony ceremony(2, 3);
  const auto coordinator = ceremony.collect();
  ceremony.agree(coordinator.collection());
  const auto result = coordinator.finish(ceremony.signatures).value();
  std::vector<mpc::Share> shares;
  for (const auto& participant : ceremony.participants) {
    auto finished = participant.finish(result.certificate).value();
    CHECK(finished.share.group().digest() == result.group.digest());
    CHECK(finished.recovery_data == result.recovery_data);
    shares.push_back(std::move(finished.share));
  }
  CHECK(result.group.facts().chain_code != ByteArray<32>{});
  for (const auto& ids : std::vector<std::vector<mpc::PartyId>>{{0, 1}, {2, 0}, {0, 1, 2}}) {
    const auto quorum = mpc::Quorum::make(result.group, ids).value();
    std::vector<mpc::SecNonce> secrets;
    std::vector<mpc::PubNonce> nonces;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      auto pair = mpc::nonce_gen(random_32(), {}).value();
      secrets.push_back(std::move(pair.secret));
      nonces.push_back(pair.pub);
    }
    const auto session =
        mpc::Session::open(quorum, mpc::nonce_agg(nonces).value(), core::as_bytes("m")).value();
    std::vector<mpc::PartialSignature> partials;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto signer = mpc::Signer::make(shares[ids[i]], quorum).value();
      partials.push_back(mpc::sign(std::move(secrets[i]), signer, session).value());
    }
    CHECK(mpc::aggregate_verified(session, nonces, partials, core::as_bytes("m")));
  }
  for (mpc::PartyId id = 0; id < 3; ++id) {
    const auto again = mpc::recover(result.recovery_data, ceremony.host_secrets[id]).value();
    REQUIRE(again.share);
    CHECK(again.share->id() == id);
    CHECK(again.group.digest() == result.group.digest());
    CHECK(again.share->secret().value() == shares[id].secret().value());
    const auto word =
        mpc::acknowledge_recovery(result.recovery_data, ceremony.host_secrets[id], random_32());
    REQUIRE(word);
    CHECK(mpc::verify_acknowledgement(result.recovery_data, id, *word));
    CHECK(
        failure_of(mpc::verify_acknowledgement(result.recovery_data, (id + 1) % 3, *word)).fault ==
        Fault::bad_agreement);
  }
  CHECK(failure_of(mpc::recover(result.recovery_data, random_32())).fault ==
        Fault::unknown_host_key);
}

TEST_CASE("row 1 a contribution with another number of coefficients is refused by name") {
  for (const std::uint32_t t : {1U, 3U}) {
    // Participant 1 works with a threshold of its own.
    Ceremony ceremony(2, 3);
    mpc::DkgParams other = ceremony.params;
    other.t = t;
    const auto cheat =
        mpc::DkgParticipant::start(ceremony.host_secrets[1], other, random_32()).value();
    ceremony.contributions[1] = cheat.contribution();
    const auto failure =
        failure_of(mpc::DkgCoordinator::collect(ceremony.params, ceremony.contributions));
    CHECK(failure.fault == Fault::bad_length);
    CHECK(failure.party == 1);
  }
}

TEST_CASE("row 1 two colluders whose extra terms cancel do not raise the threshold unseen") {
  // They add and take the same point in the last coefficient. The sum is that of honest
  // polynomials, so their shares, dealt over the changed polynomials, must cancel too: nothing is
  // gained.
  Ceremony ceremony(2, 4);
  const auto before = ceremony.collect();
  const auto add = [&](Bytes& contribution, const crypto::Point& term) {
    const auto point = crypto::Point::parse_with_infinity(ByteView(contribution).subspan(33, 33));
    const auto changed = (*point + term).encode();
    std::copy(changed.begin(), changed.end(), contribution.begin() + 33);
  };
  add(ceremony.contributions[1], crypto::Point::generator());
  add(ceremony.contributions[2], -crypto::Point::generator());
  const auto after = ceremony.collect();
  CHECK(before.collection() == after.collection());
  ceremony.agree(after.collection());
  const auto result = after.finish(ceremony.signatures).value();
  CHECK(result.group.threshold() == 2);
  // With one of the terms alone every honest participant refuses.
  Ceremony lone(2, 4);
  add(lone.contributions[1], crypto::Point::generator());
  const auto coordinator = lone.collect();
  for (const mpc::PartyId id : {0U, 2U, 3U}) {
    CHECK(failure_of(lone.participants[id].agree(coordinator.collection(), random_32())).fault ==
          Fault::wrong_dealt_share);
    const auto failure = lone.participants[id].investigate(coordinator.investigation(id));
    CHECK(failure.fault == Fault::wrong_dealt_part);
    CHECK(failure.party == 1);
  }
}

TEST_CASE("row 2 lists of proofs and signatures that are empty or short or long are refused") {
  Ceremony ceremony(2, 3);
  const auto coordinator = ceremony.collect();
  const Bytes& good = coordinator.collection();
  const std::size_t proofs_at = 33 * 3 + 33;
  for (const std::size_t kept : {0U, 2U, 4U}) {
    Bytes changed(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(proofs_at));
    changed.resize(proofs_at + 64 * kept);
    changed.insert(changed.end(), good.begin() + static_cast<std::ptrdiff_t>(proofs_at + 64 * 3),
                   good.end());
    CHECK(failure_of(ceremony.participants[0].agree(changed, random_32())).fault ==
          Fault::bad_length);
  }
  ceremony.agree(good);
  for (const std::size_t count : {0U, 2U, 4U}) {
    auto signatures = ceremony.signatures;
    signatures.resize(count, ceremony.signatures[0]);
    CHECK(failure_of(coordinator.finish(signatures)).fault == Fault::bad_length);
    CHECK(failure_of(ceremony.participants[0].finish(Bytes(64 * count))).fault ==
          Fault::bad_length);
  }
}

TEST_CASE("row 3 participants that are missing or there twice are refused") {
  Ceremony ceremony(2, 3);
  auto params = ceremony.params;
  params.host_keys[2] = params.host_keys[0];
  const auto twice = failure_of(mpc::check_params(params));
  CHECK(twice.fault == Fault::duplicate_host_key);
  CHECK(twice.party == 2);
  CHECK(failure_of(mpc::DkgParticipant::start(random_32(), ceremony.params, random_32())).fault ==
        Fault::unknown_host_key);
  params.host_keys.resize(1);
  CHECK(failure_of(mpc::check_params(params)).fault == Fault::bad_parameters);
  params.host_keys.resize(256);
  CHECK(failure_of(mpc::check_params(params)).fault == Fault::bad_parameters);
}

TEST_CASE("row 4 every message truncated or extended at each byte is refused") {
  Ceremony ceremony(2, 3);
  const auto coordinator = ceremony.collect();
  const Bytes contribution = ceremony.contributions[1];
  for (std::size_t size = 0; size <= contribution.size() + 1; ++size) {
    if (size == contribution.size()) continue;
    ceremony.contributions[1].resize(size);
    const auto failure =
        failure_of(mpc::DkgCoordinator::collect(ceremony.params, ceremony.contributions));
    CHECK(failure.fault == Fault::bad_length);
    CHECK(failure.party == 1);
  }
  Bytes collection = coordinator.collection();
  const std::size_t whole = collection.size();
  for (std::size_t size = 0; size <= whole + 1; ++size) {
    if (size == whole) continue;
    collection.resize(size);
    CHECK(failure_of(ceremony.participants[0].agree(collection, random_32())).fault ==
          Fault::bad_length);
  }
  ceremony.agree(coordinator.collection());
  const auto result = coordinator.finish(ceremony.signatures).value();
  for (std::size_t size = 0; size <= result.certificate.size() + 1; ++size) {
    if (size == result.certificate.size()) continue;
    Bytes changed = result.certificate;
    changed.resize(size);
    CHECK(failure_of(ceremony.participants[0].finish(changed)).fault == Fault::bad_length);
  }
  for (std::size_t size = 0; size <= result.recovery_data.size() + 1; ++size) {
    if (size == result.recovery_data.size()) continue;
    Bytes changed = result.recovery_data;
    changed.resize(size);
    CHECK(failure_of(mpc::recover(changed, {})).fault == Fault::bad_recovery_data);
  }
}

TEST_CASE(
    "row 5 points that are infinity or not compressed are refused in every field of a "
    "contribution") {
  std::vector<crypto::PointBytes> bad;
  const auto good = crypto::Point::generator().encode();
  for (const unsigned tag : {0U, 1U, 4U, 5U, 6U, 7U, 255U}) {
    bad.push_back(good);
    bad.back()[0] = static_cast<std::uint8_t>(tag);
  }
  bad.emplace_back()[0] = 2;
  bad.push_back(good);
  std::fill(bad.back().begin() + 1, bad.back().end(), std::uint8_t{0xff});
  bad.emplace_back();  // infinity, last
  Ceremony ceremony(2, 3);
  for (const auto& point : bad) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{33}, nonce_at(ceremony.params)}) {
      const bool infinity = point == crypto::PointBytes{};
      auto contributions = ceremony.contributions;
      std::copy(point.begin(), point.end(),
                contributions[1].begin() + static_cast<std::ptrdiff_t>(at));
      const auto coordinator = mpc::DkgCoordinator::collect(ceremony.params, contributions);
      if (!coordinator) {
        CHECK(coordinator.error().fault == Fault::bad_contribution);
        CHECK(coordinator.error().party == 1);
        continue;
      }
      // Nonces are looked at by participants, and infinity is a commitment to zero.
      CHECK((infinity || at == nonce_at(ceremony.params)));
      auto fresh = mpc::DkgParticipant::resume(ceremony.host_secrets[0], ceremony.params,
                                               ceremony.contributions[0])
                       .value();
      const auto failure = failure_of(fresh.agree(coordinator->collection(), random_32()));
      const Fault expected = at == 0    ? Fault::bad_proof
                             : at == 33 ? Fault::wrong_dealt_share
                                        : Fault::bad_dealer_nonce;
      CHECK(failure.fault == expected);
    }
  }
}

TEST_CASE("row 7 a coordinator that shows two participants different things ends the ceremony") {
  Ceremony ceremony(2, 3);
  const auto coordinator = ceremony.collect();
  // Participant 2 sees another contribution of participant 1, good in itself.
  auto other = ceremony.contributions;
  other[1] = mpc::DkgParticipant::start(ceremony.host_secrets[1], ceremony.params, random_32())
                 .value()
                 .contribution();
  const auto split = mpc::DkgCoordinator::collect(ceremony.params, other).value();
  std::vector<Bytes> signatures;
  for (const mpc::PartyId id : {0U, 1U, 2U}) {
    const Bytes& shown = id == 2 ? split.collection() : coordinator.collection();
    const auto signature = ceremony.participants[id].agree(shown, random_32());
    REQUIRE(signature);
    signatures.emplace_back(signature->begin(), signature->end());
  }
  const auto honest = failure_of(coordinator.finish(signatures));
  CHECK(honest.fault == Fault::bad_agreement);
  CHECK(honest.party == 2);
  Bytes certificate;
  for (const Bytes& one : signatures) certificate.insert(certificate.end(), one.begin(), one.end());
  for (const auto& participant : ceremony.participants) {
    const auto failure = failure_of(participant.finish(certificate));
    CHECK(failure.fault == Fault::bad_certificate);
    CHECK(mpc::blame_of(failure.fault) == Blame::coordinator);
  }
}

TEST_CASE("row 8 messages of one ceremony are worth nothing in another") {
  Ceremony first(2, 3);
  const auto coordinator = first.collect();
  first.agree(coordinator.collection());
  const auto result = coordinator.finish(first.signatures).value();
  // The same parties once more.
  Ceremony second = Ceremony(2, 3);
  second.params = first.params;
  second.host_secrets = first.host_secrets;
  second.participants.clear();
  second.contributions.clear();
  for (const auto& secret : first.host_secrets) {
    second.participants.push_back(
        mpc::DkgParticipant::start(secret, first.params, random_32()).value());
    second.contributions.push_back(second.participants.back().contribution());
  }
  auto replayed =
      mpc::DkgParticipant::resume(second.host_secrets[0], second.params, second.contributions[0])
          .value();
  CHECK(failure_of(replayed.agree(coordinator.collection(), random_32())).fault ==
        Fault::bad_collection);
  const auto again = second.collect();
  CHECK(failure_of(again.finish(first.signatures)).fault == Fault::bad_agreement);
  second.agree(again.collection());
  CHECK(failure_of(second.participants[0].finish(result.certificate)).fault ==
        Fault::bad_certificate);
  // And other parties do not take what was made for these.
  Ceremony others(2, 3);
  CHECK(failure_of(mpc::DkgParticipant::resume(others.host_secrets[0], others.params,
                                               first.contributions[1]))
            .fault == Fault::bad_contribution);
}

TEST_CASE("row 18 a participant that does not know its secret is named") {
  Ceremony ceremony(2, 3);
  const auto proof_of = [&](std::size_t from) {
    const auto at = static_cast<std::ptrdiff_t>(proof_at(ceremony.params));
    return Bytes(ceremony.contributions[from].begin() + at,
                 ceremony.contributions[from].begin() + at + 64);
  };
  const auto try_proof = [&](const Bytes& proof) {
    auto contributions = ceremony.contributions;
    std::copy(proof.begin(), proof.end(),
              contributions[1].begin() + static_cast<std::ptrdiff_t>(proof_at(ceremony.params)));
    const auto coordinator = mpc::DkgCoordinator::collect(ceremony.params, contributions).value();
    auto participant = mpc::DkgParticipant::resume(ceremony.host_secrets[0], ceremony.params,
                                                   ceremony.contributions[0])
                           .value();
    const auto failure = failure_of(participant.agree(coordinator.collection(), random_32()));
    CHECK(failure.fault == Fault::bad_proof);
    CHECK(failure.party == 1);
    CHECK(mpc::blame_of(failure.fault) == Blame::party_or_coordinator);
  };
  try_proof(Bytes(64, 0));
  try_proof(proof_of(2));
  try_proof(proof_of(0));
  Ceremony other(2, 3);
  Bytes copied(64);
  std::copy_n(other.contributions[1].begin() + static_cast<std::ptrdiff_t>(proof_at(other.params)),
              64, copied.begin());
  try_proof(copied);
  // The whole of another's contribution, its proof included: the proof names its author.
  auto copycat = ceremony.contributions;
  copycat[1] = copycat[2];
  const auto coordinator = mpc::DkgCoordinator::collect(ceremony.params, copycat).value();
  const auto failure =
      failure_of(ceremony.participants[0].agree(coordinator.collection(), random_32()));
  CHECK(failure.fault == Fault::bad_proof);
  CHECK(failure.party == 1);
}

TEST_CASE("row 22 an investigation names the dealer and a coordinator that lies in it") {
  Ceremony ceremony(2, 3);
  spoil_share(ceremony.contributions[2], ceremony.params, 0);
  const auto coordinator = ceremony.collect();
  REQUIRE(ceremony.participants[1].agree(coordinator.collection(), random_32()));
  CHECK(ceremony.participants[1].investigate(coordinator.investigation(1)).fault ==
        Fault::unexpected_message);
  const auto failure =
      failure_of(ceremony.participants[0].agree(coordinator.collection(), random_32()));
  CHECK(failure.fault == Fault::wrong_dealt_share);
  CHECK(mpc::blame_of(failure.fault) == Blame::unattributed);
  const Bytes honest = coordinator.investigation(0);
  const auto named = ceremony.participants[0].investigate(honest);
  CHECK(named.fault == Fault::wrong_dealt_part);
  CHECK(named.party == 2);
  // A coordinator that shifts the error to another dealer: only by both lists, sums kept.
  Bytes framed = honest;
  const auto shift = [&](std::size_t dealer, const crypto::Scalar& by) {
    const auto sealed = crypto::Scalar::parse(ByteView(framed).subspan(32 * dealer, 32));
    const auto changed = (*sealed + by).encode();
    std::copy(changed.begin(), changed.end(),
              framed.begin() + static_cast<std::ptrdiff_t>(32 * dealer));
  };
  shift(2, -crypto::Scalar(1));
  CHECK(ceremony.participants[0].investigate(framed).fault == Fault::bad_collection);
  shift(1, crypto::Scalar(1));
  // That is the framing the protocol cannot see through, and why the coordinator is named as well.
  const auto blamed = ceremony.participants[0].investigate(framed);
  CHECK(blamed.party == 1);
  CHECK(mpc::blame_of(blamed.fault) == Blame::party_or_coordinator);
  shift(1, -crypto::Scalar(1));
  shift(0, crypto::Scalar(1));
  CHECK(ceremony.participants[0].investigate(framed).fault == Fault::bad_collection);
  CHECK(ceremony.participants[0].investigate(ByteView(honest).first(10)).fault ==
        Fault::bad_length);
}

TEST_CASE("row 21 a stuck random generator gives other keys to other ceremonies") {
  const ByteArray<32> stuck = {1};
  Ceremony ceremony(2, 3);
  std::set<Bytes> seen;
  for (const std::uint32_t t : {1U, 2U, 3U}) {
    mpc::DkgParams params = ceremony.params;
    params.t = t;
    for (std::size_t id = 0; id < 3; ++id) {
      const auto made =
          mpc::DkgParticipant::start(ceremony.host_secrets[id], params, stuck).value();
      const auto first = ByteView(made.contribution()).first(33);
      CHECK(seen.emplace(first.begin(), first.end()).second);
    }
  }
}

TEST_SUITE_END();
