// Attacks on the setup of a pair and on the transfer it is for, by their number in the project's
// checklist; those on sessions are in dkls_checklist_test.cpp.
#include <doctest/doctest.h>

#include "dkls_world.hpp"
#include "mpc/ot_trees.hpp"

using namespace tally;
using namespace tally::test;
using namespace tally::mpc;
using namespace tally::mpc::dkls;

namespace {

struct PairRun {
  CountingRandom random_a{71};
  CountingRandom random_b{72};
  std::unique_ptr<PairSetupSession> a = PairSetupSession::start({{}, 0, 1, 2, 0}, random_a).value();
  std::unique_ptr<PairSetupSession> b = PairSetupSession::start({{}, 0, 2, 1, 0}, random_b).value();
};

}  // namespace

TEST_CASE("row 2 and 4 no pair message of another length is taken") {
  PairRun run;
  const auto check = [](const Bytes& whole, auto take) {
    for (std::size_t size = 0; size <= whole.size() + 1;
         size += size + 70 < whole.size() ? std::size_t{61} : std::size_t{1}) {
      if (size == whole.size()) continue;
      Bytes changed = whole;
      changed.resize(size);
      const auto taken = take(changed);
      REQUIRE_FALSE(taken);
      CHECK(taken.error().verdict == Verdict::drop);
    }
  };
  check(Bytes(32), [&](const Bytes& bytes) { return run.a->offer(bytes); });
  const auto offer_a = run.a->offer(run.b->hello()).value();
  const auto offer_b = run.b->offer(run.a->hello()).value();
  check(offer_b, [&](const Bytes& bytes) { return run.a->answer(bytes); });
  REQUIRE(run.a->answer(offer_b));
  const auto answer_b = run.b->answer(offer_a).value();
  check(answer_b, [&](const Bytes& bytes) { return run.a->finish(bytes); });
  CHECK(run.a->finish(answer_b));
}

TEST_CASE("row 5 nothing that is no point passes in a pair setup") {
  for (const Bytes& point : bad_points()) {
    PairRun run;
    auto offer_a = run.a->offer(run.b->hello()).value();
    const auto offer_b = run.b->offer(run.a->hello()).value();
    const auto answer_a = run.a->answer(offer_b).value();
    Bytes bad_offer = offer_a;
    std::ranges::copy(point, bad_offer.begin() + 33 * 17);
    const auto answered = run.b->answer(bad_offer);
    REQUIRE_FALSE(answered);
    CHECK(answered.error() == Abort{Verdict::abort, Cause::bad_point, {1}});
    // That attempt is over: the right message comes too late.
    CHECK_FALSE(run.b->answer(offer_a));
    PairRun other;
    offer_a = other.a->offer(other.b->hello()).value();
    REQUIRE(other.b->offer(other.a->hello()));
    auto bad_answer = other.b->answer(offer_a).value();
    REQUIRE(other.a->answer(offer_b));
    // Its commitment is that of another attempt, so that it does not open either.
    CHECK(other.a->finish(bad_answer).error().cause != Cause::out_of_turn);
  }
}

TEST_CASE("row 10 an error in any block of a column is found") {
  // Delta is known to the test, so that no odds are needed: the columns are those of a tree whose
  // place is not 0. An equal error in both blocks would cancel, were the product an XOR.
  World world = World::make(2, 2, 7);
  const auto& setup = setup_with(world.members.at(1).setups, 2);
  std::size_t tree = 0;
  while (((setup->as_alice().delta()[tree / 2] >> ((tree % 2) * 4)) & 15U) == 0) ++tree;
  const auto pair = pair_tag({}, 1, 2, setup->setup_id());
  CountingRandom random(9);
  BobMultiplication bob;
  Bytes message(kBobBytes);
  const auto& peer = setup_with(world.members.at(2).setups, 1);
  bob.begin(peer->as_bob(), peer->bob_gadget(), pair, 1, random, message);
  const auto verdict = [&](std::initializer_list<std::size_t> bits) {
    Bytes changed = message;
    const std::size_t begin = kSaltBytes + tree * kColumnBytes;
    for (const std::size_t bit : bits) {
      changed[begin + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
    AliceMultiplication alice;
    return alice.check(setup->as_alice(), pair, changed);
  };
  CHECK(verdict({}));
  CHECK_FALSE(verdict({0}));
  CHECK_FALSE(verdict({207}));
  CHECK_FALSE(verdict({208}));
  CHECK_FALSE(verdict({415}));
  CHECK_FALSE(verdict({416}));
  CHECK_FALSE(verdict({623}));
  CHECK_FALSE(verdict({5, 213}));
}

TEST_CASE("row 10 whoever changes a tree learns a choice and nothing is kept") {
  // F is read where the choice says so: a changed word is found for one choice and not for the
  // other. So a failed setup is thrown away, and the next one has new choices.
  CountingRandom random(11);
  const SetupTag tag = {1};
  std::vector<std::array<Seed, 2>> seeds(kColumns);
  for (auto& both : seeds) {
    for (auto& seed : both) random.fill(Draw::ot_choice, 0, seed);
  }
  Bytes leaves(kLeavesBytes);
  Bytes message(kTreesBytes);
  build_trees(tag, seeds, leaves, message);
  std::size_t caught = 0;
  for (std::size_t attempt = 0; attempt < 32; ++attempt) {
    ByteArray<kColumns / 8> choices{};
    random.fill(Draw::ot_choice, 0, choices);
    std::vector<Seed> chosen(kColumns);
    for (std::size_t i = 0; i < kColumns; ++i) {
      chosen[i] = seeds[i][(choices[i / 8] >> (i % 8)) & 1U];
    }
    Bytes kept(kLeavesBytes);
    ByteArray<kColumns / 8> delta{};
    REQUIRE(evaluate_trees(tag, choices, chosen, message, kept, delta));
    for (std::size_t i = 0; i < kColumns; ++i) {
      // Delta names the leaf that is missing: the complement of the choices, the first bit highest.
      const std::size_t mirrored = i / 4 * 4 + (3 - i % 4);
      const int choice = (choices[i / 8] >> (i % 8)) & 1;
      CHECK(((delta[mirrored / 8] >> (mirrored % 8)) & 1) == 1 - choice);
    }
    Bytes changed = message;
    changed[2 * kTreeBytes + 2 * kSeedBytes] ^= 1;  // F_{2,0} of tree 2
    const bool zero = ((choices[1] >> 2U) & 1U) == 0;
    CHECK(evaluate_trees(tag, choices, chosen, changed, kept, delta) == !zero);
    caught += zero ? 1U : 0U;
  }
  CHECK(caught > 4);
  CHECK(caught < 28);
}

TEST_CASE("row 22 a pair is set up again sixteen times in an epoch and not once more") {
  CountingRandom random(1);
  CHECK(PairSetupSession::start({{}, 0, 1, 2, 16}, random));
  CHECK(PairSetupSession::start({{}, 0, 1, 2, 17}, random).error() ==
        Abort{Verdict::own, Cause::too_many_resets, {}});
}
