// Of the coordinator of threshold ECDSA: which parties sign together, and who is left out of it.
#include <algorithm>
#include <fmt/format.h>

#include "ecdsa_engine.hpp"

namespace tally::sign {
namespace {

namespace wire = mpc::wire;

constexpr std::uint64_t kSilenceCheckNs = 20'000'000;

}  // namespace

std::optional<std::size_t> EcdsaEngine::position_of(mpc::PartyId party) const {
  const auto found = std::ranges::find(quorum_, party);
  if (found == quorum_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - quorum_.begin());
}

bool EcdsaEngine::paired(mpc::PartyId a, mpc::PartyId b) const {
  if (!members_[a].setups || !members_[b].setups) return false;
  const auto of_a = members_[a].setups->find(b);
  const auto of_b = members_[b].setups->find(a);
  return of_a != members_[a].setups->end() && of_b != members_[b].setups->end() &&
         of_a->second == of_b->second;
}

// Parties from `next` on that complete the quorum. Tries all ways, which are few: pairs are missing
// only after a ban or before `tally-sign pair`.
bool EcdsaEngine::extend(std::vector<mpc::PartyId>& quorum, mpc::PartyId next) const {
  if (quorum.size() == group_.threshold()) return true;
  for (mpc::PartyId party = next; party < group_.parties(); ++party) {
    const Member& member = members_[party];
    if (!parties_[party].up || !member.setups || member.rests_until_ns) continue;
    const bool fits =
        std::ranges::all_of(quorum, [&](mpc::PartyId other) { return paired(party, other); });
    if (!fits) continue;
    quorum.push_back(party);
    if (extend(quorum, party + 1)) return true;
    quorum.pop_back();
  }
  return false;
}

void EcdsaEngine::choose_quorum(std::uint64_t now_ns) {
  // Whoever is there is to be chosen from; but one that does not tell its setups is waited for a
  // part of the time only in which others are to be found, and left out by drop_silent() later.
  const std::uint64_t patience_ns = options_.party_timeout_ns / 4;
  for (mpc::PartyId party = 0; party < group_.parties(); ++party) {
    const Member& member = members_[party];
    if (parties_[party].up && !member.setups && now_ns - *member.asked_ns < patience_ns) return;
  }
  std::vector<mpc::PartyId> quorum;
  if (extend(quorum, 0)) quorum_ = quorum;
}

// Presignatures are bound to their quorum and go with it; its records are signed by the next.
void EcdsaEngine::leave_quorum() {
  for (const mpc::PartyId party : quorum_) {
    if (parties_[party].up) wire::encode_empty(wire::Type::forget, parties_[party].outbox);
  }
  quorum_.clear();
  batches_.clear();
  ready_.clear();
  running_.clear();
  std::vector<std::uint64_t> begun;
  window_.for_each([&](SigningSession& session) {
    if (session.state == State::running) begun.push_back(session.number);
  });
  for (auto number = begun.rbegin(); number != begun.rend(); ++number) {
    retry(*window_.find(*number));
  }
}

void EcdsaEngine::end_rests(std::uint64_t now_ns) {
  for (Member& member : members_) {
    if (member.rests_until_ns && now_ns >= *member.rests_until_ns) member.rests_until_ns.reset();
  }
}

// Whether nothing can be proposed to the quorum for now: somebody rests, or is to tell its setups
// again.
bool EcdsaEngine::quorum_rests() const {
  return std::ranges::any_of(quorum_, [this](mpc::PartyId party) {
    return members_[party].rests_until_ns || !members_[party].setups;
  });
}

// What the quorum has made with such a pair is gone at that party as well.
bool EcdsaEngine::quorum_has_lost_pair(mpc::PartyId party) const {
  return std::ranges::any_of(quorum_, [this, party](mpc::PartyId other) {
    return other != party && members_[other].setups && !paired(party, other);
  });
}

std::size_t EcdsaEngine::live() const {
  if (!quorum_.empty()) return Engine::live();
  return std::min<std::size_t>(Engine::live(), group_.threshold() - 1);
}

std::optional<Error> EcdsaEngine::shortage() const {
  if (!quorum_.empty() || Engine::live() < group_.threshold()) return {};
  std::vector<std::string> held_up;
  std::vector<std::string> pairs;
  for (mpc::PartyId a = 0; a < group_.parties(); ++a) {
    if (!parties_[a].up) continue;
    if (members_[a].rests_until_ns) held_up.push_back(members_[a].why);
    if (!members_[a].setups) {
      held_up.push_back(fmt::format("party {} does not tell its pair setups", a));
    }
    for (mpc::PartyId b = a + 1; b < group_.parties(); ++b) {
      if (parties_[b].up && !paired(a, b)) pairs.push_back(fmt::format("{} and {}", a, b));
    }
  }
  // These may still mend.
  if (!held_up.empty()) {
    return Error{Code::try_again, fmt::format("no quorum: {}", fmt::join(held_up, "; ")), {}, 0};
  }
  return Error{Code::no_input,
               fmt::format("no common pair setup of parties {}", fmt::join(pairs, ", ")),
               "tally-sign pair makes them, each party for itself", 0};
}

// One that was asked and has not answered yet will say how things are.
void EcdsaEngine::ask_again(Member& member) {
  if (!member.setups) return;
  member.setups.reset();
  member.asked_ns.reset();
}

void EcdsaEngine::ask_setups(std::uint64_t now_ns) {
  for (mpc::PartyId party = 0; party < group_.parties(); ++party) {
    if (!parties_[party].up || members_[party].asked_ns) continue;
    members_[party].asked_ns = now_ns;
    wire::encode_empty(wire::Type::setups_ask, parties_[party].outbox);
  }
}

// --- silence -------------------------------------------------------------------------------------

// How far a party has come, by what it has sent.
std::size_t EcdsaEngine::steps_of(const Batch& batch, std::size_t at) const {
  if (!batch.accepts[at]) return 0;
  const std::size_t rounds = batch.relayed[at] / messages_a_round(batch);
  if (rounds < kRounds) return 1 + rounds;
  return 1 + kRounds + batch.made[at].size() + batch.opened.count(quorum_[at]);
}

// Who is furthest behind in a batch that does not move: nobody else keeps it waiting.
std::vector<mpc::PartyId> EcdsaEngine::laggards(const Batch& batch) const {
  std::vector<std::size_t> steps;
  for (std::size_t at = 0; at < quorum_.size(); ++at) steps.push_back(steps_of(batch, at));
  std::vector<mpc::PartyId> behind;
  const std::size_t least = *std::ranges::min_element(steps);
  for (std::size_t at = 0; at < quorum_.size(); ++at) {
    if (steps[at] == least) behind.push_back(quorum_[at]);
  }
  return behind;
}

void EcdsaEngine::drop_silent(std::uint64_t now_ns) {
  if (now_ns - checked_silence_ns_ < kSilenceCheckNs) return;
  checked_silence_ns_ = now_ns;
  std::set<mpc::PartyId> silent;
  const auto late = [&](std::uint64_t since_ns) {
    return now_ns > since_ns && now_ns - since_ns > options_.party_timeout_ns;
  };
  for (const auto& [number, batch] : batches_) {
    if (!late(batch.since_ns)) continue;
    for (const mpc::PartyId party : laggards(batch)) silent.insert(party);
  }
  for (mpc::PartyId party = 0; party < group_.parties(); ++party) {
    const Member& member = members_[party];
    if (member.asked_ns && !member.setups && late(*member.asked_ns)) silent.insert(party);
  }
  window_.for_each([&](const SigningSession& session) {
    if (session.state != State::running || ecdsa_.raw_digest || !late(session.started_ns)) return;
    for (const mpc::PartyId party : session.quorum) {
      if (!session.answered[party]) silent.insert(party);
    }
  });
  for (const mpc::PartyId party : silent) {
    notice_(fmt::format("party {} is silent and is left out until it answers again", party));
    party_down(party);
  }
}

}  // namespace tally::sign
