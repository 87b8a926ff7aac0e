#include <algorithm>
#include <doctest/doctest.h>
#include <memory>

#include "mpc/ot_base.hpp"
#include "support/memory_image.hpp"
#include "unit/mpc/dkls_world.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace mpc = tally::mpc;
using tally::ByteArray;
using tally::test::MaskedSecret;

TEST_SUITE_BEGIN("mpc");

namespace {

// Keeps the nonces that were drawn, masked.
class RememberingRandom final : public mpc::dkls::Randomness {
 public:
  RememberingRandom(std::uint64_t seed, std::vector<MaskedSecret>& drawn)
      : inner_(seed), drawn_(drawn) {}
  void fill(mpc::dkls::Draw draw, std::uint32_t index, tally::MutableByteView out) override {
    inner_.fill(draw, index, out);
    using mpc::dkls::Draw;
    if (draw == Draw::r || draw == Draw::phi) drawn_.emplace_back(out);
  }

 private:
  tally::test::CountingRandom inner_;
  std::vector<MaskedSecret>& drawn_;
};

// A receiver of base transfers that has made its offer.
struct Offered {
  Offered() {
    tally::test::CountingRandom random(9);
    receiver->offer(tag, random, message);
  }
  mpc::dkls::SetupTag tag{};
  tally::Bytes message = tally::Bytes(mpc::dkls::kOtPointsBytes);
  std::unique_ptr<mpc::dkls::BaseOtReceiver> receiver =
      std::make_unique<mpc::dkls::BaseOtReceiver>();
};

}  // namespace

TEST_CASE("row 26 no share and no nonce is left in memory after an ECDSA signature") {
  tally::test::need_own_memory();
  std::vector<MaskedSecret> drawn;
  std::vector<MaskedSecret> shares;
  {
    auto world = std::make_unique<tally::test::World>(tally::test::World::make(2, 2));
    for (auto& [id, member] : world->members) {
      ByteArray<32> share;
      member.party.share.value().encode_to(share);
      shares.emplace_back(share);
      core::wipe(share);
      member.random = std::make_unique<RememberingRandom>(id, drawn);
    }
    CHECK(shares[0].copies_in_memory() > 0);
    world->agree(world->propose({1, 2}));
    REQUIRE(world->presign());
    REQUIRE(drawn.size() == 4);
    // phi waits for the online round; r is gone already.
    CHECK(drawn[1].copies_in_memory() > 0);
    world->bind(mpc::ComputedDigest::of(mpc::DigestKind::sha256, core::as_bytes("forget")));
    REQUIRE(world->sign());
  }
  for (const auto& share : shares) CHECK(share.copies_in_memory() == 0);
  for (const auto& secret : drawn) CHECK(secret.copies_in_memory() == 0);
}

TEST_CASE("row 26 no trace of a choice is left in memory after an offer of base transfers") {
  tally::test::need_own_memory();
  using mpc::dkls::kPointBytes;
  const Offered offered;
  // Whoever finds the hash of a field knows which of the two was hashed.
  std::vector<MaskedSecret> hashes;
  for (const std::size_t i : {0U, 17U, 100U, 200U}) {
    const unsigned choice = (offered.receiver->choices()[i / 8] >> (i % 8)) & 1U;
    mpc::dkls::HashInput input{static_cast<std::uint8_t>(choice), static_cast<std::uint8_t>(i), {}};
    const std::size_t field = 2 * i + (choice ^ 1U);
    std::copy_n(&offered.message[field * kPointBytes], kPointBytes, input.point.begin());
    auto found = mpc::dkls::hash_to_curve(offered.tag, {&input, 1});
    auto x = found[0].xonly();
    hashes.emplace_back(x);
    CHECK(hashes.back().copies_in_memory() > 0);
    core::wipe(x);
    core::wipe(found.data(), found.size() * sizeof found[0]);
  }
  for (const auto& hash : hashes) CHECK(hash.copies_in_memory() == 0);
}

TEST_CASE("row 26 no order of points that tells a choice is left in memory after an offer") {
  tally::test::need_own_memory();
  using mpc::dkls::kPointBytes;
  const Offered offered;
  // What is sent of a point is x. Where y still lies, the fields lie in the order they were made
  // in.
  std::vector<MaskedSecret> made;
  for (std::size_t field = 0; field < 2 * mpc::dkls::kColumns; field += 51) {
    const auto encoded = tally::ByteView(offered.message).subspan(field * kPointBytes, kPointBytes);
    auto coordinates = crypto::Point::parse(encoded).value().coordinates();
    const auto y = std::make_unique<ByteArray<32>>();
    std::copy_n(coordinates.begin() + 32, y->size(), y->begin());
    made.emplace_back(*y);
    CHECK(made.back().copies_in_memory() > 0);
    core::wipe(*y);
    core::wipe(coordinates);
  }
  for (const auto& y : made) CHECK(y.copies_in_memory() == 0);
}

TEST_SUITE_END();
