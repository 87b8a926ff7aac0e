#include "frost_engine.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tally::sign {
namespace {

namespace wire = mpc::wire;

constexpr std::size_t kMostQuorums = 256;
constexpr std::size_t kNonceBatch = 64;
constexpr std::uint8_t kMostAttempts = 255;
constexpr std::uint64_t kSilenceCheckNs = 20'000'000;

}  // namespace

FrostEngine::FrostEngine(const mpc::GroupKey& group, const EngineOptions& options,
                         std::function<void(const std::string&)> notice)
    : Engine(group, options, std::move(notice)),
      child_key_(group.key()),
      stores_(group.parties()) {}

Status FrostEngine::sign_for(const std::vector<std::uint32_t>& path) {
  const auto derived = mpc::derive(group_, path);
  if (!derived) return fail(Error(derived.error()));
  path_ = path;
  child_key_ = derived->key;
  tweak_ = derived->tweak_bytes();
  return {};
}

void FrostEngine::party_up(mpc::PartyId party, std::uint64_t now_ns) {
  Engine::party_up(party, now_ns);
  stores_[party].nonces_since_ns = now_ns;
  if (!path_.empty()) wire::encode_child(path_, parties_[party].outbox);
}

void FrostEngine::party_down(mpc::PartyId party) {
  PartyState& state = parties_[party];
  if (!state.up) return;
  state.up = false;
  stores_[party].nonces.clear();
  stores_[party].nonces_asked = 0;
  state.outbox.clear();
  window_.for_each([&](SigningSession& session) {
    const bool owes =
        session.state == State::running && !session.answered[party] &&
        std::find(session.quorum.begin(), session.quorum.end(), party) != session.quorum.end();
    if (owes) retry(session);
  });
}

bool FrostEngine::awaiting() const {
  if (!window_.empty()) return true;
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    if (parties_[i].up && stores_[i].nonces_asked > 0) return true;
  }
  return false;
}

void FrostEngine::advance(std::uint64_t now_ns) {
  if (now_ns - checked_silence_ns_ >= kSilenceCheckNs) {
    checked_silence_ns_ = now_ns;
    drop_silent(now_ns);
  }
  start_waiting(now_ns);
  ask_for_nonces(now_ns);
}

// --- choosing and asking -------------------------------------------------------------------------

void FrostEngine::start_waiting(std::uint64_t now_ns) {
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

bool FrostEngine::try_start(SigningSession& session, std::uint64_t now_ns) {
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

bool FrostEngine::could_sign(mpc::PartyId party, const SigningSession& session) const {
  return !parties_[party].banned && !session.excluded[party];
}

std::size_t FrostEngine::possible_signers(const SigningSession& session) const {
  std::size_t count = 0;
  for (mpc::PartyId party = 0; party < group_.parties(); ++party) {
    if (could_sign(party, session)) ++count;
  }
  return count;
}

// The next t parties from the rotor on that are up, willing and have a nonce here.
bool FrostEngine::choose_quorum(SigningSession& session) {
  session.quorum.clear();
  for (std::uint32_t step = 0; step < group_.parties(); ++step) {
    const mpc::PartyId party = (rotor_ + step) % group_.parties();
    const PartyState& state = parties_[party];
    if (!state.up || stores_[party].nonces.empty() || !could_sign(party, session)) continue;
    session.quorum.push_back(party);
    if (session.quorum.size() < group_.threshold()) continue;
    rotor_ = (rotor_ + 1) % group_.parties();
    std::sort(session.quorum.begin(), session.quorum.end());
    return true;
  }
  return false;
}

void FrostEngine::draw_nonces(SigningSession& session, std::vector<std::uint64_t>& ids) {
  session.pubnonces.clear();
  for (const mpc::PartyId party : session.quorum) {
    auto& nonces = stores_[party].nonces;
    ids.push_back(nonces.front().id);
    session.pubnonces.push_back(nonces.front().pub);
    nonces.pop_front();
  }
}

void FrostEngine::send_requests(const SigningSession& session, std::span<const std::uint64_t> ids) {
  const std::vector<std::uint16_t> quorum(session.quorum.begin(), session.quorum.end());
  for (std::size_t i = 0; i < quorum.size(); ++i) {
    wire::encode(session.wire_id(), ids[i], quorum, session.aggnonce, session.payload,
                 parties_[quorum[i]].outbox);
  }
}

void FrostEngine::ask_for_nonces(std::uint64_t now_ns) {
  for (std::size_t i = 0; i < parties_.size(); ++i) {
    NonceStore& store = stores_[i];
    while (parties_[i].up &&
           store.nonces.size() + store.nonces_asked + kNonceBatch <= options_.nonces_ahead) {
      if (store.nonces_asked == 0) store.nonces_since_ns = now_ns;
      wire::encode_nonce_request(kNonceBatch, parties_[i].outbox);
      store.nonces_asked += kNonceBatch;
    }
  }
}

// --- answers -------------------------------------------------------------------------------------

Status FrostEngine::take(mpc::PartyId party, const wire::Frame& frame, std::uint64_t now_ns) {
  if (frame.type == wire::Type::nonces) return take_nonces(party, frame.body, now_ns);
  if (frame.type == wire::Type::partial) return take_partial(party, frame.body);
  if (frame.type == wire::Type::refusal) return take_refusal(party, frame.body);
  return fail(broke_protocol(party, "a message that only coordinators send"));
}

Status FrostEngine::take_nonces(mpc::PartyId party, ByteView body, std::uint64_t now_ns) {
  wire::Nonces nonces;
  NonceStore& store = stores_[party];
  if (!wire::decode(body, nonces) || nonces.size() > store.nonces_asked) {
    return fail(broke_protocol(party, "nonces that were not asked for"));
  }
  store.nonces_asked -= nonces.size();
  store.nonces_since_ns = now_ns;
  for (std::size_t i = 0; i < nonces.size(); ++i) {
    const wire::NonceEntry entry = nonces[i];
    Nonce& nonce = store.nonces.emplace_back(Nonce{entry.id, {}});
    std::copy(entry.public_nonce.begin(), entry.public_nonce.end(), nonce.pub.begin());
  }
  return {};
}

Status FrostEngine::take_partial(mpc::PartyId party, ByteView body) {
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

Status FrostEngine::take_refusal(mpc::PartyId party, ByteView body) {
  wire::Refusal refusal;
  if (!wire::decode(body, refusal)) return fail(broke_protocol(party, "a malformed refusal"));
  SigningSession* session = attempt_of(refusal.session);
  if (session == nullptr) return {};
  session->excluded.set(party);
  session->why = fmt::format("party {} refused: {}", party, refusal.words);
  retry(*session);
  return {};
}

const mpc::Quorum* FrostEngine::quorum_of(const std::vector<mpc::PartyId>& ids) {
  if (const auto known = quorums_.find(ids); known != quorums_.end()) return known->second.get();
  auto made = mpc::Quorum::make(group_, ids);
  if (!made) return nullptr;
  if (!path_.empty() && !made->apply_tweak(tweak_, mpc::TweakMode::plain)) return nullptr;
  if (quorums_.size() >= kMostQuorums) quorums_.clear();
  auto kept = std::make_unique<mpc::Quorum>(std::move(*made));
  return quorums_.emplace(ids, std::move(kept)).first->second.get();
}

void FrostEngine::finish(SigningSession& session) {
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

void FrostEngine::ban(mpc::PartyId party, const std::string& why) {
  if (parties_[party].banned) return;
  parties_[party].banned = true;
  ++counts_.banned;
  notice_(fmt::format("party {} is banned: {}", party, why));
  party_down(party);
}

void FrostEngine::drop_silent(std::uint64_t now_ns) {
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
    const bool owes_nonces =
        stores_[party].nonces_asked > 0 && late(stores_[party].nonces_since_ns);
    if (!state.up || (!silent[party] && !owes_nonces)) continue;
    notice_(fmt::format("party {} is silent and is left out until it answers again", party));
    party_down(party);
  }
}

}  // namespace tally::sign
