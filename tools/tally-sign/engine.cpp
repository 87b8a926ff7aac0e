#include "engine.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tally::sign {

Engine::Engine(const mpc::GroupKey& group, const EngineOptions& options,
               std::function<void(const std::string&)> notice)
    : group_(group),
      options_(options),
      notice_(std::move(notice)),
      window_(options.window),
      parties_(group.parties()) {}

void Engine::submit(const net::Record& record, std::uint64_t now_ns, const std::string& refusal) {
  SigningSession& session = window_.open();
  session.record = record;
  session.accepted_ns = now_ns;
  ++counts_.accepted;
  if (!refusal.empty()) return give_up(session, refusal);
  session.payload.assign(record.payload.begin(), record.payload.end());
  session.record.payload = session.payload;
  waiting_.push_back(session.number);
}

const SigningSession* Engine::finished() {
  if (window_.empty()) return nullptr;
  const SigningSession& oldest = window_.oldest();
  return oldest.state == State::done || oldest.state == State::failed ? &oldest : nullptr;
}

void Engine::drop_finished() {
  window_.drop_oldest();
}

void Engine::party_up(mpc::PartyId party, std::uint64_t /*now_ns*/) {
  parties_[party].up = !parties_[party].banned;
}

std::size_t Engine::live() const {
  return static_cast<std::size_t>(
      std::count_if(parties_.begin(), parties_.end(), [](const PartyState& p) { return p.up; }));
}

std::size_t Engine::banned() const {
  return static_cast<std::size_t>(std::count_if(parties_.begin(), parties_.end(),
                                                [](const PartyState& p) { return p.banned; }));
}

// The running session of an answer; null when it is over or at another attempt.
SigningSession* Engine::attempt_of(std::uint64_t wire_id) {
  SigningSession* session = window_.find(wire_id >> 8U);
  const bool current =
      session != nullptr && session->state == State::running && session->wire_id() == wire_id;
  return current ? session : nullptr;
}

void Engine::retry(SigningSession& session) {
  session.state = State::waiting;
  ++session.attempt;
  ++counts_.retried;
  waiting_.push_front(session.number);
}

void Engine::give_up(SigningSession& session, const std::string& why) {
  session.state = State::failed;
  session.why = why;
  ++counts_.failed;
}

Error Engine::broke_protocol(mpc::PartyId party, const char* what) {
  return {Code::protocol, fmt::format("party {} sent {}", party, what), {}, 0};
}

}  // namespace tally::sign
