#include <doctest/doctest.h>

#include "dkls_vectors.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/gf208.hpp"
#include "mpc/ot_trees.hpp"
#include "mpc/pair_setup.hpp"

using namespace tally;
using namespace tally::test;
using namespace tally::mpc;
using namespace tally::mpc::dkls;

// A pair holds both roles, and neither may stand in for the other.
static_assert(!std::is_convertible_v<AliceSeeds, BobSeeds>);
static_assert(!std::is_convertible_v<BobSeeds, AliceSeeds>);
static_assert(!std::is_invocable_v<decltype(extend_bob), const AliceSeeds&, const ByteArray<32>&,
                                   ByteView, MutableByteView, Columns&>);
static_assert(!std::is_invocable_v<decltype(extend_alice), const BobSeeds&, const ByteArray<32>&,
                                   ByteView, Columns&>);

namespace {

struct Side {
  Side(const json::Value& file, XId me, XId peer)
      : random("setup/0", me, peer),
        session(PairSetupSession::start({hex_array<32>(file, "key_id"), 0, me, peer, 0}, random)
                    .value()) {}
  VectorRandom random;
  std::unique_ptr<PairSetupSession> session;
};

}  // namespace

TEST_CASE("the field of the check is the one of degree 208") {
  const Bytes bytes = dkls_value("field", 26);
  const Gf208 a = gf208_load(bytes);
  Gf208 power = a;
  for (int i = 0; i < 208; ++i) power = gf208_mul(power, power);
  CHECK(power == a);
  Gf208 x = {2, 0, 0, 0};
  for (int i = 1; i < 208; ++i) x = gf208_mul(x, {2, 0, 0, 0});
  CHECK(x == Gf208{0x20b, 0, 0, 0});
  const Gf208 b = gf208_load(dkls_value("field b", 26));
  const Gf208 c = gf208_load(dkls_value("field c", 26));
  CHECK(gf208_mul(a, gf208_mul(b, c)) == gf208_mul(gf208_mul(a, b), c));
  Gf208 sum;
  for (std::size_t i = 0; i < 4; ++i) sum[i] = b[i] ^ c[i];
  const Gf208 left = gf208_mul(a, sum);
  const Gf208 right_b = gf208_mul(a, b);
  const Gf208 right_c = gf208_mul(a, c);
  for (std::size_t i = 0; i < 4; ++i) CHECK(left[i] == (right_b[i] ^ right_c[i]));
}

TEST_CASE("pair setup matches the vectors value for value") {
  const auto file = dkls_file("setup.json");
  Side one(file, 1, 2);
  Side two(file, 2, 1);
  const auto offer_1 = one.session->offer(two.session->hello()).value();
  const auto offer_2 = two.session->offer(one.session->hello()).value();
  const ByteView points_1 = ByteView(offer_1).first(kOtPointsBytes);
  const ByteView points_2 = ByteView(offer_2).first(kOtPointsBytes);
  CHECK(hex(points_1) == text_at(file, "dirs/X1-Y2/m1"));
  CHECK(hex(points_2) == text_at(file, "dirs/X2-Y1/m1"));
  CHECK(hex(ByteView(offer_1).last(32)) == text_at(file, "zero_com/1"));
  CHECK(hex(ByteView(offer_2).last(32)) == text_at(file, "zero_com/2"));

  const auto answer_1 = one.session->answer(offer_2).value();
  const auto answer_2 = two.session->answer(offer_1).value();
  CHECK(hex(ByteView(answer_2).first(kOtPointsBytes)) == text_at(file, "dirs/X1-Y2/m2"));
  CHECK(hex(ByteView(answer_2).subspan(kOtPointsBytes, kTreesBytes)) ==
        text_at(file, "dirs/X1-Y2/m3"));
  CHECK(hex(ByteView(answer_1).first(kOtPointsBytes)) == text_at(file, "dirs/X2-Y1/m2"));
  CHECK(hex(ByteView(answer_1).subspan(kOtPointsBytes, kTreesBytes)) ==
        text_at(file, "dirs/X2-Y1/m3"));

  const auto setup_1 = one.session->finish(answer_2).value();
  const auto setup_2 = two.session->finish(answer_1).value();
  for (const auto& setup : {setup_1, setup_2}) {
    CHECK(hex(setup->setup_id()) == text_at(file, "setup_id"));
    CHECK(hex(setup->zero_seed()) == text_at(file, "zero_seed"));
  }
  CHECK(hex(setup_1->as_alice().delta()) == text_at(file, "dirs/X1-Y2/delta"));
  CHECK(hex(setup_2->as_alice().delta()) == text_at(file, "dirs/X2-Y1/delta"));
  const auto check_gadget = [&file](const Gadget& gadget, const std::string& direction) {
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(hex(gadget[j].encode()) ==
            text_at(file, "dirs/" + direction + "/gadget_first/" + std::to_string(j)));
    }
    for (std::size_t j = 0; j < 2; ++j) {
      CHECK(hex(gadget[kXi - 2 + j].encode()) ==
            text_at(file, "dirs/" + direction + "/gadget_last/" + std::to_string(j)));
    }
  };
  check_gadget(setup_1->alice_gadget(), "X1-Y2");
  check_gadget(setup_1->bob_gadget(), "X2-Y1");
  check_gadget(setup_2->bob_gadget(), "X1-Y2");
  // Bob's leaves, and Alice's where they are: Alice has zeros in the place that Delta names.
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    const std::uint32_t hole = number_at(file, "dirs/X1-Y2/holes/" + std::to_string(tree));
    for (std::size_t y = 0; y < kLeaves; ++y) {
      const std::size_t offset = (tree * kLeaves + y) * kSeedBytes;
      const auto leaf =
          text_at(file, "dirs/X1-Y2/leaves/" + std::to_string(tree) + "/" + std::to_string(y));
      CHECK(hex(setup_2->as_bob().leaves().subspan(offset, kSeedBytes)) == leaf);
      CHECK(hex(setup_1->as_alice().leaves().subspan(offset, kSeedBytes)) ==
            (y == hole ? std::string(32, '0') : leaf));
    }
  }
}

TEST_CASE("base OT matches the vectors value for value") {
  const auto file = dkls_file("setup.json");
  const auto tag = hex_array<32>(file, "dirs/X1-Y2/st");
  const Bytes offer = hex_at(file, "dirs/X1-Y2/m1");
  std::array<HashInput, 2> inputs{HashInput{0, 0, {}}, HashInput{1, 0, {}}};
  std::copy_n(offer.begin(), 33, inputs[1].point.begin());
  std::copy_n(offer.begin() + 33, 33, inputs[0].point.begin());
  const auto hashed = hash_to_curve(tag, inputs);
  CHECK(hex(hashed[0].encode()) == text_at(file, "dirs/X1-Y2/hc_first/0"));
  CHECK(hex(hashed[1].encode()) == text_at(file, "dirs/X1-Y2/hc_first/1"));
  CHECK(hash_to_curve_var(tag, inputs) == hashed);

  VectorRandom random_y("setup/0", 2, 1);
  Bytes answer(kOtPointsBytes);
  std::vector<std::array<Seed, 2>> seeds(kColumns);
  REQUIRE(answer_base_ot(tag, offer, random_y, answer, seeds));
  VectorRandom random_x("setup/0", 1, 2);
  BaseOtReceiver receiver;
  Bytes made(kOtPointsBytes);
  receiver.offer(tag, random_x, made);
  CHECK(made == offer);
  std::vector<Seed> chosen(kColumns);
  REQUIRE(receiver.finish(answer, chosen));
  for (std::size_t i = 0; i < kColumns; ++i) {
    const std::string index = std::to_string(i);
    CHECK(hex(seeds[i][0]) == text_at(file, "dirs/X1-Y2/rho/" + index + "/0"));
    CHECK(hex(seeds[i][1]) == text_at(file, "dirs/X1-Y2/rho/" + index + "/1"));
    CHECK(hex(chosen[i]) == text_at(file, "dirs/X1-Y2/rho_x/" + index));
  }
}

TEST_CASE("secret and public inputs hash to the same points of the curve") {
  // Among so many some need more tries than public inputs are given at once.
  std::vector<HashInput> inputs(200);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    inputs[i] = {static_cast<std::uint8_t>(i % 2), static_cast<std::uint8_t>(i / 2), {}};
    inputs[i].point[5] = static_cast<std::uint8_t>(i);
  }
  const SetupTag tag = {4};
  CHECK(hash_to_curve(tag, inputs) == hash_to_curve_var(tag, inputs));
}

TEST_CASE("a pair setup survives its encoding and refuses any other") {
  const auto file = dkls_file("setup.json");
  Side one(file, 1, 2);
  Side two(file, 2, 1);
  const auto offer_1 = one.session->offer(two.session->hello()).value();
  const auto offer_2 = two.session->offer(one.session->hello()).value();
  const auto answer_1 = one.session->answer(offer_2).value();
  const auto answer_2 = two.session->answer(offer_1).value();
  const auto setup = one.session->finish(answer_2).value();
  const auto encoded = setup->encode().value();
  const auto again = PairSetup::decode(encoded.bytes()).value();
  CHECK(again->identity() == setup->identity());
  CHECK(hex(again->encode().value().bytes()) == hex(encoded.bytes()));
  for (std::size_t size = 0; size < encoded.size(); size += 97) {
    CHECK_FALSE(PairSetup::decode(encoded.bytes().first(size)));
  }
  Bytes longer(encoded.bytes().begin(), encoded.bytes().end());
  longer.push_back(0);
  CHECK_FALSE(PairSetup::decode(longer));
}
