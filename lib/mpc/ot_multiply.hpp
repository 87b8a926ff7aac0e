// One multiplication between two parties: Alice brings two secrets a_0, a_1, Bob gets a random b,
// and they end with c_k and d_k such that c_k + d_k = a_k b modulo n. Two messages.
//
//   Bob     BobMultiplication::begin  -> 2 570 bytes, and b
//   Alice   AliceMultiplication::check, multiply -> 40 016 bytes, and c
//   Bob     BobMultiplication::finish -> d
//
// Random vector OLE, protocol 5.2 of DKLs23 with its two misprints mended (audit report of Trail of
// Bits, 2024, appendix F): mu takes theta_k for input k, and the third a~ takes a^. Theta comes
// from Alice's own a~, after it is fixed. Fresh salts of both sides enter every hash, so that even
// a repeated session identifier repeats no pad (our own addition).
//
// A false answer is proof that the other side cheated, as far as the channel is trusted: whoever
// gets one burns the pair setup before anything else leaves (ecdsa_presign.hpp does). Constant time
// in all secrets. Objects hold their secrets until they go and wipe them then; nothing is
// allocated. Different objects may run on different threads.
#pragma once

#include <array>

#include "crypto/scalar.hpp"
#include "mpc/dkls_random.hpp"
#include "mpc/ot_extension.hpp"

namespace tally::mpc::dkls {

// The 416 public numbers of one direction of one setup.
using Gadget = std::array<crypto::Scalar, kXi>;
[[nodiscard]] Gadget make_gadget(const ByteArray<32>& setup_id, XId alice);

// ps: what both messages of one multiplication hang on.
[[nodiscard]] ByteArray<32> pair_tag(const ByteArray<32>& sid, XId alice, XId bob,
                                     const ByteArray<32>& setup_id);

// c or d.
struct Products {
  Products() = default;
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;
  ~Products() { core::wipe(&of, sizeof of); }
  std::array<crypto::Scalar, kInputs> of{};
};

class alignas(64) BobMultiplication {
 public:
  // Writes the first message. `alice` is for the draws. Pre: out is kBobBytes.
  void begin(const BobSeeds& seeds, const Gadget& gadget, const ByteArray<32>& pair, XId alice,
             Randomness& random, MutableByteView out);

  [[nodiscard]] const crypto::Scalar& b() const { return b_.value(); }

  // False when Alice's message does not hold together. Pre: message is kAliceBytes.
  [[nodiscard]] bool finish(const Gadget& gadget, ByteView message, Products& d) const;

 private:
  Wiped<Rows> rows_;
  Wiped<ByteArray<kBetaBytes>> beta_;
  crypto::SecretScalar b_;
  ByteArray<32> session_{};   // sB
  ByteArray<32> u_digest_{};  // dU
  ByteArray<32> check_{};     // T
};

class alignas(64) AliceMultiplication {
 public:
  // False when Bob's message is not consistent. Pre: message is kBobBytes.
  [[nodiscard]] bool check(const AliceSeeds& seeds, const ByteArray<32>& pair, ByteView message);

  // Writes the second message. Pre: check() was true, out is kAliceBytes. `bob` is for the draws.
  void multiply(const AliceSeeds& seeds, const Gadget& gadget,
                const std::array<const crypto::Scalar*, kInputs>& inputs, XId bob,
                Randomness& random, MutableByteView out, Products& c) const;

 private:
  Wiped<Rows> rows_;
  ByteArray<32> session_{};
  ByteArray<32> u_digest_{};
  ByteArray<32> check_{};
};

}  // namespace tally::mpc::dkls
