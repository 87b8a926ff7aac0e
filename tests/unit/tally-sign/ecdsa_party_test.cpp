// Coordinator and parties of threshold ECDSA in one process, with what lies beside a share on disk:
// real messages, of which a test may change one on its way, as a cheating party would.
#include "ecdsa_party.hpp"

#include <array>
#include <doctest/doctest.h>
#include <functional>

#include "core/file.hpp"
#include "custody/pair_file.hpp"
#include "ecdsa_engine.hpp"
#include "support/folder.hpp"
#include "support/full_disk.hpp"
#include "unit/mpc/dkls_world.hpp"

using namespace tally;
using mpc::Round;
using mpc::dkls::XId;
using sign::EcdsaEngine;
using sign::EcdsaHolder;
using sign::EcdsaLink;

namespace wire = mpc::wire;

namespace {

constexpr std::size_t kParties = 2;

void for_each_frame(const Bytes& bytes, const std::function<void(const wire::Frame&)>& take) {
  ByteView rest(bytes);
  wire::Frame frame;
  while (wire::next_frame(rest, frame) == wire::Next::frame) {
    take(frame);
    rest = rest.subspan(frame.size_bytes);
  }
  REQUIRE(rest.empty());
}

// Both parties of a key, and their coordinator.
class Desk {
 public:
  Desk() {
    const mpc::PairIdentity identity{group().key_id(), group().epoch(), 1, 2, 0};
    test::CountingRandom random_a(1);
    test::CountingRandom random_b(2);
    const auto [of_a, of_b] = test::set_up_pair(identity, random_a, random_b);
    write(0, *of_a);
    write(1, *of_b);
    sign::EcdsaOptions options;
    options.ahead = 2;
    options.batch = 1;
    engine_ = EcdsaEngine::make(group(), {}, options, [this](const std::string& line) {
                notices.push_back(line);
              }).value();
    for (mpc::PartyId id = 0; id < kParties; ++id) {
      open(id);
      links[id].emplace(*holders[id], policy);
      engine_->party_up(id, 1);
    }
  }

  [[nodiscard]] const mpc::GroupKey& group() const { return dealing_.group(); }
  [[nodiscard]] const mpc::Share& share(mpc::PartyId id) const { return shares_.at(id); }
  EcdsaEngine& engine() { return *engine_; }

  // Some turns of all; what a party says to its peer goes through `tamper`.
  using Tamper = std::function<void(mpc::PartyId from, wire::Relayed&, Bytes& sealed)>;
  void turn(const Tamper& tamper = {}) {
    for (int i = 0; i < 12; ++i) {
      engine_->advance(now_ns += 1'000'000);
      for (mpc::PartyId id = 0; id < kParties; ++id) {
        const Bytes asked = std::exchange(engine_->outbox(id), {});
        if (id == 0) listen(asked);
        Bytes answers;
        for_each_frame(asked,
                       [&](const wire::Frame& frame) { REQUIRE(links[id]->take(frame, answers)); });
        for_each_frame(answers, [&](const wire::Frame& frame) { pass(id, frame, tamper); });
      }
    }
  }

  // The envelope of the message that goes under `session`.
  [[nodiscard]] mpc::Envelope envelope(mpc::PartyId from, const wire::Relayed& message) const {
    const auto& agreement = agreements_.at(message.session);
    return {Round{message.round}, static_cast<XId>(from + 1), static_cast<XId>(message.party + 1),
            agreement.sid(message.k), agreement.proposal().setup_ids.front()};
  }

  // The first of them.
  [[nodiscard]] const mpc::Proposal& proposal() const { return proposals_.begin()->second; }

  void open(mpc::PartyId id) { holders[id] = EcdsaHolder::open(path(id), share(id)).value(); }

  std::array<std::unique_ptr<EcdsaHolder>, kParties> holders;
  std::array<std::optional<EcdsaLink>, kParties> links;
  const sign::Policy policy = sign::Policy::parse({"any"}).value();
  const sign::Policy digest_policy = sign::Policy::parse({"digest"}).value();
  std::vector<std::string> notices;
  std::uint64_t now_ns = 1'000'000'000;

 private:
  [[nodiscard]] std::string path(mpc::PartyId id) const {
    return folder_.file("key-" + std::to_string(id) + ".share");
  }
  void write(mpc::PartyId id, const mpc::PairSetup& setup) {
    const Bytes file = custody::seal_pair(setup, share(id)).value();
    REQUIRE(core::create_file(custody::pair_path(path(id), 1 - id), file, 0600));
  }
  // What was agreed on, by session.
  void listen(const Bytes& asked) {
    for_each_frame(asked, [this](const wire::Frame& frame) {
      wire::SessionBytes message;
      if (frame.type == wire::Type::proposal && wire::decode(frame.body, message)) {
        proposals_.emplace(message.session, mpc::Proposal::decode(message.bytes).value());
      }
      if (frame.type != wire::Type::agreed || !wire::decode(frame.body, message)) return;
      std::vector<mpc::Accept> accepts(kParties);
      for (std::size_t i = 0; i < kParties; ++i) {
        std::ranges::copy(message.bytes.subspan(i * sizeof(mpc::Accept), sizeof(mpc::Accept)),
                          accepts[i].begin());
      }
      agreements_.emplace(message.session,
                          mpc::Agreement::make(proposals_.at(message.session), accepts).value());
    });
  }
  void pass(mpc::PartyId from, const wire::Frame& frame, const Tamper& tamper) {
    wire::Relayed message;
    if (!tamper || frame.type != wire::Type::relayed || !wire::decode(frame.body, message)) {
      REQUIRE(engine_->take(from, frame, now_ns));
      return;
    }
    Bytes sealed(message.sealed.begin(), message.sealed.end());
    tamper(from, message, sealed);
    message.sealed = sealed;
    Bytes changed;
    wire::encode(message, changed);
    for_each_frame(changed, [&](const wire::Frame& f) { REQUIRE(engine_->take(from, f, now_ns)); });
  }

  test::Folder folder_;
  mpc::Dealing dealing_ = mpc::deal(kParties, kParties, ByteArray<32>{9}).value();
  std::array<mpc::Share, kParties> shares_ = {dealing_.share(0).value(), dealing_.share(1).value()};
  std::unique_ptr<EcdsaEngine> engine_;
  std::map<std::uint64_t, mpc::Proposal> proposals_;
  std::map<std::uint64_t, mpc::Agreement> agreements_;
};

// Of what type a party's one answer to a message is.
wire::Type answer(EcdsaLink& link, wire::Type type, std::uint64_t session, ByteView bytes) {
  Bytes asked;
  wire::encode(type, wire::SessionBytes{session, bytes}, asked);
  Bytes out;
  for_each_frame(asked, [&](const wire::Frame& frame) { REQUIRE(link.take(frame, out)); });
  wire::Type said{};
  for_each_frame(out, [&](const wire::Frame& frame) { said = frame.type; });
  return said;
}

}  // namespace

TEST_SUITE_BEGIN("sign");

TEST_CASE("a coordinator and two parties of ECDSA sign") {
  Desk desk;
  desk.turn();
  REQUIRE(desk.engine().ready() == 2);
  const Bytes payload(9, 4);
  net::Record record;
  record.payload = payload;
  desk.engine().submit(record, desk.now_ns);
  desk.turn();
  const auto* const done = desk.engine().finished();
  REQUIRE(done != nullptr);
  CHECK(done->why.empty());
  CHECK(desk.notices.empty());
}

TEST_CASE("a party that cheats in its transfer is burnt on disk before the answer") {
  Desk desk;
  const auto sender = custody::PairChannels::make(desk.share(1)).value();
  const auto receiver = custody::PairChannels::make(desk.share(0)).value();
  desk.turn([&](mpc::PartyId from, wire::Relayed& message, Bytes& sealed) {
    if (from != 1 || Round{message.round} != Round::r1) return;
    // As party 1 itself would have sealed it.
    const auto about = desk.envelope(from, message).associated_data();
    Bytes plain = receiver.open(1, about, sealed).value();
    plain[mpc::dkls::kR1BroadcastBytes + mpc::dkls::kSaltBytes + 3] ^= 1;
    sealed = sender.seal(0, about, plain);
  });
  REQUIRE_FALSE(desk.notices.empty());
  CHECK(desk.notices.front().find("party 0 says: ") == 0);
  CHECK(desk.notices.front().find("the oblivious transfer is not consistent (party 1)") !=
        std::string::npos);
  const auto shortage = desk.engine().shortage();
  REQUIRE(shortage);
  CHECK(shortage->code == Code::no_input);
  CHECK(shortage->message == "no common pair setup of parties 0 and 1");
  CHECK(desk.engine().ready() == 0);
  // And stays so.
  desk.links[0].reset();
  desk.holders[0].reset();
  desk.open(0);
  CHECK(desk.holders[0]->burnt_peers() == std::vector<mpc::PartyId>{1});
  CHECK(desk.holders[1]->burnt_peers().empty());
}

TEST_CASE("a message changed by who carries it burns nobody") {
  Desk desk;
  desk.turn([&](mpc::PartyId from, wire::Relayed& /*message*/, Bytes& sealed) {
    if (from == 1) sealed.back() ^= 1;
  });
  CHECK(desk.engine().ready() == 0);
  CHECK(desk.notices.empty());
  desk.engine().advance(desk.now_ns += 4'000'000'000);
  // The one that waits in vain for its peer.
  REQUIRE(desk.notices.size() == 1);
  CHECK(desk.notices.front() == "party 0 is silent and is left out until it answers again");
  for (const auto& holder : desk.holders) CHECK(holder->burnt_peers().empty());
}

TEST_CASE("a party whose journal could not be written refuses before it accepts") {
  Desk desk;
  desk.turn();
  REQUIRE(desk.engine().ready() == 2);
  const Bytes presign = desk.proposal().encode();
  mpc::Proposal digest = desk.proposal();
  digest.purpose = mpc::Purpose::raw_digest;
  digest.count = 1;
  const Bytes raw = digest.encode();
  EcdsaLink link(*desk.holders[0], desk.digest_policy);
  CHECK(answer(link, wire::Type::proposal, 1, presign) == wire::Type::accept);
  CHECK(answer(link, wire::Type::proposal, 2, raw) == wire::Type::accept);
  net::Record record;
  const Bytes payload(9, 4);
  record.payload = payload;
  desk.engine().submit(record, desk.now_ns);
  {
    const test::FullDisk full;
    desk.turn();
  }
  // There is room again, but not for journals of which nobody knows what stands in them.
  REQUIRE_FALSE(desk.notices.empty());
  CHECK(desk.notices.front().find("the journal could not be written") != std::string::npos);
  CHECK(answer(link, wire::Type::proposal, 3, presign) == wire::Type::aborted);
  CHECK(answer(link, wire::Type::proposal, 4, raw) == wire::Type::aborted);
}

TEST_CASE("batches under way of all coordinators count against the room of a party") {
  Desk desk;
  desk.turn();
  mpc::Proposal many = desk.proposal();
  many.count = 600;
  const Bytes bytes = many.encode();
  EcdsaLink one(*desk.holders[0], desk.policy);
  EcdsaLink two(*desk.holders[0], desk.policy);
  CHECK(answer(one, wire::Type::proposal, 1, bytes) == wire::Type::accept);
  CHECK(answer(one, wire::Type::proposal, 2, bytes) == wire::Type::aborted);
  CHECK(answer(two, wire::Type::proposal, 1, bytes) == wire::Type::aborted);
  // Room that was kept for what never came is given back.
  CHECK(answer(one, wire::Type::abandon, 1, {}) == wire::Type{});
  CHECK(answer(two, wire::Type::proposal, 2, bytes) == wire::Type::accept);
  CHECK(answer(one, wire::Type::proposal, 3, bytes) == wire::Type::aborted);
  CHECK(desk.engine().ready() == 2);
}

TEST_SUITE_END();
