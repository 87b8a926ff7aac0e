#include "engine.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tally::sign {
namespace {

namespace wire = mpc::wire;

constexpr std::size_t kMostQuorums = 256;
constexpr std::size_t kNonceBatch = 64;
constexpr std::uint8_t kMostAttempts = 255;
constexpr std::uint64_t kSilenceCheckNs = 20'000'000;

Error broke_protocol(mpc::PartyId party, const char* what) {
  return {Code::protocol, fmt::format("party {} sent {}", party, what), {}, 0};
}

}  // namespace

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

void Engine::party_up(mpc::PartyId party, std::uint64_t now_ns) {
  parties_[party].up = !parties_[party].banned;
  parties_[party].nonces_since_ns = now_ns;
}

void Engine::party_down(mpc::PartyId party) {
  PartyState& state = parties_[party];
  if (!state.up) return;
  state.up = false;
  state.nonces.clear();
  state.nonces_asked = 0;
  state.outbox.clear();
  window_.for_each([&](SigningSession& session) {
    const bool owes =
        session.state == State::running && !session.answered[party] &&
        std::find(session.quorum.begin(), session.quorum.end(), party) != session.quorum.end();
    if (owes) retry(session);
  });
}

std::size_t Engine::live() const {
  return static_cast<std::size_t>(
      std::count_if(parties_.begin(), parties_.end(), [](const PartyState& p) { return p.up; }));
}

std::size_t Engine::banned() const {
  return static_cast<std::size_t>(std::count_if(parties_.begin(), parties_.end(),
                                                [](const PartyState& p) { return p.banned; }));
}

bool Engine::awaiting() const {
  return !window_.empty() || std::any_of(parties_.begin(), parties_.end(),
                                         [](const auto& p) { return p.up && p.nonces_asked > 0; });
}

void Engine::advance(std::uint64_t now_ns) {
  if (now_ns - checked_silence_ns_ >= kSilenceCheckNs) {
    checked_silence_ns_ = now_ns;
    drop_silent(now_ns);
  }
  start_waiting(now_ns);
  ask_for_nonces(now_ns);
}

// --- choosing and asking -------------------------------------------------------------------------

void Engine::start_waiting(std::uint64_t now_ns) {
  for (std::size_t left = waiting_.size(); left > 0; --left) {
    SigningSession& session = *window_.find(waiting_.front());
    waiting_.pop_front();
    if (try_start(session, now_ns)) continue;
    if (session.state == State::waiting) waiting_.push_back(session.number);
    // Without exclusions the others will fare no better: restore the order and stop.
    if (session.state == State::waiting && session.excluded.none() && left == waiting_.size()) {
      waiting_.pop_back();
      waiting_.push_front(session.number);
      return;
    }
  }
}

bool Engine::try_start(SigningSession& session, std::uint64_t now_ns) {
  if (possible_signers(session) < group_.threshold()) {
    give_up(session, session.why.empty() ? "too many parties are banned" : session.why);
    return false;
  }
  if (session.attempt == kMostAttempts) {
    give_up(session, "no quorum signed it");
    return false;
  }
  std::vector<std::uint64_t> nonce_ids;
  if (!choose_quorum(session)) return false;
  draw_nonces(session, nonce_ids);
  const auto aggregated = mpc::nonce_agg(session.pubnonces);
  if (!aggregated) {
    const std::uint32_t position = aggregated.error().position.value_or(0);
    ban(session.quorum[position], "its public nonce is malformed");
    return false;
  }
  session.aggnonce = *aggregated;
  session.partials.assign(session.quorum.size(), {});
  session.answered.reset();
  session.started_ns = now_ns;
  session.state = State::running;
  send_requests(session, nonce_ids);
  return true;
}

bool Engine::could_sign(mpc::PartyId party, const SigningSession& session) const {
  return !parties_[party].banned && !session.excluded[party];
}

std::size_t Engine::possible_signers(const SigningSession& session) const {
  std::size_t count = 0;
  for (mpc::PartyId party = 0; party < group_.parties(); ++party) {
    if (could_sign(party, session)) ++count;
  }
  return count;
}

// The next t parties from the rotor on that are up, willing and have a nonce here.
bool Engine::choose_quorum(SigningSession& session) {
  session.quorum.clear();
  for (std::uint32_t step = 0; step < group_.parties(); ++step) {
    const mpc::PartyId party = (rotor_ + step) % group_.parties();
    const PartyState& state = parties_[party];
    if (!state.up || state.nonces.empty() || !could_sign(party, session)) continue;
    session.quorum.push_back(party);
    if (session.quorum.size() < group_.threshold()) continue;
    rotor_ = (rotor_ + 1) % group_.parties();
    std::sort(session.quorum.begin(), session.quorum.end());
    return true;
  }
  return false;
}

void Engine::draw_nonces(SigningSession& session, std::vector<std::uint64_t>& ids) {
  session.pubnonces.clear();
  for (const mpc::PartyId party : session.quorum) {
    auto& nonces = parties_[party].nonces;
    ids.push_back(nonces.front().id);
    session.pubnonces.push_back(nonces.front().pub);
    nonces.pop_front();
  }
}

void Engine::send_requests(const SigningSession& session, std::span<const std::uint64_t> ids) {
  const std::vector<std::uint16_t> quorum(session.quorum.begin(), session.quorum.end());
  for (std::size_t i = 0; i < quorum.size(); ++i) {
    wire::encode(session.wire_id(), ids[i], quorum, session.aggnonce, session.payload,
                 parties_[quorum[i]].outbox);
  }
}

void Engine::ask_for_nonces(std::uint64_t now_ns) {
  for (PartyState& party : parties_) {
    while (party.up &&
           party.nonces.size() + party.nonces_asked + kNonceBatch <= options_.nonces_ahead) {
      if (party.nonces_asked == 0) party.nonces_since_ns = now_ns;
      wire::encode_nonce_request(kNonceBatch, party.outbox);
      party.nonces_asked += kNonceBatch;
    }
  }
}

// --- answers -------------------------------------------------------------------------------------

Status Engine::take(mpc::PartyId party, const wire::Frame& frame, std::uint64_t now_ns) {
  if (frame.type == wire::Type::nonces) return take_nonces(parties_[party], frame.body, now_ns);
  if (frame.type == wire::Type::partial) return take_partial(party, frame.body);
  if (frame.type == wire::Type::refusal) return take_refusal(party, frame.body);
  return fail(broke_protocol(party, "a message that only coordinators send"));
}

Status Engine::take_nonces(PartyState& party, ByteView body, std::uint64_t now_ns) {
  wire::Nonces nonces;
  if (!wire::decode(body, nonces) || nonces.size() > party.nonces_asked) {
    return fail(broke_protocol(static_cast<mpc::PartyId>(&party - parties_.data()),
                               "nonces that were not asked for"));
  }
  party.nonces_asked -= nonces.size();
  party.nonces_since_ns = now_ns;
  for (std::size_t i = 0; i < nonces.size(); ++i) {
    const wire::NonceEntry entry = nonces[i];
    Nonce& nonce = party.nonces.emplace_back(Nonce{entry.id, {}});
    std::copy(entry.public_nonce.begin(), entry.public_nonce.end(), nonce.pub.begin());
  }
  return {};
}

// The running session of an answer; null when it is over or at another attempt.
SigningSession* Engine::attempt_of(std::uint64_t wire_id) {
  SigningSession* session = window_.find(wire_id >> 8U);
  const bool current =
      session != nullptr && session->state == State::running && session->wire_id() == wire_id;
  return current ? session : nullptr;
}

Status Engine::take_partial(mpc::PartyId party, ByteView body) {
  wire::Partial partial;
  if (!wire::decode(body, partial)) {
    return fail(broke_protocol(party, "a malformed partial signature"));
  }
  SigningSession* session = attempt_of(partial.session);
  if (session == nullptr) return {};
  const auto place = std::find(session->quorum.begin(), session->quorum.end(), party);
  if (place == session->quorum.end() || session->answered[party]) {
    return fail(broke_protocol(party, "a partial signature that was not asked for"));
  }
  auto& slot = session->partials[static_cast<std::size_t>(place - session->quorum.begin())];
  std::copy(partial.signature.begin(), partial.signature.end(), slot.begin());
  session->answered.set(party);
  if (session->answered.count() == session->quorum.size()) finish(*session);
  return {};
}

Status Engine::take_refusal(mpc::PartyId party, ByteView body) {
  wire::Refusal refusal;
  if (!wire::decode(body, refusal)) return fail(broke_protocol(party, "a malformed refusal"));
  SigningSession* session = attempt_of(refusal.session);
  if (session == nullptr) return {};
  session->excluded.set(party);
  session->why = fmt::format("party {} refused: {}", party, refusal.words);
  retry(*session);
  return {};
}

const mpc::Quorum* Engine::quorum_of(const std::vector<mpc::PartyId>& ids) {
  if (const auto known = quorums_.find(ids); known != quorums_.end()) return known->second.get();
  auto made = mpc::Quorum::make(group_, ids);
  if (!made) return nullptr;
  if (quorums_.size() >= kMostQuorums) quorums_.clear();
  auto kept = std::make_unique<mpc::Quorum>(std::move(*made));
  return quorums_.emplace(ids, std::move(kept)).first->second.get();
}

void Engine::finish(SigningSession& session) {
  const mpc::Quorum* quorum = quorum_of(session.quorum);
  if (quorum == nullptr) return give_up(session, "its quorum is not one of this group");
  const auto opened = mpc::Session::open(*quorum, session.aggnonce, session.payload);
  if (!opened) return give_up(session, std::string(mpc::to_text(opened.error().fault)));
  const auto signature =
      mpc::aggregate_verified(*opened, session.pubnonces, session.partials, session.payload);
  if (signature) {
    session.signature = *signature;
    session.state = State::done;
    ++counts_.signed_records;
    return;
  }
  if (!signature.error().party) {
    return give_up(session, std::string(mpc::to_text(signature.error().fault)));
  }
  retry(session);
  ban(*signature.error().party, "its partial signature is wrong");
}

// --- failures ------------------------------------------------------------------------------------

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

void Engine::ban(mpc::PartyId party, const std::string& why) {
  if (parties_[party].banned) return;
  parties_[party].banned = true;
  ++counts_.banned;
  notice_(fmt::format("party {} is banned: {}", party, why));
  party_down(party);
}

void Engine::drop_silent(std::uint64_t now_ns) {
  PartySet silent;
  const auto late = [&](std::uint64_t since_ns) {
    return now_ns > since_ns && now_ns - since_ns > options_.party_timeout_ns;
  };
  window_.for_each([&](const SigningSession& session) {
    if (session.state != State::running || !late(session.started_ns)) return;
    for (const mpc::PartyId party : session.quorum) {
      if (!session.answered[party]) silent.set(party);
    }
  });
  for (mpc::PartyId party = 0; party < group_.parties(); ++party) {
    const PartyState& state = parties_[party];
    const bool owes_nonces = state.nonces_asked > 0 && late(state.nonces_since_ns);
    if (!state.up || (!silent[party] && !owes_nonces)) continue;
    notice_(fmt::format("party {} is silent and is left out until it answers again", party));
    party_down(party);
  }
}

}  // namespace tally::sign
