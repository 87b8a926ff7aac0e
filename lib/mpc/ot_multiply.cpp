#include "mpc/ot_multiply.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/ctime.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/sha256_batch.hpp"
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
template <std::size_t kRows>
using PadsOf = std::array<std::array<Scalar, kRows>, kPerRow>;
using Pads = PadsOf<kXi>;
using SomePads = PadsOf<kRowsAtOnce>;
// The scalars of kRowsAtOnce rows in the order of messages.
using SomeRows = std::array<Scalar, kRowsAtOnce * kPerRow>;
constexpr std::size_t kSomeRowsBytes = 32 * std::tuple_size_v<SomeRows>;

// kRowsAtOnce rows of pads.
using PadRows = std::array<std::span<Scalar>, kPerRow>;
template <std::size_t kRows>
PadRows rows_from(std::array<std::array<Scalar, kRows>, kPerRow>& pads, std::size_t first) {
  PadRows rows;
  for (std::size_t k = 0; k < kPerRow; ++k) {
    rows[k] = std::span<Scalar>(pads[k]).subspan(first, kRowsAtOnce);
  }
  return rows;
}

// alpha_{j,k}, three scalars a row: hashes of row, j and k behind the session.
class PadMaker {
 public:
  explicit PadMaker(const ByteArray<32>& session)
      : batch_(prefix_of(Label::alpha, {session}), kTailBytes) {}

  // Of rows first .. first + kRowsAtOnce, each XOR `shift`; scalar k of them into out[k].
  void make(const Rows& rows, std::size_t first, ByteView shift, const PadRows& out) {
    for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
      std::uint8_t* const tail = batch_.message(i);
      Seed row = rows[first + i];
      for (std::size_t at = 0; at < kSeedBytes; ++at) row[at] ^= shift[at];
      std::memcpy(tail, row.data(), kSeedBytes);
      core::wipe(row);
      core::store_be(tail + kSeedBytes, static_cast<std::uint16_t>(first + i));
    }
    for (std::size_t k = 0; k < kPerRow; ++k) {
      for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
        batch_.message(i)[kSeedBytes + 2] = static_cast<std::uint8_t>(k);
      }
      batch_.digest(kRowsAtOnce, *digests_);
      crypto::reduce_each(*digests_, out[k]);
    }
  }

 private:
  static constexpr std::size_t kTailBytes = kSeedBytes + 3;
  static_assert(kRowsAtOnce == crypto::Sha256Batch::kMost);
  crypto::Sha256Batch batch_;
  Wiped<ByteArray<kRowsAtOnce * 32>> digests_;
};

// Alice's pads, and row by row what she sends for them: each less its like with Delta, plus what
// she multiplies by.
void make_a_tilde(PadMaker& maker, const Rows& rows, ByteView delta,
                  const std::array<const Scalar*, kPerRow>& added, Pads& pads,
                  MutableByteView out) {
  Wiped<SomePads> shifted;
  Wiped<SomeRows> sent;
  const PadRows others = rows_from(*shifted, 0);
  for (std::size_t first = 0; first < kXi; first += kRowsAtOnce) {
    const PadRows some = rows_from(pads, first);
    maker.make(rows, first, Seed{}, some);
    maker.make(rows, first, delta, others);
    for (std::size_t k = 0; k < kPerRow; ++k) {
      crypto::subtract_and_add(some[k], others[k], *added[k], others[k]);
      for (std::size_t i = 0; i < kRowsAtOnce; ++i) (*sent)[i * kPerRow + k] = others[k][i];
    }
    crypto::encode_each(*sent, out.subspan(first * kPerRow * 32, kSomeRowsBytes));
  }
}

// Bob's pads, plus what Alice sent for them where his bit is one: there `last` is added to the last
// one as well. False where a number of hers is out of range.
bool make_opened_pads(PadMaker& maker, const Rows& rows, ByteView bits, ByteView a_tilde,
                      const Scalar& last, Pads& pads) {
  SomeRows sent;
  SomePads by_k;
  const PadRows theirs = rows_from(by_k, 0);
  for (std::size_t first = 0; first < kXi; first += kRowsAtOnce) {
    const PadRows some = rows_from(pads, first);
    maker.make(rows, first, Seed{}, some);
    if (!crypto::parse_each(a_tilde.subspan(first * kPerRow * 32, kSomeRowsBytes), sent)) {
      return false;
    }
    for (std::size_t k = 0; k < kPerRow; ++k) {
      for (std::size_t i = 0; i < kRowsAtOnce; ++i) theirs[k][i] = sent[i * kPerRow + k];
      crypto::add_where(some[k], bits.subspan(first / 8, kRowsAtOnce / 8), theirs[k],
                        k + 1 == kPerRow ? last : Scalar(), some[k]);
    }
  }
  return true;
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
  crypto::encode_each(values, *bytes);
  return th(Label::mu, {session, *bytes});
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
  PadMaker maker(session);
  make_a_tilde(maker, *rows_, seeds.delta(), {inputs[0], inputs[1], &a_hat.value()}, *pads,
               out.subspan(kATildeOffset, kATildeBytes));
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

  // eta comes off the sum below wherever the bit is one, and only the sum takes the last pads: it
  // comes off them.
  Wiped<Pads> pads;
  PadMaker maker(session);
  if (!make_opened_pads(maker, *rows_, *beta_, a_tilde, -*eta, *pads)) return false;
  Wiped<std::array<Scalar, kXi>> combined;
  combine(*pads, draw_theta(session, a_tilde), *combined);
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
