#include "ecdsa_party.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/endian.hpp"
#include "custody/pair_file.hpp"
#include "mpc/derive.hpp"

namespace tally::sign {
namespace {

namespace wire = mpc::wire;
using mpc::Cause;
using mpc::Round;
using mpc::Verdict;
using mpc::dkls::XId;

constexpr std::size_t kMostBatches = 64;

XId x_of(mpc::PartyId party) {
  return static_cast<XId>(party + 1);
}

Error malformed(const char* what) {
  return {Code::bad_data, fmt::format("the coordinator sent a malformed {}", what), {}, 0};
}

}  // namespace

EcdsaHolder::EcdsaHolder(const mpc::Share& share,
                         std::vector<std::shared_ptr<mpc::PairSetup>> setups,
                         std::unique_ptr<custody::BurnJournal> burns,
                         custody::PresignatureStore store, custody::PairChannels channels,
                         custody::ForkGuard guard)
    : share_(share),
      party_(mpc::EcdsaParty::of(share)),
      setups_(std::move(setups)),
      burns_(std::move(burns)),
      store_(std::move(store)),
      channels_(std::move(channels)),
      guard_(std::move(guard)) {}

Result<std::unique_ptr<EcdsaHolder>> EcdsaHolder::open(const std::string& share_path,
                                                       const mpc::Share& share) {
  const mpc::GroupKey& group = share.group();
  if (!group.may(mpc::Scheme::ecdsa) || group.threshold() < 2) {
    return fail(Code::usage, "the key is not for threshold ECDSA",
                "it takes a key of two parties at least that is not for Schnorr alone");
  }
  TALLY_TRY(auto setups, custody::read_pair_files(share_path, share));
  if (setups.empty()) {
    return fail(Code::no_input, "this party has no pair setup, which ECDSA needs",
                "tally-sign pair makes them");
  }
  TALLY_TRY(auto burns, custody::BurnJournal::open(share_path + ".burnt"));
  for (const auto& setup : setups) {
    if (burns->burnt(setup->setup_id())) setup->mark_burnt();
  }
  TALLY_TRY(auto store, custody::PresignatureStore::open(
                            share_path + ".presigned", group.key_id(), group.epoch(),
                            mpc::dkls::kMostPresignatures, mpc::dkls::kMostPresignatures));
  TALLY_TRY(auto channels, custody::PairChannels::make(share));
  TALLY_TRY(auto guard, custody::ForkGuard::create());
  return std::unique_ptr<EcdsaHolder>(new EcdsaHolder(share, std::move(setups), std::move(burns),
                                                      std::move(store), std::move(channels),
                                                      std::move(guard)));
}

std::vector<mpc::PartyId> EcdsaHolder::burnt_peers() const {
  std::vector<mpc::PartyId> peers;
  for (const auto& setup : setups_) {
    if (setup->burnt()) peers.push_back(setup->identity().peer - 1U);
  }
  return peers;
}

EcdsaLink::Batch::~Batch() {
  holder.promised_ -= promised;
  if (!agreement) return;
  for (std::uint32_t k = 0; k < proposal.count; ++k) holder.store_.withdraw(agreement->sid(k));
}

EcdsaLink::~EcdsaLink() {
  forget();
}

void EcdsaLink::forget() {
  batches_.clear();
  for (const auto& id : mine_) holder_->store_.drop(id);
  mine_.clear();
}

Status EcdsaLink::take(const wire::Frame& frame, Bytes& out) {
  if (!holder_->guard_.intact()) return fail(Code::internal, "this process was forked");
  switch (frame.type) {
    case wire::Type::setups_ask:
      tell_setups(out);
      return {};
    case wire::Type::proposal:
      return take_proposal(frame.body, out);
    case wire::Type::agreed:
      return take_agreed(frame.body, out);
    case wire::Type::relayed:
      return take_relayed(frame.body, out);
    case wire::Type::bind:
      return take_bind(frame.body, out);
    case wire::Type::forget:
      forget();
      return {};
    case wire::Type::abandon:
      return take_abandon(frame.body);
    default:
      return fail(malformed("message: it is none that a party of ECDSA takes"));
  }
}

void EcdsaLink::tell_setups(Bytes& out) const {
  Bytes entries;
  for (const auto& setup : holder_->setups_) {
    if (setup->burnt()) continue;
    const std::size_t at = entries.size();
    entries.resize(at + wire::Setups::kEntryBytes);
    core::store_le(&entries[at], static_cast<std::uint16_t>(setup->identity().peer - 1));
    std::ranges::copy(setup->setup_id(), &entries[at + 2]);
  }
  wire::encode(wire::Setups{entries}, out);
}

// Nothing of a batch will be asked for.
void EcdsaLink::give_up(std::uint64_t session) {
  const auto found = batches_.find(session);
  if (found == batches_.end()) return;
  for (const auto& facts : found->second->made) {
    if (mine_.erase(facts.id) != 0) holder_->store_.drop(facts.id);
  }
  batches_.erase(found);
}

Status EcdsaLink::take_abandon(ByteView body) {
  wire::SessionBytes message;
  if (!wire::decode(body, message)) return fail(malformed("end of a session"));
  give_up(message.session);
  return {};
}

void EcdsaLink::abort(std::uint64_t session, const mpc::Abort& abort, Bytes& out) {
  give_up(session);
  // What a burnt pair had part in is gone as well.
  for (const auto& setup : holder_->setups_) {
    if (setup->burnt()) holder_->store_.drop_with(setup->setup_id());
  }
  const bool one = abort.suspects.size() == 1;
  const auto party = one ? static_cast<std::uint16_t>(abort.suspects.front() - 1) : wire::kNoParty;
  wire::encode(
      wire::Aborted{session, static_cast<std::uint8_t>(abort.verdict), party, Error(abort).message},
      out);
}

// --- agreeing ------------------------------------------------------------------------------------

Status EcdsaLink::take_proposal(ByteView body, Bytes& out) {
  wire::SessionBytes message;
  if (!wire::decode(body, message)) return fail(malformed("proposal"));
  auto proposal = mpc::Proposal::decode(message.bytes);
  if (!proposal || batches_.size() >= kMostBatches || batches_.contains(message.session)) {
    return fail(malformed("proposal, or one too many"));
  }
  if (proposal->purpose == mpc::Purpose::raw_digest && !policy_->allows_digest()) {
    ++refused_;
    wire::encode(
        wire::Refusal{message.session, wire::Reason::policy, "the policy does not allow a digest"},
        out);
    return {};
  }
  if (const auto judged = judge(*proposal); !judged) {
    ++refused_;
    abort(message.session, judged.error(), out);
    return {};
  }
  auto batch = std::make_unique<Batch>(*holder_);
  ByteArray<8> number{};
  core::store_le(number.data(), ++holder_->sessions_begun_);
  batch->random = std::make_unique<custody::ForkSafeRandomness>(
      holder_->guard_,
      mpc::dkls::Hedge{holder_->share_.secret_bytes(), core::realtime_ns(), number});
  ByteArray<32> nonce{};
  batch->random->fill(mpc::dkls::Draw::accept, 0, nonce);
  batch->accept = mpc::make_accept(mpc::proposal_hash(message.bytes), holder_->party_.id, nonce);
  batch->proposal = std::move(*proposal);
  if (batch->proposal.purpose == mpc::Purpose::presign) {
    batch->promised = batch->proposal.count;
    holder_->promised_ += batch->promised;
  }
  wire::encode(wire::Type::accept, wire::SessionBytes{message.session, batch->accept}, out);
  batches_.emplace(message.session, std::move(batch));
  return {};
}

mpc::Attempt<void> EcdsaLink::judge(const mpc::Proposal& proposal) const {
  MPC_CHECK(mpc::check_proposal(proposal, holder_->party_, holder_->setups_));
  // A tweak that is not of its path could be chosen against the key.
  const auto derived = mpc::derive(holder_->share_.group(), proposal.path);
  if (!derived || derived->tweak != proposal.tweak) {
    return mpc::aborted(Verdict::own, Cause::bad_terms);
  }
  // Said now it costs nobody anything; after the acceptances it would cost all the presignatures
  // that they have ready.
  const bool stored = proposal.purpose != mpc::Purpose::raw_digest;
  if (holder_->burns_->broken() || (stored && holder_->store_.broken())) {
    return mpc::aborted(Verdict::own, Cause::journal_failed);
  }
  if (!stored) return {};
  // What other batches under way will put there, of all coordinators, is taken already.
  const std::size_t taken = holder_->store_.size() + holder_->promised_;
  const bool room = taken + proposal.count <= holder_->store_.capacity();
  if (!room || proposal.purpose != mpc::Purpose::presign) {
    return mpc::aborted(Verdict::own, Cause::not_allowed);
  }
  return {};
}

Status EcdsaLink::take_agreed(ByteView body, Bytes& out) {
  wire::SessionBytes message;
  if (!wire::decode(body, message)) return fail(malformed("list of acceptances"));
  const auto found = batches_.find(message.session);
  // A session that this party has aborted.
  if (found == batches_.end()) return {};
  Batch& batch = *found->second;
  if (batch.agreement) return fail(malformed("list of acceptances, the second"));
  if (const auto begun = begin(batch, message.bytes); !begun) {
    abort(message.session, begun.error(), out);
    return {};
  }
  for (std::uint32_t k = 0; k < batch.sessions.size(); ++k) {
    send(batch, message.session, k, Round::r1, out);
  }
  return {};
}

mpc::Attempt<void> EcdsaLink::begin(Batch& batch, ByteView accepts) {
  const std::size_t count = accepts.size() / sizeof(mpc::Accept);
  std::vector<mpc::Accept> list(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::ranges::copy(accepts.subspan(i * sizeof(mpc::Accept), sizeof(mpc::Accept)),
                      list[i].begin());
  }
  // Without this party's own fresh bytes the session could be one that was there before.
  if (std::ranges::find(list, batch.accept) == list.end()) {
    return mpc::aborted(Verdict::own, Cause::bad_accept);
  }
  MPC_TRY(auto agreement, mpc::Agreement::make(batch.proposal, list));
  batch.agreement.emplace(std::move(agreement));
  for (std::uint32_t k = 0; k < batch.proposal.count; ++k) {
    MPC_TRY(auto session,
            mpc::Presigning::start({*batch.agreement, k, holder_->party_, holder_->setups_,
                                    batch.used, *batch.random, *holder_->burns_}));
    if (batch.promised > 0) holder_->store_.announce(session->sid());
    batch.sessions.push_back(std::move(session));
  }
  batch.open = batch.sessions.size();
  batch.made.resize(batch.sessions.size());
  return {};
}

// --- presigning ----------------------------------------------------------------------------------

void EcdsaLink::send(const Batch& batch, std::uint64_t session, std::uint32_t k, Round round,
                     Bytes& out) const {
  const mpc::Presigning& presigning = *batch.sessions[k];
  for (const XId peer : batch.proposal.ids) {
    if (peer == holder_->party_.id) continue;
    const auto message = round == Round::r1 ? presigning.r1_to(peer) : presigning.r2_to(peer);
    const auto about = presigning.envelope_to(peer, round).associated_data();
    const auto to = static_cast<mpc::PartyId>(peer - 1);
    const Bytes sealed = holder_->channels_.seal(to, about, message);
    wire::encode(wire::Relayed{session, k, static_cast<std::uint16_t>(to),
                               static_cast<std::uint8_t>(round), sealed},
                 out);
  }
}

Status EcdsaLink::take_relayed(ByteView body, Bytes& out) {
  wire::Relayed message;
  if (!wire::decode(body, message)) return fail(malformed("message of a peer"));
  const auto found = batches_.find(message.session);
  if (found == batches_.end()) return {};
  Batch& batch = *found->second;
  const XId from = x_of(message.party);
  const auto setup = mpc::setup_with(holder_->setups_, from);
  if (message.k >= batch.sessions.size() || batch.sessions[message.k] == nullptr || !setup ||
      message.round < 1 || message.round > 2) {
    return {};
  }
  mpc::Presigning& presigning = *batch.sessions[message.k];
  const mpc::Envelope envelope{Round{message.round}, from, holder_->party_.id, presigning.sid(),
                               setup->setup_id()};
  const auto opened =
      holder_->channels_.open(message.party, envelope.associated_data(), message.sealed);
  // Not from that peer, or not for this session: as if it had never come.
  if (!opened) return {};
  const auto taken = envelope.round == Round::r1 ? presigning.take_r1(envelope, *opened)
                                                 : presigning.take_r2(envelope, *opened);
  auto went = taken ? go_on(batch, message.session, message.k, envelope.round, out) : taken;
  if (!went && went.error().verdict != Verdict::drop) abort(message.session, went.error(), out);
  return {};
}

mpc::Attempt<void> EcdsaLink::go_on(Batch& batch, std::uint64_t session, std::uint32_t k,
                                    Round round, Bytes& out) {
  mpc::Presigning& presigning = *batch.sessions[k];
  if (!presigning.has_all(Round::r1)) return {};
  if (round == Round::r1) {
    MPC_CHECK(presigning.make_r2());
    send(batch, session, k, Round::r2, out);
  }
  // Peers that were quicker have sent theirs before.
  return presigning.has_all(Round::r2) ? end(batch, session, k, out) : mpc::Attempt<void>();
}

// The last message of a session came: what it made is kept, or opened where the digest was agreed.
mpc::Attempt<void> EcdsaLink::end(Batch& batch, std::uint64_t session, std::uint32_t k,
                                  Bytes& out) {
  const auto tell = [&](std::uint32_t at) {
    const auto& facts = batch.made[at];
    wire::encode(wire::Presigned{session, at, facts.id, facts.nonce.encode()}, out);
  };
  if (batch.proposal.purpose != mpc::Purpose::presign) {
    MPC_TRY(auto bound, batch.sessions[k]->finish_bound());
    const mpc::EcdsaSigning signing(std::move(bound));
    batch.made[k] = signing.facts();
    tell(k);
    wire::encode(wire::Type::opening, wire::SessionBytes{session, signing.r3()}, out);
    ++signed_;
    batches_.erase(session);
    return {};
  }
  MPC_TRY(auto presignature, batch.sessions[k]->finish());
  batch.sessions[k].reset();
  batch.made[k] = presignature.facts();
  if (!holder_->store_.put(std::move(presignature))) {
    return mpc::aborted(Verdict::own, Cause::journal_failed);
  }
  --batch.promised;
  --holder_->promised_;
  mine_.insert(batch.made[k].id);
  if (--batch.open > 0) return {};
  // One synced record for the whole batch, before the first of it may be asked for.
  if (!holder_->store_.open_block()) {
    return mpc::aborted(Verdict::own, Cause::journal_failed);
  }
  for (std::uint32_t at = 0; at < batch.made.size(); ++at) tell(at);
  batches_.erase(session);
  return {};
}

// --- signing -------------------------------------------------------------------------------------

Status EcdsaLink::take_bind(ByteView body, Bytes& out) {
  wire::Bind request;
  if (!wire::decode(body, request)) return fail(malformed("sign request"));
  const auto refuse = [&](wire::Reason reason, std::string_view words) {
    ++refused_;
    wire::encode(wire::Refusal{request.session, reason, words}, out);
  };
  ByteArray<32> id{};
  std::ranges::copy(request.id, id.begin());
  if (mine_.erase(id) == 0) {
    refuse(wire::Reason::unknown_nonce, "no such presignature");
    return {};
  }
  // Taken first: whatever comes of the request, the presignature is gone.
  const auto digest =
      mpc::ComputedDigest::of(mpc::DigestKind{request.digest_kind}, request.message);
  auto bound = holder_->store_.take(id, digest);
  if (!bound) {
    refuse(wire::Reason::unknown_nonce, "no such presignature");
    return {};
  }
  if (!policy_->allows(request.message)) {
    refuse(wire::Reason::policy, "the policy does not allow this message");
    return {};
  }
  const mpc::EcdsaSigning signing(std::move(*bound));
  wire::encode(wire::Type::opening, wire::SessionBytes{request.session, signing.r3()}, out);
  ++signed_;
  return {};
}

}  // namespace tally::sign
