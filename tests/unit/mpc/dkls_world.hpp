// A quorum that signs ECDSA in one process: parties with their pair setups, and messages carried
// between them by hand, so that a test can change any of them on its way.
#pragma once

#include <doctest/doctest.h>
#include <functional>
#include <map>
#include <set>

#include "core/endian.hpp"
#include "core/hex.hpp"
#include "crypto/sha256.hpp"
#include "mpc/deal.hpp"
#include "mpc/ecdsa_presign.hpp"
#include "mpc/ecdsa_sign.hpp"
#include "mpc/lagrange.hpp"

namespace tally::mpc {

// The hook of ecdsa_presignature.hpp: a digest that nobody hashed.
struct ChosenDigest {
  static ComputedDigest of(const ByteArray<32>& bytes) { return ComputedDigest(bytes); }
};

}  // namespace tally::mpc

namespace tally::test {

using mpc::Round;
using mpc::dkls::XId;

// Remembers what was burnt; may be told to fail.
class RecordingLedger final : public mpc::BurnLedger {
 public:
  bool burn(const mpc::PairSetup& setup, mpc::Cause cause) override {
    if (refuse_burn) return false;
    burnt.emplace_back(setup.identity().peer, cause);
    end_check(setup);
    return true;
  }
  bool begin_check(const mpc::PairSetup& setup) override {
    if (setup.identity().peer == refuse_check) return false;
    open_checks.insert(setup.identity().peer);
    return true;
  }
  void end_check(const mpc::PairSetup& setup) override {
    const auto found = open_checks.find(setup.identity().peer);
    REQUIRE(found != open_checks.end());
    open_checks.erase(found);
  }

  std::vector<std::pair<XId, mpc::Cause>> burnt;
  std::multiset<XId> open_checks;  // with whom
  bool refuse_burn = false;
  XId refuse_check = 0;
};

// Distinct at every call, the same in every run.
class CountingRandom final : public mpc::dkls::Randomness {
 public:
  explicit CountingRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(mpc::dkls::Draw /*draw*/, std::uint32_t /*index*/, MutableByteView out) override {
    const std::uint64_t call = calls_.fetch_add(1, std::memory_order_relaxed);
    for (std::size_t done = 0; done < out.size(); done += 32) {
      ByteArray<24> input;
      core::store_be(input.data(), seed_);
      core::store_be(&input[8], call);
      core::store_be(&input[16], std::uint64_t{done});
      const auto block = crypto::Sha256::digest(input);
      std::copy_n(block.begin(), std::min<std::size_t>(32, out.size() - done), &out[done]);
    }
  }

 private:
  std::uint64_t seed_;
  std::atomic<std::uint64_t> calls_{0};
};

// Encodings that are no point: infinity, hybrid, uncompressed, x at and above p, x of no point.
inline std::vector<Bytes> bad_points() {
  Bytes zero(33);
  Bytes hybrid(33, 1);
  hybrid[0] = 6;
  Bytes uncompressed(33, 1);
  uncompressed[0] = 4;
  Bytes above(33, 0xff);
  above[0] = 2;
  Bytes nowhere(33);
  nowhere[0] = 2;
  nowhere[32] = 5;  // 5^3 + 7 is no square
  return {zero, hybrid, uncompressed, above, nowhere};
}

struct Member {
  mpc::EcdsaParty party;
  std::vector<std::shared_ptr<mpc::PairSetup>> setups;
  mpc::UsedSids used;
  RecordingLedger ledger;
  std::unique_ptr<mpc::dkls::Randomness> random;
  std::unique_ptr<mpc::Presigning> presigning;
  std::optional<mpc::Presignature> presignature;
  std::optional<mpc::BoundPresignature> bound;
  std::unique_ptr<mpc::EcdsaSigning> signing;
};

// Both sides of a pair setup, run to the end.
inline std::pair<std::shared_ptr<mpc::PairSetup>, std::shared_ptr<mpc::PairSetup>> set_up_pair(
    const mpc::PairIdentity& identity, mpc::dkls::Randomness& random_a,
    mpc::dkls::Randomness& random_b) {
  mpc::PairIdentity mirrored = identity;
  std::swap(mirrored.me, mirrored.peer);
  const auto a = mpc::PairSetupSession::start(identity, random_a).value();
  const auto b = mpc::PairSetupSession::start(mirrored, random_b).value();
  const auto offer_a = a->offer(b->hello()).value();
  const auto offer_b = b->offer(a->hello()).value();
  const auto answer_a = a->answer(offer_b).value();
  const auto answer_b = b->answer(offer_a).value();
  return {a->finish(answer_b).value(), b->finish(answer_a).value()};
}

class World {
 public:
  // Every party of a dealt key, pair setups among all of them.
  static World make(std::uint16_t t, std::uint16_t n, std::uint8_t seed = 1) {
    World world;
    const ByteArray<32> bytes{seed};
    const auto dealing = mpc::deal(t, n, bytes).value();
    for (XId id = 1; id <= n; ++id) {
      Member& member = world.members[id];
      member.party = mpc::EcdsaParty::of(dealing.share(id - 1).value());
      member.random = std::make_unique<CountingRandom>(1000U * seed + id);
    }
    for (XId a = 1; a <= n; ++a) {
      for (XId b = static_cast<XId>(a + 1); b <= n; ++b) world.set_up(a, b, 0);
    }
    return world;
  }

  void set_up(XId a, XId b, std::uint32_t counter) {
    const mpc::PairIdentity identity{members[a].party.key_id, members[a].party.epoch, a, b,
                                     counter};
    auto [of_a, of_b] = set_up_pair(identity, *members[a].random, *members[b].random);
    const auto put = [](Member& member, std::shared_ptr<mpc::PairSetup> setup) {
      std::erase_if(member.setups, [&](const auto& old) {
        return old->identity().peer == setup->identity().peer;
      });
      member.setups.push_back(std::move(setup));
    };
    put(members[a], std::move(of_a));
    put(members[b], std::move(of_b));
  }

  // What the lowest of `ids` would propose.
  mpc::Proposal propose(const std::vector<XId>& ids, mpc::Purpose purpose = mpc::Purpose::presign) {
    const Member& first = members.at(ids.front());
    mpc::Proposal proposal;
    proposal.key_id = first.party.key_id;
    proposal.epoch = first.party.epoch;
    proposal.ids = ids;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      for (std::size_t j = i + 1; j < ids.size(); ++j) {
        const auto setup = mpc::setup_with(members.at(ids[i]).setups, ids[j]);
        proposal.setup_ids.push_back(setup->setup_id());
      }
    }
    proposal.tweak = crypto::Scalar(7);
    proposal.path = {44, 60};
    proposal.public_key = first.party.public_key + crypto::Point::mul_generator(proposal.tweak);
    proposal.purpose = purpose;
    return proposal;
  }

  void agree(const mpc::Proposal& proposal) {
    const auto hash = mpc::proposal_hash(proposal.encode());
    std::vector<mpc::Accept> accepts;
    for (const XId id : proposal.ids) {
      ByteArray<32> nonce;
      members.at(id).random->fill(mpc::dkls::Draw::accept, 0, nonce);
      accepts.push_back(mpc::make_accept(hash, id, nonce));
    }
    agreement.emplace(mpc::Agreement::make(proposal, accepts).value());
  }

  // Each step for all parties of the quorum; the first abort of any of them ends it.
  mpc::Attempt<void> start(std::uint32_t k = 0) {
    for (const XId id : ids()) {
      Member& member = members.at(id);
      auto made = mpc::Presigning::start(
          {*agreement, k, member.party, member.setups, member.used, *member.random, member.ledger});
      if (!made) return core::unexpected(made.error());
      member.presigning = std::move(*made);
    }
    return {};
  }
  // Changes a message on its way: round, from, to, bytes.
  using Tamper = std::function<void(Round, XId, XId, Bytes&)>;
  mpc::Attempt<void> deliver(Round round, const Tamper& tamper = {}) {
    for (const XId from : ids()) {
      for (const XId to : ids()) {
        if (from == to) continue;
        const mpc::Presigning& author = *members.at(from).presigning;
        const ByteView message = round == Round::r1 ? author.r1_to(to) : author.r2_to(to);
        Bytes bytes(message.begin(), message.end());
        if (tamper) tamper(round, from, to, bytes);
        mpc::Presigning& receiver = *members.at(to).presigning;
        const auto envelope = author.envelope_to(to, round);
        auto taken = round == Round::r1 ? receiver.take_r1(envelope, bytes)
                                        : receiver.take_r2(envelope, bytes);
        if (!taken) return taken;
      }
    }
    return {};
  }
  mpc::Attempt<void> make_r2() {
    for (const XId id : ids()) {
      auto made = members.at(id).presigning->make_r2();
      if (!made) return made;
    }
    return {};
  }
  mpc::Attempt<void> finish() {
    for (const XId id : ids()) {
      Member& member = members.at(id);
      if (agreement->proposal().purpose == mpc::Purpose::presign) {
        auto made = member.presigning->finish();
        if (!made) return core::unexpected(made.error());
        member.presignature = std::move(*made);
      } else {
        auto made = member.presigning->finish_bound();
        if (!made) return core::unexpected(made.error());
        member.bound.emplace(std::move(*made));
      }
    }
    return {};
  }
  // Everything up to the presignatures.
  mpc::Attempt<void> presign(const Tamper& tamper = {}, std::uint32_t k = 0) {
    MPC_CHECK(start(k));
    MPC_CHECK(deliver(Round::r1, tamper));
    MPC_CHECK(make_r2());
    MPC_CHECK(deliver(Round::r2, tamper));
    return finish();
  }
  void bind(const mpc::ComputedDigest& digest) {
    for (const XId id : ids()) {
      Member& member = members.at(id);
      member.bound.emplace(std::move(*member.presignature), digest);
      member.presignature.reset();
    }
  }
  // The online round; the signature as each party computes it, which must be the same.
  mpc::Attempt<mpc::EcdsaSignature> sign(const Tamper& tamper = {}) {
    for (const XId id : ids()) {
      Member& member = members.at(id);
      member.signing = std::make_unique<mpc::EcdsaSigning>(std::move(*member.bound));
      member.bound.reset();
    }
    for (const XId from : ids()) {
      for (const XId to : ids()) {
        if (from == to) continue;
        const auto& message = members.at(from).signing->r3();
        Bytes bytes(message.begin(), message.end());
        if (tamper) tamper(Round::r3, from, to, bytes);
        const auto taken = members.at(to).signing->take_r3(from, bytes);
        if (!taken) return core::unexpected(taken.error());
      }
    }
    std::optional<mpc::EcdsaSignature> signature;
    for (const XId id : ids()) {
      const auto combined = members.at(id).signing->combine();
      if (!combined) return core::unexpected(combined.error());
      if (signature) CHECK(*signature == *combined);
      signature = *combined;
    }
    return *signature;
  }

  [[nodiscard]] const std::vector<XId>& ids() const { return agreement->proposal().ids; }

  std::map<XId, Member> members;
  std::optional<mpc::Agreement> agreement;
};

}  // namespace tally::test
