// Threshold ECDSA: a multiplication from both sides, and one party's own work in each round.
#define DOCTEST_CONFIG_DISABLE  // what the world below checks is for its own tests

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "mpc/ot_multiply.hpp"
#include "timing.hpp"
#include "timing_draws.hpp"
#include "unit/mpc/dkls_world.hpp"

namespace tally::timing {
namespace {

using namespace mpc::dkls;  // NOLINT(google-build-using-namespace): what is timed
using crypto::Scalar;
using test::World;

// Two parties, of whom the first draws what the secret says.
struct Parties {
  static constexpr std::size_t kSecretBytes = Draws::kSecretBytes;
  Parties() {
    auto mine = std::make_unique<Draws>(
        std::initializer_list<Draw>{Draw::r, Draw::phi, Draw::x, Draw::a_hat});
    draws = mine.get();
    world.members[1].random = std::move(mine);
    world.members[2].random = std::make_unique<Draws>(std::initializer_list<Draw>{});
  }
  World world = World::make(2, 2);
  Draws* draws = nullptr;
};

// The first party multiplies its inputs by what the second chose.
struct Alice : Parties {
  static constexpr std::size_t kSecretBytes = Draws::kSecretBytes + 64;
  void prepare(ByteView secret) {
    draws->secret(secret.first(Draws::kSecretBytes));
    inputs = {scalar_of(secret.last(64)), scalar_of(secret.last(32))};
    const mpc::PairSetup& theirs = *world.members[2].setups[0];
    bob.begin(theirs.as_bob(), theirs.bob_gadget(), tag, 1, *world.members[2].random, offer);
    ready = alice.check(mine().as_alice(), tag, offer);
  }
  bool run() {
    alice.multiply(mine().as_alice(), mine().alice_gadget(), {&inputs[0], &inputs[1]}, 2, *draws,
                   message, products);
    sink = message[0];
    return ready;
  }
  [[nodiscard]] const mpc::PairSetup& mine() { return *world.members[1].setups[0]; }
  ByteArray<32> tag = fresh<32>();
  BobMultiplication bob;
  AliceMultiplication alice;
  std::array<Scalar, kInputs> inputs;
  ByteArray<kBobBytes> offer{};
  ByteArray<kAliceBytes> message{};
  Products products;
  bool ready = false;
};

// The first party chooses, and then reads what the second made of it.
struct BobBegin : Parties {
  void prepare(ByteView secret) { draws->secret(secret); }
  void run() {
    const mpc::PairSetup& setup = *world.members[1].setups[0];
    bob.begin(setup.as_bob(), setup.bob_gadget(), tag, 2, *draws, offer);
    sink = offer[0];
  }
  ByteArray<32> tag = fresh<32>();
  BobMultiplication bob;
  ByteArray<kBobBytes> offer{};
};
struct BobFinish : BobBegin {
  void prepare(ByteView secret) {
    BobBegin::prepare(secret);
    BobBegin::run();
    const mpc::PairSetup& setup = *world.members[2].setups[0];
    const std::array<Scalar, kInputs> inputs = {scalar_of(fresh<32>()), scalar_of(fresh<32>())};
    ready = alice.check(setup.as_alice(), tag, offer);
    alice.multiply(setup.as_alice(), setup.alice_gadget(), {&inputs[0], &inputs[1]}, 1,
                   *world.members[2].random, message, products);
  }
  bool run() {
    return ready && bob.finish(world.members[1].setups[0]->bob_gadget(), message, products);
  }
  AliceMultiplication alice;
  ByteArray<kAliceBytes> message{};
  Products products;
  bool ready = false;
};

// The first party's part of each round: nonce, blinding and choices differ.
struct Presign : Parties {
  void begin(ByteView secret) {
    draws->secret(secret);
    world.agree(proposal);
  }
  mpc::Proposal proposal = world.propose({1, 2});
};
struct RoundOne : Presign {
  void prepare(ByteView secret) {
    begin(secret);
    made.reset();
  }
  void run() {
    auto& party = world.members[1];
    made = mpc::Presigning::start(
               {*world.agreement, 0, party.party, party.setups, party.used, *draws, party.ledger})
               .value();
  }
  std::unique_ptr<mpc::Presigning> made;
};
// The twin that leaks: the nonce's point in a time that varies.
struct VaryingRoundOne : RoundOne {
  void prepare(ByteView secret) {
    RoundOne::prepare(secret);
    nonce = scalar_of(secret);
  }
  void run() {
    RoundOne::run();
    sink = crypto::Point::mul_var(nonce, point).is_infinity() ? 1 : 0;
  }
  Scalar nonce;
  crypto::Point point = crypto::Point::mul_generator(scalar_of(fresh<32>()));
};
// And the key share, of which nothing is checked in this round.
struct RoundTwo : Presign {
  static constexpr std::size_t kSecretBytes = Draws::kSecretBytes + 32;
  void prepare(ByteView secret) {
    begin(secret.first(Draws::kSecretBytes));
    world.members[1].party.share = crypto::SecretScalar(scalar_of(secret.last(32)));
    ready = world.start() && world.deliver(mpc::Round::r1);
  }
  bool run() { return ready && world.members[1].presigning->make_r2(); }
  bool ready = false;
};
struct Finish : Presign {
  void prepare(ByteView secret) {
    begin(secret);
    ready = world.start() && world.deliver(mpc::Round::r1) && world.make_r2() &&
            world.deliver(mpc::Round::r2);
    made.reset();
  }
  bool run() {
    if (ready) made.emplace(world.members[1].presigning->finish().value());
    return ready;
  }
  std::optional<mpc::Presignature> made;
  bool ready = false;
};

// A partial signature, from a presignature on.
struct Online : Presign {
  static constexpr std::size_t kSecretBytes = mpc::kPresignatureSecretBytes;
  Online() {
    begin(fresh<Draws::kSecretBytes>());
    static_cast<void>(world.presign());
    ByteArray<kSecretBytes> secrets;
    facts = mpc::Presignature::move_to(std::move(*world.members[1].presignature), secrets);
    core::wipe(secrets);
  }
  void prepare(ByteView secret) {
    ByteArray<kSecretBytes> bytes;
    std::ranges::copy(secret, bytes.begin());
    const auto digest = mpc::ComputedDigest::of(mpc::DigestKind::sha256, fresh<32>());
    bound.emplace(mpc::Presignature::take_from(facts, bytes), digest);
  }
  void run() { sink = mpc::EcdsaSigning(std::move(*bound)).r3()[100]; }
  mpc::PresignatureFacts facts;
  std::optional<mpc::BoundPresignature> bound;
};

}  // namespace

Cases ecdsa_cases() {
  return {
      {"alice", of<Alice>},          {"bob_begin", of<BobBegin>},
      {"bob_finish", of<BobFinish>}, {"presign_one", of<RoundOne>},
      {"presign_two", of<RoundTwo>}, {"presign_end", of<Finish>},
      {"online", of<Online>},        {"fault_presign", of<VaryingRoundOne>},
  };
}

}  // namespace tally::timing
