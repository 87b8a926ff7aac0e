#include "crypto/verify_sums.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/endian.hpp"
#include "core/secret.hpp"
#include "crypto/point_table.hpp"
#include "crypto/sha256_batch.hpp"

namespace tally::crypto {
namespace {

// A failed sum of pairs is tried again in parts of so many, and what fails then goes into the
// lanes: one bad item of a thousand or more costs as much as by halving, many bad ones much less.
constexpr std::size_t kPartPairs = 256;
// Parts of other failed sums that are checked singly.
constexpr std::size_t kSmallestSums = 4;
// Below this many pairs the lanes are as fast as a sum.
constexpr std::size_t kFewPairs = 24;
// From so many on, Schnorr signatures under the key that has a table are faster in a sum: measured
// on Zen 4, 0.95 of the time in lanes and 0.90 in portable code; 1.12 and 1.06 for half as many.
constexpr std::size_t kManyKnown = 64;
// After a batch with more bad pairs than one in so many, sums would mostly fail.
constexpr std::size_t kOftenBad = 512;

template <typename T>
ByteView raw(const T& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

Scalar scalar_of(const HalfScalar& half) {
  ByteArray<32> bytes{};
  core::store_be(bytes.data() + 16, half.high);
  core::store_be(bytes.data() + 24, half.low);
  return Scalar::from_bytes_reduced(bytes);
}

}  // namespace

void SumVerifier::verify_var(std::span<const VerifyItem> items, std::span<Verdict> verdicts) {
  items_ = items;
  verdicts_ = verdicts;
  claims_.decode_var(items, often_bad_ || items.size() < kManyKnown);
  pairs_.clear();
  sums_.clear();
  direct_.clear();
  known_.clear();
  whole_.clear();
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    const Claim& claim = claims_.claims()[i];
    verdicts[i] = Verdict::bad;
    if (claim.kind != Claim::Kind::broken && claim.by_known_key) {
      known_.push_back(i);
      continue;
    }
    if (claim.kind == Claim::Kind::whole) whole_.push_back(i);
    if (claim.kind == Claim::Kind::many) sums_.push_back(i);
    if (claim.kind == Claim::Kind::pair) pairs_.push_back(i);
    if (claim.kind == Claim::Kind::ecdsa) (claim.has_r_point ? pairs_ : direct_).push_back(i);
  }
  draw_multipliers();
  if (pairs_.size() < kFewPairs || often_bad_) {
    settle_lanes_var(pairs_);
  } else {
    settle_pairs_var(pairs_);
  }
  settle_sum_var(sums_);
  settle_lanes_var(direct_);
  settle_known_var(known_);
  settle_singly_var(whole_);
  count_bad();
}

// Counts what a sum would have held, whoever settled it.
void SumVerifier::count_bad() {
  std::size_t all = 0;
  std::size_t bad = 0;
  const auto count = [&](std::uint32_t i) {
    ++all;
    if (verdicts_[i] == Verdict::bad) ++bad;
  };
  for (const std::uint32_t i : pairs_) count(i);
  for (const std::uint32_t i : known_) {
    if (claims_.claims()[i].kind == Claim::Kind::known) count(i);
  }
  if (all >= kFewPairs) often_bad_ = bad * kOftenBad > all;
}

void SumVerifier::know(const std::shared_ptr<const KeyTable>& table) {
  table_ = table;
  claims_.know(table_ == nullptr ? ByteView() : table_->key());
}

// Adds k * B by the rows of the table that begin at `first_point`.
void SumVerifier::add_comb_var(std::size_t first_point, const Scalar& k) {
  constexpr std::size_t kDigits = 128 / CombTable::kWindow + 1;
  const ScalarWords words = split_words_var(k);
  for (const HalfScalar* const half : {&words.low, &words.high}) {
    std::array<std::int16_t, kDigits> digits;
    signed_digits_var(*half, CombTable::kWindow, digits.data(), 1);
    const std::size_t first_row = half == &words.low ? 0 : kDigits - 1;
    for (std::size_t j = 0; j < kDigits; ++j) {
      const int digit = digits[j];
      if (digit == 0) continue;
      const auto index = static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1;
      const auto ref =
          static_cast<PointRef>(first_point + (first_row + j) * CombTable::kRowPoints + index);
      many_.add(digit < 0 ? ref | kNegativeRef : ref);
    }
  }
}

void SumVerifier::settle_known_var(Indices indices) {
  // What is added up stays in the second level of the cache beside the table.
  constexpr std::size_t kAtOnce = 64;
  for (std::size_t at = 0; at < indices.size(); at += kAtOnce) {
    const Indices some = indices.subspan(at, std::min(kAtOnce, indices.size() - at));
    many_.clear();
    for (const std::uint32_t i : some) {
      const Claim& claim = claims_.claims()[i];
      many_.begin();
      add_comb_var(0, claim.base);
      add_comb_var(KeyTable::kCombPoints, claims_.terms(claim)[0].factor);
    }
    const auto sums = many_.sum_var(table_->points());
    for (std::size_t k = 0; k < some.size(); ++k) {
      const Claim& claim = claims_.claims()[some[k]];
      verdicts_[some[k]] = holds(claim, sums[k]) ? Verdict::good : Verdict::bad;
    }
  }
}

void SumVerifier::draw_multipliers() {
  multipliers_.assign(items_.size(), {1, 0, false});
  if (pairs_.size() + sums_.size() < 2) return;
  Sha256 all;
  for (const Claim& claim : claims_.claims()) {
    all.update(raw(claim.base.limbs())).update(raw(claim.term_count));
    for (const ClaimTerm& term : claims_.terms(claim)) {
      const AffineWords& point = claims_.point(term);
      all.update(raw(term.factor.limbs())).update(raw(point.x)).update(raw(point.y));
    }
  }
  ByteArray<32> fresh;
  core::random_bytes(fresh);
  const ByteArray<32> seed = all.update(fresh).finish();
  Bytes messages(8 * items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i)
    core::store_be(&messages[8 * i], std::uint64_t{i});
  Bytes digests(32 * items_.size());
  sha256_batch(Sha256().update(seed), messages, 8, digests);
  for (std::size_t i = 1; i < items_.size(); ++i) {
    HalfScalar& z = multipliers_[i];
    z.low = core::load_be<std::uint64_t>(&digests[32 * i]);
    z.high = core::load_be<std::uint64_t>(&digests[32 * i + 8]);
    if (z.is_zero()) z.low = 1;
  }
}

bool SumVerifier::settle_good_var(Indices indices) {
  if (!sum_vanishes_var(indices)) return false;
  for (const std::uint32_t i : indices) verdicts_[i] = Verdict::good;
  return true;
}

void SumVerifier::settle_pairs_var(Indices indices) {
  if (settle_good_var(indices)) return;
  if (indices.size() <= kPartPairs) {
    settle_lanes_var(indices);
    return;
  }
  for (std::size_t at = 0; at < indices.size(); at += kPartPairs) {
    settle_pairs_var(indices.subspan(at, std::min(kPartPairs, indices.size() - at)));
  }
}

void SumVerifier::settle_sum_var(Indices indices) {
  if (indices.size() > kSmallestSums) {
    if (settle_good_var(indices)) return;
    const std::size_t middle = indices.size() / 2;
    settle_sum_var(indices.first(middle));
    settle_sum_var(indices.subspan(middle));
    return;
  }
  for (const std::uint32_t i : indices) {
    verdicts_[i] = vanishes_var(claims_.claims()[i]) ? Verdict::good : Verdict::bad;
  }
}

bool SumVerifier::sum_vanishes_var(Indices indices) {
  msm_.clear();
  shared_terms_.clear();
  shared_factors_.resize(claims_.point_count());
  Scalar base;
  for (const std::uint32_t i : indices) {
    const Claim& claim = claims_.claims()[i];
    const HalfScalar& z = multipliers_[i];
    const Scalar factor = scalar_of(z);
    base = base + factor * claim.base;
    for (const ClaimTerm& term : claims_.terms(claim)) {
      const AffineWords& point = claims_.point(term);
      if (term.unit != 0) {
        msm_.add(HalfScalar{z.low, z.high, term.unit < 0}, point);
      } else if (claims_.is_shared(term)) {
        Scalar& total = shared_factors_[term.point];
        if (total.is_zero()) shared_terms_.push_back(term);
        total = total + factor * term.factor;
      } else {
        msm_.add(factor * term.factor, point);
      }
    }
  }
  // What was back at zero in between stands there twice, and adds nothing the second time.
  for (const ClaimTerm& term : shared_terms_) {
    msm_.add(shared_factors_[term.point], claims_.point(term));
    shared_factors_[term.point] = Scalar();
  }
  msm_.add(base, PointTable::generator().view().low[0]);
  return msm_.sum_var().is_infinity();
}

bool SumVerifier::vanishes_var(const Claim& claim) {
  msm_.clear();
  msm_.add(claim.base, PointTable::generator().view().low[0]);
  for (const ClaimTerm& term : claims_.terms(claim)) {
    if (term.unit == 0) {
      msm_.add(term.factor, claims_.point(term));
    } else {
      msm_.add(HalfScalar{1, 0, term.unit < 0}, claims_.point(term));
    }
  }
  return msm_.sum_var().is_infinity();
}

void SumVerifier::settle_singly_var(Indices indices) {
  for (const std::uint32_t i : indices) verdicts_[i] = verify_singly_var(items_[i]);
}

void SumVerifier::settle_lanes_var(Indices indices) {
  if (singly_ == Singly::libsecp) return settle_singly_var(indices);
  constexpr std::size_t kAtOnce = 8 * Engine::kMostBlocks;
  for (std::size_t at = 0; at < indices.size(); at += kAtOnce) {
    settle_blocks_var(indices.subspan(at, std::min(kAtOnce, indices.size() - at)));
  }
}

void SumVerifier::settle_blocks_var(Indices indices) {
  const TableView base = PointTable::generator().view();
  blocks_.resize((indices.size() + 7) / 8);
  for (std::size_t at = 0; at < 8 * blocks_.size(); ++at) {
    // Lanes that are left over do the last item again.
    const Claim& claim = claims_.claims()[indices[std::min(at, indices.size() - 1)]];
    const ClaimTerm& term = claims_.terms(claim)[0];
    DoubleMulBlock& block = blocks_[at / 8];
    const std::size_t lane = at % 8;
    block.point[lane] = claims_.point(term);
    const SplitScalar own = split_endomorphism_var(term.factor);
    const ScalarWords words = split_words_var(claim.base);
    signed_digits_var(own.first, kPointWindow, &block.own[0][0][lane], 8);
    signed_digits_var(own.second, kPointWindow, &block.own[1][0][lane], 8);
    signed_digits_var(words.low, base.window, &block.base[0][0][lane], 8);
    signed_digits_var(words.high, base.window, &block.base[1][0][lane], 8);
  }
  std::array<AffineWords, 8 * Engine::kMostBlocks> out;
  std::array<bool, 8 * Engine::kMostBlocks> exceptional{};
  engine_->double_mul(blocks_.data(), blocks_.size(), base, out.data(), exceptional.data());
  for (std::size_t at = 0; at < indices.size(); ++at) {
    const std::uint32_t i = indices[at];
    if (exceptional[at]) {
      verdicts_[i] = verify_singly_var(items_[i]);
    } else {
      verdicts_[i] = holds(claims_.claims()[i], out[at]) ? Verdict::good : Verdict::bad;
    }
  }
}

// Whether base * G + k * P came out as it should.
bool SumVerifier::holds(const Claim& claim, const AffineWords& sum) const {
  if (sum.is_infinity()) return false;
  if (claim.kind == Claim::Kind::known) return sum.x == claim.r && (sum.y[0] & 1U) == 0;
  if (claim.kind == Claim::Kind::pair) return sum == claims_.point(claims_.terms(claim)[1]);
  // x may be r + n when that is below p.
  return sum.x == claim.r || sum.x == x_above_order_var(claim.r);
}

}  // namespace tally::crypto
