// Single signatures under a key that stays: with combs of the key and of the generator a
// verification is some 68 additions, without one doubling and without the square root of the key.
// For the key of a group whose signatures pass one by one, or of a peer.
//
// Any thread may use an object. make() maps memory (264 KiB, too little for a huge page); verifying
// allocates nothing. Public data only.
#pragma once

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "crypto/engine.hpp"
#include "crypto/point.hpp"
#include "mem/pages.hpp"

namespace tally::crypto {

// Row j has the multiples 1 .. 128 of 2^(8 * j) * B, one cache line each.
class CombTable {
 public:
  static constexpr int kWindow = 8;
  static constexpr std::size_t kRows = 33;
  static constexpr std::size_t kRowPoints = std::size_t{1} << (kWindow - 1);

  // Errors: bad_data for infinity; those of mem::Mapping.
  [[nodiscard]] static Result<CombTable> make(const Point& base);
  // Fills `rows` with kRows * kRowPoints points. Pre: `base` is not infinity.
  static void fill(const Point& base, AffineWords* rows);
  // The generator's, built at the first call. Ends the process when there is no memory for it.
  [[nodiscard]] static const CombTable& generator();

  [[nodiscard]] const AffineWords* row(std::size_t j) const {
    return reinterpret_cast<const AffineWords*>(memory_.data()) + j * kRowPoints;
  }

 private:
  explicit CombTable(mem::Mapping memory) : memory_(std::move(memory)) {}
  mem::Mapping memory_;
};

class KnownKey {
 public:
  // Errors: those of CombTable::make.
  [[nodiscard]] static Result<KnownKey> make(const Point& key);

  // What schnorr_verify says under the key's x-coordinate, and ecdsa_verify of a compact signature
  // under the key.
  [[nodiscard]] bool schnorr_verify_var(ByteView signature, ByteView message) const;
  [[nodiscard]] bool ecdsa_verify_var(ByteView digest, ByteView signature, bool low_s) const;

 private:
  KnownKey(CombTable table, const Point& key);

  CombTable table_;
  bool even_;
  XonlyBytes xonly_;
};

}  // namespace tally::crypto
