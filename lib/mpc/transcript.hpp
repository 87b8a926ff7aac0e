// The one hash of this library's own protocols: a purpose, then parts, each behind its label and
// its length, so that no two lists of parts hash alike (attack checklist, row 19: "ab","c" is not
// "a","bc"). The version stands in the tag; what a part means stands in its label.
//
//   SHA-256(h || h || (u8 label length, label, u32 part length, part) ...), big-endian,
//   h = SHA-256("tally/mpc/v1/" purpose)
//
// Protocols whose layouts are fixed by others (BIP-340, BIP-445, ChillDKG, RFC 9591, part B of the
// ECDSA specification) hash as these say. One thread; allocates nothing.
#pragma once

#include <string_view>

#include "core/bytes.hpp"
#include "crypto/scalar.hpp"
#include "crypto/sha256.hpp"

namespace tally::mpc {

class Transcript {
 public:
  // Pre: `purpose` and every label are shorter than 64 bytes.
  explicit Transcript(std::string_view purpose);

  Transcript& add(std::string_view label, ByteView part);
  // A number as four bytes.
  Transcript& add(std::string_view label, std::uint32_t number);

  // The digest; the transcript is at its end.
  [[nodiscard]] ByteArray<32> finish() { return state_.finish(); }
  // The digest modulo n, with a bias of about 2^-128. A value drawn from a secret is a secret.
  [[nodiscard]] crypto::Scalar finish_scalar();

 private:
  crypto::Sha256 state_;
};

}  // namespace tally::mpc
