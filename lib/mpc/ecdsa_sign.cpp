#include "mpc/ecdsa_sign.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "crypto/ecdsa.hpp"

namespace tally::mpc {
namespace {

using crypto::Scalar;
using dkls::XId;

// (n - 1) / 2, big-endian: what a low s does not exceed.
constexpr ByteArray<32> kHalfOrder = {
    0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0};

std::size_t position_of(const PresignatureFacts& facts, XId id) {
  return static_cast<std::size_t>(std::ranges::find(facts.ids, id) - facts.ids.begin());
}

}  // namespace

EcdsaSigning::EcdsaSigning(BoundPresignature bound)
    : facts_(bound.presignature_.facts_), parts_(facts_.ids.size()) {
  const Presignature& secret = bound.presignature_;
  const Scalar e = Scalar::from_bytes_reduced(bound.digest_);
  const Scalar r = Scalar::from_bytes_reduced(facts_.nonce.xonly());
  const Scalar u = secret.u_.value();
  const Scalar w = e * secret.phi_.value() + r * secret.v_.value();
  const MutableByteView out(r3_);
  std::ranges::copy(facts_.sid, out.begin());
  std::ranges::copy(facts_.id, out.begin() + 32);
  std::ranges::copy(bound.digest_, out.begin() + 64);
  u.encode_to(out.subspan(96, 32));
  w.encode_to(out.subspan(128, 32));
  // What goes to everybody is public.
  crypto::declassify(r3_.data(), r3_.size());
  const auto mine = position_of(facts_, facts_.me);
  if (mine < parts_.size()) {
    parts_[mine] = Part{Scalar::from_bytes_reduced(out.subspan(96, 32)),
                        Scalar::from_bytes_reduced(out.subspan(128, 32))};
  }
}

EcdsaSigning::EcdsaSigning(PresignatureFacts facts, const ByteArray<32>& digest)
    : facts_(std::move(facts)), parts_(facts_.ids.size()) {
  std::ranges::copy(facts_.sid, r3_.begin());
  std::ranges::copy(facts_.id, r3_.begin() + 32);
  std::ranges::copy(digest, r3_.begin() + 64);
}

Attempt<void> EcdsaSigning::take_r3(XId from, ByteView message) {
  const auto drop = [](Cause cause) { return aborted(Verdict::drop, cause); };
  const std::size_t at = position_of(facts_, from);
  if (message.size() != dkls::kR3Bytes) return drop(Cause::wrong_length);
  if (at == parts_.size() || from == facts_.me) return drop(Cause::wrong_receiver);
  if (!std::ranges::equal(message.first(64), ByteView(r3_).first(64))) {
    return drop(Cause::wrong_session);
  }
  if (over_ || parts_[at]) return drop(Cause::out_of_turn);
  if (!std::ranges::equal(message.subspan(64, 32), ByteView(r3_).subspan(64, 32))) {
    over_ = true;
    return aborted(Verdict::abort, Cause::wrong_digest, {from});
  }
  const auto u = Scalar::parse(message.subspan(96, 32));
  const auto w = Scalar::parse(message.subspan(128, 32));
  if (!u || !w) {
    over_ = true;
    return aborted(Verdict::abort, Cause::bad_scalar, {from});
  }
  parts_[at] = Part{*u, *w};
  return {};
}

bool EcdsaSigning::has_all() const {
  return std::ranges::all_of(parts_, [](const auto& part) { return part.has_value(); });
}

Attempt<EcdsaSignature> EcdsaSigning::combine() {
  if (over_ || !has_all()) return aborted(Verdict::own, Cause::out_of_turn);
  over_ = true;
  Part sum;
  for (const auto& part : parts_) {
    sum.u = sum.u + part->u;
    sum.w = sum.w + part->w;
  }
  return assemble(sum);
}

Attempt<EcdsaSignature> EcdsaSigning::assemble(const Part& sum) const {
  std::vector<XId> peers;
  std::ranges::copy_if(facts_.ids, std::back_inserter(peers),
                       [this](XId id) { return id != facts_.me; });
  const auto wrong = [&peers] {
    return aborted(Verdict::unattributed, Cause::wrong_signature, peers);
  };
  if (sum.u.is_zero()) return wrong();
  Scalar s = sum.w * Scalar::inverse_var(sum.u);
  if (s.is_zero()) return wrong();
  const auto x = facts_.nonce.xonly();
  const Scalar r = Scalar::from_bytes_reduced(x);
  const bool above_order = !Scalar::parse(x).has_value();
  EcdsaSignature out;
  out.recovery_id = (facts_.nonce.has_even_y() ? 0 : 1) + (above_order ? 2 : 0);
  auto s_bytes = s.encode();
  if (std::ranges::lexicographical_compare(kHalfOrder, s_bytes)) {
    s = -s;
    s_bytes = s.encode();
    out.recovery_id ^= 1;
  }
  std::ranges::copy(r.encode(), out.compact.begin());
  std::ranges::copy(s_bytes, out.compact.begin() + 32);
  // Recovery solves s R = e G + r Q for Q, with R the point the id names: a Q that is our key is
  // the equation of verification, and says that the id is right as well.
  const auto recovered =
      crypto::ecdsa_recover(ByteView(r3_).subspan(64, 32), out.compact, out.recovery_id);
  if (!recovered || *recovered != facts_.public_key) return wrong();
  return out;
}

}  // namespace tally::mpc
