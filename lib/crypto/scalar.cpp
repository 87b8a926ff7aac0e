#include "crypto/scalar.hpp"

#include <cstdio>
#include <cstdlib>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/scalar_limbs.hpp"

namespace tally::crypto {
namespace {

using limbs::kOrder;
using limbs::mask_from;
using limbs::select;
using Limbs = Scalar::Limbs;

std::uint64_t is_zero_bit(const Limbs& a) {
  const std::uint64_t any = a[0] | a[1] | a[2] | a[3];
  return 1U ^ ((any | (0 - any)) >> 63U);
}

Limbs load(ByteView bytes) {
  Limbs limbs;
  for (std::size_t i = 0; i < 4; ++i)
    limbs[3 - i] = core::load_be<std::uint64_t>(bytes.data() + 8 * i);
  return limbs;
}

}  // namespace

void limbs::multiply_reduced_portable(Limbs& r, const Limbs& a, const Limbs& b) {
  Product wide;
  multiply_portable(wide, a, b);
  r = reduce(wide);
}

void Scalar::verify() const {
#ifdef TALLY_VERIFY
  Limbs ignored;
  if (declassified(limbs::sub(ignored, limbs_, kOrder)) == 0) {
    std::fputs("a scalar is not reduced\n", stderr);
    std::abort();
  }
#endif
}

std::optional<Scalar> Scalar::parse(ByteView bytes) {
  const Limbs limbs = load(bytes);
  Limbs ignored;
  if (declassified(limbs::sub(ignored, limbs, kOrder)) == 0) return std::nullopt;
  return Scalar(limbs);
}

Scalar Scalar::from_bytes_reduced(ByteView bytes) {
  const Scalar r(limbs::reduce_once(load(bytes), 0));
  r.verify();
  return r;
}

ByteArray<32> Scalar::encode() const {
  ByteArray<32> bytes;
  encode_to(bytes);
  return bytes;
}

void Scalar::encode_to(MutableByteView out) const {
  verify();
  for (std::size_t i = 0; i < 4; ++i) core::store_be(out.data() + 8 * i, limbs_[3 - i]);
}

bool Scalar::is_zero() const {
  verify();
  return is_zero_bit(limbs_) != 0;
}

Scalar operator+(const Scalar& a, const Scalar& b) {
  a.verify();
  b.verify();
  Limbs sum;
  const std::uint64_t carry = limbs::add(sum, a.limbs_, b.limbs_);
  const Scalar r(limbs::reduce_once(sum, carry));
  r.verify();
  return r;
}

Scalar operator-(const Scalar& a, const Scalar& b) {
  a.verify();
  b.verify();
  Limbs difference;
  const std::uint64_t borrow = limbs::sub(difference, a.limbs_, b.limbs_);
  Limbs raised;
  limbs::add(raised, difference, kOrder);
  const Scalar r(select(difference, raised, mask_from(borrow)));
  r.verify();
  return r;
}

Scalar operator*(const Scalar& a, const Scalar& b) {
  a.verify();
  b.verify();
  Scalar r;
  if (limbs::has_mulx()) {
    limbs::multiply_reduced_mulx(r.limbs_, a.limbs_, b.limbs_);
  } else {
    limbs::multiply_reduced_portable(r.limbs_, a.limbs_, b.limbs_);
  }
  r.verify();
  return r;
}

Scalar operator-(const Scalar& a) {
  return Scalar() - a;
}

bool operator==(const Scalar& a, const Scalar& b) {
  Limbs difference;
  for (std::size_t i = 0; i < 4; ++i) difference[i] = a.limbs_[i] ^ b.limbs_[i];
  return is_zero_bit(difference) != 0;
}

void Scalar::cmov(const Scalar& other, bool flag) {
  limbs_ = select(limbs_, other.limbs_, mask_from(static_cast<std::uint64_t>(flag)));
  verify();
}

}  // namespace tally::crypto
