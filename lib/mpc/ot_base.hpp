// Base oblivious transfer: 128 instances at once, in which Y ends with two random seeds each and X
// with the one of its choice. X later plays Alice of a multiplication and Y plays Bob: roles flip
// between the layers.
//
// Endemic OT (Masny, Rindal, ePrint 2019/706, figure 8), with the session and the index bound into
// every hash and the point at infinity refused. An instance costs X two multiplications of the
// generator, one other and a hash to the curve, Y two, two and two; all instances go through the
// lanes together. Any thread;
// allocates room for the batch; nothing is kept but in the objects.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "crypto/point.hpp"
#include "mpc/dkls_random.hpp"
#include "mpc/dkls_suite.hpp"

namespace tally::mpc::dkls {

using Seed = ByteArray<kSeedBytes>;
// What both directions of a pair hash first: key, epoch, ids, reset counter and both nonces.
using SetupTag = ByteArray<32>;

// What one hash to the curve takes beside the tag.
struct HashInput {
  std::uint8_t bit = 0;
  std::uint8_t instance = 0;
  crypto::PointBytes point{};
};
// Points nobody knows the logarithms of: each hashes its input and a counter until an x fits. X
// hashes one of the two fields of each instance, and everybody could hash both: which it was is the
// choice. Constant time, by as many tries as all but one hash in 2^40 need; that one goes on in the
// open, which happens to one receiver in 2^33 and tells one choice of its 128.
[[nodiscard]] std::vector<crypto::Point> hash_to_curve(const SetupTag& tag,
                                                       std::span<const HashInput> inputs);
// The same of public inputs, by no more tries than they need.
[[nodiscard]] std::vector<crypto::Point> hash_to_curve_var(const SetupTag& tag,
                                                           std::span<const HashInput> inputs);

// X. Keeps the choice bits and scalars, wiped at the end.
class BaseOtReceiver {
 public:
  BaseOtReceiver() = default;
  BaseOtReceiver(const BaseOtReceiver&) = delete;
  BaseOtReceiver& operator=(const BaseOtReceiver&) = delete;
  ~BaseOtReceiver();

  // Draws everything and writes the offer. Pre: kOtPointsBytes.
  void offer(const SetupTag& tag, Randomness& random, MutableByteView out);

  // The seed of the choice of each instance. False when a point of the answer is none.
  // Pre: `answer` is kOtPointsBytes, seeds.size() is kColumns; offer() was called.
  [[nodiscard]] bool finish(ByteView answer, std::span<Seed> seeds) const;

  // Bit i is the choice of instance i.
  [[nodiscard]] const ByteArray<kColumns / 8>& choices() const { return choices_; }

 private:
  SetupTag tag_{};
  ByteArray<kColumns / 8> choices_{};
  std::array<crypto::SecretScalar, kColumns> scalars_;
  ByteArray<kOtPointsBytes> offer_{};
};

// Y: both seeds of each instance, and the answer. False when a point of the offer is none.
// Pre: `offer` and `out` are kOtPointsBytes, seeds.size() is kColumns.
[[nodiscard]] bool answer_base_ot(const SetupTag& tag, ByteView offer, Randomness& random,
                                  MutableByteView out, std::span<std::array<Seed, 2>> seeds);

}  // namespace tally::mpc::dkls
