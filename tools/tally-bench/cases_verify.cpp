// Cases of verification in batches, of keys with tables, and of sums of products, against
// libsecp256k1 called item by item.
#include <algorithm>
#include <array>
#include <memory>
#include <secp256k1.h>
#include <secp256k1_schnorrsig.h>
#include <string>
#include <vector>

#include "cases.hpp"
#include "core/threads.hpp"
#include "crypto/batch_verifier.hpp"
#include "crypto/context.hpp"
#include "crypto/glv.hpp"
#include "crypto/known_key.hpp"
#include "crypto/made_items.hpp"
#include "crypto/msm.hpp"
#include "crypto/point_table.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {
namespace {

using crypto::Scheme;
using crypto::Verdict;
using Subject = std::unique_ptr<bench::Subject>;
using Items = std::shared_ptr<const crypto::MadeItems>;

enum class Keys { each_its_own, one };

Items make_items(Scheme scheme, std::size_t count, Keys keys = Keys::each_its_own) {
  auto made = std::make_shared<crypto::MadeItems>(count);
  const crypto::Scalar key = made->scalar();
  for (std::size_t i = 0; i < count; ++i) {
    made->add(scheme, false, keys == Keys::one ? &key : nullptr);
  }
  return made;
}

Result<Subject> batch(Scheme scheme, std::size_t count, Keys keys) {
  std::shared_ptr<crypto::VerifyBackend> backend =
      crypto::make_backend(crypto::BackendKind::automatic);
  return make_granular(count, [items = make_items(scheme, count, keys), backend,
                               verdicts = std::vector<Verdict>(count)]() mutable {
    backend->verify_var(items->items(), verdicts);
    bool good = true;
    for (const Verdict verdict : verdicts) good = good && verdict == Verdict::good;
    return good;
  });
}

bool secp_schnorr(const crypto::VerifyItem& item) {
  secp256k1_xonly_pubkey key;
  return secp256k1_xonly_pubkey_parse(crypto::context(), &key, item.key.data()) == 1 &&
         secp256k1_schnorrsig_verify(crypto::context(), item.signature.data(), item.message.data(),
                                     item.message.size(), &key) == 1;
}
bool secp_ecdsa(const crypto::VerifyItem& item) {
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature signature;
  return secp256k1_ec_pubkey_parse(crypto::context(), &key, item.key.data(), item.key.size()) ==
             1 &&
         secp256k1_ecdsa_signature_parse_compact(crypto::context(), &signature,
                                                 item.signature.data()) == 1 &&
         secp256k1_ecdsa_verify(crypto::context(), &signature, item.message.data(), &key) == 1;
}

// The same items in turn, by `check`.
template <typename Check>
Result<Subject> one_by_one(Scheme scheme, std::size_t count, Check check) {
  return make_loop([items = make_items(scheme, count), check, next = std::size_t{0}]() mutable {
    const crypto::VerifyItem& item = items->items()[next];
    next = next + 1 == items->items().size() ? 0 : next + 1;
    return check(item);
  });
}
Result<Subject> peer_of(Scheme scheme) {
  constexpr std::size_t kItems = 64;
  if (scheme == Scheme::bip340) return one_by_one(scheme, kItems, secp_schnorr);
  if (scheme == Scheme::ecdsa) return one_by_one(scheme, kItems, secp_ecdsa);
  return one_by_one(scheme, kItems, [](const crypto::VerifyItem& item) {
    return crypto::verify_singly_var(item) == Verdict::good;
  });
}

// Everything through BatchVerifier: submit, workers, completions.
class Threads final : public bench::Subject {
 public:
  static constexpr std::size_t kItems = 4096;
  Threads(Items items, std::unique_ptr<crypto::BatchVerifier> verifier)
      : items_(std::move(items)), verifier_(std::move(verifier)) {}
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t done = 0; done < operations; done += kItems) {
      verifier_->submit(items_->items());
      verifier_->flush();
      std::size_t back = 0;
      while (back < kItems) {
        const std::size_t count = verifier_->complete(completions_);
        if (count == 0) break;
        for (std::size_t i = 0; i < count; ++i)
          healthy_ = healthy_ && completions_[i].verdict == Verdict::good;
        back += count;
      }
      healthy_ = healthy_ && back == kItems;
    }
  }
  [[nodiscard]] std::uint64_t granularity() const override { return kItems; }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  Items items_;
  std::unique_ptr<crypto::BatchVerifier> verifier_;
  std::array<crypto::Completion, 256> completions_;
  bool healthy_ = true;
};

Result<Subject> threads(Scheme scheme, std::size_t count) {
  const auto cpus = core::worker_cpus(count);
  if (cpus.size() < count) return fail(Code::unavailable, "two processors are needed");
  crypto::BatchVerifier::Options options;
  options.cpus = cpus;
  options.slice_items = 512;
  TALLY_TRY(auto verifier, crypto::BatchVerifier::make(std::move(options)));
  return std::make_unique<Threads>(make_items(scheme, Threads::kItems), std::move(verifier));
}

Result<Subject> known_key(Scheme scheme) {
  crypto::MadeItems keys(5);
  const auto secret = keys.scalar();
  const auto point = crypto::Point::mul_generator(secret);
  TALLY_TRY(auto made, crypto::KnownKey::make(point));
  const auto key = std::make_shared<const crypto::KnownKey>(std::move(made));
  const ByteArray<32> digest = keys.scalar().encode();
  if (scheme == Scheme::bip340) {
    TALLY_TRY(const auto signature,
              crypto::schnorr_sign(crypto::SecretScalar(secret), digest, keys.scalar().encode()));
    return make_loop(
        [key, digest, signature] { return key->schnorr_verify_var(signature, digest); });
  }
  const auto nonce = keys.scalar();
  const auto r = crypto::Scalar::from_bytes_reduced(crypto::Point::mul_generator(nonce).xonly());
  const auto s = crypto::Scalar::inverse_var(nonce) *
                 (crypto::Scalar::from_bytes_reduced(digest) + r * secret);
  ByteArray<64> signature;
  r.encode_to(std::span(signature).first(32));
  s.encode_to(std::span(signature).last(32));
  return make_loop(
      [key, digest, signature] { return key->ecdsa_verify_var(digest, signature, false); });
}

struct Products {
  std::vector<crypto::Scalar> scalars;
  std::vector<crypto::Point> points;
};
Products make_products(std::size_t count) {
  crypto::MadeItems random(7);
  Products made;
  for (std::size_t i = 0; i < count; ++i) {
    made.scalars.push_back(random.scalar());
    made.points.push_back(crypto::Point::mul_generator(random.scalar()));
  }
  return made;
}

Result<Subject> msm(std::size_t count, std::size_t most_strauss) {
  const Products products = make_products(count);
  std::vector<crypto::AffineWords> points;
  for (const auto& point : products.points) points.push_back(crypto::to_affine(point));
  const auto sum = std::make_shared<crypto::Msm>(crypto::engine(), most_strauss);
  return make_granular(count, [scalars = products.scalars, points, sum] {
    sum->clear();
    for (std::size_t i = 0; i < points.size(); ++i) sum->add(scalars[i], points[i]);
    return !sum->sum_var().is_infinity();
  });
}
Result<Subject> secp_products() {
  constexpr std::size_t kProducts = 64;
  return make_loop([products = make_products(kProducts), next = std::size_t{0}]() mutable {
    next = (next + 1) % kProducts;
    const auto product = crypto::Point::mul_var(products.scalars[next], products.points[next]);
    keep(product);
    return !product.is_infinity();
  });
}

// u1 * G + u2 * Q in lanes, over a table of G of `window` bits: what the choice of
// PointTable::kGeneratorWindow is measured by.
Result<Subject> table_window(int window) {
  constexpr std::size_t kBlocks = crypto::Engine::kMostBlocks;
  TALLY_TRY(auto made, crypto::PointTable::make(crypto::Point::generator(), window));
  const auto table = std::make_shared<const crypto::PointTable>(std::move(made));
  std::vector<crypto::DoubleMulBlock> blocks(kBlocks);
  const Products products = make_products(2 * 8 * kBlocks);
  for (std::size_t i = 0; i < 8 * kBlocks; ++i) {
    auto& block = blocks[i / 8];
    block.point[i % 8] = crypto::to_affine(products.points[i]);
    const auto own = crypto::split_endomorphism_var(products.scalars[2 * i]);
    const auto words = crypto::split_words_var(products.scalars[2 * i + 1]);
    crypto::signed_digits_var(own.first, crypto::kPointWindow, &block.own[0][0][i % 8], 8);
    crypto::signed_digits_var(own.second, crypto::kPointWindow, &block.own[1][0][i % 8], 8);
    crypto::signed_digits_var(words.low, window, &block.base[0][0][i % 8], 8);
    crypto::signed_digits_var(words.high, window, &block.base[1][0][i % 8], 8);
  }
  return make_granular(8 * kBlocks,
                       [table, blocks = std::move(blocks),
                        out = std::vector<crypto::AffineWords>(8 * kBlocks)]() mutable {
                         std::array<bool, 8 * kBlocks> exceptional{};
                         crypto::engine().double_mul(blocks.data(), blocks.size(), table->view(),
                                                     out.data(), exceptional.data());
                         return !exceptional[0];
                       });
}

// Choices made by measuring, each beside those that were not taken.
void add_choices(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "verify.window";
  definition.summary = "u1 * G + u2 * Q, 128 at a time, by the window that the table of G has";
  definition.countable = false;
  definition.make = [] { return table_window(crypto::PointTable::kGeneratorWindow); };
  for (const int window : {8, 10, 11, 13, 14, 15}) {
    definition.peers.push_back(
        {"window" + std::to_string(window), [window] { return table_window(window); }});
  }
  registry.add(definition);
  for (const std::size_t count : {1U, 2U, 3U, 4U, 8U}) {
    definition = {};
    definition.name = "msm." + std::to_string(count);
    definition.summary = "a point of a sum of " + std::to_string(count) + " products k * P";
    definition.countable = false;
    definition.make = [count] { return msm(count, crypto::Msm::most_strauss(crypto::engine())); };
    definition.peers = {{"strauss", [count] { return msm(count, 2 * count); }},
                        {"buckets", [count] { return msm(count, 0); }}};
    registry.add(definition);
  }
}

void add_batch(bench::Registry& registry, const std::string& name, const std::string& summary,
               Scheme scheme, std::size_t count, Keys keys = Keys::each_its_own) {
  bench::Case definition;
  definition.name = name;
  definition.summary = summary;
  definition.countable = false;
  definition.make = [scheme, count, keys] { return batch(scheme, count, keys); };
  definition.peers = {{"libsecp256k1", [scheme] { return peer_of(scheme); }}};
  registry.add(definition);
}

void add_known_key(bench::Registry& registry, const std::string& name, Scheme scheme) {
  bench::Case definition;
  definition.name = name;
  definition.summary = "one signature under a key that has a table";
  definition.countable = false;
  definition.make = [scheme] { return known_key(scheme); };
  definition.peers = {{"libsecp256k1", [scheme] { return peer_of(scheme); }}};
  registry.add(definition);
}

void add_threads(bench::Registry& registry, const std::string& name, Scheme scheme) {
  bench::Case definition;
  definition.name = name;
  definition.summary = "4096 signatures through two pinned workers, slices of 512";
  definition.countable = false;
  definition.make = [scheme] { return threads(scheme, 2); };
  definition.peers = {{"one_thread", [scheme] { return threads(scheme, 1); }}};
  definition.notes = {"two hardware threads of one core cannot be twice as fast as one"};
  registry.add(definition);
}

}  // namespace

void add_verify_cases(bench::Registry& registry) {
  add_batch(registry, "verify.ecdsa.batch", "an ECDSA signature, 128 a batch, no recovery id",
            Scheme::ecdsa, 128);
  add_batch(registry, "verify.schnorr.batch64", "a BIP340 signature, 64 a batch", Scheme::bip340,
            64);
  add_batch(registry, "verify.schnorr.batch1024", "a BIP340 signature, 1024 a batch",
            Scheme::bip340, 1024);
  add_batch(registry, "verify.schnorr.batch8192", "a BIP340 signature, 8192 a batch",
            Scheme::bip340, 8192);
  add_batch(registry, "verify.schnorr.one_key", "a BIP340 signature, 1024 a batch under one key",
            Scheme::bip340, 1024, Keys::one);
  add_batch(registry, "verify.partial.batch", "a FROST partial signature, 256 a batch",
            Scheme::partial, 256);
  add_batch(registry, "verify.dlog.batch", "a proof of a discrete logarithm, 256 a batch",
            Scheme::dlog, 256);
  add_batch(registry, "verify.feldman.batch", "a Feldman share of threshold 3, 256 a batch",
            Scheme::feldman, 256);
  add_known_key(registry, "verify.ecdsa.table", Scheme::ecdsa);
  add_known_key(registry, "verify.schnorr.table", Scheme::bip340);
  add_threads(registry, "verify.ecdsa.threads2", Scheme::ecdsa);
  add_threads(registry, "verify.schnorr.threads2", Scheme::bip340);
  add_choices(registry);
  for (const std::size_t count : {64U, 1024U, 16384U}) {
    bench::Case definition;
    definition.name = "msm." + std::to_string(count);
    definition.summary = "a point of a sum of " + std::to_string(count) + " products k * P";
    definition.countable = false;
    definition.make = [count] { return msm(count, crypto::Msm::most_strauss(crypto::engine())); };
    definition.peers = {{"libsecp256k1", secp_products}};
    definition.notes = {"the peer multiplies point by point: secp256k1_ec_pubkey_tweak_mul"};
    registry.add(definition);
  }
}

}  // namespace tally::bench_tool
