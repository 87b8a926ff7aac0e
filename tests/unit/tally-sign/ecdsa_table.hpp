// The coordinator of threshold ECDSA against parties that are no more than the frames a test makes
// up, so that each can break the protocol where it likes.
#pragma once

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <string>

#include "core/endian.hpp"
#include "ecdsa_engine.hpp"
#include "mpc/deal.hpp"

namespace tally::test {

namespace wire = mpc::wire;

inline constexpr std::uint64_t kTimeoutNs = 2'000'000'000;

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
    for (mpc::PartyId peer = 0; peer < parties(); ++peer) {
      if (peer == id) continue;
      tally::core::append_le(entries, static_cast<std::uint16_t>(peer));
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

  bool say_aborted(mpc::PartyId id, std::uint64_t session, mpc::Verdict verdict,
                   std::uint16_t about = wire::kNoParty) {
    Bytes out;
    wire::encode(wire::Aborted{session, static_cast<std::uint8_t>(verdict), about, "why"}, out);
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

inline sign::EcdsaOptions one_ahead() {
  sign::EcdsaOptions options;
  options.ahead = 1;
  options.batch = 1;
  return options;
}

inline sign::EcdsaOptions digests() {
  sign::EcdsaOptions options;
  options.raw_digest = true;
  return options;
}

// A table whose quorum, of its first parties, has agreed on its first batch.
inline void agree(Table& table, std::uint32_t threshold) {
  table.advance();
  table.all_say_setups();
  table.advance();
  for (mpc::PartyId id = 0; id < threshold; ++id) {
    const auto told = table.told(id);
    REQUIRE(table.say_accept(id, told.at(wire::Type::proposal).at(0), id));
  }
}

}  // namespace tally::test
