// The base OT, its trees, the OT extension and its field: what depends on choice bits and Delta.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "crypto/point_batch.hpp"
#include "dealt_seeds.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/ot_extension.hpp"
#include "mpc/ot_multiply.hpp"
#include "mpc/ot_trees.hpp"
#include "timing.hpp"
#include "timing_draws.hpp"

namespace tally::timing {
namespace {

using namespace mpc::dkls;  // NOLINT(google-build-using-namespace): what is timed

constexpr std::size_t kChoiceBytes = kColumns / 8;

struct Receiver {
  static constexpr std::size_t kSecretBytes = Draws::kSecretBytes;
  void prepare(ByteView secret) {
    draws.secret(secret);
    receiver.emplace();
  }
  void offer() { receiver->offer(tag, draws, message); }
  Draws draws{{Draw::ot_choice, Draw::ot_a}};
  SetupTag tag = fresh<32>();
  std::optional<BaseOtReceiver> receiver;
  ByteArray<kOtPointsBytes> message{};
};
struct Offer : Receiver {
  void run() {
    offer();
    sink = message[1];
  }
};
struct Choose : Receiver {
  void prepare(ByteView secret) {
    Receiver::prepare(secret);
    offer();
    Draws plain{{}};
    std::array<std::array<Seed, 2>, kColumns> both{};
    ready = answer_base_ot(tag, message, plain, answer, both);
  }
  bool run() {
    const bool finished = receiver->finish(answer, seeds);
    sink = seeds[0][0];
    return ready && finished;
  }
  bool ready = false;
  ByteArray<kOtPointsBytes> answer{};
  std::array<Seed, kColumns> seeds{};
};

// One hash of each instance of an offer, as the choices say. An x is found late for each field that
// is hashed with bit 1, so that the tries are as plain as they can be.
struct HashToCurve {
  static constexpr std::size_t kSecretBytes = kChoiceBytes;
  HashToCurve() {
    for (std::size_t i = 0; i < kColumns; ++i) {
      for (std::uint8_t bit = 0; bit < 2; ++bit) {
        HashInput& input = offered[i][bit];
        do {
          input = {bit, static_cast<std::uint8_t>(i),
                   crypto::Point::mul_generator(scalar_of(fresh<32>())).encode()};
        } while (bit == 1 && tries(input) < 5);
      }
    }
  }
  void prepare(ByteView secret) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      chosen[i] = offered[i][static_cast<std::size_t>((secret[i / 8] >> (i % 8)) & 1U)];
    }
  }
  void run() { sink = hash_to_curve(tag, chosen).size(); }

  [[nodiscard]] std::uint8_t tries(const HashInput& input) const {
    for (std::uint8_t counter = 0;; ++counter) {
      const auto x =
          th(Label::hc, {tag, be(input.bit), be(input.instance), input.point, be(counter)});
      if (crypto::Point::parse_xonly(x)) return static_cast<std::uint8_t>(counter + 1);
    }
  }
  SetupTag tag = fresh<32>();
  std::array<std::array<HashInput, 2>, kColumns> offered{};
  std::array<HashInput, kColumns> chosen{};
};
// The twin that leaks: ends when it has found one.
struct HashPublic : HashToCurve {
  void run() { sink = hash_to_curve_var(tag, chosen).size(); }
};

struct BuildTrees {
  static constexpr std::size_t kSecretBytes = 2 * kColumns * kSeedBytes;
  void prepare(ByteView secret) { std::copy_n(secret.begin(), secret.size(), &seeds[0][0][0]); }
  void run() {
    build_trees(tag, seeds, leaves, message);
    sink = leaves[0];
  }
  SetupTag tag = fresh<32>();
  std::array<std::array<Seed, 2>, kColumns> seeds{};
  ByteArray<kLeavesBytes> leaves{};
  ByteArray<kTreesBytes> message{};
};

struct EvaluateTrees {
  static constexpr std::size_t kSecretBytes = kChoiceBytes;
  EvaluateTrees() {
    for (auto& pair : trees.seeds) pair = {fresh<kSeedBytes>(), fresh<kSeedBytes>()};
    trees.run();
  }
  void prepare(ByteView secret) {
    std::ranges::copy(secret, choices.begin());
    for (std::size_t i = 0; i < kColumns; ++i) {
      seeds[i] = trees.seeds[i][static_cast<std::size_t>((secret[i / 8] >> (i % 8)) & 1U)];
    }
  }
  bool run() { return evaluate_trees(trees.tag, choices, seeds, trees.message, leaves, delta); }
  BuildTrees trees;
  ByteArray<kChoiceBytes> choices{};
  std::array<Seed, kColumns> seeds{};
  ByteArray<kLeavesBytes> leaves{};
  ByteArray<kChoiceBytes> delta{};
};

// Alice of an extension: her columns by Delta, and the check of Bob's.
struct Extend {
  static constexpr std::size_t kSecretBytes = kChoiceBytes + kLeavesBytes;
  void prepare(ByteView secret) {
    auto [of_alice, of_bob] =
        ctime::deal_seeds(secret.subspan(kChoiceBytes), secret.first(kChoiceBytes));
    bob.begin(of_bob, gadget, session, 1, draws, message);
    seeds.emplace(std::move(of_alice));
  }
  void run() {
    extend_alice(*seeds, session, ByteView(message).first(kUBytes), columns);
    sink = columns[0][0];
  }
  std::optional<AliceSeeds> seeds;
  ByteArray<32> session = fresh<32>();
  Gadget gadget = make_gadget({}, 1);
  BobMultiplication bob;
  Draws draws{{}};
  ByteArray<kBobBytes> message{};
  Columns columns{};
};
struct CheckRows : Extend {
  bool run() { return alice.check(*seeds, session, message); }
  AliceMultiplication alice;
};
// The twin that leaks: adds where a bit of Delta is set.
struct BranchingSelect : Extend {
  void run() {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (((seeds->delta()[c / 8] >> (c % 8)) & 1U) == 0) continue;
      for (std::size_t i = 0; i < columns[c].size(); ++i) columns[c][i] ^= message[i];
    }
    sink = columns[0][0];
  }
};

// What is to be noticed: nothing was done.
struct Idle {
  static constexpr std::size_t kSecretBytes = 32;
  void prepare(ByteView secret) { sink = secret[0]; }
  bool run() const { return done; }
  bool done = false;
};

struct Gf {
  static constexpr std::size_t kSecretBytes = kColumnBytes;
  void prepare(ByteView secret) {
    std::ranges::copy(secret, column.begin());
    chi = {gf208_load(fresh<kGf208Bytes>()), gf208_load(fresh<kGf208Bytes>())};
  }
  void run() const {
    const Gf208 hash = gf208_hash(chi, column);
    sink = gf208_mul(hash, hash)[0];
  }
  ByteArray<kColumnBytes> column{};
  std::array<Gf208, 2> chi{};
};

}  // namespace

Cases ot_cases() {
  return {
      {"ot_offer", of<Offer>},
      {"ot_choose", of<Choose>},
      {"hash_to_curve", of<HashToCurve>},
      {"trees_build", of<BuildTrees>},
      {"trees_evaluate", of<EvaluateTrees>},
      {"ot_extend", of<Extend>},
      {"ot_check", of<CheckRows>},
      {"gf208", of<Gf>},
      {"fault_hash_to_curve", of<HashPublic>},
      {"fault_select", of<BranchingSelect>},
      {"fault_idle", of<Idle>},
  };
}

}  // namespace tally::timing
