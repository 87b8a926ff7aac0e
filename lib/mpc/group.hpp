// The public half of a t-of-n key, and its canonical encoding.
//
//   offset  bytes
//        0      4  "TGK1": magic and version
//        4      2  t, big-endian
//        6      2  n
//        8     33  group key, compressed
//       41   33 n  public shares of parties 0 .. n-1, compressed
//
// There is one encoding of a group and one group of an encoding: anything shorter, longer or
// otherwise spelled is refused. The digest of the encoding is the identity of the key.
//
// A value that any thread may read. Bounds: 1 <= t <= n and 2 <= n <= 255 (BIP-445 asks 2 <= n).
// With t = 1 every share is the whole key.
#pragma once

#include <span>
#include <vector>

#include "crypto/point.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc {

inline constexpr std::uint32_t kFewestParties = 2;
inline constexpr std::uint32_t kMostParties = 255;

using KeyId = ByteArray<16>;

[[nodiscard]] constexpr bool good_parameters(std::uint32_t t, std::uint32_t n) {
  return n >= kFewestParties && n <= kMostParties && t >= 1 && t <= n;
}

class GroupKey {
 public:
  // Checks the bounds, and that key and shares lie on one polynomial of degree below t: with a
  // polynomial of higher degree the real threshold would be above t. Costs one multiplication a
  // party. Faults: bad_parameters, bad_length, bad_pubshare naming the party, key_mismatch.
  [[nodiscard]] static Outcome<GroupKey> make(std::uint32_t t, std::uint32_t n,
                                              const crypto::Point& key,
                                              std::vector<crypto::Point> pubshares);
  // The same from compressed points.
  [[nodiscard]] static Outcome<GroupKey> make(std::uint32_t t, std::uint32_t n, ByteView key,
                                              std::span<const crypto::PointBytes> pubshares);

  // Faults: bad_length, bad_parameters and those of make.
  [[nodiscard]] static Outcome<GroupKey> decode(ByteView bytes);
  [[nodiscard]] Bytes encode() const;

  // Tagged hash of the encoding, tag "tally/mpc/v1/group".
  [[nodiscard]] ByteArray<32> digest() const;
  // The first 16 bytes of the digest.
  [[nodiscard]] KeyId key_id() const;

  [[nodiscard]] std::uint32_t threshold() const { return t_; }
  [[nodiscard]] std::uint32_t parties() const { return n_; }
  [[nodiscard]] const crypto::Point& key() const { return key_; }
  [[nodiscard]] std::span<const crypto::Point> pubshares() const { return pubshares_; }

 private:
  GroupKey(std::uint32_t t, std::uint32_t n, const crypto::Point& key,
           std::vector<crypto::Point> pubshares)
      : t_(t), n_(n), key_(key), pubshares_(std::move(pubshares)) {}

  std::uint32_t t_;
  std::uint32_t n_;
  crypto::Point key_;
  std::vector<crypto::Point> pubshares_;
};

}  // namespace tally::mpc
