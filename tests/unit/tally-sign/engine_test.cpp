#include "engine.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <random>
#include <set>

#include "bench_parties.hpp"
#include "mpc/derive.hpp"

namespace mpc = tally::mpc;
namespace sign = tally::sign;
namespace wire = tally::mpc::wire;
using tally::Bytes;
using tally::test::Bench;

TEST_SUITE_BEGIN("sign");

TEST_CASE("records come out signed in the order they went in and the parties share the load") {
  Bench bench(3, 4);
  for (std::uint64_t i = 0; i < 200; ++i) bench.submit(i, "record " + std::to_string(i));
  std::vector<Bench::Outcome> all;
  std::map<mpc::PartyId, int> load;
  for (int i = 0; i < 200 && all.size() < 200; ++i) {
    bench.turn();
    for (auto& one : bench.collect()) all.push_back(one);
  }
  REQUIRE(all.size() == 200);
  for (std::uint64_t i = 0; i < 200; ++i) {
    CHECK(all[i].sequence == i);
    CHECK(all[i].good);
    CHECK(all[i].quorum.size() == 3);
    for (const auto party : all[i].quorum) ++load[party];
  }
  CHECK(load.size() == 4);
  for (const auto& [party, count] : load) CHECK(count > 100);
  CHECK(bench.engine.counts().retried == 0);
}

TEST_CASE("a payload may be empty and may be as long as a record can be") {
  Bench bench(2, 3);
  bench.submit(1, "");
  bench.submit(2, std::string(65536, 'x'));
  bench.turns(40);
  const auto all = bench.collect();
  REQUIRE(all.size() == 2);
  CHECK(all[0].good);
  CHECK(all[1].good);
}

TEST_CASE("a quorum signs for children of the key with even and odd y") {
  std::set<bool> even;
  for (std::uint32_t index = 0; index < 8; ++index) {
    Bench bench(2, 3, {"any"}, {}, {44, index});
    const auto& group = bench.dealing.group();
    const auto child = mpc::derive(group, std::vector<std::uint32_t>{44, index}).value();
    CHECK(bench.engine.public_key() == child.key.xonly());
    even.insert(child.key.has_even_y());
    for (std::uint64_t i = 0; i < 9; ++i) bench.submit(i, "m" + std::to_string(i));
    bench.turns(30);
    const auto all = bench.collect();
    REQUIRE(all.size() == 9);
    CHECK(std::all_of(all.begin(), all.end(), [](const auto& one) { return one.good; }));
    CHECK(bench.engine.counts().retried == 0);
  }
  CHECK(even.size() == 2);
}

TEST_CASE("a cheat is named when a child signs") {
  Bench bench(2, 3, {"any"}, {}, {7});
  bench.meddler = [](mpc::PartyId party, Bytes& answer) {
    if (party == 2 && wire::Type{answer[4]} == wire::Type::partial) answer.back() ^= 1;
    return true;
  };
  for (std::uint64_t i = 0; i < 20; ++i) bench.submit(i, "m");
  bench.turns(60);
  const auto all = bench.collect();
  REQUIRE(all.size() == 20);
  CHECK(std::all_of(all.begin(), all.end(), [](const auto& one) { return one.good; }));
  CHECK(bench.engine.is_banned(2));
}

TEST_CASE("a party takes one path a connection and before any nonce and derives it itself") {
  Bench bench(2, 2);
  const auto says = [&](sign::PartySession& session, const std::vector<std::uint32_t>& path) {
    Bytes child;
    wire::encode_child(path, child);
    wire::Frame frame;
    REQUIRE(wire::next_frame(child, frame) == wire::Next::frame);
    Bytes out;
    const auto taken = session.take(frame, out);
    return taken ? std::string("taken") : taken.error().message;
  };
  CHECK(says(*bench.sessions[0], {44, 0x80000000}) ==
        "entry 1: a hardened child key cannot be derived: nobody holds the secret key");
  CHECK(says(*bench.sessions[0], {44, 0}) == "taken");
  CHECK(says(*bench.sessions[0], {44, 0}) == "the coordinator sent a malformed path");
  bench.turn();  // the engine asks for nonces
  CHECK(says(*bench.sessions[1], {44, 0}) == "the coordinator sent a malformed path");
  // Another connection of the same party is for the key itself.
  bench.leave(0);
  bench.join(0);
  bench.submit(1, "m");
  bench.turns(20);
  const auto all = bench.collect();
  REQUIRE(all.size() == 1);
  CHECK(all[0].good);
}

TEST_CASE("a party that sends a wrong partial signature is named and banned and nothing is lost") {
  Bench bench(3, 4);
  bench.meddler = [](mpc::PartyId party, Bytes& answer) {
    if (party == 2 && wire::Type{answer[4]} == wire::Type::partial) answer.back() ^= 1;
    return true;
  };
  for (std::uint64_t i = 0; i < 50; ++i) bench.submit(i, "m");
  bench.turns(100);
  const auto all = bench.collect();
  REQUIRE(all.size() == 50);
  for (const auto& one : all) {
    CHECK(one.good);
    CHECK(std::count(one.quorum.begin(), one.quorum.end(), 2U) == 0);
  }
  CHECK(bench.engine.is_banned(2));
  CHECK(bench.engine.counts().banned == 1);
  CHECK(bench.notices ==
        std::vector<std::string>{"party 2 is banned: its partial signature is wrong"});
}

TEST_CASE("a partial signature above the group order and a malformed nonce are named too") {
  for (const auto type : {wire::Type::partial, wire::Type::nonces}) {
    Bench bench(2, 3);
    bench.meddler = [type](mpc::PartyId party, Bytes& answer) {
      if (party == 1 && wire::Type{answer[4]} == type) {
        constexpr std::ptrdiff_t kAfterNumber = 13;  // header, and a session or nonce number
        std::fill(answer.begin() + kAfterNumber, answer.end(), std::uint8_t{0xff});
      }
      return true;
    };
    for (std::uint64_t i = 0; i < 20; ++i) bench.submit(i, "m");
    bench.turns(100);
    const auto all = bench.collect();
    REQUIRE(all.size() == 20);
    CHECK(std::all_of(all.begin(), all.end(), [](const auto& one) { return one.good; }));
    CHECK(bench.engine.is_banned(1));
    CHECK_FALSE(bench.engine.is_banned(0));
    CHECK_FALSE(bench.engine.is_banned(2));
  }
}

TEST_CASE("with too many cheats a record fails and says why") {
  Bench bench(2, 3);
  bench.meddler = [](mpc::PartyId party, Bytes& answer) {
    if (party != 0 && wire::Type{answer[4]} == wire::Type::partial) answer.back() ^= 1;
    return true;
  };
  bench.submit(1, "m");
  bench.turns(100);
  const auto all = bench.collect();
  REQUIRE(all.size() == 1);
  CHECK_FALSE(all[0].good);
  CHECK(all[0].why == "too many parties are banned");
}

TEST_CASE("a party that dies in the middle costs nothing but a retry") {
  Bench bench(3, 4);
  for (std::uint64_t i = 0; i < 100; ++i) bench.submit(i, "m" + std::to_string(i));
  bool swallow = false;
  bench.meddler = [&](mpc::PartyId party, Bytes&) { return !(swallow && party == 1); };
  bench.turns(30);
  swallow = true;
  bench.turn();
  bench.leave(1);
  bench.turns(100);
  const auto all = bench.collect();
  REQUIRE(all.size() == 100);
  CHECK(std::all_of(all.begin(), all.end(), [](const auto& one) { return one.good; }));
}

TEST_CASE("a silent party is left out after the timeout") {
  Bench bench(2, 3, {"any"}, {50'000'000, 256, 512});
  bench.turns(80);
  bench.meddler = [](mpc::PartyId party, Bytes&) { return party != 0; };
  for (std::uint64_t i = 0; i < 30; ++i) bench.submit(i, "m");
  bench.turns(40);
  CHECK(bench.engine.is_up(0));
  bench.turns(60);
  CHECK_FALSE(bench.engine.is_up(0));
  CHECK_FALSE(bench.engine.is_banned(0));
  bench.turns(60);
  CHECK(bench.collect().size() == 30);
  REQUIRE(bench.notices.size() == 1);
  CHECK(bench.notices[0] == "party 0 is silent and is left out until it answers again");
}

TEST_CASE("a party that gives no nonces is left out as well") {
  Bench bench(2, 3, {"any"}, {50'000'000, 256, 512});
  bench.meddler = [](mpc::PartyId party, Bytes&) { return party != 2; };
  bench.turns(100);
  CHECK_FALSE(bench.engine.is_up(2));
  CHECK(bench.engine.live() == 2);
}

TEST_CASE("a message that no quorum allows fails with the words of a party") {
  Bench bench(2, 3, {"prefix=6f6b,max-bytes=4"});
  bench.submit(1, "okay");
  bench.submit(2, "nope");
  bench.submit(3, "okay!");
  bench.submit(4, "ok");
  bench.turns(60);
  const auto all = bench.collect();
  REQUIRE(all.size() == 4);
  CHECK(all[0].good);
  CHECK_FALSE(all[1].good);
  CHECK_FALSE(all[2].good);
  CHECK(all[3].good);
  CHECK(all[1].why.find("refused: the policy does not allow this message") != std::string::npos);
  CHECK(bench.engine.counts().failed == 2);
  CHECK(bench.engine.counts().banned == 0);
}

TEST_CASE("nonces nobody asked for and answers twice break the protocol") {
  Bench bench(2, 3);
  bench.turns(80);
  Bytes frame;
  const Bytes nonce(wire::kPublicNonceBytes, 2);
  const std::vector<wire::NonceEntry> entries(600 / 3, wire::NonceEntry{1, nonce});
  wire::encode(entries, frame);
  wire::Frame parsed;
  REQUIRE(wire::next_frame(frame, parsed) == wire::Next::frame);
  const auto taken = bench.engine.take(0, parsed, bench.now_ns);
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == tally::Code::protocol);

  bench.meddler = [](mpc::PartyId, Bytes& answer) {
    const Bytes once = answer;
    answer.insert(answer.end(), once.begin(), once.end());
    return true;
  };
  bench.submit(1, "m");
  bench.turns(5);
  CHECK_FALSE(bench.violation.has_value());
}

TEST_CASE("answers to a session that is over are passed over") {
  Bench bench(2, 3);
  std::vector<std::pair<mpc::PartyId, Bytes>> kept;
  bench.meddler = [&](mpc::PartyId party, Bytes& answer) {
    if (wire::Type{answer[4]} == wire::Type::partial) kept.emplace_back(party, answer);
    return true;
  };
  bench.submit(1, "m");
  bench.turns(40);
  REQUIRE(bench.collect().size() == 1);
  REQUIRE(kept.size() == 2);
  for (const auto& [party, answer] : kept) {
    wire::Frame frame;
    REQUIRE(wire::next_frame(answer, frame) == wire::Next::frame);
    CHECK(bench.engine.take(party, frame, bench.now_ns).has_value());
  }
  CHECK(bench.collect().empty());
}

TEST_CASE("no nonce is asked for twice whatever parties do") {
  Bench bench(3, 5, {"any"}, {40'000'000, 64, 128});
  std::mt19937 random(11);
  std::uint64_t sequence = 0;
  std::vector<Bench::Outcome> all;
  std::set<mpc::PartyId> away;
  bench.meddler = [&](mpc::PartyId party, Bytes&) { return party != 4 || random() % 50 != 0; };
  for (int i = 0; i < 600; ++i) {
    while (bench.engine.room() > 0 && sequence < 1000) bench.submit(sequence++, "m");
    const auto party = static_cast<mpc::PartyId>(random() % 5);
    if (random() % 10 == 0) {
      bench.leave(party);
      away.insert(party);
    } else if (random() % 4 == 0 && !away.empty()) {
      bench.join(*away.begin());
      away.erase(away.begin());
    }
    for (mpc::PartyId id = 0; id < 5; ++id) {
      if (!bench.engine.is_up(id)) away.insert(id);
    }
    bench.turn();
    for (auto& one : bench.collect()) all.push_back(one);
  }
  for (const auto id : away) bench.join(id);
  for (int i = 0; i < 100; ++i) {
    bench.turn();
    for (auto& one : bench.collect()) all.push_back(one);
  }
  REQUIRE(all.size() == sequence);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].sequence == i);
    CHECK(all[i].good);
  }
  // A nonce used twice would have been refused by its party.
  for (const auto& member : bench.members) CHECK(member->refused_count == 0);
}

TEST_SUITE_END();
