// Cases of lib/mpc: all parties in one process on one core. The unit that makes figures of two
// hosts comparable is one ECDSA verification by libsecp256k1, the peer "ecdsa_verify".
#include <memory>
#include <vector>

#include "cases.hpp"
#include "mpc/frost.hpp"
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
}

}  // namespace tally::bench_tool
