// Runs one operation on secrets that valgrind holds for undefined. Exits 2 when not under valgrind,
// where the run would say nothing; valgrind itself turns a report into its own exit status.
#include "crypto/ctime.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <secp256k1_extrakeys.h>
#include <string_view>
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/hmac_drbg.hpp"
#include "crypto/scalar_limbs.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/secret_mul.hpp"
#include "crypto/secret_mul_digits.hpp"
#include "mpc/deal.hpp"
#include "mpc/ecdsa_presign.hpp"
#include "mpc/ecdsa_sign.hpp"
#include "mpc/frost.hpp"
#include "mpc/repair.hpp"
#include "mpc/reshare.hpp"

namespace {

using namespace tally;
using crypto::Scalar;

void poison(const void* memory, std::size_t size_bytes) {
  VALGRIND_MAKE_MEM_UNDEFINED(memory, size_bytes);
}
template <typename T>
bool is_poisoned(const T& value) {
  return VALGRIND_CHECK_MEM_IS_DEFINED(&value, sizeof value) != 0;
}

ByteArray<32> secret_bytes(std::uint8_t seed) {
  ByteArray<32> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(seed * (i + 3));
  }
  poison(bytes.data(), bytes.size());
  return bytes;
}

// What valgrind runs of the vectors is their portable form, and of the products that by mulx where
// the processor has it, named here because valgrind may hide it from a program that asks.
bool scalar_vector() {
  std::array<Scalar, 17> a;
  std::array<Scalar, 17> b;
  std::array<Scalar, 17> out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = Scalar::from_bytes_reduced(secret_bytes(static_cast<std::uint8_t>(i + 3)));
    b[i] = Scalar::from_bytes_reduced(secret_bytes(static_cast<std::uint8_t>(i + 31)));
  }
  ByteArray<3> bits = {0x5a, 0xff, 1};
  poison(bits.data(), bits.size());
  const auto& portable = crypto::scalar_vector_portable();
  const Scalar inner = portable.inner_product(a, b);
  const Scalar sum = crypto::masked_sum(a, bits);
  portable.add_scaled(a, inner, a, sum, b, out);
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(inner) && is_poisoned(sum) && is_poisoned(out);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}
bool scalar_mulx() {
  const Scalar a = Scalar::from_bytes_reduced(secret_bytes(7));
  const Scalar b = Scalar::from_bytes_reduced(secret_bytes(11));
  Scalar::Limbs product;
  crypto::limbs::multiply_reduced_mulx(product, a.limbs(), b.limbs());
  crypto::limbs::Product wide;
  crypto::limbs::multiply_mulx(wide, a.limbs(), b.limbs());
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(product) && is_poisoned(wide);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}

// Every constant-time operation; the result must still count as secret, or nothing was watched.
bool scalar() {
  const Scalar a = Scalar::from_bytes_reduced(secret_bytes(7));
  const Scalar b = Scalar::from_bytes_reduced(secret_bytes(11));
  Scalar c = a * b + a - b;
  c = -c;
  unsigned flag = 1;
  poison(&flag, sizeof flag);
  c.cmov(a, flag != 0);
  const auto parsed = Scalar::parse(secret_bytes(13));
  if (!parsed) return false;
  ByteArray<32> out;
  (Scalar::inverse(c) * *parsed).encode_to(out);
  bool zero = c.is_zero();
  const bool equal = a == b;
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(out) && is_poisoned(zero) && is_poisoned(equal);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}

// Batches go to libsecp256k1 here, whose results count as public; the digits that the lanes take
// are cut by portable code.
bool secret_mul() {
  std::array<Scalar, 9> k;
  for (std::size_t i = 0; i < k.size(); ++i) {
    k[i] = Scalar::from_bytes_reduced(secret_bytes(static_cast<std::uint8_t>(i + 3)));
  }
  std::array<crypto::Point, 9> points;
  crypto::mul_generator_each(k, points);
  crypto::mul_secret_each(k, points, points);
  for (const auto& point : points) {
    if (point.is_infinity()) return false;
  }
  crypto::FixedMulBlock fixed{};
  crypto::SecretMulBlock secret{};
  cut_fixed(k[0], 3, fixed);
  cut_secret(k[1], 5, secret);
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(fixed.digit[7][3]) && is_poisoned(secret.digit[1][9][5]);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}

// The portable form; valgrind 3.19 does not know the instructions of the other.
bool sha256() {
  crypto::Sha256 state = crypto::Sha256::tagged("ctime");
  const auto prefix = secret_bytes(17);
  state.update(ByteView(prefix).first(29));
  std::array<std::uint8_t, std::size_t{17} * 32> digests;
  std::array<std::uint8_t, std::size_t{17} * 19> messages{};
  poison(messages.data(), messages.size());
  crypto::sha256_batch(state, messages, 19, digests);
  const auto digest = state.update(prefix).finish();
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(digests) && is_poisoned(digest);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}

bool drbg() {
  crypto::HmacDrbg drbg({secret_bytes(19), secret_bytes(23)});
  ByteArray<40> first;
  ByteArray<40> second;
  drbg.generate(first);
  drbg.reseed({secret_bytes(29)});
  drbg.generate(second, {secret_bytes(31)});
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(first) && is_poisoned(second);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}

bool nonce() {
  const auto random = secret_bytes(5);
  const auto share = secret_bytes(9);
  const auto pair = mpc::nonce_gen(random, {share, {}, {}, {}, {}});
  if (!pair) return false;
  VALGRIND_DISABLE_ERROR_REPORTING;
  const bool watched = is_poisoned(pair->secret);
  VALGRIND_ENABLE_ERROR_REPORTING;
  return watched;
}

bool sign() {
  const ByteArray<32> seed = {1};
  const auto dealing = mpc::deal(2, 3, seed).value();
  const std::vector<mpc::PartyId> ids = {0, 2};
  // Plain and x-only tweaks, so that signs of keys and nonces vary; self-check on and off.
  for (std::uint8_t round = 0; round < 8; ++round) {
    auto quorum = mpc::Quorum::make(dealing.group(), ids).value();
    const ByteArray<32> tweak = {round};
    const auto mode = round % 2 == 0 ? mpc::TweakMode::plain : mpc::TweakMode::xonly;
    if (!quorum.apply_tweak(tweak, mode)) return false;
    const auto share = dealing.share(0).value();
    const auto signer = mpc::Signer::make(share, quorum).value();
    poison(share.secret_bytes().data(), share.secret_bytes().size());
    auto mine = mpc::nonce_gen(secret_bytes(round), {share.secret_bytes(), {}, {}, {}, {}}).value();
    const ByteArray<32> other_random = {round, 1};
    const auto other = mpc::nonce_gen(other_random, {}).value();
    const std::array<mpc::PubNonce, 2> nonces = {mine.pub, other.pub};
    const auto session =
        mpc::Session::open(quorum, mpc::nonce_agg(nonces).value(), core::as_bytes("m")).value();
    const auto check = round < 4 ? mpc::SelfCheck::on : mpc::SelfCheck::off;
    const auto partial = mpc::sign(std::move(mine.secret), signer, session, check);
    if (!partial || !mpc::verify_partial(session, 0, nonces[0], *partial)) return false;
  }
  return true;
}

// Dealing from a secret seed, and a party's checks of what it was dealt.
bool share() {
  const auto dealing = mpc::deal(3, 4, secret_bytes(3));
  if (!dealing) return false;
  const auto third = dealing->share(2);
  if (!third) return false;
  const mpc::DealtShare dealt{dealing->commitments(), third->secret_bytes()};
  const std::array<mpc::DealtShare, 2> twice = {dealt, dealt};
  return mpc::verify_share(dealing->commitments(), 3, 4, 2, third->secret_bytes()) &&
         mpc::verify_shares(twice, 3, 4, 2);
}

// A BIP-340 signature by libsecp256k1, which branches on points that it declares public itself
// where it is built for that, and Debian's is not: libsecp256k1.supp lists them.
bool schnorr() {
  for (const std::uint8_t seed : ByteArray<4>{35, 37, 39, 41}) {
    const crypto::SecretScalar key(Scalar::from_bytes_reduced(secret_bytes(seed)));
    if (!crypto::schnorr_sign(key, core::as_bytes("m"), secret_bytes(43))) return false;
  }
  return true;
}

// A participant's first message: polynomial, proof, and shares sealed to the others. (Its second is
// a BIP-340 signature: `schnorr`.)
bool dkg() {
  const auto host_secret = secret_bytes(21);
  mpc::DkgParams params{2, {mpc::host_key(host_secret).value().pub}};
  for (const std::uint8_t seed : ByteArray<2>{23, 25}) {
    params.host_keys.push_back(mpc::host_key(secret_bytes(seed)).value().pub);
  }
  const auto participant = mpc::DkgParticipant::start(host_secret, params, secret_bytes(27));
  return participant && participant->contribution().size() == mpc::contribution_bytes(2, 3);
}

// What a dealer of the next epoch sends, and the pieces of a repair.
bool renew() {
  const auto dealing = mpc::deal(2, 3, secret_bytes(3)).value();
  const auto share = dealing.share(0).value();
  poison(share.secret_bytes().data(), share.secret_bytes().size());
  mpc::ReshareParams params{dealing.group(), {0, 1}, {2, {}}};
  for (const std::uint8_t seed : ByteArray<2>{31, 33}) {
    params.next.host_keys.push_back(mpc::host_key(secret_bytes(seed)).value().pub);
  }
  const std::vector<mpc::PartyId> helpers = {0, 1};
  return mpc::deal_again(params, share, secret_bytes(5)) &&
         mpc::split_for_repair(share, helpers, 2, secret_bytes(7));
}

// All that is drawn is secret, but for the nonce of a pair setup, which is said as it is.
class PoisonedRandom final : public mpc::dkls::Randomness {
 public:
  explicit PoisonedRandom(std::uint8_t seed) : hedge_(ByteArray<32>{seed}, mpc::dkls::Hedge{}) {}
  void fill(mpc::dkls::Draw draw, std::uint32_t index, MutableByteView out) override {
    hedge_.fill(draw, index, out);
    if (draw != mpc::dkls::Draw::pair_nonce) poison(out.data(), out.size());
  }

 private:
  mpc::dkls::HedgedRandomness hedge_;
};

// What is said is public from there on.
Bytes said(ByteView message) {
  Bytes copy(message.begin(), message.end());
  crypto::declassify(copy.data(), copy.size());
  return copy;
}

struct SetupPair {
  std::shared_ptr<mpc::PairSetup> first;
  std::shared_ptr<mpc::PairSetup> second;
};
SetupPair set_up(const ByteArray<32>& key_id, mpc::dkls::Randomness& one,
                 mpc::dkls::Randomness& two) {
  const auto a = mpc::PairSetupSession::start({key_id, 0, 1, 2, 0}, one).value();
  const auto b = mpc::PairSetupSession::start({key_id, 0, 2, 1, 0}, two).value();
  const Bytes offer_a = said(a->offer(b->hello()).value());
  const Bytes offer_b = said(b->offer(a->hello()).value());
  const Bytes answer_a = said(a->answer(offer_b).value());
  const Bytes answer_b = said(b->answer(offer_a).value());
  return {a->finish(answer_b).value(), b->finish(answer_a).value()};
}

bool pair_setup() {
  PoisonedRandom one(1);
  PoisonedRandom two(2);
  const auto [first, second] = set_up({}, one, two);
  VALGRIND_DISABLE_ERROR_REPORTING;
  const auto watched = [](ByteView bytes) {
    return VALGRIND_CHECK_MEM_IS_DEFINED(bytes.data(), bytes.size()) != 0;
  };
  // Bob's leaves hang on products alone, which count as public (point.hpp): `ecdsa` hides them
  // anew.
  const bool all = watched(first->as_alice().delta()) && watched(first->as_alice().leaves()) &&
                   watched(first->zero_seed());
  VALGRIND_ENABLE_ERROR_REPORTING;
  return all;
}

class NoLedger final : public mpc::BurnLedger {
 public:
  bool burn(const mpc::PairSetup& /*setup*/, mpc::Cause /*cause*/) override { return false; }
  bool begin_check(const mpc::PairSetup& /*setup*/) override { return true; }
  void end_check(const mpc::PairSetup& /*setup*/) override {}
};

// Two parties from a poisoned setup, poisoned shares and poisoned randomness to a signature.
bool ecdsa() {
  const ByteArray<32> seed = {1};
  const auto dealing = mpc::deal(2, 2, seed).value();
  mpc::dkls::HedgedRandomness plain_one(seed, mpc::dkls::Hedge{});
  mpc::dkls::HedgedRandomness plain_two(ByteArray<32>{2}, mpc::dkls::Hedge{});
  std::array<mpc::EcdsaParty, 2> parties;
  for (std::uint32_t i = 0; i < 2; ++i) {
    parties[i] = mpc::EcdsaParty::of(dealing.share(i).value());
  }
  const auto [first, second] = set_up(parties[0].key_id, plain_one, plain_two);
  mpc::Proposal proposal;
  proposal.key_id = parties[0].key_id;
  proposal.ids = {1, 2};
  proposal.setup_ids = {first->setup_id()};
  proposal.public_key = parties[0].public_key;
  const auto hash = mpc::proposal_hash(proposal.encode());
  const std::array<mpc::Accept, 2> accepts = {mpc::make_accept(hash, 1, hash),
                                              mpc::make_accept(hash, 2, hash)};
  const auto agreement = mpc::Agreement::make(proposal, accepts).value();
  std::array<PoisonedRandom, 2> randoms = {PoisonedRandom(3), PoisonedRandom(4)};
  std::array<std::vector<std::shared_ptr<mpc::PairSetup>>, 2> setups = {{{first}, {second}}};
  NoLedger ledger;
  std::array<mpc::UsedSids, 2> used;
  std::array<std::unique_ptr<mpc::Presigning>, 2> sessions;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto hide = [](ByteView bytes) { poison(bytes.data(), bytes.size()); };
    const mpc::PairSetup& setup = *setups[i][0];
    hide(setup.as_alice().leaves());
    hide(setup.as_alice().delta());
    hide(setup.as_bob().leaves());
    hide(setup.zero_seed());
    poison(&parties[i].share, sizeof parties[i].share);
    sessions[i] =
        mpc::Presigning::start({agreement, 0, parties[i], setups[i], used[i], randoms[i], ledger})
            .value();
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto to = static_cast<mpc::dkls::XId>(2 - i);
    if (!sessions[1 - i]->take_r1(sessions[i]->envelope_to(to, mpc::Round::r1),
                                  said(sessions[i]->r1_to(to)))) {
      return false;
    }
  }
  for (const auto& session : sessions) {
    if (!session->make_r2()) return false;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const auto to = static_cast<mpc::dkls::XId>(2 - i);
    if (!sessions[1 - i]->take_r2(sessions[i]->envelope_to(to, mpc::Round::r2),
                                  said(sessions[i]->r2_to(to)))) {
      return false;
    }
  }
  std::vector<std::unique_ptr<mpc::EcdsaSigning>> signings;
  for (const auto& session : sessions) {
    auto made = session->finish();
    if (!made) return false;
    VALGRIND_DISABLE_ERROR_REPORTING;
    const bool watched = is_poisoned(*made);
    VALGRIND_ENABLE_ERROR_REPORTING;
    if (!watched) return false;
    const auto digest =
        mpc::ComputedDigest::of(mpc::DigestKind::sha256, core::as_bytes("a message"));
    signings.push_back(
        std::make_unique<mpc::EcdsaSigning>(mpc::BoundPresignature(std::move(*made), digest)));
  }
  return signings[0]->take_r3(2, signings[1]->r3()) && signings[0]->combine();
}

// What must be reported, or the checks above are worth nothing.
bool fault_branch() {
  const Scalar a = Scalar::from_bytes_reduced(secret_bytes(7));
  if (a.is_zero()) std::puts("zero");
  return true;
}
// The twin of pair_setup: whoever branches on a choice of the base OT is reported.
bool fault_pair_setup() {
  PoisonedRandom one(1);
  PoisonedRandom two(2);
  const auto pair = set_up({}, one, two);
  if ((pair.first->as_alice().delta()[0] & 1U) != 0) std::puts("odd");
  return true;
}
// The twins of schnorr, for what is listed must not hide: a secret in another function of
// libsecp256k1, which takes variable time, and one in a listed function that others call.
bool fault_library() {
  const Scalar secret = Scalar::from_bytes_reduced(secret_bytes(7));
  return !crypto::Point::mul_var(secret, crypto::Point::generator()).is_infinity();
}
bool fault_caller() {
  secp256k1_keypair pair;
  secp256k1_xonly_pubkey key;
  const auto secret = secret_bytes(7);
  if (!crypto::declassified(secp256k1_keypair_create(crypto::context(), &pair, secret.data()) ==
                            1)) {
    return false;
  }
  return crypto::declassified(
      secp256k1_keypair_xonly_pub(crypto::context(), &key, nullptr, &pair) == 1);
}
bool fault_index() {
  static constexpr std::array<std::uint8_t, 256> kTable = {1, 2, 3};
  const auto secret = secret_bytes(7);
  volatile std::uint8_t looked_up = kTable[secret[0]];
  static_cast<void>(looked_up);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0 || argc != 2) {
    std::fputs("run as: valgrind --error-exitcode=9 ctime_secrets CASE\n", stderr);
    return 2;
  }
  (void)crypto::Point::generator();  // the context draws its own randomness
  const std::string_view name = argv[1];
  constexpr std::array<std::pair<std::string_view, bool (*)()>, 19> kCases = {{
      {"scalar", scalar},
      {"scalar_vector", scalar_vector},
      {"scalar_mulx", scalar_mulx},
      {"secret_mul", secret_mul},
      {"sha256", sha256},
      {"drbg", drbg},
      {"nonce", nonce},
      {"sign", sign},
      {"share", share},
      {"schnorr", schnorr},
      {"dkg", dkg},
      {"renew", renew},
      {"pair_setup", pair_setup},
      {"ecdsa", ecdsa},
      {"fault_branch", fault_branch},
      {"fault_pair_setup", fault_pair_setup},
      {"fault_index", fault_index},
      {"fault_library", fault_library},
      {"fault_caller", fault_caller},
  }};
  for (const auto& [known, run] : kCases) {
    if (known != name) continue;
    if (run()) return 0;
    std::fputs("the operation failed, or its result was not watched\n", stderr);
    return 1;
  }
  std::fputs("no such case\n", stderr);
  return 2;
}
