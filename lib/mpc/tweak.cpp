#include "mpc/tweak.hpp"

namespace tally::mpc {

using crypto::Point;
using crypto::Scalar;

TweakedKey::TweakedKey(const Point& group_key) {
  set(group_key);
}

void TweakedKey::set(const Point& point) {
  point_ = point;
  xonly_ = point.xonly();
  odd_ = !point.has_even_y();
}

Outcome<void> TweakedKey::apply(ByteView tweak, TweakMode mode) {
  if (tweak.size() != 32) return failed(Fault::bad_length);
  const auto scalar = Scalar::parse(tweak);
  if (!scalar) return failed(Fault::bad_tweak);
  const bool flip = mode == TweakMode::xonly && odd_;
  const Point sum = (flip ? -point_ : point_) + Point::mul_generator(*scalar);
  if (sum.is_infinity()) return failed(Fault::tweak_to_infinity);
  tweak_sum_ = *scalar + (flip ? -tweak_sum_ : tweak_sum_);
  negated_ = negated_ != flip;
  set(sum);
  return {};
}

}  // namespace tally::mpc
