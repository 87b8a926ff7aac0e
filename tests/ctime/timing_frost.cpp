// Shares, nonces and partial signatures of FROST; polynomials that are dealt, and dealt again.
#include <algorithm>
#include <array>
#include <optional>

#include "mpc/deal.hpp"
#include "mpc/nonce.hpp"
#include "mpc/partial.hpp"
#include "mpc/polynomial.hpp"
#include "mpc/reshare.hpp"
#include "timing.hpp"

namespace tally::timing {
namespace {

using crypto::Scalar;
using crypto::SecretScalar;

// A share of a key that follows from the secret.
struct OfShare {
  void prepare(ByteView secret) {
    const auto dealing = mpc::deal(2, 2, secret.first(32)).value();
    share.emplace(dealing.share(0).value());
  }
  std::optional<mpc::Share> share;
};

struct Nonce : OfShare {
  static constexpr std::size_t kSecretBytes = 64;
  void prepare(ByteView secret) {
    OfShare::prepare(secret);
    std::copy_n(secret.begin() + 32, 32, random.begin());
  }
  void run() const {
    sink = mpc::nonce_gen(random, {share->secret_bytes(), {}, {}, {}, {}}).value().pub[0];
  }
  ByteArray<32> random{};
};

struct Partial : OfShare {
  static constexpr std::size_t kSecretBytes = 96;
  void prepare(ByteView secret) {
    OfShare::prepare(secret);
    terms = {scalar_of(fresh<32>()), (fresh<1>()[0] & 1U) != 0, scalar_of(fresh<32>()), 0, 0};
    ByteArray<64> bytes;
    scalar_of(secret.subspan(32)).encode_to(MutableByteView(bytes).first(32));
    scalar_of(secret.subspan(64)).encode_to(MutableByteView(bytes).last(32));
    nonce = mpc::SecNonce::take_from(bytes);
  }
  // The self-check works on the result, which is public.
  void run() {
    sink = mpc::make_partial(std::move(nonce), terms, *share, mpc::SelfCheck::off).value()[0];
  }
  mpc::SecNonce nonce;
  mpc::PartialTerms terms;
};

struct Feldman {
  static constexpr std::size_t kSecretBytes = 96;
  void prepare(ByteView secret) {
    for (std::size_t i = 0; i < polynomial.size(); ++i) {
      polynomial[i] = SecretScalar(scalar_of(secret.subspan(32 * i)));
    }
  }
  void run() const {
    const auto commitments = mpc::commit(polynomial);
    std::uint64_t sum = commitments.size();
    for (std::uint64_t x = 1; x <= 4; ++x) {
      sum += mpc::evaluate(polynomial, Scalar(x)).value().limbs()[0];
    }
    sink = sum;
  }
  std::array<SecretScalar, 3> polynomial;
};

// What a dealer of the next epoch says.
struct Reshare : OfShare {
  static constexpr std::size_t kSecretBytes = 64;
  void prepare(ByteView secret) {
    OfShare::prepare(secret);
    std::copy_n(secret.begin() + 32, 32, random.begin());
    params.emplace(mpc::ReshareParams{share->group(), {0, 1}, next});
  }
  void run() const { sink = mpc::deal_again(*params, *share, random).value()[0]; }
  ByteArray<32> random{};
  mpc::DkgParams next{
      2, {mpc::host_key(fresh<32>()).value().pub, mpc::host_key(fresh<32>()).value().pub}};
  std::optional<mpc::ReshareParams> params;
};

}  // namespace

Cases frost_cases() {
  return {
      {"nonce", of<Nonce>},
      {"partial", of<Partial>},
      {"feldman", of<Feldman>},
      {"reshare", of<Reshare>},
  };
}

}  // namespace tally::timing
