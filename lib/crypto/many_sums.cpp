#include "crypto/many_sums.hpp"

#include <algorithm>

namespace tally::crypto {
namespace {

constexpr FieldWords kPrime = {0xFFFFFFFEFFFFFC2F, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
                               0xFFFFFFFFFFFFFFFF};

// The point, or its negative: y becomes p - y, which is never zero on this curve.
AffineWords signed_point(const AffineWords& point, bool negative) {
  if (!negative || point.is_infinity()) return point;
  AffineWords result = point;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t difference = kPrime[i] - point.y[i];
    result.y[i] = difference - borrow;
    borrow = (kPrime[i] < point.y[i] || difference < borrow) ? 1 : 0;
  }
  return result;
}

}  // namespace

void ManySums::clear() {
  counts_.clear();
  refs_.clear();
}

// Halves every list. Sums of pairs come first among the nodes, then the points that had no partner.
void ManySums::merge_round_var(const AffineWords* in, bool& infinities) {
  left_.clear();
  right_.clear();
  single_.clear();
  std::size_t at = 0;
  for (const std::uint32_t count : counts_) {
    for (std::uint32_t i = 0; i + 1 < count; i += 2) {
      left_.push_back(refs_[at + i]);
      right_.push_back(refs_[at + i + 1]);
    }
    if (count % 2 == 1) single_.push_back(refs_[at + count - 1]);
    at += count;
  }
  next_.resize(left_.size() + single_.size());
  if (!left_.empty()) {
    infinities = engine_->add_pairs(in, left_.data(), right_.data(), left_.size(), infinities,
                                    next_.data()) ||
                 infinities;
  }
  auto pair = PointRef{0};
  auto alone = static_cast<PointRef>(left_.size());
  for (const PointRef ref : single_) {
    next_[alone++] = signed_point(in[ref & ~kNegativeRef], (ref & kNegativeRef) != 0);
  }
  alone = static_cast<PointRef>(left_.size());
  refs_.clear();
  for (std::uint32_t& count : counts_) {
    for (std::uint32_t i = 0; i + 1 < count; i += 2) refs_.push_back(pair++);
    if (count % 2 == 1) refs_.push_back(alone++);
    count = (count + 1) / 2;
  }
  std::swap(nodes_, next_);
}

std::span<const AffineWords> ManySums::sum_var(const AffineWords* table) {
  bool infinities = false;
  merge_round_var(table, infinities);
  const auto longer = [](std::uint32_t count) { return count > 1; };
  while (std::any_of(counts_.begin(), counts_.end(), longer)) {
    merge_round_var(nodes_.data(), infinities);
  }
  next_.resize(counts_.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    next_[i] = counts_[i] == 0 ? AffineWords{} : nodes_[refs_[at]];
    at += counts_[i];
  }
  clear();
  return next_;
}

}  // namespace tally::crypto
