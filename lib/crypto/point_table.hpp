// Multiples of a point that stays: of the generator, of a group's key, of a verification share.
// With such a table u1 * B costs 2 * (128 / window + 1) additions and no doubling of its own.
//
// Two rows of 2^(window - 1) points, one cache line each: of B and of 2^128 * B. 12 bits take 256
// KiB, 15 bits 2 MiB; from there on the memory is huge pages where the host grants them
// (mem/pages.hpp). Built once, read by any thread; public points only. Memory is mapped by make().
#pragma once

#include "core/result.hpp"
#include "crypto/engine.hpp"
#include "crypto/point.hpp"
#include "mem/pages.hpp"

namespace tally::crypto {

class PointTable {
 public:
  // Errors: bad_data for infinity; those of mem::Mapping. Pre: kLeastTableWindow <= window <=
  // kMostTableWindow.
  [[nodiscard]] static Result<PointTable> make(const Point& base, int window);

  // The generator's, of kGeneratorWindow bits, built at the first call. Any thread. Ends the
  // process when there is no memory for it.
  [[nodiscard]] static const PointTable& generator();
  // Measured by `tally-bench run verify.window` on Zen 4: a problem u1 * G + u2 * Q in lanes takes
  // 1.05 of this with 8 bits, between 0.99 and 1.01 with 10 to 14 and 0.97 with 15. The table of 15
  // bits is 2 MiB, which a program that does more than verify does not keep in its cache; 12 bits
  // take 256 KiB, which stays in the second level beside everything else.
  static constexpr int kGeneratorWindow = 12;

  [[nodiscard]] TableView view() const;
  [[nodiscard]] const mem::PageReport& pages() const { return memory_.report(); }

 private:
  PointTable(mem::Mapping memory, int window) : memory_(std::move(memory)), window_(window) {}

  mem::Mapping memory_;
  int window_;
};

// 32 bytes, most significant first, as the words of an engine, which may be p or above.
[[nodiscard]] FieldWords load_words(ByteView bytes);
// Between the point of libsecp256k1 and the words of the engines, infinity included.
[[nodiscard]] AffineWords to_affine(const Point& point);
[[nodiscard]] Point from_affine(const AffineWords& words);

}  // namespace tally::crypto
