// Cases of threshold ECDSA (lib/mpc, DKLs23): all parties in one process. As with FROST, the unit
// that makes figures of two hosts comparable is one ECDSA verification, the peer "ecdsa_verify".
#include <algorithm>
#include <array>
#include <atomic>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <vector>

#include "cases.hpp"
#include "core/endian.hpp"
#include "core/threads.hpp"
#include "mpc/deal.hpp"
#include "mpc/ecdsa_presign.hpp"
#include "mpc/ecdsa_sign.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

namespace {

using namespace mpc;  // NOLINT(google-build-using-namespace): every name here is of a session
using dkls::XId;
using Subject = std::unique_ptr<bench::Subject>;

// A key that guards nothing needs no secrets: every run draws the same, so that it does the same
// work to the instruction, and a session can be replayed against recorded messages.
class FixedRandom final : public dkls::Randomness {
 public:
  explicit FixedRandom(std::uint64_t seed) : hedge_(system(seed), {}) {}
  void fill(dkls::Draw draw, std::uint32_t index, MutableByteView out) override {
    hedge_.fill(draw, index, out);
  }

 private:
  static ByteArray<32> system(std::uint64_t seed) {
    ByteArray<32> bytes{};
    core::store_le(bytes.data(), seed);
    return bytes;
  }
  dkls::HedgedRandomness hedge_;
};

// Nobody cheats here.
class NoLedger final : public BurnLedger {
 public:
  bool burn(const PairSetup& /*setup*/, Cause /*cause*/) override { return false; }
  bool begin_check(const PairSetup& /*setup*/) override { return true; }
  void end_check(const PairSetup& /*setup*/) override {}
};

Result<std::pair<std::shared_ptr<PairSetup>, std::shared_ptr<PairSetup>>> set_up(
    const PairIdentity& of_a, std::uint64_t seed) {
  PairIdentity of_b = of_a;
  std::swap(of_b.me, of_b.peer);
  FixedRandom random_a(seed);
  FixedRandom random_b(seed + 1);
  TALLY_TRY(const auto a, PairSetupSession::start(of_a, random_a));
  TALLY_TRY(const auto b, PairSetupSession::start(of_b, random_b));
  TALLY_TRY(const auto offer_a, a->offer(b->hello()));
  TALLY_TRY(const auto offer_b, b->offer(a->hello()));
  TALLY_TRY(const auto answer_a, a->answer(offer_b));
  TALLY_TRY(const auto answer_b, b->answer(offer_a));
  TALLY_TRY(auto setup_a, a->finish(answer_b));
  TALLY_TRY(auto setup_b, b->finish(answer_a));
  return std::pair(std::move(setup_a), std::move(setup_b));
}

// The first t of n parties and what lies between them.
class Quorum {
 public:
  struct Member {
    EcdsaParty party;
    std::vector<std::shared_ptr<PairSetup>> setups;
  };

  static Result<std::shared_ptr<Quorum>> make(std::uint16_t t, std::uint16_t n) {
    constexpr ByteArray<32> kSeed{1};
    const auto dealing = deal(t, n, kSeed);
    if (!dealing) return fail(Error(dealing.error()));
    auto quorum = std::make_shared<Quorum>();
    for (XId id = 1; id <= t; ++id) {
      const auto share = dealing->share(id - 1U);
      if (!share) return fail(Error(share.error()));
      quorum->members.push_back({EcdsaParty::of(*share), {}});
      quorum->proposal.ids.push_back(id);
    }
    quorum->proposal.key_id = quorum->members[0].party.key_id;
    quorum->proposal.public_key = quorum->members[0].party.public_key;
    for (XId a = 1; a <= t; ++a) {
      for (auto b = static_cast<XId>(a + 1); b <= t; ++b) {
        TALLY_TRY(auto made, set_up({quorum->proposal.key_id, 0, a, b, 0}, 100U * a + b));
        quorum->proposal.setup_ids.push_back(made.first->setup_id());
        quorum->members[a - 1U].setups.push_back(std::move(made.first));
        quorum->members[b - 1U].setups.push_back(std::move(made.second));
      }
    }
    return quorum;
  }

  // All parties accept with nonces that were not there before.
  Agreement agree() {
    const auto hash = proposal_hash(proposal.encode());
    std::vector<Accept> accepts;
    for (const XId id : proposal.ids) {
      ByteArray<32> nonce{};
      core::store_le(nonce.data(), ++nonces_);
      accepts.push_back(make_accept(hash, id, nonce));
    }
    // Refused only for acceptances of something else.
    return *Agreement::make(proposal, accepts);
  }

  std::vector<Member> members;
  Proposal proposal;
  NoLedger ledger;

 private:
  std::uint64_t nonces_ = 0;
};

// One signature's sessions, one a party.
class Sessions {
 public:
  Sessions(Quorum& quorum, Agreement agreement, std::uint64_t seed)
      : quorum_(quorum), agreement_(std::move(agreement)) {
    for (std::size_t i = 0; i < quorum.members.size(); ++i) {
      randoms_.push_back(std::make_unique<FixedRandom>(seed + i));
    }
  }

  [[nodiscard]] const Agreement& agreement() const { return agreement_; }
  [[nodiscard]] const Presigning& of(std::size_t i) const { return *parties_[i]; }

  bool start(Workers& workers) {
    parties_.resize(quorum_.members.size());
    return each_party(workers, [this, &workers](std::size_t i) {
      const auto& member = quorum_.members[i];
      UsedSids used;
      auto made = Presigning::start(
          {agreement_, 0, member.party, member.setups, used, *randoms_[i], quorum_.ledger},
          workers);
      if (made) parties_[i] = std::move(*made);
      return made.has_value();
    });
  }
  bool deliver(Round round, Workers& workers) {
    for (const auto& from : parties_) {
      for (const XId id : quorum_.proposal.ids) {
        said_bytes_ += (round == Round::r1 ? from->r1_to(id) : from->r2_to(id)).size();
      }
    }
    return each_party(workers, [this, round](std::size_t i) {
      Presigning& to = *parties_[i];
      const XId id = quorum_.proposal.ids[i];
      return std::ranges::all_of(parties_, [&to, id, round](const auto& from) {
        if (from.get() == &to) return true;
        const auto envelope = from->envelope_to(id, round);
        return round == Round::r1 ? to.take_r1(envelope, from->r1_to(id)).has_value()
                                  : to.take_r2(envelope, from->r2_to(id)).has_value();
      });
    });
  }
  bool make_r2(Workers& workers) {
    return each_party(workers, [this, &workers](std::size_t i) {
      return parties_[i]->make_r2(workers).has_value();
    });
  }
  // Up to R3.
  bool finish(Workers& workers) {
    signings_.resize(parties_.size());
    return each_party(workers, [this, &workers](std::size_t i) {
      auto made = bound(parties_[i]->finish(workers));
      if (!made) return false;
      signings_[i] = std::make_unique<EcdsaSigning>(std::move(*made));
      return true;
    });
  }
  static std::optional<BoundPresignature> bound(Attempt<Presignature> presignature) {
    if (!presignature) return std::nullopt;
    const auto digest = ComputedDigest::of(DigestKind::sha256, core::as_bytes("a transaction"));
    return BoundPresignature(std::move(*presignature), digest);
  }
  std::optional<BoundPresignature> finish_one(std::size_t i) {
    return bound(parties_[i]->finish());
  }
  // The online round of all parties: each takes the others' R3 and adds up the signature.
  bool sign(Workers& workers) {
    const std::size_t parties = signings_.size();
    said_bytes_ += parties * (parties - 1) * dkls::kR3Bytes;
    return each_party(workers, [this](std::size_t i) { return sign_as(i); });
  }
  bool sign_as(std::size_t i) {
    for (std::size_t j = 0; j < signings_.size(); ++j) {
      if (i == j) continue;
      if (!signings_[i]->take_r3(quorum_.proposal.ids[j], signings_[j]->r3())) return false;
    }
    return signings_[i]->combine().has_value();
  }
  bool presign(Workers& workers) {
    return start(workers) && deliver(Round::r1, workers) && make_r2(workers) &&
           deliver(Round::r2, workers) && finish(workers);
  }
  [[nodiscard]] std::size_t said_bytes() const { return said_bytes_; }

 private:
  // What a party does has nothing in common with what the others do, so that each is a part of the
  // work.
  template <typename Step>
  bool each_party(Workers& workers, const Step& step) {
    std::atomic<bool> good = true;
    workers.each(quorum_.members.size(), [&](std::size_t i) {
      // Nothing else is read on the strength of this; each() orders it before the last load.
      if (!step(i)) good.store(false, std::memory_order_relaxed);
    });
    return good.load(std::memory_order_relaxed);
  }

  Quorum& quorum_;
  Agreement agreement_;
  std::vector<std::unique_ptr<FixedRandom>> randoms_;
  std::vector<std::unique_ptr<Presigning>> parties_;
  std::vector<std::unique_ptr<EcdsaSigning>> signings_;
  std::size_t said_bytes_ = 0;
};

// Presignature and signature of all parties, on one thread.
class WholeSignature final : public bench::Subject {
 public:
  WholeSignature(std::shared_ptr<Quorum> quorum, bool count_bytes)
      : quorum_(std::move(quorum)), count_bytes_(count_bytes) {}

  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations; ++i) {
      Sessions sessions(*quorum_, quorum_->agree(), 1);
      healthy_ = healthy_ && sessions.presign(one_thread()) && sessions.sign(one_thread());
      said_bytes_ = sessions.said_bytes();
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }
  [[nodiscard]] std::optional<double> figure() const override {
    if (!count_bytes_) return std::nullopt;
    const std::size_t t = quorum_->members.size();
    return static_cast<double>(said_bytes_) / static_cast<double>(t * (t - 1));
  }

 private:
  std::shared_ptr<Quorum> quorum_;
  bool count_bytes_;
  bool healthy_ = true;
  std::size_t said_bytes_ = 0;
};

// The same on two threads, which share the parties among them, and the peers of a party when one
// has nothing else to do.
class TwoThreads final : public bench::Subject, private Workers {
 public:
  explicit TwoThreads(std::shared_ptr<Quorum> quorum) : quorum_(std::move(quorum)) {}

  void prepare(std::uint64_t /*operations*/) override {
    over_.store(false, std::memory_order_relaxed);
    helper_gone_.store(false, std::memory_order_relaxed);
  }

  void run(std::size_t side, std::uint64_t operations) override {
    here = {side, false};
    if (side == 1) {
      help();
      return;
    }
    for (std::uint64_t i = 0; i < operations; ++i) {
      Sessions sessions(*quorum_, quorum_->agree(), 1);
      healthy_ = healthy_ && sessions.presign(*this) && sessions.sign(*this);
    }
    // Orders nothing but the end: the helper reads no data after it.
    over_.store(true, std::memory_order_release);
    // Side 0 ends last: pairs with the helper's last store.
    while (!helper_gone_.load(std::memory_order_acquire)) core::cpu_relax();
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  // The batch's number, the end of the parts that are left and the first of them are one word: who
  // comes late takes nothing of a batch it has not seen, and reads nothing beside the word until it
  // has a part. Side 1 takes the last, side 0 the first, so that what belongs to one party or peer
  // stays with one core from step to step.
  struct alignas(128) Batch {
    std::atomic<std::uint64_t> next{0};
    std::atomic<std::size_t> done{0};
    const std::function<void(std::size_t)>* work = nullptr;
    std::uint64_t number = 0;
  };
  struct Here {
    std::size_t side = 0;
    bool in_part = false;  // of the parties' batch
  };

  // Called by side 0, and again inside of those parts by whoever has one. Pre: fewer than 2^16
  // parts; the inner ones call nothing of this.
  void each(std::size_t count, const std::function<void(std::size_t)>& work) override {
    Batch& batch = here.in_part ? of_peers_[here.side] : of_parties_;
    batch.work = &work;
    batch.done.store(0, std::memory_order_relaxed);
    // Publishes the work to whoever takes a part of the new batch.
    batch.next.store(++batch.number << 32U | count << 16U, std::memory_order_release);
    while (take_one(batch)) {
    }
    // Pairs with the release of each finished part, whose results are read from here on.
    while (batch.done.load(std::memory_order_acquire) != count) {
      if (!take_one(of_peers_[1 - here.side])) core::cpu_relax();
    }
  }
  bool take_one(Batch& batch) {
    constexpr std::uint64_t kOneFromEnd = 1U << 16U;
    const bool last = here.side == 1;
    // The exchange acquires the work; nothing is read on the strength of this load alone.
    std::uint64_t seen = batch.next.load(std::memory_order_relaxed);
    std::uint64_t end = 0;
    do {
      end = seen >> 16U & UINT16_MAX;
      if ((seen & UINT16_MAX) >= end) return false;
    } while (!batch.next.compare_exchange_weak(seen, last ? seen - kOneFromEnd : seen + 1,
                                               std::memory_order_acquire,
                                               std::memory_order_relaxed));
    const bool was_in_part = here.in_part;
    here.in_part = true;
    (*batch.work)(last ? end - 1 : seen & UINT16_MAX);
    here.in_part = was_in_part;
    // Publishes what the part wrote.
    batch.done.fetch_add(1, std::memory_order_release);
    return true;
  }
  void help() {
    // Pairs with the store at the end of side 0.
    while (!over_.load(std::memory_order_acquire)) {
      if (!take_one(of_parties_) && !take_one(of_peers_[0])) core::cpu_relax();
    }
    // Side 0 waits for this and takes the subject back.
    helper_gone_.store(true, std::memory_order_release);
  }

  static thread_local Here here;
  std::shared_ptr<Quorum> quorum_;
  bool healthy_ = true;
  Batch of_parties_;
  std::array<Batch, 2> of_peers_;  // by the side that has the party
  alignas(128) std::atomic<bool> over_{false};
  std::atomic<bool> helper_gone_{false};
};

thread_local TwoThreads::Here TwoThreads::here;

// As a peer of TwoThreads: side 0 does all, side 1 has left.
class OneThreadOfTwo final : public bench::Subject {
 public:
  explicit OneThreadOfTwo(std::shared_ptr<Quorum> quorum) : whole_(std::move(quorum), false) {}
  void run(std::size_t side, std::uint64_t operations) override {
    if (side == 0) whole_.run(0, operations);
  }
  [[nodiscard]] bool healthy() const override { return whole_.healthy(); }

 private:
  WholeSignature whole_;
};

// One party's online work: its R3, the others' R3, and the signature, verified.
class Online final : public bench::Subject {
 public:
  explicit Online(std::shared_ptr<Quorum> quorum) : quorum_(std::move(quorum)) {}

  void prepare(std::uint64_t operations) override {
    ready_.clear();
    for (std::uint64_t i = 0; i < operations; ++i) {
      auto& ready = ready_.emplace_back();
      Sessions sessions(*quorum_, quorum_->agree(), 1);
      if (!sessions.start(one_thread()) || !sessions.deliver(Round::r1, one_thread()) ||
          !sessions.make_r2(one_thread()) || !sessions.deliver(Round::r2, one_thread())) {
        return;
      }
      for (std::size_t party = 0; party < quorum_->members.size(); ++party) {
        auto made = sessions.finish_one(party);
        if (!made) return;
        if (party == 0) {
          ready.mine = std::move(made);
        } else {
          ready.others.push_back(EcdsaSigning(std::move(*made)).r3());
        }
      }
    }
  }
  void run(std::size_t /*side*/, std::uint64_t /*operations*/) override {
    for (auto& ready : ready_) {
      if (!ready.mine) {
        healthy_ = false;
        continue;
      }
      EcdsaSigning signing(std::move(*ready.mine));
      ready.mine.reset();
      for (std::size_t i = 0; i < ready.others.size(); ++i) {
        healthy_ = healthy_ && signing.take_r3(quorum_->proposal.ids[i + 1], ready.others[i]);
      }
      healthy_ = healthy_ && signing.combine();
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  struct Ready {
    std::optional<BoundPresignature> mine;
    std::vector<ByteArray<dkls::kR3Bytes>> others;
  };
  std::shared_ptr<Quorum> quorum_;
  std::vector<Ready> ready_;
  bool healthy_ = true;
};

// One party's work from R1 to its partial signature, R3, against messages that were recorded when
// all parties ran once: it draws the same again, so that the answers fit.
class OneParty final : public bench::Subject {
 public:
  explicit OneParty(std::shared_ptr<Quorum> quorum)
      : quorum_(std::move(quorum)), recorded_(*quorum_, quorum_->agree(), 1) {
    healthy_ = recorded_.start(one_thread()) && recorded_.deliver(Round::r1, one_thread()) &&
               recorded_.make_r2(one_thread());
  }
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations; ++i) healthy_ = healthy_ && once();
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  bool once() {
    const auto& member = quorum_->members[0];
    const XId me = quorum_->proposal.ids[0];
    UsedSids used;
    FixedRandom random(1);
    const auto session = Presigning::start(
        {recorded_.agreement(), 0, member.party, member.setups, used, random, quorum_->ledger});
    if (!session) return false;
    for (std::size_t i = 1; i < quorum_->members.size(); ++i) {
      const Presigning& peer = recorded_.of(i);
      if (!(*session)->take_r1(peer.envelope_to(me, Round::r1), peer.r1_to(me))) return false;
    }
    if (!(*session)->make_r2()) return false;
    for (std::size_t i = 1; i < quorum_->members.size(); ++i) {
      const Presigning& peer = recorded_.of(i);
      if (!(*session)->take_r2(peer.envelope_to(me, Round::r2), peer.r2_to(me))) return false;
    }
    auto made = Sessions::bound((*session)->finish());
    if (!made) return false;
    const EcdsaSigning signing(std::move(*made));
    keep(signing.r3());
    return true;
  }

  std::shared_ptr<Quorum> quorum_;
  Sessions recorded_;
  bool healthy_ = true;
};

template <typename Shape, typename... Args>
bench::Factory over_quorum(std::uint16_t t, std::uint16_t n, Args... args) {
  return [=]() -> Result<Subject> {
    TALLY_TRY(auto quorum, Quorum::make(t, n));
    return std::make_unique<Shape>(std::move(quorum), args...);
  };
}

// Every pair of n parties, both directions.
bench::Factory pair_setups(XId n) {
  return [n]() -> Result<Subject> {
    return make_loop([n] {
      bool good = true;
      for (XId a = 1; a <= n; ++a) {
        for (auto b = static_cast<XId>(a + 1); b <= n; ++b) {
          good = good && set_up({{}, 0, a, b, 0}, 100U * a + b);
        }
      }
      return good;
    });
  };
}

}  // namespace

void add_ecdsa_cases(bench::Registry& registry) {
  constexpr double kNsPerMs = 1e6;
  const bench::Peer verify{"ecdsa_verify", make_ecdsa_verify};
  const auto add = [](std::string name, std::string summary, std::optional<double> seed,
                      bench::Factory make, std::vector<bench::Peer> peers) {
    bench::Case definition;
    definition.name = "mpc." + std::move(name);
    definition.summary = std::move(summary);
    definition.seed = seed;
    definition.make = std::move(make);
    definition.peers = std::move(peers);
    // Milliseconds of work an operation: too long to be run instruction by instruction.
    definition.countable = false;
    return definition;
  };
  registry.add(add("ecdsa.sign.3of4", "presignature and signature, all parties, three of four",
                   73.48 * kNsPerMs, over_quorum<WholeSignature>(3, 4, false), {verify}));
  registry.add(add("ecdsa.sign.5of6", "the same, five parties of six", 101.86 * kNsPerMs,
                   over_quorum<WholeSignature>(5, 6, false), {verify}));
  registry.add(add("ecdsa.online.3of4", "one party's online round and the signature, verified",
                   std::nullopt, over_quorum<Online>(3, 4), {verify}));
  auto party = add("ecdsa.party.3of4", "one party's work from R1 to its partial signature",
                   23.54 * kNsPerMs, over_quorum<OneParty>(3, 4), {verify});
  party.countable = true;  // what threshold ECDSA costs, kept once
  registry.add(party);
  registry.add(add("pairsetup.n4", "the setup of every pair of four parties", std::nullopt,
                   pair_setups(4), {verify}));
  registry.add(add("pairsetup.n6", "the setup of every pair of six parties", std::nullopt,
                   pair_setups(6), {verify}));

  auto bytes = add("ecdsa.bytes.pair", "bytes from one party to another for one signature",
                   std::nullopt, over_quorum<WholeSignature>(2, 3, true), {});
  bytes.unit = "bytes";
  registry.add(bytes);

  auto threads =
      add("ecdsa.sign.3of4.threads2",
          "the same on two threads, which share the parties and their peers", std::nullopt,
          over_quorum<TwoThreads>(3, 4), {{"one_thread", over_quorum<OneThreadOfTwo>(3, 4)}});
  threads.threads = 2;
  registry.add(threads);
}

}  // namespace tally::bench_tool
