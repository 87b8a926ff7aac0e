// Integers modulo n, the order of secp256k1. Everything runs in constant time but what ends in
// `_var`: no branch and no address depends on the value of a scalar.
//
// Representation: four 64-bit limbs, least significant first, always fully reduced, so that equal
// scalars have equal limbs. A build with TALLY_VERIFY checks this on the way in and out of every
// operation. Products use mulx, adcx and adox where the processor has them, and otherwise no more
// than the portable 64x64 -> 128 multiplication. Sums of products, and vectors of scalars, are
// faster by scalar_sum.hpp and scalar_vector.hpp.
//
// Source: SEC 2, section 2.4.1 (the curve); the reduction by folding with 2^256 - n is our own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/bytes.hpp"
#include "core/secret.hpp"

namespace tally::crypto {

// A plain value. Secrets are held in SecretScalar below; a Scalar never wipes.
class Scalar {
 public:
  using Limbs = std::array<std::uint64_t, 4>;

  constexpr Scalar() = default;  // zero
  constexpr explicit Scalar(std::uint64_t value) : limbs_{value, 0, 0, 0} {}

  // 32 bytes, big-endian. parse refuses values >= n (and no other); from_bytes_reduced takes them
  // modulo n, which is what BIP-340 and BIP-445 do with a hash. Pre: bytes.size() == 32. Whether
  // the value was in range counts as public.
  [[nodiscard]] static std::optional<Scalar> parse(ByteView bytes);
  [[nodiscard]] static Scalar from_bytes_reduced(ByteView bytes);
  [[nodiscard]] ByteArray<32> encode() const;
  // Pre: out.size() == 32. For secrets, so that no copy passes through a temporary.
  void encode_to(MutableByteView out) const;

  [[nodiscard]] bool is_zero() const;

  friend Scalar operator+(const Scalar& a, const Scalar& b);
  friend Scalar operator-(const Scalar& a, const Scalar& b);
  friend Scalar operator*(const Scalar& a, const Scalar& b);
  friend Scalar operator-(const Scalar& a);
  friend bool operator==(const Scalar& a, const Scalar& b);

  // Takes the value of `other` if `flag`, in the same time either way.
  void cmov(const Scalar& other, bool flag);

  // 1/a, and zero for zero, in the same time for every a.
  [[nodiscard]] static Scalar inverse(const Scalar& a);
  // The same in a time that depends on a, about half: for public values only.
  [[nodiscard]] static Scalar inverse_var(const Scalar& a);

  [[nodiscard]] const Limbs& limbs() const { return limbs_; }
  // Pre: below n.
  [[nodiscard]] static Scalar from_limbs(const Limbs& limbs) {
    const Scalar r(limbs);
    r.verify();
    return r;
  }

 private:
  constexpr explicit Scalar(const Limbs& limbs) : limbs_(limbs) {}
  void verify() const;

  Limbs limbs_{};
};

// A scalar that is wiped when it goes and when it is moved from. Move-only. What the compiler
// spills to the stack in between is beyond the reach of a destructor.
class SecretScalar {
 public:
  SecretScalar() = default;
  explicit SecretScalar(const Scalar& value) : value_(value) {}
  SecretScalar(SecretScalar&& other) noexcept : value_(other.value_) { other.wipe(); }
  SecretScalar& operator=(SecretScalar&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      other.wipe();
    }
    return *this;
  }
  SecretScalar(const SecretScalar&) = delete;
  SecretScalar& operator=(const SecretScalar&) = delete;
  ~SecretScalar() { wipe(); }

  [[nodiscard]] const Scalar& value() const { return value_; }
  void wipe() { core::wipe(&value_, sizeof value_); }

 private:
  Scalar value_;
};

}  // namespace tally::crypto
