// The one hash of the threshold ECDSA scheme: Th(name; x) = SHA-256(h || h || x) with
// h = SHA-256("tally/mpc/v1/" name). Every name stands in the list below and has one use; what is
// hashed under it has fixed fields, so that no two inputs share an encoding. Any thread; the hash
// state after each h || h is computed once a process.
#pragma once

#include <initializer_list>
#include <span>

#include "core/endian.hpp"
#include "crypto/scalar.hpp"
#include "crypto/sha256.hpp"

namespace tally::mpc::dkls {

enum class Label : std::uint8_t {
  setup,
  hc,
  seed,
  node,
  proof,
  proofs,
  leaf,
  setup_id,
  gadget,
  pair,
  ot_b,
  prg,
  u,
  chi,
  t,
  ot_a,
  alpha,
  atilde,
  theta,
  mu,
  proposal,
  sid,
  com,
  r1,
  zero,
  zero_com,
  presig,
};

// The state that has taken h || h; hash on from a copy.
[[nodiscard]] const crypto::Sha256& midstate(Label label);

[[nodiscard]] ByteArray<32> th(Label label, std::initializer_list<ByteView> parts);
// The same reduced modulo n; the bias is about 2^-127.
[[nodiscard]] crypto::Scalar th_scalar(Label label, std::initializer_list<ByteView> parts);

// An integer as the hash takes it: big-endian.
template <std::unsigned_integral T>
[[nodiscard]] ByteArray<sizeof(T)> be(T value) {
  ByteArray<sizeof(T)> bytes;
  core::store_be(bytes.data(), value);
  return bytes;
}

// The hash state after the label and `parts`: what many inputs share, for crypto::Sha256Batch.
[[nodiscard]] crypto::Sha256 prefix_of(Label label, std::initializer_list<ByteView> parts);

}  // namespace tally::mpc::dkls
