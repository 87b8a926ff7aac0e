// Items, decoded: each becomes a claim that a sum of multiples of points is infinity,
//
//     base * G + sum of k_i * P_i = 0
//
// or, for ECDSA without a usable recovery id, that base * G + k * Q has an x-coordinate equal to r
// modulo n. Decoding is what every item passes singly before it meets others (range, shape, points
// on the curve); the square roots of all points of a batch and the inverses of all s are shared.
// A key that several items name is one point, as long as not too many others come between them.
//
// Public data only. An object belongs to one thread and keeps its memory from batch to batch.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "crypto/engine.hpp"
#include "crypto/scalar.hpp"
#include "crypto/verify_item.hpp"

namespace tally::crypto {

struct ClaimTerm {
  Scalar factor;
  int unit = 0;  // 1 or -1 when the factor is just that, which a short multiplier can use
  std::uint32_t point = 0;
};

struct Claim {
  enum class Kind : std::uint8_t {
    pair,   // base * G + k * P - R = 0: terms are (k, P) and (-1, R)
    many,   // any other sum
    known,  // base * G + k * K has x = r and an even y, K the key that is known
    ecdsa,  // x(base * G + k * Q) = r modulo n: one term, and R as second one if `has_r_point`
    whole,  // left as it came, to libsecp256k1
    broken  // did not decode
  };
  Kind kind = Kind::broken;
  bool has_r_point = false;
  bool by_known_key = false;  // of the kinds known and ecdsa; the only term is of K
  std::uint32_t first_term = 0;
  std::uint32_t term_count = 0;
  Scalar base;
  FieldWords r{};  // known, ecdsa
};

// e of BIP-340: the tagged hash of R.x, P.x and the message, modulo n.
[[nodiscard]] Scalar bip340_challenge(ByteView r, ByteView xonly_key, ByteView message);

// The numbers of a compact signature r || s over a digest of 32 bytes. None when one is out of
// range or zero, or s is high and `low_s`; without low_s, a high s becomes n - s, and `flipped`.
struct EcdsaNumbers {
  Scalar r, s, digest;
  bool flipped = false;
};
[[nodiscard]] std::optional<EcdsaNumbers> parse_ecdsa_var(ByteView digest, ByteView signature,
                                                          bool low_s);

// r + n, when it is an x-coordinate (below p).
[[nodiscard]] std::optional<FieldWords> x_above_order_var(const FieldWords& r);

class ClaimBatch {
 public:
  explicit ClaimBatch(const Engine& engine) : engine_(&engine) {}

  // Signatures under this x-coordinate are decoded for whoever has a table of it: without R, and
  // with its point of even y as K. Not owned; empty for none.
  void know(ByteView xonly_key) { known_key_ = xonly_key; }

  // ECDSA signatures that nobody sums up, and no table is for, are left as they came.
  void leave_ecdsa_whole() { ecdsa_whole_ = true; }

  // claims()[i] belongs to items[i]. `known_schnorr`: Schnorr signatures under the known key are
  // for the table as well, and not pairs as those under others.
  void decode_var(std::span<const VerifyItem> items, bool known_schnorr);

  [[nodiscard]] std::span<const Claim> claims() const { return claims_; }
  [[nodiscard]] std::span<const ClaimTerm> terms(const Claim& claim) const {
    return std::span(terms_).subspan(claim.first_term, claim.term_count);
  }
  [[nodiscard]] const AffineWords& point(const ClaimTerm& term) const {
    return points_[term.point];
  }
  [[nodiscard]] std::size_t point_count() const { return points_.size(); }
  // Whether the term's point is one of several terms.
  [[nodiscard]] bool is_shared(const ClaimTerm& term) const { return shared_[term.point] != 0; }

 private:
  bool decode_ecdsa(const VerifyItem& item, Claim& claim);
  bool decode_bip340(const VerifyItem& item, Claim& claim);
  bool decode_partial(const VerifyItem& item, Claim& claim);
  bool decode_dlog(const VerifyItem& item, Claim& claim);
  bool decode_feldman(const VerifyItem& item, Claim& claim);
  bool decode_one(const VerifyItem& item, Claim& claim);

  void add_r_point(Claim& claim, unsigned id, bool flipped);
  [[nodiscard]] bool is_known(ByteView sec1_key) const;
  void add_known_term(Claim& claim, const Scalar& factor);
  bool add_compressed(ByteView bytes);
  void add_coordinate(const FieldWords& x, bool odd);
  void add_key_term(Claim& claim, const Scalar& factor, ByteView x, bool odd);
  bool add_compressed_key_term(Claim& claim, const Scalar& factor, ByteView bytes);
  bool add_sec1_key_term(Claim& claim, const Scalar& factor, ByteView bytes);
  void add_term(Claim& claim, const Scalar& factor, int unit = 0);

  void lift();
  void settle_points();
  void settle_ecdsa();

  struct Pending {  // an ECDSA claim that waits for 1 / s
    std::uint32_t claim;
    EcdsaNumbers numbers;
    bool negative = false;  // the key is the negative of K
  };
  struct FullKey {  // a key that came with its y
    std::uint32_t point;
    FieldWords y;
  };

  const Engine* engine_;
  ByteView known_key_;
  bool known_schnorr_ = false;
  bool ecdsa_whole_ = false;
  std::vector<Claim> claims_;
  std::vector<ClaimTerm> terms_;
  std::vector<FieldWords> xs_;
  std::vector<std::uint8_t> odd_;
  std::vector<std::uint8_t> shared_;
  // The last key by some bits of its x, where there was one in this batch. Whoever makes keys that
  // displace each other gains nothing but that they are points of their own.
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::array<std::uint32_t, 64> recent_{};
  std::vector<AffineWords> points_;
  std::vector<Pending> pending_;
  std::vector<FullKey> full_keys_;
  std::vector<Scalar> products_;
};

}  // namespace tally::crypto
