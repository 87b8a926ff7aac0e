#include "mpc/pair_setup.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/ot_trees.hpp"

namespace tally::mpc {
namespace {

using namespace dkls;  // NOLINT(google-build-using-namespace): one scheme, two files of names

constexpr std::string_view kMagic = "TPS1";
constexpr std::size_t kHeaderBytes = 4 + 32 + 4 + 2 + 2 + 4 + 32;
constexpr std::size_t kEncodedBytes =
    kHeaderBytes + 32 + kLeavesBytes + kColumns / 8 + kLeavesBytes;

bool good(const PairIdentity& identity) {
  return identity.me != 0 && identity.peer != 0 && identity.me != identity.peer;
}

SetupTag tag_of(const PairIdentity& identity, XId x, XId y, ByteView nonce_x, ByteView nonce_y) {
  return th(Label::setup, {identity.key_id, be(identity.epoch), be(x), be(y), be(identity.counter),
                           nonce_x, nonce_y});
}

ByteArray<32> zero_commitment(const SetupTag& tag_as_x, ByteView part) {
  return th(Label::zero_com, {tag_as_x, part});
}

}  // namespace

PairSetup::PairSetup(const PairIdentity& identity, const ByteArray<32>& setup_id,
                     core::SecretBytes zero_seed, AliceSeeds as_alice, BobSeeds as_bob)
    : identity_(identity),
      setup_id_(setup_id),
      zero_seed_(std::move(zero_seed)),
      as_alice_(std::move(as_alice)),
      as_bob_(std::move(as_bob)),
      alice_gadget_(make_gadget(setup_id, identity.me)),
      bob_gadget_(make_gadget(setup_id, identity.peer)) {}

Attempt<std::shared_ptr<PairSetup>> PairSetup::make(const PairIdentity& identity,
                                                    const ByteArray<32>& setup_id,
                                                    ByteView zero_seed, AliceSeeds as_alice,
                                                    BobSeeds as_bob) {
  if (!good(identity) || zero_seed.size() != 32) return aborted(Verdict::own, Cause::bad_terms);
  auto seed = core::SecretBytes::allocate(32);
  if (!seed) return aborted(Verdict::own, Cause::out_of_memory);
  std::copy(zero_seed.begin(), zero_seed.end(), seed->bytes().begin());
  return std::shared_ptr<PairSetup>(
      new PairSetup(identity, setup_id, std::move(*seed), std::move(as_alice), std::move(as_bob)));
}

Attempt<core::SecretBytes> PairSetup::encode() const {
  auto out = core::SecretBytes::allocate(kEncodedBytes);
  if (!out) return aborted(Verdict::own, Cause::out_of_memory);
  MutableByteView rest = out->bytes();
  const auto put = [&rest](ByteView bytes) {
    std::copy(bytes.begin(), bytes.end(), rest.begin());
    rest = rest.subspan(bytes.size());
  };
  put(core::as_bytes(kMagic));
  put(identity_.key_id);
  put(be(identity_.epoch));
  put(be(identity_.me));
  put(be(identity_.peer));
  put(be(identity_.counter));
  put(setup_id_);
  put(zero_seed());
  put(as_alice_.leaves());
  put(as_alice_.delta());
  put(as_bob_.leaves());
  return std::move(*out);
}

Attempt<std::shared_ptr<PairSetup>> PairSetup::decode(ByteView plaintext) {
  if (plaintext.size() != kEncodedBytes ||
      core::as_text(plaintext.first(kMagic.size())) != kMagic) {
    return aborted(Verdict::own, Cause::wrong_length);
  }
  ByteView rest = plaintext.subspan(kMagic.size());
  const auto take = [&rest](std::size_t count) {
    const ByteView field = rest.first(count);
    rest = rest.subspan(count);
    return field;
  };
  PairIdentity identity;
  ByteArray<32> setup_id;
  std::ranges::copy(take(32), identity.key_id.begin());
  identity.epoch = core::load_be<std::uint32_t>(take(4).data());
  identity.me = core::load_be<XId>(take(2).data());
  identity.peer = core::load_be<XId>(take(2).data());
  identity.counter = core::load_be<std::uint32_t>(take(4).data());
  std::ranges::copy(take(32), setup_id.begin());
  const ByteView zero_seed = take(32);
  const ByteView alice_leaves = take(kLeavesBytes);
  const ByteView delta = take(kColumns / 8);
  auto alice = AliceSeeds::make(alice_leaves, delta);
  auto bob = BobSeeds::make(take(kLeavesBytes));
  if (!alice || !bob) return aborted(Verdict::own, Cause::out_of_memory);
  if (identity.counter > kMostResets) return aborted(Verdict::own, Cause::too_many_resets);
  return make(identity, setup_id, zero_seed, std::move(*alice), std::move(*bob));
}

PairSetupSession::PairSetupSession(const PairIdentity& identity, Randomness& random)
    : identity_(identity), random_(random) {}

Attempt<std::unique_ptr<PairSetupSession>> PairSetupSession::start(const PairIdentity& identity,
                                                                   Randomness& random) {
  if (!good(identity)) return aborted(Verdict::own, Cause::bad_terms);
  if (identity.counter > kMostResets) return aborted(Verdict::own, Cause::too_many_resets);
  auto leaves = core::SecretBytes::allocate(kLeavesBytes);
  if (!leaves) return aborted(Verdict::own, Cause::out_of_memory);
  std::unique_ptr<PairSetupSession> session(new PairSetupSession(identity, random));
  session->my_leaves_ = std::move(*leaves);
  random.fill(Draw::pair_nonce, identity.peer, session->nonce_);
  random.fill(Draw::zero_part, identity.peer, *session->zero_part_);
  return session;
}

Attempt<void> PairSetupSession::expect(Step step, std::size_t bytes,
                                       std::size_t wanted_bytes) const {
  if (step_ != step) return aborted(Verdict::drop, Cause::out_of_turn);
  if (bytes != wanted_bytes) return aborted(Verdict::drop, Cause::wrong_length);
  return {};
}

core::Expected<std::shared_ptr<PairSetup>, Abort> PairSetupSession::blame(Cause cause) {
  step_ = Step::over;
  core::wipe(my_leaves_.bytes());
  return aborted(Verdict::abort, cause, {identity_.peer});
}

Attempt<Bytes> PairSetupSession::offer(ByteView peer_hello) {
  MPC_CHECK(expect(Step::hello, peer_hello.size(), kPairHelloBytes));
  as_x_ = tag_of(identity_, identity_.me, identity_.peer, nonce_, peer_hello);
  as_y_ = tag_of(identity_, identity_.peer, identity_.me, peer_hello, nonce_);
  my_offer_.resize(kPairOfferBytes);
  const MutableByteView out(my_offer_);
  receiver_.offer(as_x_, random_, out.first(kOtPointsBytes));
  std::ranges::copy(zero_commitment(as_x_, *zero_part_), out.begin() + kOtPointsBytes);
  step_ = Step::offer;
  return my_offer_;
}

Attempt<Bytes> PairSetupSession::answer(ByteView peer_offer) {
  MPC_CHECK(expect(Step::offer, peer_offer.size(), kPairOfferBytes));
  my_answer_.resize(kPairAnswerBytes);
  const MutableByteView out(my_answer_);
  Wiped<std::array<std::array<Seed, 2>, kColumns>> seeds;
  if (!answer_base_ot(as_y_, peer_offer.first(kOtPointsBytes), random_, out.first(kOtPointsBytes),
                      *seeds)) {
    return core::unexpected(blame(Cause::bad_point).error());
  }
  build_trees(as_y_, *seeds, my_leaves_.bytes(), out.subspan(kOtPointsBytes, kTreesBytes));
  std::ranges::copy(*zero_part_, out.begin() + kOtPointsBytes + kTreesBytes);
  std::ranges::copy(peer_offer.last(32), peer_commitment_.begin());
  peer_offer_.assign(peer_offer.begin(), peer_offer.end());
  step_ = Step::answer;
  return my_answer_;
}

Attempt<std::shared_ptr<PairSetup>> PairSetupSession::finish(ByteView peer_answer) {
  MPC_CHECK(expect(Step::answer, peer_answer.size(), kPairAnswerBytes));
  const ByteView points = peer_answer.first(kOtPointsBytes);
  const ByteView trees = peer_answer.subspan(kOtPointsBytes, kTreesBytes);
  const ByteView peer_part = peer_answer.last(32);
  // Whether a commitment opens is public, though the part is not.
  const auto opened = zero_commitment(as_y_, peer_part);
  if (!crypto::declassified(core::equal_constant_time(opened, peer_commitment_))) {
    return blame(Cause::wrong_opening);
  }
  Wiped<std::array<Seed, kColumns>> seeds;
  Wiped<ByteArray<kLeavesBytes>> leaves;
  Wiped<ByteArray<kColumns / 8>> delta;
  if (!receiver_.finish(points, *seeds)) return blame(Cause::bad_point);
  if (!evaluate_trees(as_x_, receiver_.choices(), *seeds, trees, *leaves, *delta)) {
    return blame(Cause::bad_tree);
  }
  step_ = Step::over;

  const auto ot = [](const Bytes& message, std::size_t bytes) {
    return ByteView(message).first(bytes);
  };
  constexpr std::size_t kAnswered = kOtPointsBytes + kTreesBytes;
  crypto::Sha256 state = midstate(Label::setup_id);
  for (const bool lower_is_x : {true, false}) {
    if ((identity_.me < identity_.peer) == lower_is_x) {
      state.update(as_x_)
          .update(ot(my_offer_, kOtPointsBytes))
          .update(peer_answer.first(kAnswered));
    } else {
      state.update(as_y_).update(ot(peer_offer_, kOtPointsBytes)).update(ot(my_answer_, kAnswered));
    }
  }
  Wiped<ByteArray<32>> zero_seed;
  for (std::size_t i = 0; i < zero_seed->size(); ++i) {
    (*zero_seed)[i] = static_cast<std::uint8_t>((*zero_part_)[i] ^ peer_part[i]);
  }
  auto alice = AliceSeeds::make(*leaves, *delta);
  auto bob = BobSeeds::make(my_leaves_.bytes());
  core::wipe(my_leaves_.bytes());
  if (!alice || !bob) return aborted(Verdict::own, Cause::out_of_memory);
  return PairSetup::make(identity_, state.finish(), *zero_seed, std::move(*alice), std::move(*bob));
}

}  // namespace tally::mpc
