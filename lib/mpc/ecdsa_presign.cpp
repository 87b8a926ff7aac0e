#include "mpc/ecdsa_presign.hpp"

#include <algorithm>
#include <array>

#include "crypto/ctime.hpp"
#include "crypto/point_batch.hpp"
#include "crypto/secret_mul.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/secret_batch.hpp"

namespace tally::mpc {
namespace {

using namespace dkls;  // NOLINT(google-build-using-namespace): one scheme, two files of names
using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

// Where R2's fields stand behind Alice's message.
constexpr std::size_t kDigestOffset = 0;
constexpr std::size_t kNonceOffset = kDigestOffset + 32;
constexpr std::size_t kBlindOffset = kNonceOffset + kPointBytes;
constexpr std::size_t kPubkeyOffset = kBlindOffset + 32;
constexpr std::size_t kGammaUOffset = kPubkeyOffset + kPointBytes;
constexpr std::size_t kGammaVOffset = kGammaUOffset + kPointBytes;
constexpr std::size_t kPsiOffset = kGammaVOffset + kPointBytes;
static_assert(kPsiOffset + 32 == kR2TailBytes);
constexpr std::array<std::size_t, 4> kPointOffsets = {kNonceOffset, kPubkeyOffset, kGammaUOffset,
                                                      kGammaVOffset};

ByteArray<32> commitment(const ByteArray<32>& sid, XId id, ByteView nonce, ByteView blind) {
  return th(Label::com, {sid, be(id), nonce, blind});
}

}  // namespace

// On lines of its own: a thread works on one peer at a time.
struct alignas(64) Presigning::Peer {
  XId id = 0;
  std::shared_ptr<PairSetup> setup;
  Bytes r1_out;
  Bytes r2_out;
  Bytes r1_in;
  Bytes r2_in;
  BobMultiplication bob;      // our chi_ij
  AliceMultiplication alice;  // our r_i, sk_i
  Products c;
  Products d;
  // What R2 opens.
  Point nonce;
  Point pubkey;
  Point gamma_u;
  Point gamma_v;
  Scalar psi;
  std::optional<Cause> ban;

  [[nodiscard]] ByteView commitment_in() const { return ByteView(r1_in).subspan(34, 32); }
  [[nodiscard]] ByteView bob_in() const { return ByteView(r1_in).subspan(kR1BroadcastBytes); }
  [[nodiscard]] ByteView tail_in() const { return ByteView(r2_in).subspan(kAliceBytes); }
};

Presigning::Presigning(const PresignInputs& inputs)
    : in_(inputs), sid_(inputs.agreement.sid(inputs.k)) {}

Presigning::~Presigning() {
  core::wipe(blind_);
}

// Ends the session with this abort.
template <typename... Args>
auto Presigning::over(Args&&... args) {
  step_ = Step::over;
  r_.wipe();
  phi_.wipe();
  sk_.wipe();
  return aborted(std::forward<Args>(args)...);
}

Attempt<std::unique_ptr<Presigning>> Presigning::start(const PresignInputs& inputs,
                                                       Workers& workers) {
  const Proposal& proposal = inputs.agreement.proposal();
  MPC_CHECK(check_proposal(proposal, inputs.party, inputs.setups));
  if (inputs.k >= proposal.count) return aborted(Verdict::own, Cause::bad_terms);
  std::unique_ptr<Presigning> session(new Presigning(inputs));
  if (!inputs.used_sids.try_use(session->sid_)) return aborted(Verdict::own, Cause::sid_used);
  for (const XId id : proposal.ids) {
    if (id == inputs.party.id) continue;
    auto peer = std::make_unique<Peer>();
    peer->id = id;
    peer->setup = setup_with(inputs.setups, id);
    session->peers_.push_back(std::move(peer));
  }
  session->begin(workers);
  return session;
}

void Presigning::begin(Workers& workers) {
  const XId me = in_.party.id;
  r_ = in_.random.scalar(Draw::r, 0);
  phi_ = in_.random.scalar(Draw::phi, 0);
  in_.random.fill(Draw::blind, 0, blind_);
  // The nonce is a part like a peer, and the last one, which takes least.
  workers.each(peers_.size() + 1, [this, me](std::size_t part) {
    if (part == peers_.size()) return commit_nonce();
    Peer& peer = *peers_[part];
    peer.r1_out.resize(kR1Bytes);
    peer.bob.begin(peer.setup->as_bob(), peer.setup->bob_gadget(),
                   pair_tag(sid_, peer.id, me, peer.setup->setup_id()), peer.id, in_.random,
                   MutableByteView(peer.r1_out).subspan(kR1BroadcastBytes));
  });
  for (const auto& peer : peers_) std::ranges::copy(broadcast_, peer->r1_out.begin());
}

// R_i, and what everybody gets of it.
void Presigning::commit_nonce() {
  const XId me = in_.party.id;
  nonce_ = Point::mul_generator(r_.value());
  std::ranges::copy(sid_, broadcast_.begin());
  core::store_be(&broadcast_[32], me);
  std::ranges::copy(commitment(sid_, me, nonce_.encode(), blind_), broadcast_.begin() + 34);
  // The commitment goes to everybody, and hides what it holds.
  crypto::declassify(broadcast_.data(), broadcast_.size());
}

Presigning::Peer* Presigning::find(XId id) const {
  for (const auto& peer : peers_) {
    if (peer->id == id) return peer.get();
  }
  return nullptr;
}

Envelope Presigning::envelope_to(XId peer, Round round) const {
  const Peer* const found = find(peer);
  return {round, in_.party.id, peer, sid_,
          found == nullptr ? ByteArray<32>{} : found->setup->setup_id()};
}

ByteView Presigning::r1_to(XId peer) const {
  const Peer* const found = find(peer);
  return found == nullptr ? ByteView() : ByteView(found->r1_out);
}
ByteView Presigning::r2_to(XId peer) const {
  const Peer* const found = find(peer);
  return found == nullptr ? ByteView() : ByteView(found->r2_out);
}

Attempt<Presigning::Peer*> Presigning::expect(Step last, Round round, const Envelope& envelope,
                                              std::size_t bytes, std::size_t wanted_bytes) {
  const auto drop = [](Cause cause) { return aborted(Verdict::drop, cause); };
  if (envelope.sid != sid_) return drop(Cause::wrong_session);
  Peer* const peer = find(envelope.from);
  if (envelope.to != in_.party.id || peer == nullptr) return drop(Cause::wrong_receiver);
  if (step_ > last || envelope.round != round) return drop(Cause::out_of_turn);
  if (bytes != wanted_bytes) return drop(Cause::wrong_length);
  if (envelope.setup_id != peer->setup->setup_id()) {
    return aborted(Verdict::stale_setup, Cause::bad_terms, {peer->id});
  }
  return peer;
}

Attempt<void> Presigning::take_r1(const Envelope& envelope, ByteView message) {
  MPC_TRY(Peer* const peer, expect(Step::r1, Round::r1, envelope, message.size(), kR1Bytes));
  if (!std::ranges::equal(message.first(32), sid_) ||
      core::load_be<XId>(&message[32]) != peer->id) {
    return aborted(Verdict::drop, Cause::wrong_session);
  }
  if (!peer->r1_in.empty()) return aborted(Verdict::drop, Cause::out_of_turn);
  peer->r1_in.assign(message.begin(), message.end());
  return {};
}

// A peer that has every R1 answers at once, and its R2 may be here before the last R1 is: it waits
// until this party has answered as well, and nothing of it is looked at before.
Attempt<void> Presigning::take_r2(const Envelope& envelope, ByteView message) {
  MPC_TRY(Peer* const peer, expect(Step::r2, Round::r2, envelope, message.size(), kR2Bytes));
  if (!peer->r2_in.empty()) return aborted(Verdict::drop, Cause::out_of_turn);
  peer->r2_in.assign(message.begin(), message.end());
  return {};
}

bool Presigning::has_all(Round round) const {
  return std::ranges::all_of(peers_, [round](const auto& peer) {
    return !(round == Round::r1 ? peer->r1_in : peer->r2_in).empty();
  });
}

// Whether this step can be done now, and every pair setup is still whole.
Attempt<void> Presigning::ready(Step step, Round round) {
  if (step_ != step || !has_all(round)) return aborted(Verdict::own, Cause::out_of_turn);
  for (const auto& peer : peers_) {
    if (peer->setup->burnt()) return over(Verdict::own, Cause::setup_burnt, std::vector{peer->id});
  }
  return {};
}

// Runs a check that may burn, of all peers, with the ledger knowing of it from before to after.
Attempt<void> Presigning::check_all(Workers& workers, void (Presigning::*check)(Workers& workers)) {
  // A check that stays open burns, so all end but those of cheats, whom the ledger burns.
  const auto end_first = [this](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!peers_[i]->ban) in_.ledger.end_check(*peers_[i]->setup);
    }
  };
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (in_.ledger.begin_check(*peers_[i]->setup)) continue;
    end_first(i);
    return over(Verdict::own, Cause::journal_failed);
  }
  (this->*check)(workers);
  auto burnt = burn_cheaters();
  end_first(peers_.size());
  return burnt;
}

// Burns what was found cheating. First the marks, which end every other session with these setups;
// then the records; and only then does the verdict go up, so that nothing is said before.
Attempt<void> Presigning::burn_cheaters() {
  std::vector<XId> cheaters;
  std::optional<Cause> cause;
  for (const auto& peer : peers_) {
    if (!peer->ban) continue;
    peer->setup->mark_burnt();
    cheaters.push_back(peer->id);
    if (!cause) cause = peer->ban;
  }
  if (cheaters.empty()) return {};
  bool recorded = true;
  for (const auto& peer : peers_) {
    if (peer->ban && !in_.ledger.burn(*peer->setup, *peer->ban)) recorded = false;
  }
  if (!recorded) return over(Verdict::own, Cause::journal_failed, cheaters);
  return over(Verdict::ban, *cause, cheaters);
}

// dR, zeta_i and sk_i.
void Presigning::derive_key_share() {
  const XId me = in_.party.id;
  const auto& ids = in_.agreement.proposal().ids;
  crypto::Sha256 state = midstate(Label::r1);
  state.update(sid_);
  for (const XId id : ids) {
    const ByteView said = id == me ? ByteView(broadcast_) : ByteView(find(id)->r1_in);
    state.update(said.subspan(32, 34));
  }
  r1_digest_ = state.finish();

  std::vector<PartyId> parties;
  parties.reserve(ids.size());
  for (const XId id : ids) parties.push_back(PartyId{id} - 1);
  const auto at = static_cast<std::size_t>(std::ranges::find(ids, me) - ids.begin());
  Scalar sk = lagrange_at_zero_var(parties)[at] * in_.party.share.value();
  for (const auto& peer : peers_) {
    const Scalar z = th_scalar(Label::zero, {peer->setup->zero_seed(), sid_, r1_digest_});
    sk = peer->id < me ? sk + z : sk - z;
  }
  if (ids.front() == me) sk = sk + in_.agreement.proposal().tweak;
  sk_ = SecretScalar(sk);
  core::wipe(&sk, sizeof sk);
}

// The multiplication with our r_i and sk_i, and what belongs to it but for points.
void Presigning::answer(Peer& peer) {
  peer.r2_out.resize(kR2Bytes);
  const MutableByteView out(peer.r2_out);
  peer.alice.multiply(peer.setup->as_alice(), peer.setup->alice_gadget(),
                      {&r_.value(), &sk_.value()}, peer.id, in_.random, out.first(kAliceBytes),
                      peer.c);
  const MutableByteView tail = out.subspan(kAliceBytes);
  const auto put = [&tail](std::size_t offset, ByteView bytes) {
    std::ranges::copy(bytes, tail.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  put(kDigestOffset, r1_digest_);
  put(kNonceOffset, nonce_.encode());
  put(kBlindOffset, blind_);
  (phi_.value() - peer.bob.b()).encode_to(tail.subspan(kPsiOffset, 32));
}

// pk_i and both Gammas for each peer. False when one is infinity.
bool Presigning::make_points() {
  SecretBatch k(1 + kInputs * peers_.size());
  k.add(sk_.value());
  for (const auto& peer : peers_) {
    for (const Scalar& c : peer->c.of) k.add(c);
  }
  std::vector<Point> points(k.get().size());
  crypto::mul_generator_each(k.get(), points);
  pubkey_ = points.front();
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const MutableByteView tail = MutableByteView(peers_[i]->r2_out).subspan(kAliceBytes);
    std::ranges::copy(pubkey_.encode(), &tail[kPubkeyOffset]);
    std::ranges::copy(points[1 + kInputs * i].encode(), &tail[kGammaUOffset]);
    std::ranges::copy(points[2 + kInputs * i].encode(), &tail[kGammaVOffset]);
  }
  return std::ranges::none_of(points, &Point::is_infinity);
}

void Presigning::check_rows(Workers& workers) {
  workers.each(peers_.size(), [this](std::size_t i) {
    Peer& peer = *peers_[i];
    const auto pair = pair_tag(sid_, in_.party.id, peer.id, peer.setup->setup_id());
    if (!peer.alice.check(peer.setup->as_alice(), pair, peer.bob_in())) peer.ban = Cause::ot_check;
  });
}

Attempt<void> Presigning::make_r2(Workers& workers) {
  MPC_CHECK(ready(Step::r1, Round::r1));
  MPC_CHECK(check_all(workers, &Presigning::check_rows));
  derive_key_share();
  workers.each(peers_.size(), [this](std::size_t i) { answer(*peers_[i]); });
  if (!make_points()) return over(Verdict::own, Cause::negligible);
  step_ = Step::r2;
  return {};
}

// The points of every R2, in the order of kPointOffsets, in one pass through the lanes; infinity
// stands for what is none.
std::vector<Point> Presigning::parse_points() const {
  std::vector<crypto::PointBytes> encoded;
  for (const auto& peer : peers_) {
    for (const std::size_t offset : kPointOffsets) {
      std::ranges::copy(peer->tail_in().subspan(offset, kPointBytes),
                        encoded.emplace_back().begin());
    }
  }
  std::vector<Point> points(encoded.size());
  // open() says whose are none.
  static_cast<void>(crypto::parse_each_var(encoded, points));
  return points;
}

// What can be seen of an R2 without a multiplication, given its points.
std::optional<Cause> Presigning::open(Peer& peer, std::span<const Point> points) const {
  const ByteView tail = peer.tail_in();
  const auto opened = commitment(sid_, peer.id, tail.subspan(kNonceOffset, kPointBytes),
                                 tail.subspan(kBlindOffset, 32));
  if (!std::ranges::equal(opened, peer.commitment_in())) return Cause::wrong_opening;
  if (std::ranges::any_of(points, &Point::is_infinity)) return Cause::bad_point;
  peer.nonce = points[0];
  peer.pubkey = points[1];
  peer.gamma_u = points[2];
  peer.gamma_v = points[3];
  const auto psi = Scalar::parse(tail.subspan(kPsiOffset, 32));
  if (!psi) return Cause::bad_scalar;
  peer.psi = *psi;
  return std::nullopt;
}

// R and pk.
void Presigning::add_up() {
  std::vector<Point> nonces = {nonce_};
  std::vector<Point> pubkeys = {pubkey_};
  for (const auto& peer : peers_) {
    nonces.push_back(peer->nonce);
    pubkeys.push_back(peer->pubkey);
  }
  nonce_sum_ = Point::sum(nonces);
  pubkey_sum_ = Point::sum(pubkeys);
}

// chi R = Gamma^u + d^u G and chi pk = Gamma^v + d^v G, of all peers at once: with eight lanes the
// two are not dearer than one random sum of both, and they need no randomness.
void Presigning::check_products(Workers& workers) {
  workers.each(peers_.size(), [this](std::size_t i) {
    Peer& peer = *peers_[i];
    const ByteView message = ByteView(peer.r2_in).first(kAliceBytes);
    if (!peer.bob.finish(peer.setup->bob_gadget(), message, peer.d)) peer.ban = Cause::vole_check;
  });
  const std::size_t count = kInputs * peers_.size();
  SecretBatch chi(count);
  SecretBatch d(count);
  std::vector<Point> left;
  std::vector<Point> right(count);
  std::vector<Point> gammas;
  for (const auto& peer : peers_) {
    for (const Scalar& share : peer->d.of) {
      chi.add(peer->bob.b());
      d.add(share);
    }
    left.insert(left.end(), {peer->nonce, peer->pubkey});
    gammas.insert(gammas.end(), {peer->gamma_u, peer->gamma_v});
  }
  workers.each(2, [&](std::size_t side) {
    if (side == 0) {
      crypto::mul_secret_each(chi.get(), left, left);
    } else {
      crypto::mul_generator_each(d.get(), right);
      crypto::add_each_var(right, gammas, right);
      // The other side has more to do. What comes of it is looked at when nobody is found cheating.
      add_up();
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    auto& ban = peers_[i / kInputs]->ban;
    if (!ban && left[i] != right[i]) ban = Cause::gamma_check;
  }
}

Attempt<Presignature> Presigning::finish_any(Workers& workers) {
  MPC_CHECK(ready(Step::r2, Round::r2));
  std::vector<XId> everybody;
  for (const auto& peer : peers_) everybody.push_back(peer->id);
  for (const auto& peer : peers_) {
    if (!std::ranges::equal(peer->tail_in().subspan(kDigestOffset, 32), r1_digest_)) {
      return over(Verdict::equivocation, Cause::digests_differ);
    }
  }
  const std::vector<Point> points = parse_points();
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const auto its = std::span(points).subspan(i * kPointOffsets.size(), kPointOffsets.size());
    const auto wrong = open(*peers_[i], its);
    if (wrong) return over(Verdict::abort, *wrong, std::vector{peers_[i]->id});
  }
  MPC_CHECK(check_all(workers, &Presigning::check_products));

  if (pubkey_sum_ != in_.agreement.proposal().public_key) {
    return over(Verdict::unattributed, Cause::wrong_key_sum, everybody);
  }
  // x(R) = n would do as well as infinity, and nobody will ever see either.
  if (nonce_sum_.is_infinity() || Scalar::from_bytes_reduced(nonce_sum_.xonly()).is_zero()) {
    return over(Verdict::unattributed, Cause::nonce_at_infinity, everybody);
  }
  return combine(nonce_sum_);
}

// u_i = r_i F + sum of c^u + d^u, v_i likewise; then everything else is forgotten.
Presignature Presigning::combine(const Point& nonce) {
  Scalar f = phi_.value();
  Scalar u;
  Scalar v;
  for (const auto& peer : peers_) {
    f = f + peer->psi;
    u = u + peer->c.of[0] + peer->d.of[0];
    v = v + peer->c.of[1] + peer->d.of[1];
  }
  const Proposal& proposal = in_.agreement.proposal();
  Presignature out;
  out.phi_ = std::move(phi_);
  out.u_ = SecretScalar(u + r_.value() * f);
  out.v_ = SecretScalar(v + sk_.value() * f);
  for (Scalar* const secret : {&f, &u, &v}) core::wipe(secret, sizeof *secret);
  out.facts_ = {
      .id = th(Label::presig, {sid_, r1_digest_, nonce.encode(), proposal.public_key.encode()}),
      .sid = sid_,
      .key_id = proposal.key_id,
      .epoch = proposal.epoch,
      .me = in_.party.id,
      .ids = proposal.ids,
      .setup_ids = {},
      .public_key = proposal.public_key,
      .nonce = nonce};
  for (const auto& peer : peers_) out.facts_.setup_ids.push_back(peer->setup->setup_id());
  step_ = Step::over;
  r_.wipe();
  sk_.wipe();
  core::wipe(blind_);
  peers_.clear();
  return out;
}

Attempt<Presignature> Presigning::finish(Workers& workers) {
  if (in_.agreement.proposal().purpose != Purpose::presign) {
    return aborted(Verdict::own, Cause::bad_terms);
  }
  return finish_any(workers);
}

Attempt<BoundPresignature> Presigning::finish_bound(Workers& workers) {
  const Proposal& proposal = in_.agreement.proposal();
  if (proposal.purpose == Purpose::presign) return aborted(Verdict::own, Cause::bad_terms);
  MPC_TRY(Presignature made, finish_any(workers));
  return BoundPresignature(std::move(made), proposal.digest);
}

std::optional<XId> equivocation_author(ByteView first, ByteView second) {
  if (first.size() != kR1BroadcastBytes || second.size() != kR1BroadcastBytes ||
      !std::ranges::equal(first.first(34), second.first(34)) || std::ranges::equal(first, second)) {
    return std::nullopt;
  }
  return core::load_be<XId>(&first[32]);
}

}  // namespace tally::mpc
