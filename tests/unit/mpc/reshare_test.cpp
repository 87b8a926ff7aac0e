// New shares of an old key: refresh, other parties, other thresholds; who is blamed; and that
// epochs never mix.
#include "mpc/reshare.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "unit/mpc/signing.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using mpc::Blame;
using mpc::Fault;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::test::FrostWorld;
using tally::test::quorum_signs;
using tally::test::random_32;

namespace {

// A resharing step by step, so that a test can interfere between the steps.
struct Reshare {
  Reshare(const std::vector<mpc::Share>& old, std::vector<mpc::PartyId> dealers, std::uint32_t t,
          std::uint32_t n)
      : params{old[0].group(), std::move(dealers), {t, {}}} {
    for (std::uint32_t i = 0; i < n; ++i) {
      host_secrets.push_back(random_32());
      params.next.host_keys.push_back(mpc::host_key(host_secrets.back()).value().pub);
    }
    for (const mpc::PartyId id : params.dealers) {
      dealt.push_back(mpc::deal_again(params, old[id], random_32()).value());
    }
    for (const auto& secret : host_secrets) {
      receivers.push_back(mpc::ReshareReceiver::make(params, secret).value());
    }
  }
  [[nodiscard]] mpc::ReshareCoordinator collect() const {
    return mpc::ReshareCoordinator::collect(params, dealt).value();
  }
  // Runs to the end; everybody is honest.
  mpc::DkgPublicResult finish(std::vector<mpc::Share>& shares) {
    const auto coordinator = collect();
    std::vector<Bytes> signatures;
    for (auto& receiver : receivers) {
      const auto signature = receiver.agree(coordinator.collection(), random_32()).value();
      signatures.emplace_back(signature.begin(), signature.end());
    }
    auto result = coordinator.finish(signatures).value();
    for (const auto& receiver : receivers) {
      auto finished = receiver.finish(result.certificate).value();
      CHECK(finished.recovery_data == result.recovery_data);
      CHECK(finished.share.group().digest() == result.group.digest());
      shares.push_back(std::move(finished.share));
    }
    return result;
  }

  mpc::ReshareParams params;
  std::vector<ByteArray<32>> host_secrets;
  std::vector<Bytes> dealt;
  std::vector<mpc::ReshareReceiver> receivers;
};

template <typename Outcome>
mpc::Failure failure_of(const Outcome& outcome) {
  REQUIRE_FALSE(outcome.has_value());
  return outcome.error();
}

void add_to_scalar(Bytes& bytes, std::size_t at, const crypto::Scalar& by) {
  const auto old = crypto::Scalar::parse(ByteView(bytes).subspan(at, 32));
  const auto changed = (*old + by).encode();
  std::copy(changed.begin(), changed.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("a key goes on to the same more fewer and other parties with its id and chain code") {
  const FrostWorld world(2, 3);
  const auto& first = world.dealing.group();
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes = {
      {2, 3}, {3, 5}, {2, 2}, {1, 2}, {2, 3}};
  std::vector<mpc::Share> shares;
  for (mpc::PartyId id = 0; id < 3; ++id) shares.push_back(world.dealing.share(id).value());
  std::uint32_t epoch = 0;
  for (const auto& [t, n] : sizes) {
    std::vector<mpc::PartyId> dealers;
    const std::uint32_t old_t = shares[0].group().threshold();
    for (std::uint32_t i = 0; i < old_t; ++i) {
      dealers.push_back(shares[0].group().parties() - old_t + i);
    }
    Reshare reshare(shares, dealers, t, n);
    std::vector<mpc::Share> next;
    const auto result = reshare.finish(next);
    CHECK(result.group.epoch() == ++epoch);
    CHECK(result.group.key_id() == first.key_id());
    CHECK(result.group.key() == first.key());
    CHECK(result.group.facts().chain_code == first.facts().chain_code);
    CHECK(result.group.threshold() == t);
    CHECK(result.group.parties() == n);
    std::vector<mpc::PartyId> ids;
    std::vector<const mpc::Share*> signers;
    for (mpc::PartyId id = n - t; id < n; ++id) {
      ids.push_back(id);
      signers.push_back(&next[id]);
    }
    CHECK(quorum_signs(result.group, ids, signers));
    for (mpc::PartyId id = 0; id < n; ++id) {
      const auto again = mpc::recover(result.recovery_data, reshare.host_secrets[id]).value();
      REQUIRE(again.share);
      CHECK(again.group.digest() == result.group.digest());
      CHECK(again.share->secret().value() == next[id].secret().value());
    }
    CHECK(failure_of(mpc::recover(result.recovery_data, random_32())).fault ==
          Fault::unknown_host_key);
    shares = std::move(next);
  }
}

TEST_CASE("row 24 shares of two epochs never sign together") {
  const FrostWorld world(2, 3);
  Reshare reshare(world.shares, {0, 2}, 2, 3);
  std::vector<mpc::Share> next;
  const auto result = reshare.finish(next);
  CHECK(next[0].secret().value() != world.shares[0].secret().value());
  CHECK(quorum_signs(result.group, {0, 1}, {&next[0], &next[1]}));
  CHECK(quorum_signs(world.dealing.group(), {0, 1}, {&world.shares[0], &world.shares[1]}));
  // One of each, in a quorum of either group.
  CHECK_FALSE(quorum_signs(result.group, {0, 1}, {&next[0], &world.shares[1]}));
  CHECK_FALSE(quorum_signs(world.dealing.group(), {0, 1}, {&next[0], &world.shares[1]}));
  // And a quorum put together from public shares of both lies on no polynomial.
  const std::vector<crypto::PointBytes> mixed = {next[0].pubshare().encode(),
                                                 world.shares[1].pubshare().encode()};
  const std::vector<mpc::PartyId> ids = {0, 1};
  const auto key = result.group.key().encode();
  CHECK(failure_of(mpc::Quorum::make({3, 2, ids, mixed, key})).fault == Fault::key_mismatch);
  const std::vector<const mpc::Share*> both = {&next[0], &world.shares[1]};
  CHECK(failure_of(mpc::unsafe_export_key(both)).fault == Fault::wrong_epoch);
  // The old quorum cannot deal for the new epoch, nor can an old share in a new quorum.
  Reshare second(next, {0, 1}, 2, 3);
  CHECK(failure_of(mpc::deal_again(second.params, world.shares[0], random_32())).fault ==
        Fault::not_a_signer);
}

TEST_CASE("row 24 a refresh that some did not finish leaves the old epoch whole") {
  // Nobody has a share of the next epoch before all new parties signed what was agreed, and whoever
  // lacks the certificate then is given the recovery data by anyone.
  const FrostWorld world(2, 3);
  Reshare reshare(world.shares, {0, 1}, 2, 3);
  const auto coordinator = reshare.collect();
  std::vector<Bytes> signatures;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto one = reshare.receivers[i].agree(coordinator.collection(), random_32()).value();
    signatures.emplace_back(one.begin(), one.end());
    CHECK(failure_of(coordinator.finish(signatures)).fault == Fault::bad_length);
    CHECK(failure_of(reshare.receivers[i].finish(Bytes(192))).fault == Fault::bad_certificate);
  }
  CHECK(failure_of(reshare.receivers[2].finish(Bytes(192))).fault == Fault::unexpected_message);
  CHECK(quorum_signs(world.dealing.group(), {0, 2}, {&world.shares[0], &world.shares[2]}));
  const auto last = reshare.receivers[2].agree(coordinator.collection(), random_32()).value();
  signatures.emplace_back(last.begin(), last.end());
  const auto result = coordinator.finish(signatures).value();
  const auto late = mpc::recover(result.recovery_data, reshare.host_secrets[1]).value();
  const auto finished = reshare.receivers[0].finish(result.certificate).value();
  CHECK(quorum_signs(result.group, {0, 1}, {&finished.share, &*late.share}));
}

TEST_CASE("row 1 a dealer that deals another share or another number of coefficients is named") {
  const FrostWorld world(2, 3);
  const FrostWorld other(2, 3);
  Reshare reshare(world.shares, {0, 2}, 3, 4);
  // A polynomial that does not start at the dealer's own part.
  auto dealt = reshare.dealt;
  dealt[1] = reshare.dealt[0];
  auto failure = failure_of(mpc::ReshareCoordinator::collect(reshare.params, dealt));
  CHECK(failure == mpc::Failure{Fault::wrong_commitment, 1, 2});
  dealt[1] = reshare.dealt[1];
  dealt[1].resize(dealt[1].size() - 33);
  failure = failure_of(mpc::ReshareCoordinator::collect(reshare.params, dealt));
  CHECK(failure == mpc::Failure{Fault::bad_length, 1, 2});
  dealt.pop_back();
  CHECK(failure_of(mpc::ReshareCoordinator::collect(reshare.params, dealt)).fault ==
        Fault::bad_length);
  // Dealers that are too few, out of order, unknown, or of another key.
  auto params = reshare.params;
  params.dealers = {0};
  CHECK(failure_of(mpc::check_params(params)).fault == Fault::signer_count);
  params.dealers = {2, 0};
  CHECK(failure_of(mpc::check_params(params)).fault == Fault::duplicate_id);
  params.dealers = {0, 3};
  CHECK(failure_of(mpc::check_params(params)).fault == Fault::id_out_of_range);
  CHECK(failure_of(mpc::deal_again(reshare.params, other.shares[0], random_32())).fault ==
        Fault::not_a_signer);
  CHECK(failure_of(mpc::deal_again(reshare.params, world.shares[1], random_32())).fault ==
        Fault::not_a_signer);
}

TEST_CASE("row 8 what was dealt in one resharing is worth nothing in another") {
  const FrostWorld world(2, 3);
  Reshare first(world.shares, {0, 1}, 2, 3);
  Reshare second(world.shares, {0, 1}, 2, 3);
  auto mixed = second.dealt;
  mixed[0] = first.dealt[0];
  const auto failure = failure_of(mpc::ReshareCoordinator::collect(second.params, mixed));
  CHECK(failure == mpc::Failure{Fault::bad_proof, 0, 0});
  const auto coordinator = first.collect();
  const auto refused = failure_of(second.receivers[0].agree(coordinator.collection(), random_32()));
  CHECK(refused.fault == Fault::bad_proof);
  CHECK(mpc::blame_of(refused.fault) == Blame::party_or_coordinator);
}

TEST_CASE("row 22 a wrong share of a resharing is traced to its dealer") {
  const FrostWorld world(2, 3);
  Reshare reshare(world.shares, {1, 2}, 2, 3);
  const std::size_t sealed_at = 33 * 2 + 65 + 33;
  add_to_scalar(reshare.dealt[1], sealed_at + 32 * 2, crypto::Scalar(1));
  const auto coordinator = reshare.collect();
  REQUIRE(reshare.receivers[0].agree(coordinator.collection(), random_32()));
  const auto failure =
      failure_of(reshare.receivers[2].agree(coordinator.collection(), random_32()));
  CHECK(failure.fault == Fault::wrong_dealt_share);
  auto named = reshare.receivers[2].investigate(coordinator.investigation(2));
  CHECK(named.fault == Fault::wrong_dealt_part);
  CHECK(named.party == 2);
  Bytes lie = coordinator.investigation(2);
  add_to_scalar(lie, 0, crypto::Scalar(1));
  CHECK(reshare.receivers[2].investigate(lie).fault == Fault::bad_collection);
}

TEST_CASE("row 4 messages of a resharing truncated or extended at each byte are refused") {
  const FrostWorld world(2, 3);
  Reshare reshare(world.shares, {0, 1}, 2, 2);
  const auto coordinator = reshare.collect();
  const auto sizes = [](std::size_t whole) {
    std::vector<std::size_t> all;
    for (std::size_t size = 0; size <= whole + 1; ++size) {
      if (size != whole) all.push_back(size);
    }
    return all;
  };
  for (const std::size_t size : sizes(reshare.dealt[0].size())) {
    auto dealt = reshare.dealt;
    dealt[0].resize(size);
    CHECK(failure_of(mpc::ReshareCoordinator::collect(reshare.params, dealt)).fault ==
          Fault::bad_length);
  }
  for (const std::size_t size : sizes(coordinator.collection().size())) {
    Bytes changed = coordinator.collection();
    changed.resize(size);
    CHECK(failure_of(reshare.receivers[0].agree(changed, random_32())).fault == Fault::bad_length);
  }
  std::vector<mpc::Share> shares;
  const auto result = reshare.finish(shares);
  for (const std::size_t size : sizes(result.recovery_data.size())) {
    Bytes changed = result.recovery_data;
    changed.resize(size);
    CHECK(failure_of(mpc::recover(changed, {})).fault == Fault::bad_recovery_data);
  }
  for (std::size_t at = 0; at < result.recovery_data.size(); ++at) {
    Bytes changed = result.recovery_data;
    changed[at] ^= 1U;
    CHECK(failure_of(mpc::recover(changed, {})).fault == Fault::bad_recovery_data);
  }
}

TEST_SUITE_END();
