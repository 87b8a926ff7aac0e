// Runs one operation on secrets that valgrind holds for undefined. Exits 2 when not under valgrind,
// where the run would say nothing; valgrind itself turns a report into its own exit status.
#include "crypto/ctime.hpp"

#include <array>
#include <cstdio>
#include <secp256k1_extrakeys.h>
#include <string_view>
#include <valgrind/valgrind.h>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/hmac_drbg.hpp"
#include "crypto/scalar_limbs.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/secret_mul.hpp"
#include "crypto/secret_mul_digits.hpp"
#include "crypto/sha256_batch.hpp"
#include "mpc/deal.hpp"
#include "mpc/frost.hpp"
#include "poison.hpp"

namespace {

using namespace tally;
using namespace tally::ctime;  // NOLINT(google-build-using-namespace): poison.hpp
using crypto::Scalar;

// What valgrind runs of the vectors is their portable form, and of the products that by mulx where
// the processor has it, named here because valgrind may hide it from a program that asks.
bool scalar_vector() {
  std::array<Scalar, 17> a;
  std::array<Scalar, 17> b;
  std::array<Scalar, 17> out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = Scalar::from_bytes_reduced(secret_bytes(static_cast<std::uint8_t>(i + 3)));
    b[i] = Scalar::from_bytes_reduced(secret_bytes(static_cast<std::uint8_t>(i + 31)));
  }
  ByteArray<3> bits = {0x5a, 0xff, 1};
  poison(bits.data(), bits.size());
  const auto& portable = crypto::scalar_vector_portable();
  const Scalar inner = portable.inner_product(a, b);
  const Scalar sum = crypto::masked_sum(a, bits);
  portable.add_scaled(a, inner, a, sum, b, out);
  if (!is_poisoned(inner) || !is_poisoned(sum) || !is_poisoned(out)) return false;
  portable.subtract_and_add(out, a, inner, out);
  portable.add_where(out, bits, b, sum, out);
  ByteArray<17 * 32> bytes;
  portable.encode_each(out, bytes);
  // That all are in range is public, and no more.
  if (!portable.parse_each(bytes, a)) return false;
  portable.reduce_each(bytes, b);
  return is_poisoned(bytes) && is_poisoned(a) && is_poisoned(b);
}
bool scalar_mulx() {
  const Scalar a = Scalar::from_bytes_reduced(secret_bytes(7));
  const Scalar b = Scalar::from_bytes_reduced(secret_bytes(11));
  Scalar::Limbs product;
  crypto::limbs::multiply_reduced_mulx(product, a.limbs(), b.limbs());
  crypto::limbs::Product wide;
  crypto::limbs::multiply_mulx(wide, a.limbs(), b.limbs());
  return is_poisoned(product) && is_poisoned(wide);
}

// Every constant-time operation; the result must still count as secret, or nothing was watched.
bool scalar() {
  const Scalar a = Scalar::from_bytes_reduced(secret_bytes(7));
  const Scalar b = Scalar::from_bytes_reduced(secret_bytes(11));
  Scalar c = a * b + a - b;
  c = -c;
  unsigned flag = 1;
  poison(&flag, sizeof flag);
  c.cmov(a, flag != 0);
  const auto parsed = Scalar::parse(secret_bytes(13));
  if (!parsed) return false;
  ByteArray<32> out;
  (Scalar::inverse(c) * *parsed).encode_to(out);
  bool zero = c.is_zero();
  const bool equal = a == b;
  return is_poisoned(out) && is_poisoned(zero) && is_poisoned(equal);
}

// Batches go to libsecp256k1 here, whose results count as public; the digits that the lanes take
// are cut by portable code.
bool secret_mul() {
  std::array<Scalar, 9> k;
  for (std::size_t i = 0; i < k.size(); ++i) {
    k[i] = Scalar::from_bytes_reduced(secret_bytes(static_cast<std::uint8_t>(i + 3)));
  }
  std::array<crypto::Point, 9> points;
  crypto::mul_generator_each(k, points);
  crypto::mul_secret_each(k, points, points);
  for (const auto& point : points) {
    if (point.is_infinity()) return false;
  }
  crypto::FixedMulBlock fixed{};
  crypto::SecretMulBlock secret{};
  cut_fixed(k[0], 3, fixed);
  cut_secret(k[1], 5, secret);
  return is_poisoned(fixed.digit[7][3]) && is_poisoned(secret.digit[1][9][5]);
}

// The portable form; valgrind 3.19 does not know the instructions of the other.
bool sha256() {
  crypto::Sha256 state = crypto::Sha256::tagged("ctime");
  const auto prefix = secret_bytes(17);
  state.update(ByteView(prefix).first(29));
  std::array<std::uint8_t, std::size_t{17} * 32> digests;
  std::array<std::uint8_t, std::size_t{17} * 19> messages{};
  poison(messages.data(), messages.size());
  crypto::sha256_batch(state, messages, 19, digests);
  const auto digest = state.update(prefix).finish();
  return is_poisoned(digests) && is_poisoned(digest);
}

bool drbg() {
  crypto::HmacDrbg drbg({secret_bytes(19), secret_bytes(23)});
  ByteArray<40> first;
  ByteArray<40> second;
  drbg.generate(first);
  drbg.reseed({secret_bytes(29)});
  drbg.generate(second, {secret_bytes(31)});
  return is_poisoned(first) && is_poisoned(second);
}

bool nonce() {
  const auto random = secret_bytes(5);
  const auto share = secret_bytes(9);
  const auto pair = mpc::nonce_gen(random, {share, {}, {}, {}, {}});
  if (!pair) return false;
  return is_poisoned(pair->secret);
}

bool sign() {
  const ByteArray<32> seed = {1};
  const auto dealing = mpc::deal(2, 3, seed).value();
  const std::vector<mpc::PartyId> ids = {0, 2};
  // Plain and x-only tweaks, so that signs of keys and nonces vary; self-check on and off.
  for (std::uint8_t round = 0; round < 8; ++round) {
    auto quorum = mpc::Quorum::make(dealing.group(), ids).value();
    const ByteArray<32> tweak = {round};
    const auto mode = round % 2 == 0 ? mpc::TweakMode::plain : mpc::TweakMode::xonly;
    if (!quorum.apply_tweak(tweak, mode)) return false;
    const auto share = dealing.share(0).value();
    const auto signer = mpc::Signer::make(share, quorum).value();
    poison(share.secret_bytes().data(), share.secret_bytes().size());
    auto mine = mpc::nonce_gen(secret_bytes(round), {share.secret_bytes(), {}, {}, {}, {}}).value();
    const ByteArray<32> other_random = {round, 1};
    const auto other = mpc::nonce_gen(other_random, {}).value();
    const std::array<mpc::PubNonce, 2> nonces = {mine.pub, other.pub};
    const auto session =
        mpc::Session::open(quorum, mpc::nonce_agg(nonces).value(), core::as_bytes("m")).value();
    const auto check = round < 4 ? mpc::SelfCheck::on : mpc::SelfCheck::off;
    const auto partial = mpc::sign(std::move(mine.secret), signer, session, check);
    if (!partial || !mpc::verify_partial(session, 0, nonces[0], *partial)) return false;
  }
  return true;
}

// Dealing from a secret seed, and a party's checks of what it was dealt.
bool share() {
  const auto dealing = mpc::deal(3, 4, secret_bytes(3));
  if (!dealing) return false;
  const auto third = dealing->share(2);
  if (!third) return false;
  const mpc::DealtShare dealt{dealing->commitments(), third->secret_bytes()};
  const std::array<mpc::DealtShare, 2> twice = {dealt, dealt};
  return mpc::verify_share(dealing->commitments(), 3, 4, 2, third->secret_bytes()) &&
         mpc::verify_shares(twice, 3, 4, 2);
}

// A BIP-340 signature by libsecp256k1, which branches on points that it declares public itself
// where it is built for that, and Debian's is not: libsecp256k1.supp lists them.
bool schnorr() {
  for (const std::uint8_t seed : ByteArray<4>{35, 37, 39, 41}) {
    const crypto::SecretScalar key(Scalar::from_bytes_reduced(secret_bytes(seed)));
    if (!crypto::schnorr_sign(key, core::as_bytes("m"), secret_bytes(43))) return false;
  }
  return true;
}

// What must be reported, or the checks above are worth nothing.
bool fault_branch() {
  const Scalar a = Scalar::from_bytes_reduced(secret_bytes(7));
  if (a.is_zero()) std::puts("zero");
  return true;
}
// The twins of schnorr, for what is listed must not hide: a secret in another function of
// libsecp256k1, which takes variable time, and one in a listed function that others call.
bool fault_library() {
  const Scalar secret = Scalar::from_bytes_reduced(secret_bytes(7));
  return !crypto::Point::mul_var(secret, crypto::Point::generator()).is_infinity();
}
bool fault_caller() {
  secp256k1_keypair pair;
  secp256k1_xonly_pubkey key;
  const auto secret = secret_bytes(7);
  if (!crypto::declassified(secp256k1_keypair_create(crypto::context(), &pair, secret.data()) ==
                            1)) {
    return false;
  }
  return crypto::declassified(
      secp256k1_keypair_xonly_pub(crypto::context(), &key, nullptr, &pair) == 1);
}
bool fault_index() {
  static constexpr std::array<std::uint8_t, 256> kTable = {1, 2, 3};
  const auto secret = secret_bytes(7);
  volatile std::uint8_t looked_up = kTable[secret[0]];
  static_cast<void>(looked_up);
  return true;
}

Cases cases_of_crypto() {
  return {
      {"scalar", scalar},
      {"scalar_vector", scalar_vector},
      {"scalar_mulx", scalar_mulx},
      {"secret_mul", secret_mul},
      {"sha256", sha256},
      {"drbg", drbg},
      {"nonce", nonce},
      {"sign", sign},
      {"share", share},
      {"schnorr", schnorr},
      {"fault_branch", fault_branch},
      {"fault_index", fault_index},
      {"fault_library", fault_library},
      {"fault_caller", fault_caller},
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0 || argc != 2) {
    std::fputs("run as: valgrind --error-exitcode=9 ctime_secrets CASE\n", stderr);
    return 2;
  }
  (void)crypto::Point::generator();  // the context draws its own randomness
  const std::string_view name = argv[1];
  for (const auto& cases : {cases_of_crypto(), cases_of_ot(), cases_of_parties()}) {
    for (const auto& [known, run] : cases) {
      if (known != name) continue;
      if (run()) return 0;
      std::fputs("the operation failed, or its result was not watched\n", stderr);
      return 1;
    }
  }
  std::fputs("no such case\n", stderr);
  return 2;
}
