#include "crypto/verify_sums.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/endian.hpp"
#include "core/secret.hpp"
#include "crypto/point_table.hpp"
#include "crypto/sha256.hpp"

namespace tally::crypto {
namespace {

// Parts of a failed sum that are checked singly: pairs go eight at a time, so more of them at once.
constexpr std::size_t kSmallestPairs = 64;
constexpr std::size_t kSmallestSums = 4;
// Below this many pairs the lanes are as fast as a sum.
constexpr std::size_t kFewPairs = 24;

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
  claims_.decode_var(items);
  pairs_.clear();
  sums_.clear();
  direct_.clear();
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    const Claim& claim = claims_.claims()[i];
    verdicts[i] = Verdict::bad;
    if (claim.kind == Claim::Kind::many) sums_.push_back(i);
    if (claim.kind == Claim::Kind::pair) pairs_.push_back(i);
    if (claim.kind == Claim::Kind::ecdsa) (claim.has_r_point ? pairs_ : direct_).push_back(i);
  }
  draw_multipliers();
  if (pairs_.size() < kFewPairs) {
    settle_lanes_var(pairs_);
  } else {
    settle_sum_var(pairs_, kSmallestPairs);
  }
  settle_sum_var(sums_, kSmallestSums);
  settle_lanes_var(direct_);
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

void SumVerifier::settle_sum_var(Indices indices, std::size_t smallest) {
  if (indices.empty()) return;
  if (indices.size() > smallest || smallest == kSmallestPairs) {
    if (sum_vanishes_var(indices)) {
      for (const std::uint32_t i : indices) verdicts_[i] = Verdict::good;
      return;
    }
  }
  if (indices.size() > smallest) {
    const std::size_t middle = indices.size() / 2;
    settle_sum_var(indices.first(middle), smallest);
    settle_sum_var(indices.subspan(middle), smallest);
  } else if (smallest == kSmallestPairs) {
    settle_lanes_var(indices);
  } else {
    for (const std::uint32_t i : indices) {
      verdicts_[i] = vanishes_var(claims_.claims()[i]) ? Verdict::good : Verdict::bad;
    }
  }
}

bool SumVerifier::sum_vanishes_var(Indices indices) {
  msm_.clear();
  Scalar base;
  for (const std::uint32_t i : indices) {
    const Claim& claim = claims_.claims()[i];
    const HalfScalar& z = multipliers_[i];
    const Scalar factor = scalar_of(z);
    base = base + factor * claim.base;
    for (const ClaimTerm& term : claims_.terms(claim)) {
      const AffineWords& point = claims_.point(term);
      if (term.unit == 0) {
        msm_.add(factor * term.factor, point);
      } else {
        msm_.add(HalfScalar{z.low, z.high, term.unit < 0}, point);
      }
    }
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

void SumVerifier::settle_lanes_var(Indices indices) {
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
  if (claim.kind == Claim::Kind::pair) return sum == claims_.point(claims_.terms(claim)[1]);
  // x may be r + n when that is below p.
  return sum.x == claim.r || sum.x == x_above_order_var(claim.r);
}

}  // namespace tally::crypto
