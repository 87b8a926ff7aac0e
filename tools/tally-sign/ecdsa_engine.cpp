#include "ecdsa_engine.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "mpc/derive.hpp"

namespace tally::sign {
namespace {

namespace wire = mpc::wire;
using mpc::dkls::XId;

constexpr std::size_t kMostBatches = 2;
constexpr std::size_t kMostAborts = 4;
constexpr std::uint8_t kMostAttempts = 4;
constexpr std::uint8_t kMostRestarts = 255;
// Sessions of digests under way at a time.
constexpr std::size_t kRawAtOnce = 8;

XId x_of(mpc::PartyId party) {
  return static_cast<XId>(party + 1);
}

}  // namespace

Result<std::unique_ptr<EcdsaEngine>> EcdsaEngine::make(
    const mpc::GroupKey& group, const EngineOptions& options, const EcdsaOptions& ecdsa,
    std::function<void(const std::string&)> notice) {
  if (!group.may(mpc::Scheme::ecdsa) || group.threshold() < 2) {
    return fail(Code::usage, "the key is not for threshold ECDSA",
                "it takes a key of two parties at least that is not for Schnorr alone");
  }
  if (group.threshold() > kMostSigners) {
    return fail(Code::usage,
                fmt::format("threshold ECDSA signs with {} parties at most", kMostSigners));
  }
  const auto derived = mpc::derive(group, ecdsa.path);
  if (!derived) return fail(Error(derived.error()));
  std::unique_ptr<EcdsaEngine> made(new EcdsaEngine(group, options, ecdsa, std::move(notice)));
  made->public_key_ = derived->key;
  made->tweak_ = derived->tweak;
  return made;
}

// --- parties -------------------------------------------------------------------------------------

void EcdsaEngine::party_up(mpc::PartyId party, std::uint64_t now_ns) {
  Engine::party_up(party, now_ns);
  members_[party] = {};
}

void EcdsaEngine::party_down(mpc::PartyId party) {
  PartyState& state = parties_[party];
  if (!state.up) return;
  state.up = false;
  state.outbox.clear();
  members_[party] = {};
  if (position_of(party)) leave_quorum();
}

bool EcdsaEngine::awaiting() const {
  if (!window_.empty() || !batches_.empty()) return true;
  return std::ranges::any_of(members_, [](const Member& m) { return m.asked_ns && !m.setups; });
}

// --- asking --------------------------------------------------------------------------------------

void EcdsaEngine::advance(std::uint64_t now_ns) {
  drop_silent(now_ns);
  end_rests(now_ns);
  ask_setups(now_ns);
  // What is there is used up before another quorum takes over from one in which somebody rests.
  const bool idle = ready_.empty() && batches_.empty() && running_.empty();
  if (idle && quorum_rests()) leave_quorum();
  if (quorum_.empty()) choose_quorum(now_ns);
  if (quorum_.empty()) return;
  const bool proposing = !quorum_rests();
  if (proposing || !ecdsa_.raw_digest) start_waiting(now_ns);
  if (proposing && !ecdsa_.raw_digest) fill(now_ns);
}

mpc::Proposal EcdsaEngine::propose(mpc::Purpose purpose) const {
  mpc::Proposal proposal;
  proposal.key_id = group_.key_id();
  proposal.epoch = group_.epoch();
  for (const mpc::PartyId party : quorum_) proposal.ids.push_back(x_of(party));
  for (std::size_t i = 0; i < quorum_.size(); ++i) {
    for (std::size_t j = i + 1; j < quorum_.size(); ++j) {
      proposal.setup_ids.push_back(members_[quorum_[i]].setups->at(quorum_[j]));
    }
  }
  proposal.path = ecdsa_.path;
  proposal.tweak = tweak_;
  proposal.public_key = public_key_;
  proposal.purpose = purpose;
  return proposal;
}

std::uint64_t EcdsaEngine::start_batch(mpc::Proposal proposal, std::uint64_t now_ns) {
  const std::uint64_t number = next_batch_++;
  const Bytes bytes = proposal.encode();
  for (const mpc::PartyId party : quorum_) {
    wire::encode(wire::Type::proposal, wire::SessionBytes{number, bytes}, parties_[party].outbox);
  }
  Batch& batch = batches_[number];
  batch.proposal = std::move(proposal);
  batch.hash = mpc::proposal_hash(bytes);
  batch.accepts.resize(quorum_.size());
  batch.relayed.resize(quorum_.size());
  batch.made.resize(quorum_.size());
  batch.since_ns = now_ns;
  return number;
}

// Ends a batch that no party has begun to compute: the presignatures that are there stay.
void EcdsaEngine::abandon(std::uint64_t number) {
  for (const mpc::PartyId party : quorum_) {
    wire::encode(wire::Type::abandon, wire::SessionBytes{number, {}}, parties_[party].outbox);
  }
  batches_.erase(number);
}

void EcdsaEngine::fill(std::uint64_t now_ns) {
  // After an abort, what nobody waits for can wait.
  if (now_ns < fill_after_ns_ && waiting_.empty()) return;
  std::size_t coming = ready_.size();
  for (const auto& [number, batch] : batches_) coming += batch.proposal.count;
  while (coming < ecdsa_.ahead && batches_.size() < kMostBatches) {
    mpc::Proposal proposal = propose(mpc::Purpose::presign);
    proposal.count = static_cast<std::uint32_t>(std::min(ecdsa_.batch, ecdsa_.ahead - coming));
    coming += proposal.count;
    start_batch(std::move(proposal), now_ns);
  }
}

void EcdsaEngine::start_waiting(std::uint64_t now_ns) {
  while (!waiting_.empty() &&
         (ecdsa_.raw_digest ? batches_.size() < kRawAtOnce : !ready_.empty())) {
    SigningSession& session = *window_.find(waiting_.front());
    waiting_.pop_front();
    start(session, now_ns);
  }
}

void EcdsaEngine::start(SigningSession& session, std::uint64_t now_ns) {
  if (ecdsa_.raw_digest && session.payload.size() != 32) {
    return give_up(session, "a digest has 32 bytes");
  }
  if (session.attempt == kMostRestarts) return give_up(session, "no quorum signed it");
  session.quorum = quorum_;
  session.answered.reset();
  session.started_ns = now_ns;
  session.state = State::running;
  if (ecdsa_.raw_digest) {
    mpc::Proposal proposal = propose(mpc::Purpose::raw_digest);
    std::ranges::copy(session.payload, proposal.digest.begin());
    batches_[start_batch(std::move(proposal), now_ns)].record = session.number;
    return;
  }
  mpc::PresignatureFacts facts = std::move(ready_.front());
  ready_.pop_front();
  const ByteArray<32> id = facts.id;
  for (const mpc::PartyId party : quorum_) {
    wire::encode(wire::Bind{session.wire_id(), id, static_cast<std::uint8_t>(ecdsa_.digest),
                            session.payload},
                 parties_[party].outbox);
  }
  const auto digest = mpc::ComputedDigest::of(ecdsa_.digest, session.payload);
  running_.emplace(session.number, mpc::EcdsaSigning(std::move(facts), digest.bytes()));
}

// --- answers -------------------------------------------------------------------------------------

Status EcdsaEngine::take(mpc::PartyId party, const wire::Frame& frame, std::uint64_t now_ns) {
  switch (frame.type) {
    case wire::Type::setups:
      return take_setups(party, frame.body);
    case wire::Type::accept:
      return take_accept(party, frame.body, now_ns);
    case wire::Type::relayed:
      return take_relayed(party, frame.body, now_ns);
    case wire::Type::presigned:
      return take_presigned(party, frame.body, now_ns);
    case wire::Type::opening:
      return take_opening(party, frame.body, now_ns);
    case wire::Type::refusal:
      return take_refusal(party, frame.body);
    case wire::Type::aborted:
      return take_aborted(party, frame.body, now_ns);
    default:
      return fail(broke_protocol(party, "a message that is none of ECDSA"));
  }
}

Status EcdsaEngine::take_setups(mpc::PartyId party, ByteView body) {
  wire::Setups setups;
  const bool awaited = members_[party].asked_ns && !members_[party].setups;
  if (!awaited || !wire::decode(body, setups)) {
    return fail(broke_protocol(party, "setups that were not asked for"));
  }
  SetupIds ids;
  for (std::size_t i = 0; i < setups.size(); ++i) {
    std::ranges::copy(setups.setup_id(i), ids[setups.party(i)].begin());
  }
  members_[party].setups = std::move(ids);
  if (position_of(party) && quorum_has_lost_pair(party)) leave_quorum();
  return {};
}

Status EcdsaEngine::take_accept(mpc::PartyId party, ByteView body, std::uint64_t now_ns) {
  wire::SessionBytes message;
  if (!wire::decode(body, message) || message.bytes.size() != sizeof(mpc::Accept)) {
    return fail(broke_protocol(party, "a malformed acceptance"));
  }
  const auto found = batches_.find(message.session);
  const auto at = position_of(party);
  if (found == batches_.end() || !at) return {};
  Batch& batch = found->second;
  mpc::Accept said{};
  std::ranges::copy(message.bytes, said.begin());
  // Looked at as it comes, so that it is its author who is left.
  if (batch.accepts[*at] || !mpc::is_accept(said, batch.hash, x_of(party))) {
    return fail(broke_protocol(party, "an acceptance of something else"));
  }
  batch.since_ns = now_ns;
  batch.accepts[*at] = said;
  std::vector<mpc::Accept> all;
  Bytes bytes;
  for (const auto& accept : batch.accepts) {
    if (!accept) return {};
    all.push_back(*accept);
    bytes.insert(bytes.end(), accept->begin(), accept->end());
  }
  batch.agreement.emplace(mpc::Agreement::make(batch.proposal, all).value());
  for (const mpc::PartyId member : quorum_) {
    wire::encode(wire::Type::agreed, wire::SessionBytes{found->first, bytes},
                 parties_[member].outbox);
  }
  return {};
}

std::size_t EcdsaEngine::messages_a_round(const Batch& batch) {
  return batch.proposal.count * (batch.proposal.ids.size() - 1);
}

Status EcdsaEngine::take_relayed(mpc::PartyId party, ByteView body, std::uint64_t now_ns) {
  wire::Relayed message;
  if (!wire::decode(body, message)) {
    return fail(broke_protocol(party, "a malformed message for a peer"));
  }
  const auto found = batches_.find(message.session);
  const auto at = position_of(party);
  if (found == batches_.end() || !at) return {};
  if (message.party == party || !position_of(message.party)) {
    return fail(broke_protocol(party, "a message for no party of its quorum"));
  }
  Batch& batch = found->second;
  // Each message keeps the batch waiting and fills its receiver's outbox.
  if (++batch.relayed[*at] > kRounds * messages_a_round(batch)) {
    return fail(broke_protocol(party, "more messages for its peers than a batch has"));
  }
  batch.since_ns = now_ns;
  const auto to = message.party;
  message.party = static_cast<std::uint16_t>(party);
  wire::encode(message, parties_[to].outbox);
  return {};
}

Status EcdsaEngine::take_presigned(mpc::PartyId party, ByteView body, std::uint64_t now_ns) {
  wire::Presigned message;
  if (!wire::decode(body, message)) {
    return fail(broke_protocol(party, "a malformed presignature"));
  }
  const auto found = batches_.find(message.session);
  const auto at = position_of(party);
  if (found == batches_.end() || !at || !found->second.agreement) return {};
  Batch& batch = found->second;
  const auto nonce = crypto::Point::parse(message.nonce);
  auto& made = batch.made[*at];
  if (!nonce || message.k != made.size() || message.k >= batch.proposal.count) {
    return fail(broke_protocol(party, "a presignature that was not asked for"));
  }
  batch.since_ns = now_ns;
  mpc::PresignatureFacts& facts = made.emplace_back();
  std::ranges::copy(message.id, facts.id.begin());
  facts.sid = batch.agreement->sid(message.k);
  facts.key_id = batch.proposal.key_id;
  facts.epoch = batch.proposal.epoch;
  facts.ids = batch.proposal.ids;
  facts.public_key = batch.proposal.public_key;
  facts.nonce = *nonce;
  const bool all = std::ranges::all_of(
      batch.made, [&](const auto& list) { return list.size() == batch.proposal.count; });
  if (all) keep(found->first, batch);
  return {};
}

// All parties say that they have made the batch.
void EcdsaEngine::keep(std::uint64_t number, Batch& batch) {
  for (std::size_t k = 0; k < batch.proposal.count; ++k) {
    mpc::PresignatureFacts& first = batch.made.front()[k];
    const bool same = std::ranges::all_of(batch.made, [&](const auto& list) {
      return list[k].id == first.id && list[k].nonce == first.nonce;
    });
    if (!same) {
      notice_("parties disagree about a presignature, which is left aside");
      SigningSession* const session = batch.record ? window_.find(*batch.record) : nullptr;
      if (session == nullptr) continue;
      batches_.erase(number);
      return try_again(*session, "parties disagree about its nonce");
    }
    if (batch.record) {
      SigningSession* const session = window_.find(*batch.record);
      if (session == nullptr) continue;
      running_.emplace(*batch.record, mpc::EcdsaSigning(std::move(first), batch.proposal.digest));
    } else {
      ready_.push_back(std::move(first));
    }
  }
  aborts_in_a_row_ = 0;
  // The openings of a digest that was agreed on are still to come.
  if (!batch.record) batches_.erase(number);
}

Status EcdsaEngine::take_opening(mpc::PartyId party, ByteView body, std::uint64_t now_ns) {
  wire::SessionBytes message;
  if (!wire::decode(body, message) || message.bytes.size() != mpc::dkls::kR3Bytes) {
    return fail(broke_protocol(party, "a malformed opening"));
  }
  if (ecdsa_.raw_digest) return take_digest_opening(party, message, now_ns);
  SigningSession* const session = attempt_of(message.session);
  if (session == nullptr) return {};
  const auto signing = running_.find(session->number);
  if (signing == running_.end()) return {};
  if (session->answered[party] || !position_of(party)) {
    return fail(broke_protocol(party, "an opening that was not asked for"));
  }
  const auto taken = signing->second.take_r3(x_of(party), message.bytes);
  if (!taken) {
    try_again(*session, Error(taken.error()).message);
    return {};
  }
  session->answered.set(party);
  if (signing->second.has_all()) finish(*session, signing->second);
  return {};
}

// Openings of a digest may come before all parties have told what they made.
Status EcdsaEngine::take_digest_opening(mpc::PartyId party, const wire::SessionBytes& message,
                                        std::uint64_t now_ns) {
  const auto found = batches_.find(message.session);
  if (found == batches_.end() || !found->second.record) return {};
  Batch& batch = found->second;
  if (!position_of(party) || !batch.opened.insert(party).second) {
    return fail(broke_protocol(party, "an opening that was not asked for"));
  }
  batch.since_ns = now_ns;
  batch.openings.emplace_back(party, Bytes(message.bytes.begin(), message.bytes.end()));
  SigningSession* const session = window_.find(*batch.record);
  const auto signing = running_.find(*batch.record);
  if (session == nullptr || signing == running_.end()) return {};
  for (const auto& [from, bytes] : std::exchange(batch.openings, {})) {
    const auto taken = signing->second.take_r3(x_of(from), bytes);
    if (taken) continue;
    // Nothing more will come of it, and nobody is to be blamed for that.
    batches_.erase(found);
    try_again(*session, Error(taken.error()).message);
    return {};
  }
  if (!signing->second.has_all()) return {};
  batches_.erase(found);
  finish(*session, signing->second);
  return {};
}

void EcdsaEngine::finish(SigningSession& session, mpc::EcdsaSigning& signing) {
  const auto signature = signing.combine();
  if (!signature) {
    const std::string why = Error(signature.error()).message;
    return try_again(session, why);
  }
  running_.erase(session.number);
  session.signature = signature->compact;
  session.recovery_id = signature->recovery_id;
  session.state = State::done;
  ++counts_.signed_records;
}

Status EcdsaEngine::take_refusal(mpc::PartyId party, ByteView body) {
  wire::Refusal refusal;
  if (!wire::decode(body, refusal)) return fail(broke_protocol(party, "a malformed refusal"));
  SigningSession* session = nullptr;
  if (ecdsa_.raw_digest) {
    const auto batch = batches_.find(refusal.session);
    if (batch == batches_.end()) return {};
    session = window_.find(*batch->second.record);
  } else {
    session = attempt_of(refusal.session);
  }
  if (session == nullptr) return {};
  if (!position_of(party)) {
    return fail(broke_protocol(party, "a refusal of what it was not asked for"));
  }
  if (ecdsa_.raw_digest) abandon(refusal.session);
  const std::string why = fmt::format("party {} refused: {}", party, refusal.words);
  if (refusal.reason == wire::Reason::policy) {
    running_.erase(session->number);
    give_up(*session, why);
  } else {
    try_again(*session, why);
  }
  return {};
}

Status EcdsaEngine::take_aborted(mpc::PartyId party, ByteView body, std::uint64_t now_ns) {
  wire::Aborted abort;
  if (!wire::decode(body, abort)) return fail(broke_protocol(party, "a malformed abort"));
  const auto found = batches_.find(abort.session);
  if (found == batches_.end()) return {};
  if (!position_of(party)) return fail(broke_protocol(party, "an abort of others' batch"));
  const std::string why = fmt::format("party {} says: {}", party, abort.words);
  const bool own = mpc::Verdict{abort.verdict} == mpc::Verdict::own;
  const bool agreed = found->second.agreement.has_value();
  Member& member = members_[party];
  // Of all batches that it refuses at one time, one counts.
  if (!member.rests_until_ns) {
    notice_(why);
    ++aborts_in_a_row_;
  }
  fill_after_ns_ = now_ns + options_.party_timeout_ns;
  if (own) {
    member.rests_until_ns = fill_after_ns_;
    member.why = why;
    // Its pair with that one may be gone, burnt by what another coordinator had them do.
    if (!agreed && abort.party != wire::kNoParty) ask_again(member);
  }
  SigningSession* const session =
      found->second.record ? window_.find(*found->second.record) : nullptr;
  if (session != nullptr) session->why = why;
  if (own && !agreed) {
    abandon(abort.session);
    if (session != nullptr) retry(*session);
  } else {
    // Somebody's setups are not what they were: all who have told them tell them again.
    for (Member& other : members_) ask_again(other);
    leave_quorum();
  }
  if (aborts_in_a_row_ >= kMostAborts) fail_waiting(why);
  return {};
}

// Another presignature, as long as there is hope.
void EcdsaEngine::try_again(SigningSession& session, const std::string& why) {
  running_.erase(session.number);
  session.why = why;
  if (session.attempt + 1 >= kMostAttempts) return give_up(session, why);
  notice_(fmt::format("record {} is signed again: {}", session.record.sequence, why));
  retry(session);
}

void EcdsaEngine::fail_waiting(const std::string& why) {
  for (const std::uint64_t number : waiting_) give_up(*window_.find(number), why);
  waiting_.clear();
  aborts_in_a_row_ = 0;
}

}  // namespace tally::sign
