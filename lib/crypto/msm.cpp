#include "crypto/msm.hpp"

#include <algorithm>
#include <array>

#include "crypto/field_5x52.hpp"
#include "crypto/field_chains.hpp"
#include "crypto/group_formulas.hpp"

namespace tally::crypto {
namespace {

using Sum = Group<Portable>;
using Fe = Portable::Fe;

AffineWords to_affine(const Sum& sum) {
  AffineWords words;
  if (sum.infinite) return words;
  const Fe inverse = field_inverse(sum.point.z);
  const Fe square = sqr(inverse);
  field_to_words(mul(sum.point.x, square), words.x.data());
  field_to_words(mul(sum.point.y, mul(square, inverse)), words.y.data());
  return words;
}

void add_words(Sum& sum, const AffineWords& words, bool negative) {
  sum.add_affine(Portable::from_words(words.x), Portable::from_words(words.y), true, negative);
}

AffineWords negated(const AffineWords& point) {
  if (point.is_infinity()) return point;
  AffineWords out = point;
  field_to_words(negate(Portable::from_words(point.y)), out.y.data());
  return out;
}

// The digits of a half in wNAF of width 5: odd or zero, low digit first, at most 130.
constexpr int kNafWidth = 5;
constexpr std::size_t kOddMultiples = std::size_t{1} << (kNafWidth - 2);
using NafDigits = std::array<std::int16_t, 132>;

NafDigits naf_of(const HalfScalar& k) {
  __extension__ typedef unsigned __int128 Wide;
  NafDigits digits{};
  Wide rest = Wide{k.high} << 64U | k.low;
  bool above = false;  // rest has a bit 128
  for (std::size_t i = 0; rest != 0 || above; ++i) {
    int digit = 0;
    if ((rest & 1U) != 0) {
      digit = static_cast<int>(static_cast<unsigned>(rest) & 31U);
      if (digit >= 16) digit -= 32;
      const Wide before = rest;
      rest -= static_cast<Wide>(digit);
      if (digit < 0 && rest < before) above = true;
    }
    digits[i] = static_cast<std::int16_t>(k.negative ? -digit : digit);
    rest = rest >> 1U | static_cast<Wide>(above) << 127U;
    above = false;
  }
  return digits;
}

// P, 3P, .. 15P.
void odd_multiples(const AffineWords& point, AffineWords* out) {
  Sum twice;
  add_words(twice, point, false);
  Sum multiple = twice;
  twice.double_it();
  std::array<Sum, kOddMultiples> all;
  std::array<Fe, kOddMultiples> inverses;
  std::array<Fe, kOddMultiples> scratch;
  for (std::size_t i = 0; i < kOddMultiples; ++i) {
    if (i > 0) multiple.add(twice);
    all[i] = multiple;
    inverses[i] = multiple.point.z;
  }
  field_inverse_all(inverses.data(), kOddMultiples, scratch.data());
  for (std::size_t i = 0; i < kOddMultiples; ++i) {
    const Fe square = sqr(inverses[i]);
    field_to_words(mul(all[i].point.x, square), out[i].x.data());
    field_to_words(mul(all[i].point.y, mul(square, inverses[i])), out[i].y.data());
  }
}

// The window with the least work, in additions of a lane: a point is merged at 7 multiplications a
// window, a bucket costs 27, and lanes are as many windows as their width divides.
int best_window(std::size_t halves, std::size_t lanes) {
  int best = 4;
  std::size_t least = ~std::size_t{0};
  for (int window = 4; window <= 14; ++window) {
    const auto windows = static_cast<unsigned>(128 / window + 1);
    const std::size_t in_lanes = (windows + lanes - 1) / lanes * lanes;
    const std::size_t work =
        7 * halves * windows + (in_lanes * 28 << static_cast<unsigned>(window - 1));
    if (work < least) {
      least = work;
      best = window;
    }
  }
  return best;
}

}  // namespace

void Msm::clear() {
  full_.clear();
  full_scalars_.clear();
  short_.clear();
  short_scalars_.clear();
}

void Msm::add(const Scalar& k, const AffineWords& point) {
  if (k.is_zero() || point.is_infinity()) return;
  full_.push_back(point);
  full_scalars_.push_back(split_endomorphism_var(k));
}

void Msm::add(const HalfScalar& k, const AffineWords& point) {
  if (k.is_zero() || point.is_infinity()) return;
  short_.push_back(point);
  short_scalars_.push_back(k);
}

void Msm::join_halves() {
  const std::size_t full = full_.size();
  points_.resize(2 * full + short_.size());
  halves_.clear();
  std::copy(full_.begin(), full_.end(), points_.begin());
  if (full > 0) engine_->endomorphism(full_.data(), full, points_.data() + full);
  std::copy(short_.begin(), short_.end(), points_.begin() + static_cast<std::ptrdiff_t>(2 * full));
  for (const SplitScalar& scalar : full_scalars_) halves_.push_back(scalar.first);
  for (const SplitScalar& scalar : full_scalars_) halves_.push_back(scalar.second);
  halves_.insert(halves_.end(), short_scalars_.begin(), short_scalars_.end());
}

AffineWords Msm::sum_var() {
  join_halves();
  return points_.size() <= most_strauss_ ? strauss_var() : buckets_var();
}

AffineWords Msm::strauss_var() const {
  std::array<NafDigits, kRoomStrauss> digits;
  std::array<std::array<AffineWords, kOddMultiples>, kRoomStrauss> tables;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    digits[i] = naf_of(halves_[i]);
    odd_multiples(points_[i], tables[i].data());
  }
  Sum sum;
  for (std::size_t bit = NafDigits{}.size(); bit-- > 0;) {
    if (!sum.infinite) sum.double_it();
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const int digit = digits[i][bit];
      if (digit == 0) continue;
      const auto index = static_cast<std::size_t>(digit < 0 ? -digit : digit) / 2;
      add_words(sum, tables[i][index], digit < 0);
    }
  }
  return to_affine(sum);
}

AffineWords Msm::buckets_var() {
  const int window = best_window(points_.size(), engine_->lanes);
  const int windows = 128 / window + 1;
  const std::size_t bucket_count = std::size_t{1} << static_cast<unsigned>(window - 1);
  digits_.resize(points_.size() * static_cast<std::size_t>(windows));
  for (std::size_t i = 0; i < points_.size(); ++i) {
    signed_digits_var(halves_[i], window, digits_.data() + i, points_.size());
  }
  buckets_.assign(bucket_count * static_cast<std::size_t>(windows), AffineWords{});
  // As many windows at a time as leave their nodes in the second level of the cache.
  constexpr std::size_t kNodesAtOnce = 32768;
  const int at_once = static_cast<int>(std::max<std::size_t>(1, kNodesAtOnce / points_.size()));
  for (int first = 0; first < windows; first += at_once) {
    const int last = std::min(windows, first + at_once);
    fill_buckets_var(window, first, last,
                     buckets_.data() + static_cast<std::size_t>(first) * bucket_count);
  }
  std::array<JacobianWords, 33> sums;
  engine_->sum_buckets(buckets_.data(), static_cast<std::size_t>(windows), bucket_count,
                       sums.data());
  Sum total;
  for (int w = windows - 1; w >= 0; --w) {
    for (int i = 0; i < window && !total.infinite; ++i) total.double_it();
    const JacobianWords& from = sums[static_cast<std::size_t>(w)];
    Sum one;
    one.infinite = from.infinite;
    one.point = {Portable::from_words(from.x), Portable::from_words(from.y),
                 Portable::from_words(from.z)};
    total.add(one);
  }
  return to_affine(total);
}

// Sorts the points by the buckets of windows first .. last - 1; a digit of zero drops its point.
void Msm::sort_digits_var(int window, int first, int last) {
  const std::size_t bucket_count = std::size_t{1} << static_cast<unsigned>(window - 1);
  const std::size_t count = points_.size();
  counts_.assign(bucket_count * static_cast<std::size_t>(last - first) + 1, 0);
  const auto each = [&](auto what) {
    for (int w = first; w < last; ++w) {
      const std::int16_t* const digits = digits_.data() + static_cast<std::size_t>(w) * count;
      const std::size_t base = static_cast<std::size_t>(w - first) * bucket_count;
      for (std::size_t i = 0; i < count; ++i) {
        const int digit = digits[i];
        if (digit == 0) continue;
        const auto magnitude = static_cast<std::size_t>(digit < 0 ? -digit : digit);
        what(base + magnitude - 1, static_cast<PointRef>(i) | (digit < 0 ? kNegativeRef : 0));
      }
    }
  };
  each([&](std::size_t bucket, PointRef) { ++counts_[bucket]; });
  open_.clear();
  std::uint32_t at = 0;
  for (std::size_t bucket = 0; bucket + 1 < counts_.size(); ++bucket) {
    const std::uint32_t here = counts_[bucket];
    if (here > 0) open_.push_back({static_cast<std::uint32_t>(bucket), at, here});
    counts_[bucket] = at;
    at += here;
  }
  refs_.resize(at);
  each([&](std::size_t bucket, PointRef ref) { refs_[counts_[bucket]++] = ref; });
}

void Msm::fill_buckets_var(int window, int first, int last, AffineWords* buckets) {
  sort_digits_var(window, first, last);
  bool infinities = false;
  const AffineWords* nodes = points_.data();
  while (!open_.empty()) {
    merge_round_var(nodes, buckets, infinities);
    nodes_.swap(next_nodes_);
    refs_.swap(next_refs_);
    open_.swap(next_open_);
    nodes = nodes_.data();
  }
}

// Adds the nodes of each bucket in pairs; a bucket with one node left is done.
void Msm::merge_round_var(const AffineWords* nodes, AffineWords* buckets, bool& infinities) {
  const auto node = [nodes](PointRef ref) {
    const AffineWords& point = nodes[ref & ~kNegativeRef];
    return (ref & kNegativeRef) != 0 ? negated(point) : point;
  };
  left_.clear();
  right_.clear();
  next_open_.clear();
  next_refs_.clear();
  std::uint32_t pairs = 0;
  for (const Open& bucket : open_) pairs += bucket.count / 2;
  next_nodes_.resize(pairs);
  for (const Open& bucket : open_) {
    const PointRef* const refs = refs_.data() + bucket.first;
    if (bucket.count == 1) {
      buckets[bucket.bucket] = node(refs[0]);
      continue;
    }
    const auto first = static_cast<std::uint32_t>(next_refs_.size());
    for (std::uint32_t i = 0; i + 1 < bucket.count; i += 2) {
      next_refs_.push_back(static_cast<PointRef>(left_.size()));
      left_.push_back(refs[i]);
      right_.push_back(refs[i + 1]);
    }
    if (bucket.count % 2 != 0) {
      next_refs_.push_back(static_cast<PointRef>(next_nodes_.size()));
      next_nodes_.push_back(node(refs[bucket.count - 1]));
    }
    next_open_.push_back({bucket.bucket, first, (bucket.count + 1) / 2});
  }
  if (pairs == 0) return;
  infinities |=
      engine_->add_pairs(nodes, left_.data(), right_.data(), pairs, infinities, next_nodes_.data());
}

}  // namespace tally::crypto
