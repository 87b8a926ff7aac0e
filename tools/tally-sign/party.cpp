#include "party.hpp"

#include <array>
#include <fmt/format.h>
#include <vector>

#include "core/endian.hpp"
#include "core/hex.hpp"
#include "mpc/derive.hpp"

namespace tally::sign {
namespace {

namespace wire = mpc::wire;

constexpr std::size_t kMostPlaces = 64;
constexpr std::size_t kNoncesPerTurn = 8;
static_assert(kNoncesPerTurn <= wire::kNoncesPerFrame);
static_assert(sizeof(mpc::PubNonce) == wire::kPublicNonceBytes);
static_assert(sizeof(mpc::PartialSignature) == wire::kPartialBytes);

Error malformed(const char* what) {
  return {Code::bad_data, fmt::format("the coordinator sent a malformed {}", what), {}, 0};
}

}  // namespace

Party::Party(mpc::Share share, Policy policy, mpc::SelfCheck self_check)
    : share_(std::move(share)),
      policy_(std::move(policy)),
      self_check_(self_check),
      key_digest_(share_.group().digest()),
      pubshare_(share_.pubshare().encode()),
      xonly_key_(share_.group().key().xonly()),
      places_(share_) {}

Result<mpc::NoncePair> Party::draw_nonce() {
  ByteArray<32> random{};
  core::random_bytes(random);
  ByteArray<8> counter{};
  core::store_le(counter.data(), ++nonces_drawn_);
  mpc::NonceInputs inputs;
  inputs.secret_share = share_.secret_bytes();
  inputs.pubshare = pubshare_;
  inputs.xonly_key = xonly_key_;
  inputs.extra = counter;
  auto pair = mpc::nonce_gen(random, inputs);
  core::wipe(random);
  if (!pair) return fail(pair.error());
  return std::move(*pair);
}

Places::Place::Place(mpc::Quorum checked, const mpc::Share& share)
    : quorum(std::move(checked)), signer(mpc::Signer::make(share, quorum).value()) {}

const mpc::Signer* Places::signer_in(const wire::QuorumView& quorum) {
  const std::string_view name = core::as_text(quorum.bytes());
  if (const auto known = places_.find(name); known != places_.end()) {
    return &known->second->signer;
  }
  std::vector<mpc::PartyId> ids;
  for (std::size_t i = 0; i < quorum.size(); ++i) ids.push_back(quorum[i]);
  auto checked = mpc::Quorum::make(share_->group(), ids);
  if (!checked || !checked->position_of(share_->id())) return nullptr;
  if (tweak_ && !checked->apply_tweak(*tweak_, mpc::TweakMode::plain)) return nullptr;
  if (places_.size() >= kMostPlaces) places_.clear();
  auto place = std::make_unique<Place>(std::move(*checked), *share_);
  return &places_.emplace(name, std::move(place)).first->second->signer;
}

Status Party::hold_ecdsa(const std::string& share_path) {
  TALLY_TRY(ecdsa_, EcdsaHolder::open(share_path, share_));
  return {};
}

PartySession::PartySession(Party& party, custody::NoncePool pool)
    : party_(&party), pool_(std::move(pool)) {
  if (party.ecdsa() != nullptr) ecdsa_.emplace(*party.ecdsa(), party.policy());
}

Result<PartySession> PartySession::open(Party& party, Bytes& out) {
  TALLY_TRY(auto pool, custody::NoncePool::create(kMostNonces, mpc::kSecNonceBytes));
  wire::encode(
      wire::Hello{wire::kVersion, wire::Role::party, static_cast<std::uint16_t>(party.share().id()),
                  party.share().group().key_id(), party.share().group().epoch(),
                  party.key_digest()},
      out);
  return PartySession(party, std::move(pool));
}

Status PartySession::take(const wire::Frame& frame, Bytes& out) {
  auto taken = dispatch(frame, out);
  if (!taken && taken.error().code != Code::ok) wire::encode_goodbye(taken.error().message, out);
  return taken;
}

Status PartySession::dispatch(const wire::Frame& frame, Bytes& out) {
  if (frame.type == wire::Type::goodbye) return fail(Code::ok, "the coordinator said goodbye");
  if (frame.type == wire::Type::hello) return take_hello(frame.body);
  if (!greeted_) return fail(malformed("greeting"));
  if (frame.type == wire::Type::child && !ecdsa_) return take_child(frame.body);
  if (frame.type >= wire::Type::setups_ask || ecdsa_) return take_ecdsa(frame, out);
  if (frame.type == wire::Type::sign_request) return take_sign_request(frame.body, out);
  if (frame.type == wire::Type::nonce_request) return take_nonce_request(frame.body);
  return fail(malformed("message: only parties send it"));
}

Status PartySession::take_ecdsa(const wire::Frame& frame, Bytes& out) {
  if (!ecdsa_) return fail(Code::bad_data, "this party signs with schnorr, not with ecdsa");
  if (frame.type < wire::Type::setups_ask) {
    return fail(Code::bad_data, "this party signs with ecdsa, not with schnorr");
  }
  auto taken = ecdsa_->take(frame, out);
  party_->signed_count += ecdsa_->take_signed();
  party_->refused_count += ecdsa_->take_refused();
  return taken;
}

Status PartySession::take_hello(ByteView body) {
  wire::Hello hello;
  if (greeted_ || !wire::decode(body, hello) || hello.role != wire::Role::coordinator) {
    return fail(malformed("greeting"));
  }
  if (hello.version != wire::kVersion) {
    return fail(Code::bad_data, fmt::format("the coordinator speaks version {}, this party {}",
                                            hello.version, wire::kVersion));
  }
  const mpc::GroupKey& group = party_->share().group();
  if (hello.key_id != group.key_id()) {
    return fail(Code::bad_data,
                fmt::format("this party holds a share of key {}, not of {}",
                            core::to_hex(group.key_id()), core::to_hex(hello.key_id)));
  }
  if (hello.group != party_->key_digest()) {
    return fail(Code::bad_data, fmt::format("this party holds a share of epoch {}, not of {}",
                                            group.epoch(), hello.epoch));
  }
  greeted_ = true;
  return {};
}

// The path is derived here as well, so that no coordinator can choose a tweak against the key.
Status PartySession::take_child(ByteView body) {
  std::vector<std::uint32_t> path;
  if (asked_ || child_ || !wire::decode_child(body, path)) return fail(malformed("path"));
  const auto derived = mpc::derive(party_->share().group(), path);
  if (!derived) return fail(Error(derived.error()));
  child_.emplace(party_->share(), derived->tweak_bytes());
  return {};
}

Status PartySession::take_nonce_request(ByteView body) {
  std::uint16_t count = 0;
  if (!wire::decode_nonce_request(body, count)) return fail(malformed("nonce request"));
  if (pool_.size() + owed_nonces_ + count > kMostNonces) {
    return fail(Code::bad_data,
                fmt::format("the coordinator asked for more than {} nonces", kMostNonces));
  }
  asked_ = true;
  owed_nonces_ += count;
  return {};
}

void PartySession::refuse(std::uint64_t session, wire::Reason reason, std::string_view words,
                          Bytes& out) {
  ++party_->refused_count;
  wire::encode(wire::Refusal{session, reason, words}, out);
}

Status PartySession::take_sign_request(ByteView body, Bytes& out) {
  wire::SignRequest request;
  if (!wire::decode(body, request)) return fail(malformed("sign request"));
  // Taken first: whatever comes of the request, its nonce is gone.
  ByteArray<mpc::kSecNonceBytes> secret{};
  if (!pool_.try_take(request.nonce_id, secret)) {
    refuse(request.session, wire::Reason::unknown_nonce, "no such nonce", out);
    return {};
  }
  mpc::SecNonce nonce = mpc::SecNonce::take_from(secret);
  if (!party_->policy().allows(request.message)) {
    refuse(request.session, wire::Reason::policy, "the policy does not allow this message", out);
    return {};
  }
  const mpc::Signer* signer = (child_ ? *child_ : party_->places()).signer_in(request.quorum);
  mpc::AggNonce aggregated{};
  std::copy(request.aggregated_nonce.begin(), request.aggregated_nonce.end(), aggregated.begin());
  if (signer == nullptr) {
    refuse(request.session, wire::Reason::bad_request, "no such quorum", out);
    return {};
  }
  const auto session = mpc::Session::open(signer->quorum(), aggregated, request.message);
  if (!session) {
    refuse(request.session, wire::Reason::bad_request, mpc::to_text(session.error().fault), out);
    return {};
  }
  const auto partial = mpc::sign(std::move(nonce), *signer, *session, party_->self_check());
  if (!partial) {
    refuse(request.session, wire::Reason::broken, mpc::to_text(partial.error().fault), out);
    return {};
  }
  ++party_->signed_count;
  wire::encode(wire::Partial{request.session, *partial}, out);
  return {};
}

Result<bool> PartySession::draw_some(Bytes& out) {
  std::array<mpc::PubNonce, kNoncesPerTurn> pubs;
  std::array<wire::NonceEntry, kNoncesPerTurn> entries;
  std::size_t count = 0;
  for (; count < kNoncesPerTurn && owed_nonces_ > 0; ++count, --owed_nonces_) {
    TALLY_TRY(auto pair, party_->draw_nonce());
    ByteArray<mpc::kSecNonceBytes> secret{};
    mpc::SecNonce::move_to(std::move(pair.secret), secret);
    const bool kept = pool_.try_put(secret, entries[count].id);
    core::wipe(secret);
    if (!kept)
      return fail(Code::internal, "the nonce pool takes no nonce: was this process forked");
    pubs[count] = pair.pub;
    entries[count].public_nonce = pubs[count];
  }
  if (count > 0) wire::encode(std::span(entries).first(count), out);
  return owes_nonces();
}

}  // namespace tally::sign
