// A coordinator's engine and real parties in one process, joined by byte strings instead of
// sockets, so that a test decides who answers, when, and with what.
#pragma once

#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frost_engine.hpp"
#include "mpc/deal.hpp"
#include "party.hpp"

namespace tally::test {

inline mpc::Dealing dealing_of(std::uint32_t threshold, std::uint32_t parties) {
  ByteArray<32> seed{};
  seed.fill(5);
  return mpc::deal(threshold, parties, seed).value();
}

class Bench {
 public:
  using Frame = mpc::wire::Frame;
  // May change an answer of a party on its way, or swallow it by answering false.
  using Meddler = std::function<bool(mpc::PartyId party, Bytes& answer)>;

  Bench(std::uint32_t threshold, std::uint32_t parties,
        const std::vector<std::string>& rules = {"any"}, sign::EngineOptions options = {},
        const std::vector<std::uint32_t>& path = {})
      : dealing(dealing_of(threshold, parties)),
        engine(dealing.group(), options,
               [this](const std::string& line) { notices.push_back(line); }) {
    REQUIRE(engine.sign_for(path));
    for (mpc::PartyId id = 0; id < parties; ++id) {
      members.push_back(std::make_unique<sign::Party>(
          dealing.share(id).value(), sign::Policy::parse(rules).value(), mpc::SelfCheck::off));
      sessions.emplace_back();
      join(id);
    }
  }

  // A fresh connection of a party, as after a restart.
  void join(mpc::PartyId id) {
    Bytes out;
    sessions[id].emplace(sign::PartySession::open(*members[id], out).value());
    Bytes hello;
    mpc::wire::encode(mpc::wire::Hello{mpc::wire::kVersion, mpc::wire::Role::coordinator,
                                       mpc::wire::kNoParty, dealing.group().key_id(),
                                       dealing.group().epoch(), dealing.group().digest()},
                      hello);
    Bytes none;
    for_each_frame(hello, [&](const Frame& frame) { (void)sessions[id]->take(frame, none); });
    engine.party_up(id, now_ns);
  }
  void leave(mpc::PartyId id) {
    sessions[id].reset();
    engine.party_down(id);
  }

  void submit(std::uint64_t sequence, const std::string& payload) {
    net::Record record;
    record.sequence = sequence;
    record.payload = core::as_bytes(payload);
    engine.submit(record, now_ns);
  }

  // One turn: the engine's messages go out, the parties answer, the answers come in.
  void turn() {
    now_ns += 1'000'000;
    engine.advance(now_ns);
    for (mpc::PartyId id = 0; id < members.size(); ++id) {
      Bytes requests;
      requests.swap(engine.outbox(id));
      if (!sessions[id]) continue;
      Bytes answers;
      for_each_frame(requests, [&](const Frame& f) { (void)sessions[id]->take(f, answers); });
      (void)sessions[id]->draw_some(answers);
      deliver(id, answers);
    }
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }

  // Takes out what is finished; true when a record is signed and its signature verifies.
  struct Outcome {
    std::uint64_t sequence;
    bool good;
    std::string why;
    std::vector<mpc::PartyId> quorum;
  };
  std::vector<Outcome> collect() {
    std::vector<Outcome> out;
    while (const sign::SigningSession* session = engine.finished()) {
      const bool good =
          session->state == sign::SigningSession::State::done &&
          crypto::schnorr_verify(session->signature, session->payload, engine.public_key());
      out.push_back({session->record.sequence, good, session->why, session->quorum});
      engine.drop_finished();
    }
    return out;
  }

  std::vector<std::string> notices;
  mpc::Dealing dealing;
  sign::FrostEngine engine;
  std::vector<std::unique_ptr<sign::Party>> members;
  std::vector<std::optional<sign::PartySession>> sessions;
  Meddler meddler;
  Status violation;  // the last that the engine complained about
  std::uint64_t now_ns = 1'000'000'000;

 private:
  template <typename Visitor>
  static void for_each_frame(ByteView stream, Visitor&& visit) {
    Frame frame;
    while (mpc::wire::next_frame(stream, frame) == mpc::wire::Next::frame) {
      visit(frame);
      stream = stream.subspan(frame.size_bytes);
    }
  }
  void deliver(mpc::PartyId id, ByteView answers) {
    for_each_frame(answers, [&](const Frame& frame) {
      Bytes answer(frame.body.data() - mpc::wire::kHeaderBytes,
                   frame.body.data() + frame.body.size());
      if (meddler && !meddler(id, answer)) return;
      if (!engine.is_up(id)) return;
      for_each_frame(answer, [&](const Frame& f) {
        if (auto taken = engine.take(id, f, now_ns); !taken) violation = taken;
      });
    });
  }
};

}  // namespace tally::test
