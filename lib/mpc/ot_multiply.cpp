#include "mpc/ot_multiply.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/ctime.hpp"
#include "crypto/scalar_vector.hpp"
#include "mpc/dkls_hash.hpp"

namespace tally::mpc::dkls {
namespace {

using crypto::Scalar;

constexpr std::size_t kPerRow = kInputs + 1;
constexpr std::size_t kRowsAtOnce = 16;
static_assert(kXi % kRowsAtOnce == 0);

constexpr std::size_t kUOffset = kSaltBytes;
constexpr std::size_t kXTildeOffset = kUOffset + kUBytes;
constexpr std::size_t kCheckOffset = kXTildeOffset + kCheckBytes;
constexpr std::size_t kATildeOffset = kSaltBytes;
constexpr std::size_t kEtaOffset = kATildeOffset + kATildeBytes;
constexpr std::size_t kMuOffset = kEtaOffset + 32;

// Scalar k of every row, by k: sums run over rows.
using Pads = std::array<std::array<Scalar, kXi>, kPerRow>;

// alpha_{j,k}, three scalars a row: hashes of row, j and k behind the session.
class PadMaker {
 public:
  explicit PadMaker(const ByteArray<32>& session) : prefix_(prefix_of(Label::alpha, {session})) {}

  // Rows first .. first + kRowsAtOnce, each XOR `shift`.
  void make(const Rows& rows, std::size_t first, ByteView shift, Pads& out) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t row = first + i / kPerRow;
      std::uint8_t* const tail = &(*tails_)[i * kTailBytes];
      for (std::size_t at = 0; at < kSeedBytes; ++at) {
        tail[at] = static_cast<std::uint8_t>(rows[row][at] ^ shift[at]);
      }
      core::store_be(tail + kSeedBytes, static_cast<std::uint16_t>(row));
      tail[kSeedBytes + 2] = static_cast<std::uint8_t>(i % kPerRow);
    }
    crypto::sha256_batch(prefix_, *tails_, kTailBytes, *digests_);
    for (std::size_t i = 0; i < kCount; ++i) {
      out[i % kPerRow][first + i / kPerRow] =
          Scalar::from_bytes_reduced(ByteView(*digests_).subspan(32 * i, 32));
    }
  }

 private:
  static constexpr std::size_t kCount = kRowsAtOnce * kPerRow;
  static constexpr std::size_t kTailBytes = kSeedBytes + 3;
  crypto::Sha256 prefix_;
  Wiped<ByteArray<kCount * kTailBytes>> tails_;
  Wiped<ByteArray<kCount * 32>> digests_;
};

void make_pads(const ByteArray<32>& session, const Rows& rows, ByteView shift, Pads& out) {
  PadMaker maker(session);
  for (std::size_t first = 0; first < kXi; first += kRowsAtOnce) {
    maker.make(rows, first, shift, out);
  }
}

ByteArray<32> alice_session(const ByteArray<32>& bob_session, ByteView salt,
                            const ByteArray<32>& u_digest, const ByteArray<32>& check) {
  return th(Label::ot_a, {bob_session, salt, u_digest, check});
}

std::array<Scalar, kInputs> draw_theta(const ByteArray<32>& session, ByteView a_tilde) {
  const auto digest = th(Label::atilde, {session, a_tilde});
  std::array<Scalar, kInputs> theta;
  for (std::uint8_t k = 0; k < kInputs; ++k) {
    theta[k] = th_scalar(Label::theta, {session, be(k), digest});
  }
  return theta;
}

// Over all rows: row[2] + theta_0 row[0] + theta_1 row[1].
void combine(const Pads& pads, const std::array<Scalar, kInputs>& theta,
             std::array<Scalar, kXi>& out) {
  crypto::add_scaled(pads[2], theta[0], pads[0], theta[1], pads[1], out);
}

ByteArray<32> mu_digest(const ByteArray<32>& session, const std::array<Scalar, kXi>& values) {
  Wiped<ByteArray<32 * kXi>> bytes;
  for (std::size_t j = 0; j < kXi; ++j) {
    values[j].encode_to(MutableByteView(*bytes).subspan(32 * j, 32));
  }
  return th(Label::mu, {session, *bytes});
}

// `value` where the bit is set, zero elsewhere.
Scalar masked(const Scalar& value, ByteView bits, std::size_t index) {
  Scalar out;
  out.cmov(value, ((bits[index / 8] >> (index % 8)) & 1U) != 0);
  return out;
}

}  // namespace

Gadget make_gadget(const ByteArray<32>& setup_id, XId alice) {
  ByteArray<2 * kXi> tails;
  ByteArray<32 * kXi> digests;
  for (std::size_t j = 0; j < kXi; ++j) {
    core::store_be(&tails[2 * j], static_cast<std::uint16_t>(j));
  }
  crypto::sha256_batch(prefix_of(Label::gadget, {setup_id, be(alice)}), tails, 2, digests);
  Gadget gadget;
  for (std::size_t j = 0; j < kXi; ++j) {
    gadget[j] = Scalar::from_bytes_reduced(ByteView(digests).subspan(32 * j, 32));
  }
  return gadget;
}

ByteArray<32> pair_tag(const ByteArray<32>& sid, XId alice, XId bob,
                       const ByteArray<32>& setup_id) {
  return th(Label::pair, {sid, be(alice), be(bob), setup_id});
}

void BobMultiplication::begin(const BobSeeds& seeds, const Gadget& gadget,
                              const ByteArray<32>& pair, XId alice, Randomness& random,
                              MutableByteView out) {
  const MutableByteView salt = out.first(kSaltBytes);
  const MutableByteView u = out.subspan(kUOffset, kUBytes);
  random.fill(Draw::salt_bob, alice, salt);
  session_ = th(Label::ot_b, {pair, salt});

  Wiped<ByteArray<kColumnBytes>> x;
  Scalar b;
  do {
    random.fill(Draw::x, alice, *x);
    b = crypto::masked_sum(gadget, ByteView(*x).first(kBetaBytes));
    // That a draw was zero says nothing of the next one.
  } while (crypto::declassified(b.is_zero()));
  b_ = crypto::SecretScalar(b);
  core::wipe(&b, sizeof b);
  std::copy_n(x->begin(), kBetaBytes, beta_->begin());

  Wiped<Columns> v;
  extend_bob(seeds, session_, *x, u, *v);
  u_digest_ = th(Label::u, {session_, u});
  const auto chi = draw_chi(session_, u_digest_);
  prove_rows(session_, chi, *x, *v, out.subspan(kXTildeOffset, kCheckBytes), check_);
  std::copy(check_.begin(), check_.end(), &out[kCheckOffset]);
  transpose(*v, *rows_);
}

bool AliceMultiplication::check(const AliceSeeds& seeds, const ByteArray<32>& pair,
                                ByteView message) {
  const ByteView u = message.subspan(kUOffset, kUBytes);
  const ByteView x_tilde = message.subspan(kXTildeOffset, kCheckBytes);
  const ByteView check = message.subspan(kCheckOffset, 32);
  session_ = th(Label::ot_b, {pair, message.first(kSaltBytes)});
  Wiped<Columns> w;
  extend_alice(seeds, session_, u, *w);
  u_digest_ = th(Label::u, {session_, u});
  std::copy(check.begin(), check.end(), check_.begin());
  const auto chi = draw_chi(session_, u_digest_);
  const bool good = check_rows(session_, chi, *w, seeds.delta(), x_tilde, check);
  transpose(*w, *rows_);
  return good;
}

void AliceMultiplication::multiply(const AliceSeeds& seeds, const Gadget& gadget,
                                   const std::array<const Scalar*, kInputs>& inputs, XId bob,
                                   Randomness& random, MutableByteView out, Products& c) const {
  const MutableByteView salt = out.first(kSaltBytes);
  random.fill(Draw::salt_alice, bob, salt);
  const auto session = alice_session(session_, salt, u_digest_, check_);
  const auto a_hat = random.scalar(Draw::a_hat, bob);

  Wiped<Pads> pads;
  Wiped<Pads> shifted;
  const Seed zero{};
  make_pads(session, *rows_, zero, *pads);
  make_pads(session, *rows_, seeds.delta(), *shifted);
  const std::array<const Scalar*, kPerRow> added = {inputs[0], inputs[1], &a_hat.value()};
  for (std::size_t j = 0; j < kXi; ++j) {
    for (std::size_t k = 0; k < kPerRow; ++k) {
      const Scalar value = (*pads)[k][j] - (*shifted)[k][j] + *added[k];
      value.encode_to(out.subspan(kATildeOffset + (j * kPerRow + k) * 32, 32));
    }
  }
  const auto theta = draw_theta(session, out.subspan(kATildeOffset, kATildeBytes));
  const Scalar eta = a_hat.value() + theta[0] * *inputs[0] + theta[1] * *inputs[1];
  eta.encode_to(out.subspan(kEtaOffset, 32));

  Wiped<std::array<Scalar, kXi>> combined;
  combine(*pads, theta, *combined);
  const auto mu_bytes = mu_digest(session, *combined);
  std::copy(mu_bytes.begin(), mu_bytes.end(), &out[kMuOffset]);
  for (std::size_t k = 0; k < kInputs; ++k) {
    c.of[k] = -crypto::inner_product(gadget, (*pads)[k]);
  }
}

bool BobMultiplication::finish(const Gadget& gadget, ByteView message, Products& d) const {
  const auto session = alice_session(session_, message.first(kSaltBytes), u_digest_, check_);
  const ByteView a_tilde = message.subspan(kATildeOffset, kATildeBytes);
  const auto eta = Scalar::parse(message.subspan(kEtaOffset, 32));
  if (!eta) return false;

  Wiped<Pads> pads;
  const Seed zero{};
  make_pads(session, *rows_, zero, *pads);
  for (std::size_t j = 0; j < kXi; ++j) {
    for (std::size_t k = 0; k < kPerRow; ++k) {
      const auto value = Scalar::parse(a_tilde.subspan((j * kPerRow + k) * 32, 32));
      if (!value) return false;
      (*pads)[k][j] = (*pads)[k][j] + masked(*value, *beta_, j);
    }
  }
  const auto theta = draw_theta(session, a_tilde);
  Wiped<std::array<Scalar, kXi>> combined;
  combine(*pads, theta, *combined);
  for (std::size_t j = 0; j < kXi; ++j) {
    (*combined)[j] = (*combined)[j] - masked(*eta, *beta_, j);
  }
  const auto mu_bytes = mu_digest(session, *combined);
  // The verdict is what Alice learns.
  if (!crypto::declassified(core::equal_constant_time(mu_bytes, message.subspan(kMuOffset, 32)))) {
    return false;
  }
  for (std::size_t k = 0; k < kInputs; ++k) {
    d.of[k] = crypto::inner_product(gadget, (*pads)[k]);
  }
  return true;
}

}  // namespace tally::mpc::dkls
