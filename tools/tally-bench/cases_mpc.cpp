// Cases of lib/mpc: all parties in one process on one core. The unit that makes figures of two
// hosts comparable is one ECDSA verification by libsecp256k1, the peer "ecdsa_verify".
#include <memory>
#include <vector>

#include "cases.hpp"
#include "mpc/deal.hpp"
#include "mpc/dkg.hpp"
#include "mpc/frost.hpp"
#include "mpc/proof.hpp"
#include "mpc/session.hpp"
#include "parties.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

namespace {

using Subject = std::unique_ptr<bench::Subject>;

constexpr std::string_view kMessage =
    "a message of the length that chains sign: 64 bytes, as it is..";

// One party's work once the aggregated nonce is there: open the session, sign. Nonces are made
// ahead, as parties do, and used once.
class Partial final : public bench::Subject {
 public:
  Partial(std::shared_ptr<Parties> parties, mpc::SelfCheck self_check)
      : parties_(std::move(parties)), self_check_(self_check) {}

  void prepare(std::uint64_t operations) override {
    ready_.clear();
    for (std::uint64_t i = 0; i < operations; ++i) {
      std::vector<mpc::PubNonce> public_nonces;
      Ready ready;
      for (std::size_t position = 0; position < parties_->signers().size(); ++position) {
        auto pair = parties_->nonce(position);
        if (!pair) return;
        public_nonces.push_back(pair->pub);
        if (position == 0) ready.secret = std::move(pair->secret);
      }
      const auto aggregated = mpc::nonce_agg(public_nonces);
      if (!aggregated) return;
      ready.aggregated = *aggregated;
      ready_.push_back(std::move(ready));
    }
  }

  void run(std::size_t /*side*/, std::uint64_t operations) override {
    // A nonce that could not be made shows in healthy().
    healthy_ = healthy_ && ready_.size() == operations;
    for (Ready& ready : ready_) {
      const auto session =
          mpc::Session::open(parties_->quorum(), ready.aggregated, core::as_bytes(kMessage));
      healthy_ = healthy_ && session &&
                 mpc::sign(std::move(ready.secret), parties_->signers()[0], *session, self_check_);
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  struct Ready {
    mpc::SecNonce secret;
    mpc::AggNonce aggregated{};
  };
  std::shared_ptr<Parties> parties_;
  mpc::SelfCheck self_check_;
  std::vector<Ready> ready_;
  bool healthy_ = true;
};

bench::Factory partial(mpc::SelfCheck self_check) {
  return [self_check]() -> Result<Subject> {
    TALLY_TRY(auto parties, Parties::make(3, 4));
    return std::make_unique<Partial>(std::move(parties), self_check);
  };
}

bench::Factory whole_signature(std::uint32_t t, std::uint32_t n) {
  return [t, n]() -> Result<Subject> {
    TALLY_TRY(auto parties, Parties::make(t, n));
    return make_loop([parties = std::move(parties)] {
      return sign_once(*parties, core::as_bytes(kMessage)).has_value();
    });
  };
}

// A proof of knowledge, as one of many that a ceremony checks.
bench::Factory proof_verify() {
  return []() -> Result<Subject> {
    constexpr ByteArray<32> kCeremony{1};
    const crypto::SecretScalar secret(crypto::Scalar(0x1234567));
    const auto proof = mpc::prove(secret, {kCeremony, 0, 0}, kCeremony);
    if (!proof) return fail(Error(proof.error()));
    const auto point = crypto::Point::mul_generator(secret.value());
    return make_loop([proof = *proof, point, ceremony = kCeremony] {
      return mpc::verify_proof(proof, point, {ceremony, 0, 0}).has_value();
    });
  };
}

// A party's check of the share it was dealt against the commitments, threshold 3.
bench::Factory commitment_verify() {
  return []() -> Result<Subject> {
    constexpr ByteArray<32> kSeed{1};
    auto dealing = mpc::deal(3, 4, kSeed);
    if (!dealing) return fail(Error(dealing.error()));
    auto share = dealing->share(2);
    if (!share) return fail(Error(share.error()));
    const auto shared = std::make_shared<mpc::Dealing>(std::move(*dealing));
    const auto held = std::make_shared<mpc::Share>(std::move(*share));
    return make_loop([shared, held] {
      return mpc::verify_share(shared->commitments(), 3, 4, 2, held->secret_bytes()).has_value();
    });
  };
}

constexpr std::uint32_t kBatch = 64;

// Proofs of many parties at once.
bench::Factory proof_verify_batch() {
  return []() -> Result<Subject> {
    constexpr ByteArray<32> kCeremony{1};
    std::vector<mpc::Proof> proofs;
    std::vector<crypto::Point> points;
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      const crypto::SecretScalar secret(crypto::Scalar(0x1234567 + i));
      const auto proof = mpc::prove(secret, {kCeremony, i, 0}, kCeremony);
      if (!proof) return fail(Error(proof.error()));
      proofs.push_back(*proof);
      points.push_back(crypto::Point::mul_generator(secret.value()));
    }
    return make_granular(kBatch, [=, ceremony = kCeremony] {
      std::vector<mpc::ProofClaim> claims;
      for (std::uint32_t i = 0; i < kBatch; ++i) {
        claims.push_back({proofs[i], points[i], {ceremony, i, 0}});
      }
      return mpc::verify_proofs(claims).has_value();
    });
  };
}

// A party's check of the shares of many dealers, threshold 3.
bench::Factory commitment_verify_batch() {
  return []() -> Result<Subject> {
    auto dealings = std::make_shared<std::vector<mpc::Dealing>>();
    auto held = std::make_shared<std::vector<mpc::Share>>();
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      const ByteArray<32> seed = {static_cast<std::uint8_t>(i + 1)};
      auto dealing = mpc::deal(3, 4, seed);
      if (!dealing) return fail(Error(dealing.error()));
      auto share = dealing->share(2);
      if (!share) return fail(Error(share.error()));
      dealings->push_back(std::move(*dealing));
      held->push_back(std::move(*share));
    }
    return make_granular(kBatch, [dealings, held] {
      std::vector<mpc::DealtShare> shares;
      for (std::uint32_t i = 0; i < kBatch; ++i) {
        shares.push_back({(*dealings)[i].commitments(), (*held)[i].secret_bytes()});
      }
      return mpc::verify_shares(shares, 3, 4, 2).has_value();
    });
  };
}

// A whole ceremony without a dealer: all participants and the coordinator.
bool make_key(const mpc::DkgParams& params, const std::vector<ByteArray<32>>& host_secrets) {
  constexpr ByteArray<32> kRandom{7};
  std::vector<mpc::DkgParticipant> participants;
  std::vector<Bytes> contributions;
  for (const auto& secret : host_secrets) {
    auto made = mpc::DkgParticipant::start(secret, params, kRandom);
    if (!made) return false;
    contributions.push_back(made->contribution());
    participants.push_back(std::move(*made));
  }
  const auto coordinator = mpc::DkgCoordinator::collect(params, contributions);
  if (!coordinator) return false;
  std::vector<Bytes> signatures;
  for (auto& participant : participants) {
    const auto signature = participant.agree(coordinator->collection(), kRandom);
    if (!signature) return false;
    signatures.emplace_back(signature->begin(), signature->end());
  }
  const auto result = coordinator->finish(signatures);
  if (!result) return false;
  for (const auto& participant : participants) {
    if (!participant.finish(result->certificate)) return false;
  }
  return true;
}

bench::Factory dkg(std::uint32_t t, std::uint32_t n) {
  return [t, n]() -> Result<Subject> {
    mpc::DkgParams params{t, {}};
    std::vector<ByteArray<32>> host_secrets;
    for (std::uint32_t id = 0; id < n; ++id) {
      host_secrets.emplace_back().fill(static_cast<std::uint8_t>(id + 1));
      const auto key = mpc::host_key(host_secrets.back());
      if (!key) return fail(Error(key.error()));
      params.host_keys.push_back(key->pub);
    }
    return make_loop([params, host_secrets] { return make_key(params, host_secrets); });
  };
}

}  // namespace

void add_mpc_cases(bench::Registry& registry) {
  constexpr double kNsPerMs = 1e6;
  const bench::Peer verify{"ecdsa_verify", make_ecdsa_verify};
  bench::Case definition;
  definition.name = "mpc.frost.partial";
  definition.summary = "one party's partial signature: session and sign, no self-check, 3 of 4";
  definition.seed = 23.54 * kNsPerMs;
  definition.make = partial(mpc::SelfCheck::off);
  definition.peers = {verify};
  registry.add(definition);

  definition.name = "mpc.frost.partial.checked";
  definition.summary = "the same, and the party verifies its result before giving it out";
  definition.make = partial(mpc::SelfCheck::on);
  registry.add(definition);

  definition.name = "mpc.frost.sign.3of4";
  definition.summary = "a signature from nonces to verification, three parties of four";
  definition.seed = 73.48 * kNsPerMs;
  definition.make = whole_signature(3, 4);
  registry.add(definition);

  definition.name = "mpc.frost.sign.5of6";
  definition.summary = "the same, five parties of six";
  definition.seed = 101.86 * kNsPerMs;
  definition.make = whole_signature(5, 6);
  registry.add(definition);

  constexpr double kNsPerUs = 1e3;
  definition.name = "mpc.proof.verify";
  definition.summary = "one proof of knowledge of a discrete logarithm";
  definition.seed = 593 * kNsPerUs;
  definition.make = proof_verify();
  registry.add(definition);

  definition.name = "mpc.proof.verify.batch";
  definition.summary = "the same, of 64 at once";
  definition.make = proof_verify_batch();
  definition.countable = false;  // the weights of a sum are drawn anew, and their digits count
  registry.add(definition);
  definition.countable = true;

  definition.name = "mpc.commitment.verify";
  definition.summary = "one dealt share against its three commitments";
  definition.seed = 689 * kNsPerUs;
  definition.make = commitment_verify();
  registry.add(definition);

  definition.name = "mpc.commitment.verify.batch";
  definition.summary = "the same, of 64 dealers at once";
  definition.make = commitment_verify_batch();
  definition.countable = false;
  registry.add(definition);
  definition.countable = true;

  definition.seed.reset();
  definition.name = "mpc.dkg.n4";
  definition.summary = "a key without a dealer, 3 of 4, all participants and the coordinator";
  definition.make = dkg(3, 4);
  registry.add(definition);

  definition.name = "mpc.dkg.n6";
  definition.summary = "the same, 5 of 6";
  definition.make = dkg(5, 6);
  registry.add(definition);
}

}  // namespace tally::bench_tool
