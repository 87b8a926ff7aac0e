// Attacks and audit findings that apply to dealing and FROST signing, by their row in the list the
// project keeps of them: what happened to others must be refused here.
#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <set>
#include <type_traits>

#include "unit/mpc/frost_world.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using crypto::Point;
using crypto::Scalar;
using mpc::Fault;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::test::FrostWorld;
using tally::test::random_32;
using tally::test::Round;

namespace {

template <typename Outcome>
Fault fault_of(const Outcome& outcome) {
  REQUIRE_FALSE(outcome.has_value());
  return outcome.error().fault;
}

std::vector<Point> pubshares_of(const FrostWorld& world) {
  const auto view = world.dealing.group().pubshares();
  return {view.begin(), view.end()};
}

mpc::Quorum quorum_of(const FrostWorld& world, std::vector<mpc::PartyId> ids) {
  return mpc::Quorum::make(world.dealing.group(), ids).value();
}

// Forms of a point that must be refused wherever a compressed point is expected.
std::vector<crypto::PointBytes> bad_points() {
  std::vector<crypto::PointBytes> out;
  const auto good = Point::generator().encode();
  for (const unsigned tag : {0U, 1U, 4U, 5U, 6U, 7U, 255U}) {
    out.push_back(good);
    out.back()[0] = static_cast<std::uint8_t>(tag);
  }
  out.emplace_back();         // infinity
  out.emplace_back()[0] = 2;  // x = 0 is not on the curve
  out.push_back(good);
  std::fill(out.back().begin() + 1, out.back().end(), std::uint8_t{0xff});  // x >= p
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("row 1 a polynomial of another length than the threshold is refused") {
  const FrostWorld world(3, 5);
  const auto secret = world.shares[1].secret_bytes();
  std::vector<Point> commitments(world.dealing.commitments().begin(),
                                 world.dealing.commitments().end());
  CHECK(mpc::verify_share(commitments, 3, 5, 1, secret));
  auto longer = commitments;
  longer.push_back(Point());  // even a term that adds nothing
  CHECK(fault_of(mpc::verify_share(longer, 3, 5, 1, secret)) == Fault::bad_length);
  longer.back() = Point::generator();
  CHECK(fault_of(mpc::verify_share(longer, 3, 5, 1, secret)) == Fault::bad_length);
  commitments.pop_back();
  CHECK(fault_of(mpc::verify_share(commitments, 3, 5, 1, secret)) == Fault::bad_length);
  CHECK(fault_of(mpc::verify_share({}, 3, 5, 1, secret)) == Fault::bad_length);
}

TEST_CASE("row 1 a group whose shares need more signers than it says is refused") {
  const FrostWorld world(4, 6);
  const auto& group = world.dealing.group();
  for (std::uint32_t t = 1; t <= 6; ++t) {
    const auto made = mpc::GroupKey::make(t, 6, group.key(), pubshares_of(world));
    CHECK(made.has_value() == (t >= 4));
    if (!made) CHECK(made.error().fault == Fault::key_mismatch);
  }
}

TEST_CASE("row 1 changes that cancel in the first shares are found in the others") {
  const FrostWorld world(2, 5);
  const auto& group = world.dealing.group();
  for (std::uint32_t i = 0; i < 5; ++i) {
    auto pubshares = pubshares_of(world);
    pubshares[i] = pubshares[i] + Point::generator();
    CHECK(fault_of(mpc::GroupKey::make(2, 5, group.key(), pubshares)) == Fault::key_mismatch);
    // A second change that keeps the sum of all shares.
    pubshares[(i + 1) % 5] = pubshares[(i + 1) % 5] + -Point::generator();
    CHECK(fault_of(mpc::GroupKey::make(2, 5, group.key(), pubshares)) == Fault::key_mismatch);
  }
  CHECK(fault_of(mpc::GroupKey::make(2, 5, group.key() + Point::generator(),
                                     pubshares_of(world))) == Fault::key_mismatch);
}

TEST_CASE("row 3 identifiers out of range or congruent are refused") {
  const FrostWorld world(2, 3);
  const auto& group = world.dealing.group();
  using Ids = std::vector<mpc::PartyId>;
  CHECK(fault_of(mpc::Quorum::make(group, Ids{0, 3})) == Fault::id_out_of_range);
  CHECK(fault_of(mpc::Quorum::make(group, Ids{0, UINT32_MAX})) == Fault::id_out_of_range);
  CHECK(fault_of(mpc::Quorum::make(group, Ids{0, 3 + 1})) == Fault::id_out_of_range);
  CHECK(fault_of(mpc::Quorum::make(group, Ids{1, 1})) == Fault::duplicate_id);
  CHECK(fault_of(mpc::Quorum::make(group, Ids{2, 0, 2})) == Fault::duplicate_id);
  CHECK(fault_of(world.dealing.share(3)) == Fault::id_out_of_range);
  CHECK(fault_of(mpc::check_share(group, UINT32_MAX, world.shares[0].secret_bytes())) ==
        Fault::id_out_of_range);
  CHECK(fault_of(mpc::verify_share(world.dealing.commitments(), 2, 3, 3,
                                   world.shares[0].secret_bytes())) == Fault::id_out_of_range);
}

TEST_CASE("row 4 every encoding truncated or extended at each byte is refused") {
  const FrostWorld world(2, 3);
  const Bytes group = world.dealing.group().encode();
  const auto share = world.shares[2].encode();
  REQUIRE(share);
  for (std::size_t size = 0; size < group.size(); ++size) {
    CHECK_FALSE(mpc::GroupKey::decode(ByteView(group).first(size)));
  }
  for (std::size_t size = 0; size < share->size(); ++size) {
    CHECK_FALSE(mpc::Share::decode(share->bytes().first(size)));
  }
  Bytes longer = group;
  longer.push_back(0);
  CHECK(fault_of(mpc::GroupKey::decode(longer)) == Fault::bad_length);
  longer.assign(share->bytes().begin(), share->bytes().end());
  longer.push_back(0);
  CHECK(fault_of(mpc::Share::decode(longer)) == Fault::bad_length);
}

TEST_CASE("row 4 a share with any bit of it changed is refused") {
  const FrostWorld world(2, 3);
  const auto share = world.shares[1].encode();
  REQUIRE(share);
  const auto state = world.dealing.group().digest();
  const Bytes good(share->bytes().begin(), share->bytes().end());
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes changed = good;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto decoded = mpc::Share::decode(changed);
    // A higher threshold, other schemes, another epoch or chain code fit the same points, but they
    // are another state of the key or another key.
    if (decoded) CHECK(decoded->group().digest() != state);
  }
}

TEST_CASE("row 5 points that are infinity or not compressed are refused in every field") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 2});
  Round round(world, quorum, core::as_bytes("m"));
  const auto session = round.open();
  const auto good_sum = mpc::nonce_agg(round.pubnonces).value();
  for (const auto& bad : bad_points()) {
    Bytes group = world.dealing.group().encode();
    for (std::size_t at = 46; at < group.size(); at += 33) {
      Bytes changed = group;
      std::copy(bad.begin(), bad.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK_FALSE(mpc::GroupKey::decode(changed));
    }
    for (const std::ptrdiff_t half : {0, 33}) {
      auto nonces = round.pubnonces;
      std::copy(bad.begin(), bad.end(), nonces[1].begin() + half);
      const auto sum = mpc::nonce_agg(nonces);
      CHECK(fault_of(sum) == Fault::bad_pubnonce);
      CHECK(sum.error().position == 1);
      const auto verdict = mpc::verify_partial(session, 1, nonces[1], {});
      CHECK(fault_of(verdict) == Fault::bad_pubnonce);
      CHECK(verdict.error().party == 2);

      auto aggnonce = good_sum;
      std::copy(bad.begin(), bad.end(), aggnonce.begin() + half);
      const auto opened = mpc::Session::open(quorum, aggnonce, {});
      const bool infinity = bad == crypto::PointBytes{};
      CHECK(opened.has_value() == infinity);
      if (!opened) CHECK(opened.error().fault == Fault::bad_aggnonce);
    }
  }
}

TEST_CASE("row 16 a secret nonce signs once") {
  static_assert(!std::is_copy_constructible_v<mpc::SecNonce>);
  static_assert(!std::is_copy_assignable_v<mpc::SecNonce>);
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 1});
  Round round(world, quorum, core::as_bytes("first"));
  const auto session = round.open();
  const auto signer = mpc::Signer::make(world.shares[0], quorum).value();
  CHECK(mpc::sign(std::move(round.secnonces[0]), signer, session));
  // NOLINTNEXTLINE(bugprone-use-after-move): that this is refused is the point
  CHECK(fault_of(mpc::sign(std::move(round.secnonces[0]), signer, session)) == Fault::nonce_spent);
  CHECK(fault_of(mpc::sign(mpc::SecNonce(), signer, session)) == Fault::nonce_spent);

  Bytes bytes(mpc::kSecNonceBytes);
  mpc::SecNonce::move_to(std::move(round.secnonces[1]), bytes);
  auto taken = mpc::SecNonce::take_from(bytes);
  CHECK(bytes == Bytes(mpc::kSecNonceBytes, 0));
  CHECK_FALSE(taken.first().is_zero());
  CHECK(mpc::SecNonce::take_from(bytes).first().is_zero());
}

TEST_CASE("row 16 replaying one nonce over three sessions would give the share away") {
  // Why there is no deterministic mode: three equations in k1, k2 and d, solved for d.
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 1});
  const auto signer = mpc::Signer::make(world.shares[0], quorum).value();
  auto victim = mpc::nonce_gen(random_32(), {}).value();
  Bytes stolen(mpc::kSecNonceBytes);
  mpc::SecNonce::move_to(std::move(victim.secret), stolen);
  std::array<std::array<Scalar, 4>, 3> rows;  // sign * (1, b), factor | s
  for (auto& row : rows) {
    const std::array<mpc::PubNonce, 2> nonces = {victim.pub,
                                                 mpc::nonce_gen(random_32(), {}).value().pub};
    const auto session =
        mpc::Session::open(quorum, mpc::nonce_agg(nonces).value(), core::as_bytes("m")).value();
    Bytes copy = stolen;
    const auto partial = mpc::sign(mpc::SecNonce::take_from(copy), signer, session).value();
    const Scalar sign = session.negates_nonces() ? -Scalar(1) : Scalar(1);
    row = {sign, sign * session.nonce_coefficient(), session.share_factor(0),
           Scalar::parse(partial).value()};
  }
  const auto minor = [&](std::size_t i, std::size_t j, std::size_t c) {
    return rows[i][0] * rows[j][c] - rows[j][0] * rows[i][c];
  };
  // Cramer's rule after k1 is eliminated from rows 1 and 2 by row 0.
  const Scalar determinant = minor(0, 1, 1) * minor(0, 2, 2) - minor(0, 2, 1) * minor(0, 1, 2);
  const Scalar numerator = minor(0, 1, 1) * minor(0, 2, 3) - minor(0, 2, 1) * minor(0, 1, 3);
  CHECK(numerator * Scalar::inverse_var(determinant) == world.shares[0].secret().value());
}

TEST_CASE("row 17 a thousand sessions open at once all end in valid signatures") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {2, 0});
  std::vector<Round> rounds;
  rounds.reserve(1000);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    rounds.emplace_back(world, quorum, core::as_bytes("message " + std::to_string(i)));
  }
  std::vector<std::size_t> order(rounds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(17));
  const std::array<mpc::Signer, 2> signers = {mpc::Signer::make(world.shares[2], quorum).value(),
                                              mpc::Signer::make(world.shares[0], quorum).value()};
  for (const std::size_t i : order) {
    Round& round = rounds[i];
    const auto session = round.open();
    for (std::size_t p = 0; p < 2; ++p) {
      const auto partial =
          mpc::sign(std::move(round.secnonces[p]), signers[p], session, mpc::SelfCheck::off);
      REQUIRE(partial);
      round.partials.push_back(*partial);
    }
    CHECK(mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message));
  }
}

TEST_CASE("row 17 a nonce is bound to message signers key and the other nonces") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 1});
  const auto other_quorum = quorum_of(world, {0, 2});
  auto tweaked = quorum_of(world, {0, 1});
  REQUIRE(tweaked.apply_tweak(random_32(), mpc::TweakMode::plain));
  Round round(world, quorum, core::as_bytes("m"));
  const auto sum = mpc::nonce_agg(round.pubnonces).value();
  std::vector<Bytes> coefficients;
  const auto open = [&](const mpc::Quorum& q, const mpc::AggNonce& nonce, const char* message) {
    const auto session = mpc::Session::open(q, nonce, core::as_bytes(message)).value();
    const auto bytes = session.nonce_coefficient().encode();
    coefficients.emplace_back(bytes.begin(), bytes.end());
  };
  open(quorum, sum, "m");
  open(quorum, sum, "n");
  open(quorum, sum, "");
  open(other_quorum, sum, "m");
  open(tweaked, sum, "m");
  open(quorum, round.pubnonces[0], "m");
  CHECK(std::set<Bytes>(coefficients.begin(), coefficients.end()).size() == coefficients.size());
  // But not to the order of the signers.
  const auto reversed = quorum_of(world, {1, 0});
  open(reversed, sum, "m");
  CHECK(coefficients.back() == coefficients.front());
}

TEST_CASE("row 21 a stuck random generator still gives other nonces for other sessions") {
  const FrostWorld world(2, 3);
  const ByteArray<32> stuck{};
  const auto& share = world.shares[0];
  const auto pubshare = share.pubshare().encode();
  const auto other_pubshare = world.shares[1].pubshare().encode();
  const auto key = share.group().key().xonly();
  const auto other_key = pubshare;
  const Bytes counter_1 = {1};
  const Bytes counter_2 = {2};
  const auto as_view = [](const auto& bytes) { return ByteView(bytes); };
  const mpc::NonceInputs base{share.secret_bytes(), pubshare, key, as_view(counter_1), counter_1};
  std::vector<mpc::NonceInputs> all(9, base);
  all[1].secret_share = world.shares[1].secret_bytes();
  all[2].secret_share = {};
  all[3].pubshare = other_pubshare;
  all[4].pubshare = {};
  all[5].xonly_key = ByteView(other_key).first(32);
  all[6].message = ByteView();
  all[7].message.reset();
  all[8].extra = counter_2;
  std::set<mpc::PubNonce> seen;
  for (const auto& inputs : all) seen.insert(mpc::nonce_gen(stuck, inputs).value().pub);
  CHECK(seen.size() == all.size());
  for (std::uint8_t session = 10; session < 210; ++session) {
    mpc::NonceInputs inputs = base;
    const Bytes counter = {session};
    inputs.extra = counter;
    const auto pair = mpc::nonce_gen(stuck, inputs).value();
    CHECK(seen.insert(pair.pub).second);
    CHECK(pair.secret.first() != pair.secret.second());
  }
  // Fields do not run into each other: bytes that move from the message to what follows it.
  const Bytes ab = {'a', 'b'};
  const Bytes a = {'a'};
  const Bytes b = {'b'};
  CHECK(mpc::nonce_gen(stuck, {{}, {}, {}, as_view(ab), {}}).value().pub !=
        mpc::nonce_gen(stuck, {{}, {}, {}, as_view(a), b}).value().pub);
}

TEST_CASE("row 23 nothing leaves unverified and who sent a wrong share is named") {
  const FrostWorld world(3, 5);
  const auto quorum = quorum_of(world, {4, 1, 3});
  for (std::uint32_t culprit = 0; culprit < 3; ++culprit) {
    Round round(world, quorum, core::as_bytes("m"));
    const auto session = round.open();
    round.sign_all(session);
    auto wrong = round.partials;
    wrong[culprit][31] ^= 1U;
    const auto ended = mpc::aggregate_verified(session, round.pubnonces, wrong, round.message);
    CHECK(fault_of(ended) == Fault::wrong_partial);
    CHECK(ended.error().position == culprit);
    CHECK(ended.error().party == quorum.ids()[culprit]);
    wrong[culprit].fill(0xff);
    const auto range = mpc::aggregate_verified(session, round.pubnonces, wrong, round.message);
    CHECK(fault_of(range) == Fault::bad_partial);
    CHECK(range.error().party == quorum.ids()[culprit]);
    // For another message than the one signed nobody is to blame.
    CHECK(fault_of(mpc::aggregate_verified(session, round.pubnonces, round.partials,
                                           core::as_bytes("n"))) == Fault::wrong_signature);
    CHECK(mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message));
  }
}

TEST_CASE("row 23 errors that cancel pass in the sum and fail one by one") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 1});
  Round round(world, quorum, core::as_bytes("m"));
  const auto session = round.open();
  round.sign_all(session);
  auto shifted = round.partials;
  shifted[0] = (Scalar::parse(shifted[0]).value() + Scalar(5)).encode();
  shifted[1] = (Scalar::parse(shifted[1]).value() - Scalar(5)).encode();
  CHECK(mpc::aggregate_verified(session, round.pubnonces, shifted, round.message));
  CHECK(fault_of(mpc::verify_partial(session, 0, round.pubnonces[0], shifted[0])) ==
        Fault::wrong_partial);
  CHECK(fault_of(mpc::verify_partial(session, 1, round.pubnonces[1], shifted[1])) ==
        Fault::wrong_partial);
}

TEST_CASE("row 23 a signer who cancels all nonces is found by its partial signature") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {1, 2});
  Round round(world, quorum, core::as_bytes("m"));
  for (const std::size_t tag : {std::size_t{0}, std::size_t{33}}) {
    round.pubnonces[1][tag] = static_cast<std::uint8_t>(round.pubnonces[0][tag] ^ 1U);
    std::copy_n(round.pubnonces[0].begin() + static_cast<std::ptrdiff_t>(tag) + 1, 32,
                round.pubnonces[1].begin() + static_cast<std::ptrdiff_t>(tag) + 1);
  }
  CHECK(mpc::nonce_agg(round.pubnonces).value() == mpc::AggNonce{});
  const auto session = round.open();
  CHECK(session.nonce_x() == Point::generator().xonly());
  round.sign_all(session);
  CHECK(mpc::verify_partial(session, 0, round.pubnonces[0], round.partials[0]));
  const auto ended =
      mpc::aggregate_verified(session, round.pubnonces, round.partials, round.message);
  CHECK(fault_of(ended) == Fault::wrong_partial);
  CHECK(ended.error().party == 2);
}

TEST_CASE("row 23 a share that changed in memory gives no partial signature") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 1});
  const auto share = world.dealing.share(0).value();
  const auto signer = mpc::Signer::make(share, quorum).value();
  Round round(world, quorum, core::as_bytes("m"));
  const auto session = round.open();
  // The locked memory is writable; only the view is not.
  const_cast<std::uint8_t*>(share.secret_bytes().data())[17] ^= 4U;
  CHECK(fault_of(mpc::sign(std::move(round.secnonces[0]), signer, session)) ==
        Fault::self_check_failed);
}

TEST_CASE("row 27 fewer or unknown signers and shares of another key are refused") {
  const FrostWorld world(3, 4);
  const FrostWorld other(3, 4);
  const auto& group = world.dealing.group();
  using Ids = std::vector<mpc::PartyId>;
  CHECK(fault_of(mpc::Quorum::make(group, Ids{})) == Fault::signer_count);
  CHECK(fault_of(mpc::Quorum::make(group, Ids{0, 1})) == Fault::signer_count);
  CHECK(fault_of(mpc::Quorum::make(group, Ids{0, 1, 2, 3, 0})) == Fault::signer_count);
  CHECK(mpc::Quorum::make(group, Ids{3, 1, 0, 2}));
  const auto quorum = quorum_of(world, {0, 1, 2});
  CHECK(fault_of(mpc::Signer::make(world.shares[3], quorum)) == Fault::not_a_signer);
  CHECK(fault_of(mpc::Signer::make(other.shares[0], quorum)) == Fault::not_a_signer);
  CHECK(fault_of(mpc::check_share(group, 0, world.shares[1].secret_bytes())) ==
        Fault::share_mismatch);
  CHECK(fault_of(mpc::check_share(group, 0, other.shares[0].secret_bytes())) ==
        Fault::share_mismatch);

  // A session of another quorum, even of the same parties.
  const auto twin = quorum_of(world, {0, 1, 2});
  Round round(world, twin, core::as_bytes("m"));
  const auto session = round.open();
  const auto signer = mpc::Signer::make(world.shares[0], quorum).value();
  CHECK(fault_of(mpc::sign(std::move(round.secnonces[0]), signer, session)) == Fault::not_a_signer);
}

TEST_CASE("row 27 too few or too many partial signatures are refused") {
  const FrostWorld world(2, 3);
  const auto quorum = quorum_of(world, {0, 1});
  Round round(world, quorum, core::as_bytes("m"));
  const auto session = round.open();
  round.sign_all(session);
  const std::span<const mpc::PartialSignature> all(round.partials);
  CHECK(fault_of(mpc::aggregate(session, all.first(1))) == Fault::bad_length);
  CHECK(fault_of(mpc::aggregate(session, {})) == Fault::bad_length);
  auto more = round.partials;
  more.push_back(more[0]);
  CHECK(fault_of(mpc::aggregate(session, more)) == Fault::bad_length);
  CHECK(fault_of(mpc::verify_partial(session, 2, round.pubnonces[0], all[0])) == Fault::bad_length);
  const std::span<const mpc::PubNonce> nonces(round.pubnonces);
  CHECK(fault_of(mpc::aggregate_verified(session, nonces.first(1), all, round.message)) ==
        Fault::bad_length);
}

TEST_SUITE_END();
