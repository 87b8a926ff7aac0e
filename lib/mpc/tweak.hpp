// The group key after public tweaks (Tweak Context of BIP-445): plain ones as BIP-32 derives child
// keys, x-only ones as BIP-341 commits to scripts. A value; any thread may read it.
#pragma once

#include "crypto/point.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc {

enum class TweakMode : std::uint8_t { plain, xonly };

class TweakedKey {
 public:
  // No tweak yet. Pre: not infinity.
  explicit TweakedKey(const crypto::Point& group_key);

  // Adds tweak * G, to the point with even y in xonly mode. `tweak` is 32 bytes. Tweaks should come
  // from a hash that covers the group key: it is open whether arbitrary ones are safe.
  // Faults: bad_length, bad_tweak, tweak_to_infinity; this key is unchanged then.
  [[nodiscard]] Outcome<void> apply(ByteView tweak, TweakMode mode);

  [[nodiscard]] const crypto::Point& point() const { return point_; }
  // What the signature will verify under.
  [[nodiscard]] const crypto::XonlyBytes& xonly() const { return xonly_; }

  // The sign g * gacc: whether shares enter negated so that the sum fits the even-y key.
  [[nodiscard]] bool negates_shares() const { return odd_ != negated_; }
  // g * tacc: what the aggregator adds, times the challenge.
  [[nodiscard]] crypto::Scalar offset() const { return odd_ ? -tweak_sum_ : tweak_sum_; }

 private:
  void set(const crypto::Point& point);

  crypto::Point point_;
  crypto::XonlyBytes xonly_{};
  bool odd_ = false;      // y of point_; g = -1
  bool negated_ = false;  // gacc = -1
  crypto::Scalar tweak_sum_;
};

}  // namespace tally::mpc
