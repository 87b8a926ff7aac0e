// The coordinator of threshold ECDSA against parties that are no more than the frames a test makes
// up, so that each can break the protocol where it likes.
#include "ecdsa_engine.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <string>

#include "core/endian.hpp"
#include "mpc/deal.hpp"

namespace mpc = tally::mpc;
namespace sign = tally::sign;
namespace wire = tally::mpc::wire;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::Code;
using tally::Status;

namespace {

constexpr std::uint64_t kTimeoutNs = 2'000'000'000;

class Table {
 public:
  Table(std::uint32_t threshold, std::uint32_t parties, const sign::EcdsaOptions& ecdsa)
      : dealing_(mpc::deal(threshold, parties, ByteArray<32>{5}).value()),
        engine_(
            sign::EcdsaEngine::make(dealing_.group(), {kTimeoutNs, 256, 512}, ecdsa,
                                    [this](const std::string& line) { notices.push_back(line); })
                .value()) {
    for (mpc::PartyId id = 0; id < parties; ++id) engine_->party_up(id, now_ns);
  }

  sign::EcdsaEngine& engine() { return *engine_; }
  [[nodiscard]] std::size_t parties() const { return dealing_.group().parties(); }

  void advance(std::uint64_t by_ns = 1'000'000) {
    now_ns += by_ns;
    engine_->advance(now_ns);
  }

  // What the engine has for a party since the last call, by type.
  std::map<wire::Type, std::vector<Bytes>> told(mpc::PartyId id) {
    std::map<wire::Type, std::vector<Bytes>> out;
    Bytes bytes;
    bytes.swap(engine_->outbox(id));
    ByteView rest(bytes);
    wire::Frame frame;
    while (wire::next_frame(rest, frame) == wire::Next::frame) {
      out[frame.type].emplace_back(frame.body.begin(), frame.body.end());
      rest = rest.subspan(frame.size_bytes);
    }
    return out;
  }

  // Hands a frame over as the links do: who breaks the protocol is disconnected.
  bool say(mpc::PartyId id, const Bytes& bytes) {
    wire::Frame frame;
    REQUIRE(wire::next_frame(bytes, frame) == wire::Next::frame);
    const Status taken = engine_->take(id, frame, now_ns);
    if (!taken) {
      CHECK(taken.error().code == Code::protocol);
      engine_->party_down(id);
    }
    return taken.has_value();
  }

  // Setups with everybody.
  bool say_setups(mpc::PartyId id) {
    Bytes entries;
    for (std::uint16_t peer = 0; peer < parties(); ++peer) {
      if (peer == id) continue;
      tally::core::append_le(entries, peer);
      ByteArray<32> setup{static_cast<std::uint8_t>(std::min<std::size_t>(id, peer)),
                          static_cast<std::uint8_t>(std::max<std::size_t>(id, peer))};
      entries.insert(entries.end(), setup.begin(), setup.end());
    }
    Bytes out;
    wire::encode(wire::Setups{entries}, out);
    return say(id, out);
  }
  void all_say_setups() {
    for (mpc::PartyId id = 0; id < parties(); ++id) {
      if (engine_->is_up(id)) REQUIRE(say_setups(id));
    }
  }

  // The acceptance of a proposal as it came; `for_id` is whom it says it is of.
  bool say_accept(mpc::PartyId id, ByteView proposal, mpc::PartyId for_id) {
    wire::SessionBytes message;
    REQUIRE(wire::decode(proposal, message));
    const auto accept = mpc::make_accept(mpc::proposal_hash(message.bytes),
                                         static_cast<mpc::dkls::XId>(for_id + 1), ByteArray<32>{1});
    Bytes out;
    wire::encode(wire::Type::accept, wire::SessionBytes{message.session, accept}, out);
    return say(id, out);
  }

  bool say_relayed(mpc::PartyId id, std::uint64_t session, std::uint16_t to, std::uint8_t round) {
    Bytes out;
    const Bytes sealed(20);
    wire::encode(wire::Relayed{session, 0, to, round, sealed}, out);
    return say(id, out);
  }

  bool say_presigned(mpc::PartyId id, std::uint64_t session, std::uint32_t k) {
    Bytes out;
    const ByteArray<32> presignature{static_cast<std::uint8_t>(session),
                                     static_cast<std::uint8_t>(k)};
    const auto nonce = tally::crypto::Point::generator().encode();
    wire::encode(wire::Presigned{session, k, presignature, nonce}, out);
    return say(id, out);
  }

  bool say_opening(mpc::PartyId id, std::uint64_t session) {
    Bytes out;
    const Bytes r3(mpc::dkls::kR3Bytes);
    wire::encode(wire::Type::opening, wire::SessionBytes{session, r3}, out);
    return say(id, out);
  }

  bool say_aborted(mpc::PartyId id, std::uint64_t session, mpc::Verdict verdict) {
    Bytes out;
    wire::encode(wire::Aborted{session, static_cast<std::uint8_t>(verdict), wire::kNoParty, "why"},
                 out);
    return say(id, out);
  }

  void submit(const Bytes& payload) {
    tally::net::Record record;
    record.sequence = ++sequence_;
    record.payload = payload;
    engine_->submit(record, now_ns);
  }

  std::vector<std::string> notices;
  std::uint64_t now_ns = 1'000'000'000;

 private:
  mpc::Dealing dealing_;
  std::unique_ptr<sign::EcdsaEngine> engine_;
  std::uint64_t sequence_ = 0;
};

sign::EcdsaOptions one_ahead() {
  sign::EcdsaOptions options;
  options.ahead = 1;
  options.batch = 1;
  return options;
}

sign::EcdsaOptions digests() {
  sign::EcdsaOptions options;
  options.raw_digest = true;
  return options;
}

// A table whose quorum, of its first parties, has agreed on its first batch.
void agree(Table& table, std::uint32_t threshold) {
  table.advance();
  table.all_say_setups();
  table.advance();
  for (mpc::PartyId id = 0; id < threshold; ++id) {
    const auto told = table.told(id);
    REQUIRE(table.say_accept(id, told.at(wire::Type::proposal).at(0), id));
  }
}

}  // namespace

TEST_SUITE_BEGIN("sign");

TEST_CASE("setups told twice break the protocol and the quorum stays as it is") {
  Table table(2, 3, one_ahead());
  table.advance();
  table.all_say_setups();
  table.advance();
  Bytes none;
  wire::encode(wire::Setups{}, none);
  // The next proposal would have named setups that the party no longer tells of.
  CHECK_FALSE(table.say(0, none));
  table.advance();
  CHECK(table.told(1)[wire::Type::proposal].size() == 2);
  CHECK(table.told(2)[wire::Type::proposal].size() == 1);
}

TEST_CASE("a party that floods its peer is left and keeps no batch alive") {
  Table table(3, 3, one_ahead());
  agree(table, 3);
  for (const std::uint8_t round : {std::uint8_t{1}, std::uint8_t{2}}) {
    CHECK(table.say_relayed(0, 1, 1, round));
    CHECK(table.say_relayed(0, 1, 2, round));
  }
  CHECK_FALSE(table.say_relayed(0, 1, 1, 2));
  CHECK_FALSE(table.engine().is_up(0));
}

TEST_CASE("of a digest each party of the quorum gives one opening") {
  Table table(2, 3, digests());
  table.submit(Bytes(32, 7));
  agree(table, 2);
  CHECK(table.say_opening(1, 1));
  CHECK_FALSE(table.say_opening(1, 1));
  Table other(2, 3, digests());
  other.submit(Bytes(32, 7));
  agree(other, 2);
  CHECK_FALSE(other.say_opening(2, 1));
}

TEST_CASE("an opening that nobody asked for costs no record another attempt") {
  Table table(2, 3, one_ahead());
  agree(table, 2);
  CHECK(table.say_presigned(0, 1, 0));
  CHECK(table.say_presigned(1, 1, 0));
  table.submit(Bytes(32, 7));
  table.advance();
  const auto told = table.told(0);
  wire::Bind bind;
  REQUIRE(wire::decode(told.at(wire::Type::bind).at(0), bind));
  CHECK_FALSE(table.say_opening(2, bind.session));
  CHECK(table.engine().counts().retried == 0);
}

TEST_CASE("whoever accepts something else is left and not who accepts last") {
  Table table(2, 3, one_ahead());
  table.advance();
  table.all_say_setups();
  table.advance();
  const Bytes proposal = table.told(0).at(wire::Type::proposal).at(0);
  CHECK_FALSE(table.say_accept(0, proposal, 2));
  CHECK_FALSE(table.engine().is_up(0));
  CHECK(table.say_accept(1, proposal, 1));
  CHECK(table.engine().is_up(1));
  // The others go on, and a second acceptance is no other.
  table.advance();
  const Bytes next = table.told(1).at(wire::Type::proposal).at(1);
  CHECK(table.say_accept(1, next, 1));
  CHECK_FALSE(table.say_accept(1, next, 1));
}

TEST_SUITE_END();
