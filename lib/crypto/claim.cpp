#include "crypto/claim.hpp"

#include <algorithm>

#include "crypto/point_table.hpp"
#include "crypto/sha256.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kScalar = 32;
constexpr std::size_t kPoint = 33;

// n, and p - n: an x-coordinate may be r + n only if r is below the latter.
constexpr FieldWords kOrderWords = {0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE,
                                    0xFFFFFFFFFFFFFFFF};
constexpr FieldWords kPrimeLessOrder = {0x402DA1722FC9BAEE, 0x4551231950B75FC4, 1, 0};
constexpr FieldWords kHalfOrder = {0xDFE92F46681B20A0, 0x5D576E7357A4501D, 0xFFFFFFFFFFFFFFFF,
                                   0x7FFFFFFFFFFFFFFF};

bool below(const FieldWords& a, const FieldWords& b) {
  for (std::size_t i = 4; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

FieldWords plus_order(const FieldWords& a) {
  __extension__ typedef unsigned __int128 Wide;
  FieldWords sum;
  Wide carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    carry += Wide{a[i]} + kOrderWords[i];
    sum[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64U;
  }
  return sum;
}

const Sha256& challenge_state() {
  static const Sha256 kState = Sha256::tagged("BIP0340/challenge");
  return kState;
}

}  // namespace

Scalar bip340_challenge(ByteView r, ByteView xonly_key, ByteView message) {
  return Scalar::from_bytes_reduced(tagged_hash(challenge_state(), {r, xonly_key, message}));
}

std::optional<EcdsaNumbers> parse_ecdsa_var(ByteView digest, ByteView signature, bool low_s) {
  if (signature.size() != 2 * kScalar || digest.size() != kScalar) return std::nullopt;
  const auto r = Scalar::parse(signature.first(kScalar));
  const auto s = Scalar::parse(signature.last(kScalar));
  if (!r || !s || r->is_zero() || s->is_zero()) return std::nullopt;
  const bool high = below(kHalfOrder, s->limbs());
  if (high && low_s) return std::nullopt;
  return EcdsaNumbers{*r, high ? -*s : *s, Scalar::from_bytes_reduced(digest), high};
}

std::optional<FieldWords> x_above_order_var(const FieldWords& r) {
  if (!below(r, kPrimeLessOrder)) return std::nullopt;
  return plus_order(r);
}

void ClaimBatch::add_coordinate(const FieldWords& x, bool odd) {
  xs_.push_back(x);
  odd_.push_back(odd ? 1 : 0);
  shared_.push_back(0);
}

bool ClaimBatch::add_compressed(ByteView bytes) {
  if (bytes.size() != kPoint || (bytes[0] != 2 && bytes[0] != 3)) return false;
  add_coordinate(load_words(bytes.subspan(1)), bytes[0] == 3);
  return true;
}

// The factor of the point that is added next.
void ClaimBatch::add_term(Claim& claim, const Scalar& factor, int unit) {
  terms_.push_back({factor, unit, static_cast<std::uint32_t>(xs_.size())});
  ++claim.term_count;
}

void ClaimBatch::add_key_term(Claim& claim, const Scalar& factor, ByteView x, bool odd) {
  const FieldWords words = load_words(x);
  std::uint32_t& recent = recent_[words[0] % recent_.size()];
  if (recent != kNone && xs_[recent] == words && (odd_[recent] != 0) == odd) {
    shared_[recent] = 1;
    terms_.push_back({factor, 0, recent});
    ++claim.term_count;
    return;
  }
  recent = static_cast<std::uint32_t>(xs_.size());
  add_term(claim, factor);
  add_coordinate(words, odd);
}

bool ClaimBatch::add_compressed_key_term(Claim& claim, const Scalar& factor, ByteView bytes) {
  if (bytes.size() != kPoint || (bytes[0] != 2 && bytes[0] != 3)) return false;
  add_key_term(claim, factor, bytes.subspan(1), bytes[0] == 3);
  return true;
}

// A key that came with its y is a point of its own: a wrong y is no matter of others.
bool ClaimBatch::add_sec1_key_term(Claim& claim, const Scalar& factor, ByteView bytes) {
  if (bytes.size() != 65) return add_compressed_key_term(claim, factor, bytes);
  if (bytes[0] != 4) return false;
  full_keys_.push_back({static_cast<std::uint32_t>(xs_.size()), load_words(bytes.last(32))});
  add_term(claim, factor);
  add_coordinate(load_words(bytes.subspan(1, 32)), (bytes[64] & 1U) != 0);
  return true;
}

// K is point 0 of a batch. A key of 65 bytes is left to the others: its y wants a look.
bool ClaimBatch::is_known(ByteView sec1_key) const {
  return !known_key_.empty() && sec1_key.size() == kPoint &&
         (sec1_key[0] == 2 || sec1_key[0] == 3) &&
         std::equal(known_key_.begin(), known_key_.end(), sec1_key.begin() + 1);
}

void ClaimBatch::add_known_term(Claim& claim, const Scalar& factor) {
  claim.by_known_key = true;
  terms_.push_back({factor, 0, 0});
  ++claim.term_count;
}

bool ClaimBatch::decode_ecdsa(const VerifyItem& item, Claim& claim) {
  const bool recoverable = item.signature.size() == 65;
  if (ecdsa_whole_ && !recoverable && !is_known(item.key)) {
    claim.kind = Claim::Kind::whole;
    return true;
  }
  if (recoverable && item.signature[64] > 3) return false;
  const ByteView pair = recoverable ? item.signature.first(64) : item.signature;
  const auto numbers = parse_ecdsa_var(item.message, pair, item.low_s);
  if (!numbers) return false;
  claim.kind = Claim::Kind::ecdsa;
  claim.r = numbers->r.limbs();
  if (is_known(item.key)) {
    pending_.push_back({static_cast<std::uint32_t>(claims_.size()), *numbers, item.key[0] == 3});
    add_known_term(claim, Scalar());
    return true;
  }
  if (!add_sec1_key_term(claim, Scalar(), item.key)) return false;
  pending_.push_back({static_cast<std::uint32_t>(claims_.size()), *numbers, false});
  if (recoverable) add_r_point(claim, item.signature[64], numbers->flipped);
  return true;
}

// R by the recovery id, whose bit 0 is the parity of y and bit 1 says that x is r + n.
void ClaimBatch::add_r_point(Claim& claim, unsigned id, bool flipped) {
  const std::optional<FieldWords> x =
      (id & 2U) != 0 ? x_above_order_var(claim.r) : std::optional(claim.r);
  if (!x) return;
  claim.has_r_point = true;
  add_term(claim, -Scalar(1), -1);
  add_coordinate(*x, ((id & 1U) != 0) != flipped);
}

bool ClaimBatch::decode_bip340(const VerifyItem& item, Claim& claim) {
  if (item.signature.size() != 64 || item.key.size() != 32) return false;
  const auto s = Scalar::parse(item.signature.last(kScalar));
  if (!s) return false;
  const ByteView r = item.signature.first(32);
  claim.base = *s;
  if (known_schnorr_ && !known_key_.empty() &&
      std::equal(known_key_.begin(), known_key_.end(), item.key.begin())) {
    claim.kind = Claim::Kind::known;
    claim.r = load_words(r);
    add_known_term(claim, -bip340_challenge(r, item.key, item.message));
    return true;
  }
  claim.kind = Claim::Kind::pair;
  add_key_term(claim, -bip340_challenge(r, item.key, item.message), item.key, false);
  add_term(claim, -Scalar(1), -1);
  add_coordinate(load_words(r), false);
  return true;
}

bool ClaimBatch::decode_partial(const VerifyItem& item, Claim& claim) {
  if (item.signature.size() != kScalar || item.message.size() != 2 * kPoint + 2 * kScalar + 1)
    return false;
  const auto s = Scalar::parse(item.signature);
  const auto b = Scalar::parse(item.message.subspan(2 * kPoint, kScalar));
  const auto c = Scalar::parse(item.message.subspan(2 * kPoint + kScalar, kScalar));
  const std::uint8_t sign = item.message.back();
  if (!s || !b || !c || sign > 1) return false;
  claim.kind = Claim::Kind::many;
  claim.base = *s;
  if (!add_compressed_key_term(claim, -*c, item.key)) return false;
  add_term(claim, sign == 1 ? Scalar(1) : -Scalar(1), sign == 1 ? 1 : -1);
  if (!add_compressed(item.message.first(kPoint))) return false;
  add_term(claim, sign == 1 ? *b : -*b);
  return add_compressed(item.message.subspan(kPoint, kPoint));
}

bool ClaimBatch::decode_dlog(const VerifyItem& item, Claim& claim) {
  if (item.signature.size() != kPoint + kScalar || item.message.size() != kScalar) return false;
  const auto s = Scalar::parse(item.signature.last(kScalar));
  const auto e = Scalar::parse(item.message);
  if (!s || !e) return false;
  claim.kind = Claim::Kind::pair;
  claim.base = *s;
  if (!add_compressed_key_term(claim, -*e, item.key)) return false;
  add_term(claim, -Scalar(1), -1);
  return add_compressed(item.signature.first(kPoint));
}

bool ClaimBatch::decode_feldman(const VerifyItem& item, Claim& claim) {
  if (item.signature.size() != kScalar || item.message.size() != kScalar || item.threshold == 0 ||
      item.key.size() != item.threshold * kPoint) {
    return false;
  }
  const auto s = Scalar::parse(item.signature);
  const auto x = Scalar::parse(item.message);
  if (!s || !x) return false;
  claim.kind = Claim::Kind::many;
  claim.base = *s;
  Scalar power(1);
  for (std::size_t k = 0; k < item.threshold; ++k) {
    add_term(claim, -power, k == 0 ? -1 : 0);
    if (!add_compressed(item.key.subspan(k * kPoint, kPoint))) return false;
    power = power * *x;
  }
  return true;
}

bool ClaimBatch::decode_one(const VerifyItem& item, Claim& claim) {
  switch (item.scheme) {
    case Scheme::ecdsa:
      return decode_ecdsa(item, claim);
    case Scheme::bip340:
      return decode_bip340(item, claim);
    case Scheme::partial:
      return decode_partial(item, claim);
    case Scheme::dlog:
      return decode_dlog(item, claim);
    case Scheme::feldman:
      return decode_feldman(item, claim);
  }
  return false;
}

void ClaimBatch::decode_var(std::span<const VerifyItem> items, bool known_schnorr) {
  known_schnorr_ = known_schnorr;
  claims_.clear();
  terms_.clear();
  xs_.clear();
  odd_.clear();
  shared_.clear();
  recent_.fill(kNone);
  pending_.clear();
  full_keys_.clear();
  if (!known_key_.empty()) add_coordinate(load_words(known_key_), false);
  for (const VerifyItem& item : items) {
    Claim claim;
    claim.first_term = static_cast<std::uint32_t>(terms_.size());
    const std::size_t points_before = xs_.size();
    const std::size_t full_before = full_keys_.size();
    if (!decode_one(item, claim)) {
      claim.kind = Claim::Kind::broken;
      claim.term_count = 0;
      terms_.resize(claim.first_term);
      xs_.resize(points_before);
      odd_.resize(points_before);
      shared_.resize(points_before);
      for (std::uint32_t& recent : recent_) {
        if (recent >= points_before) recent = kNone;
      }
      full_keys_.resize(full_before);
    }
    claims_.push_back(claim);
  }
  lift();
  settle_points();
  settle_ecdsa();
}

void ClaimBatch::lift() {
  points_.resize(xs_.size());
  if (xs_.empty()) return;
  static_assert(sizeof(bool) == 1);
  engine_->lift_x(xs_.data(), reinterpret_cast<const bool*>(odd_.data()), xs_.size(),
                  points_.data());
  for (const FullKey& key : full_keys_) {
    if (points_[key.point].y != key.y) points_[key.point] = {};
  }
}

// A claim with a point that is not on the curve is broken, but for the R of an ECDSA signature,
// which a wrong recovery id may have made up.
void ClaimBatch::settle_points() {
  for (Claim& claim : claims_) {
    if (claim.kind == Claim::Kind::broken) continue;
    if (claim.has_r_point && point(terms(claim)[1]).is_infinity()) {
      claim.has_r_point = false;
      claim.term_count = 1;
    }
    const auto all = terms(claim);
    const bool whole = std::none_of(all.begin(), all.end(), [this](const ClaimTerm& term) {
      return point(term).is_infinity();
    });
    if (!whole) claim.kind = Claim::Kind::broken;
  }
}

// u1 = digest / s and u2 = r / s, with one inversion for all s.
void ClaimBatch::settle_ecdsa() {
  if (pending_.empty()) return;
  products_.clear();
  Scalar product(1);
  for (const Pending& one : pending_) {
    products_.push_back(product);
    product = product * one.numbers.s;
  }
  Scalar inverse = Scalar::inverse_var(product);
  for (std::size_t i = pending_.size(); i-- > 0;) {
    const Pending& one = pending_[i];
    const Scalar own = inverse * products_[i];
    inverse = inverse * one.numbers.s;
    Claim& claim = claims_[one.claim];
    if (claim.kind == Claim::Kind::broken) continue;
    claim.base = one.numbers.digest * own;
    const Scalar factor = one.numbers.r * own;
    terms_[claim.first_term].factor = one.negative ? -factor : factor;
  }
}

}  // namespace tally::crypto
