// The parts of threshold ECDSA that take no other library: trees, OT extension and multiplication.
#include <algorithm>
#include <array>

#include "crypto/ctime.hpp"
#include "dealt_seeds.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/ot_multiply.hpp"
#include "mpc/ot_trees.hpp"
#include "poison.hpp"

namespace tally::ctime {
namespace {

using namespace mpc::dkls;  // NOLINT(google-build-using-namespace): what is watched
using crypto::Scalar;

bool gf208() {
  const ByteArray<2 * kGf208Bytes> bytes = {0x5a, 0xff, 1};
  ByteArray<kColumnBytes> column = {1, 2, 3};
  poison(bytes);
  poison(column);
  const std::array<Gf208, 2> secret = {gf208_load(ByteView(bytes).first(kGf208Bytes)),
                                       gf208_load(ByteView(bytes).last(kGf208Bytes))};
  const Gf208 product = gf208_mul(secret[0], secret[1]);
  ByteArray<kGf208Bytes> hash;
  gf208_store(gf208_hash(secret, column), hash);
  return is_poisoned(product[0]) && is_poisoned(product[3]) && is_poisoned(hash);
}

struct Trees {
  SetupTag tag{};
  std::array<std::array<Seed, 2>, kColumns> seeds{};
  ByteArray<kColumns / 8> choices{};
  std::array<Seed, kColumns> chosen{};
  ByteArray<kLeavesBytes> leaves{};
  ByteArray<kTreesBytes> message{};
};

// Both seeds of each base OT, and the choices.
Trees secret_trees() {
  Trees trees;
  for (std::size_t i = 0; i < kColumns; ++i) {
    trees.choices[i / 8] = static_cast<std::uint8_t>(37 * i);
    for (std::size_t bit = 0; bit < 2; ++bit) {
      trees.seeds[i][bit][0] = static_cast<std::uint8_t>(i);
      trees.seeds[i][bit][1] = static_cast<std::uint8_t>(bit);
    }
  }
  for (std::size_t i = 0; i < kColumns; ++i) {
    trees.chosen[i] =
        trees.seeds[i][static_cast<std::size_t>((trees.choices[i / 8] >> (i % 8)) & 1U)];
  }
  poison(&trees.seeds, sizeof trees.seeds);
  poison(trees.choices);
  poison(&trees.chosen, sizeof trees.chosen);
  return trees;
}

bool trees() {
  Trees made = secret_trees();
  build_trees(made.tag, made.seeds, made.leaves, made.message);
  say(made.message);
  ByteArray<kLeavesBytes> leaves;
  ByteArray<kColumns / 8> delta;
  return evaluate_trees(made.tag, made.choices, made.chosen, made.message, leaves, delta) &&
         is_poisoned(made.leaves) && is_poisoned(leaves) && is_poisoned(delta);
}

bool multiply() {
  const auto [of_alice, of_bob] = dealt_seeds(61);
  for (const ByteView secret : {of_alice.leaves(), of_alice.delta(), of_bob.leaves()}) {
    poison(secret);
  }
  const auto gadget = make_gadget({}, 1);
  const ByteArray<32> tag = {3};
  PoisonedRandom random(5);
  ByteArray<kBobBytes> offer;
  ByteArray<kAliceBytes> message;
  BobMultiplication bob;
  AliceMultiplication alice;
  Products c;
  Products d;
  const std::array<Scalar, kInputs> a = {Scalar::from_bytes_reduced(secret_bytes(7)),
                                         Scalar::from_bytes_reduced(secret_bytes(9))};
  bob.begin(of_bob, gadget, tag, 1, random, offer);
  say(offer);
  if (!alice.check(of_alice, tag, offer)) return false;
  alice.multiply(of_alice, gadget, {&a[0], &a[1]}, 2, random, message, c);
  say(message);
  if (!bob.finish(gadget, message, d)) return false;
  for (std::size_t k = 0; k < kInputs; ++k) {
    if (!is_poisoned(c.of[k]) || !is_poisoned(d.of[k])) return false;
    if (!crypto::declassified(c.of[k] + d.of[k] == a[k] * bob.b())) return false;
  }
  return is_poisoned(bob.b());
}

// The twins, which must be reported: a leaf looked up by its place, and columns added where a bit
// of Delta is set.
bool fault_leaf() {
  Trees made = secret_trees();
  build_trees(made.tag, made.seeds, made.leaves, made.message);
  const std::size_t hole = made.choices[0] & 15U;
  volatile std::uint8_t leaf = made.leaves[hole * kSeedBytes];
  static_cast<void>(leaf);
  return true;
}
bool fault_select() {
  const auto [of_alice, of_bob] = dealt_seeds(61);
  poison(of_alice.delta());
  volatile unsigned added = 0;
  for (std::size_t c = 0; c < kColumns; ++c) {
    if (((of_alice.delta()[c / 8] >> (c % 8)) & 1U) != 0) added = added + 1;
  }
  return true;
}

}  // namespace

Cases cases_of_ot() {
#ifdef TALLY_CTIME_MSAN
  // Their names are put together in libstdc++, which is not instrumented.
  for (unsigned label = 0; label <= static_cast<unsigned>(Label::presig); ++label) {
    crypto::declassify(&midstate(static_cast<Label>(label)), sizeof(crypto::Sha256));
  }
#endif
  return {{"gf208", gf208},
          {"trees", trees},
          {"multiply", multiply},
          {"fault_leaf", fault_leaf},
          {"fault_select", fault_select}};
}

}  // namespace tally::ctime
