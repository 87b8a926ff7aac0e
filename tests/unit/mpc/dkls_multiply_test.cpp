#include <doctest/doctest.h>
#include <functional>

#include "crypto/point.hpp"
#include "dkls_vectors.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/ot_multiply.hpp"

using namespace tally;
using namespace tally::test;
using namespace tally::mpc::dkls;
using crypto::Scalar;

namespace {

// Both sides of direction X1-Y2 of setup.json, Alice 1 and Bob 2, and the inputs of mul.json.
struct World {
  json::Value setup = dkls_file("setup.json");
  json::Value file = dkls_file("mul.json");
  ByteArray<32> setup_id = hex_array<32>(file, "setup_id");
  Bytes bob_leaves = leaves(false);
  BobSeeds bob = BobSeeds::make(bob_leaves).value();
  AliceSeeds alice = AliceSeeds::make(leaves(true), hex_at(setup, "dirs/X1-Y2/delta")).value();
  Gadget gadget = make_gadget(setup_id, 1);
  ByteArray<32> pair = pair_tag(sid(), 1, 2, setup_id);
  VectorRandom random_alice{"mul", 1};
  VectorRandom random_bob{"mul", 2};
  std::array<Scalar, 2> a = {Scalar::parse(dkls_value("mul/a/0", 32)).value(),
                             Scalar::parse(dkls_value("mul/a/1", 32)).value()};

  static ByteArray<32> sid() {
    ByteArray<32> out;
    std::ranges::copy(dkls_value("mul/sid", 32), out.begin());
    return out;
  }
  Bytes leaves(bool with_holes) {
    Bytes out;
    for (std::size_t tree = 0; tree < kTrees; ++tree) {
      const std::uint32_t hole = number_at(setup, "dirs/X1-Y2/holes/" + std::to_string(tree));
      for (std::size_t y = 0; y < kLeaves; ++y) {
        Bytes leaf =
            hex_at(setup, "dirs/X1-Y2/leaves/" + std::to_string(tree) + "/" + std::to_string(y));
        if (with_holes && y == hole) leaf.assign(kSeedBytes, 0);
        out.insert(out.end(), leaf.begin(), leaf.end());
      }
    }
    return out;
  }
};

// An honest run, with every message kept.
struct Run {
  World world;
  BobMultiplication bob;
  AliceMultiplication alice;
  Bytes bob_message = Bytes(kBobBytes);
  Bytes alice_message = Bytes(kAliceBytes);
  Products c;

  Run() {
    bob.begin(world.bob, world.gadget, world.pair, 1, world.random_bob, bob_message);
    REQUIRE(alice.check(world.alice, world.pair, bob_message));
    answer();
  }
  void answer() {
    alice.multiply(world.alice, world.gadget, {&world.a[0], &world.a[1]}, 2, world.random_alice,
                   alice_message, c);
  }
};

MutableByteView a_tilde(Bytes& message, std::size_t row, std::size_t k) {
  return MutableByteView(message).subspan(kSaltBytes + (row * 3 + k) * 32, 32);
}
void add_to(MutableByteView field, const Scalar& added) {
  (Scalar::parse(field).value() + added).encode_to(field);
}
void replace_end(Bytes& message, const json::Value& entry) {
  std::ranges::copy(hex_at(entry, "eta"), message.end() - 64);
  std::ranges::copy(hex_at(entry, "mu"), message.end() - 32);
}
Scalar scalar_at(const json::Value& value, const std::string& path) {
  return Scalar::parse(hex_at(value, path)).value();
}

// Gives the message of a case to its receiver, and says what the receiver says.
std::string verdict_of_bob(const Run& run, ByteView message, Products& d) {
  return run.bob.finish(run.world.gadget, message, d) ? "ok" : "ban Alice";
}
std::string verdict_of_alice(const Run& run, ByteView message) {
  AliceMultiplication fresh;
  return fresh.check(run.world.alice, run.world.pair, message) ? "ok" : "ban Bob";
}

}  // namespace

TEST_CASE("a multiplication matches the vectors value for value") {
  Run run;
  const json::Value& file = run.world.file;
  CHECK(hex(run.world.pair) == text_at(file, "ps"));
  CHECK(hex(run.bob_message) == text_at(file, "bob_msg"));
  CHECK(hex(run.bob.b().encode()) == text_at(file, "b"));
  CHECK(hex(crypto::Sha256::digest(run.alice_message)) == text_at(file, "alice_msg_sha256"));
  CHECK(hex(a_tilde(run.alice_message, 1, 2)) == text_at(file, "a_tilde_first/1/2"));
  CHECK(hex(a_tilde(run.alice_message, kXi - 1, 0)) == text_at(file, "a_tilde_last/1/0"));
  CHECK(hex(ByteView(run.alice_message).subspan(kAliceBytes - 64, 32)) == text_at(file, "eta"));
  CHECK(hex(ByteView(run.alice_message).last(32)) == text_at(file, "mu"));
  Products d;
  REQUIRE(run.bob.finish(run.world.gadget, run.alice_message, d));
  for (std::size_t k = 0; k < 2; ++k) {
    const std::string index = std::to_string(k);
    CHECK(hex(run.c.of[k].encode()) == text_at(file, "c/" + index));
    CHECK(hex(d.of[k].encode()) == text_at(file, "d/" + index));
    CHECK(run.c.of[k] + d.of[k] == run.world.a[k] * run.bob.b());
  }
}

TEST_CASE("the extension matches the vectors value for value") {
  World world;
  const auto session = hex_array<32>(world.file, "sB");
  const Bytes x = hex_at(world.file, "x");
  Bytes u(kUBytes);
  Columns v;
  Columns w;
  extend_bob(world.bob, session, x, u, v);
  extend_alice(world.alice, session, u, w);
  const auto column = [](const Column& words) {
    return hex({reinterpret_cast<const std::uint8_t*>(words.data()), kColumnBytes});
  };
  for (std::size_t c = 0; c < 4; ++c) {
    CHECK(column(v[c]) == text_at(world.file, "V_first/" + std::to_string(c)));
    CHECK(column(w[c]) == text_at(world.file, "W_first/" + std::to_string(c)));
  }
  Rows bob_rows;
  Rows alice_rows;
  transpose(v, bob_rows);
  transpose(w, alice_rows);
  const std::array<std::size_t, 3> shown = {0, 1, 415};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    CHECK(hex(bob_rows[shown[i]]) == text_at(world.file, "bob_rows/" + std::to_string(i)));
    CHECK(hex(alice_rows[shown[i]]) == text_at(world.file, "alice_rows/" + std::to_string(i)));
  }
  const auto digest = hex_array<32>(world.file, "dU");
  CHECK(th(Label::u, {session, u}) == digest);
  const auto chi = draw_chi(session, digest);
  for (std::size_t j = 0; j < 2; ++j) {
    ByteArray<26> bytes;
    gf208_store(chi[j], bytes);
    CHECK(hex(bytes) == text_at(world.file, "chi/" + std::to_string(j)));
  }
  // Rows agree where x is 0 and differ by Delta where it is 1.
  for (std::size_t j = 0; j < kXi; ++j) {
    const bool set = ((x[j / 8] >> (j % 8)) & 1U) != 0;
    for (std::size_t i = 0; i < kSeedBytes; ++i) {
      const int difference = bob_rows[j][i] ^ alice_rows[j][i];
      CHECK(difference == (set ? world.alice.delta()[i] : 0));
    }
  }
}

TEST_CASE("cheats in a multiplication end as the vectors say") {
  const auto negative = dkls_file("negative.json");
  Run run;
  std::size_t seen = 0;
  for (const json::Value& entry : *at(negative, "cases").as_array()) {
    if (text_at(entry, "level") != "mul") continue;
    const std::string name = text_at(entry, "name");
    const std::string expected = text_at(entry, "expect");
    CAPTURE(name);
    ++seen;
    Products d;
    Bytes message = run.alice_message;
    if (name.starts_with("a_tilde-own")) {
      add_to(a_tilde(message, number_at(entry, "row"), number_at(entry, "k")),
             scalar_at(entry, "add"));
      replace_end(message, entry);
      CHECK(hex(crypto::Sha256::digest(message)) == text_at(entry, "msg_sha256"));
      CHECK(verdict_of_bob(run, message, d) == expected);
      if (expected == "ok") {
        // The change hit a row that Bob does not read.
        CHECK(hex(d.of[0].encode()) == text_at(entry, "d/0"));
        CHECK(run.c.of[0] + d.of[0] == run.world.a[0] * run.bob.b());
      }
    } else if (name.starts_with("a_tilde-transit")) {
      message[number_at(entry, "byte")] ^= hex_array<1>(entry, "xor")[0];
      CHECK(verdict_of_bob(run, message, d) == expected);
    } else if (name == "theta-from-dU") {
      replace_end(message, entry);
      CHECK(hex(crypto::Sha256::digest(message)) == text_at(entry, "msg_sha256"));
      CHECK(verdict_of_bob(run, message, d) == expected);
    } else if (name == "theta-cancel-old") {
      const json::Value* other = nullptr;
      for (const auto& one : *at(negative, "cases").as_array()) {
        if (text_at(one, "name") == "theta-from-dU") other = &one;
      }
      const std::size_t row = number_at(entry, "row");
      const Scalar added = scalar_at(entry, "add");
      add_to(a_tilde(message, row, 0), added);
      add_to(a_tilde(message, row, 2), -(scalar_at(*other, "theta/0") * added));
      replace_end(message, entry);
      CHECK(hex(crypto::Sha256::digest(message)) == text_at(entry, "msg_sha256"));
      CHECK(verdict_of_bob(run, message, d) == expected);
    } else if (name.starts_with("u-transit")) {
      message = run.bob_message;
      message[number_at(entry, "byte")] ^= hex_array<1>(entry, "xor")[0];
      CHECK(verdict_of_alice(run, message) == expected);
    } else if (name == "roles-gadget-sender") {
      // Bob uses the gadget of the other direction: the check of the multiplication does not see
      // it, the Gammas do.
      const Gadget wrong = make_gadget(run.world.setup_id, 2);
      BobMultiplication bob;
      Bytes ignored(kBobBytes);
      bob.begin(run.world.bob, wrong, run.world.pair, 1, run.world.random_bob, ignored);
      REQUIRE(bob.finish(wrong, run.alice_message, d));
      CHECK(hex(bob.b().encode()) == text_at(entry, "b"));
      for (std::size_t k = 0; k < 2; ++k) {
        CHECK(hex(d.of[k].encode()) == text_at(entry, "d/" + std::to_string(k)));
        CHECK(run.c.of[k] + d.of[k] != run.world.a[k] * bob.b());
      }
    } else {
      CHECK(verdict_of_alice(run, hex_at(entry, "bob_msg")) == expected);
    }
  }
  CHECK(seen == 13);
}
