// The public half of a t-of-n key, and its canonical encoding.
//
//   offset  bytes
//        0      4  "TGK2": magic and version
//        4      2  schemes that may sign with the key, a sum of Scheme, big-endian
//        6      2  t
//        8      2  n
//       10      4  epoch
//       14     32  chain code of BIP-32
//       46     33  group key, compressed
//       79   33 n  public shares of parties 0 .. n-1, compressed
//
// There is one encoding of a group and one group of an encoding: anything shorter, longer or
// otherwise spelled is refused. Version 1, which knew neither epochs nor a chain code, is refused.
//
// A key keeps its id for ever. Refreshing it, or handing it to other parties, makes new shares of
// the same key under the next epoch; the digest names one epoch of one key, and shares of different
// epochs never sign together.
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

using KeyId = ByteArray<32>;

// What a share may be used for.
enum class Scheme : std::uint16_t {
  schnorr = 1,  // FROST: BIP-445, RFC 9591
  ecdsa = 2,    // DKLs23, after a setup between each pair of parties
};
inline constexpr std::uint16_t kAllSchemes = 3;

// What belongs to a key beside its points.
struct KeyFacts {
  std::uint16_t schemes = kAllSchemes;
  std::uint32_t epoch = 0;
  ByteArray<32> chain_code{};

  bool operator==(const KeyFacts&) const = default;
};

[[nodiscard]] constexpr bool good_parameters(std::uint32_t t, std::uint32_t n) {
  return n >= kFewestParties && n <= kMostParties && t >= 1 && t <= n;
}

class GroupKey {
 public:
  // Checks the bounds, and that key and shares lie on one polynomial of degree below t: with a
  // polynomial of higher degree the real threshold would be above t. Costs one multiplication a
  // party. Faults: bad_parameters (also for schemes that are none or unknown), bad_length,
  // bad_pubshare naming the party, key_mismatch.
  [[nodiscard]] static Outcome<GroupKey> make(std::uint32_t t, std::uint32_t n,
                                              const crypto::Point& key,
                                              std::vector<crypto::Point> pubshares,
                                              const KeyFacts& facts = {});
  // The same from compressed points.
  [[nodiscard]] static Outcome<GroupKey> make(std::uint32_t t, std::uint32_t n, ByteView key,
                                              std::span<const crypto::PointBytes> pubshares,
                                              const KeyFacts& facts = {});

  // Faults: bad_length, bad_parameters and those of make.
  [[nodiscard]] static Outcome<GroupKey> decode(ByteView bytes);
  [[nodiscard]] Bytes encode() const;

  // Tagged hash of the encoding, tag "tally/mpc/v1/group": one epoch of one key.
  [[nodiscard]] ByteArray<32> digest() const;
  // Hash of group key and chain code, "key-id" of mpc/transcript.hpp: the same in every epoch.
  [[nodiscard]] KeyId key_id() const;

  [[nodiscard]] std::uint32_t threshold() const { return t_; }
  [[nodiscard]] std::uint32_t parties() const { return n_; }
  [[nodiscard]] const KeyFacts& facts() const { return facts_; }
  [[nodiscard]] std::uint32_t epoch() const { return facts_.epoch; }
  [[nodiscard]] bool may(Scheme scheme) const {
    return (facts_.schemes & static_cast<std::uint16_t>(scheme)) != 0;
  }
  [[nodiscard]] const crypto::Point& key() const { return key_; }
  [[nodiscard]] std::span<const crypto::Point> pubshares() const { return pubshares_; }

 private:
  GroupKey(std::uint32_t t, std::uint32_t n, const crypto::Point& key,
           std::vector<crypto::Point> pubshares, const KeyFacts& facts)
      : t_(t), n_(n), facts_(facts), key_(key), pubshares_(std::move(pubshares)) {}

  std::uint32_t t_;
  std::uint32_t n_;
  KeyFacts facts_;
  crypto::Point key_;
  std::vector<crypto::Point> pubshares_;
};

}  // namespace tally::mpc
