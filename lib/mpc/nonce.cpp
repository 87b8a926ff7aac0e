#include "mpc/nonce.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/point_batch.hpp"
#include "crypto/secret_mul.hpp"
#include "crypto/sha256.hpp"
#include "mpc/secret_batch.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;
using crypto::Sha256;

bool empty_or(ByteView bytes, std::size_t size) {
  return bytes.empty() || bytes.size() == size;
}

// The share XOR a hash of the randomness, or the randomness where there is no share: randomness
// that is related to the share does not cancel it.
void mix_randomness(MutableByteView out, ByteView random, ByteView secret_share) {
  static const Sha256 kAux = Sha256::tagged("BIP0445/aux");
  std::copy(random.begin(), random.end(), out.begin());
  if (secret_share.empty()) return;
  auto mask = crypto::tagged_hash(kAux, {random});
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(mask[i] ^ secret_share[i]);
  }
  core::wipe(mask);
}

// The hash after all but the index of the scalar. Each variable part follows its own length.
Sha256 absorb(ByteView mixed, const NonceInputs& inputs) {
  static const Sha256 kNonce = Sha256::tagged("BIP0445/nonce");
  Sha256 state = kNonce;
  const auto sized = [&state](auto size, ByteView bytes) {
    ByteArray<sizeof size> prefix;
    core::store_be(prefix.data(), size);
    state.update(prefix).update(bytes);
  };
  state.update(mixed);
  sized(static_cast<std::uint8_t>(inputs.pubshare.size()), inputs.pubshare);
  sized(static_cast<std::uint8_t>(inputs.xonly_key.size()), inputs.xonly_key);
  const ByteArray<1> present = {static_cast<std::uint8_t>(inputs.message ? 1 : 0)};
  state.update(present);
  if (inputs.message) sized(std::uint64_t{inputs.message->size()}, *inputs.message);
  sized(static_cast<std::uint32_t>(inputs.extra.size()), inputs.extra);
  return state;
}

SecretScalar squeeze(const Sha256& absorbed, std::uint8_t index) {
  const ByteArray<1> last = {index};
  auto hash = crypto::tagged_hash(absorbed, {last});
  SecretScalar k(Scalar::from_bytes_reduced(hash));
  core::wipe(hash);
  return k;
}

}  // namespace

void SecNonce::move_to(SecNonce nonce, MutableByteView out) {
  nonce.first().encode_to(out.first(32));
  nonce.second().encode_to(out.subspan(32));
}

SecNonce SecNonce::take_from(MutableByteView bytes) {
  SecNonce nonce;
  // Out of range cannot be told from spent: both halves must come from a nonce of ours.
  auto first = Scalar::parse(bytes.first(32));
  auto second = Scalar::parse(bytes.subspan(32));
  if (first && second) {
    nonce.first_ = SecretScalar(*first);
    nonce.second_ = SecretScalar(*second);
  }
  core::wipe(&first, sizeof first);
  core::wipe(&second, sizeof second);
  core::wipe(bytes);
  return nonce;
}

Outcome<NoncePair> nonce_gen(ByteView random, const NonceInputs& inputs) {
  if (random.size() != 32 || !empty_or(inputs.secret_share, 32) || !empty_or(inputs.pubshare, 33) ||
      !empty_or(inputs.xonly_key, 32) || inputs.extra.size() > UINT32_MAX) {
    return failed(Fault::bad_length);
  }
  ByteArray<32> mixed;
  mix_randomness(mixed, random, inputs.secret_share);
  Sha256 absorbed = absorb(mixed, inputs);
  NoncePair pair;
  pair.secret.first_ = squeeze(absorbed, 0);
  pair.secret.second_ = squeeze(absorbed, 1);
  core::wipe(mixed);
  core::wipe(&absorbed, sizeof absorbed);

  SecretBatch both(2);
  both.add(pair.secret.first());
  both.add(pair.secret.second());
  std::array<Point, 2> points;
  crypto::mul_generator_each(both.get(), points);
  if (points[0].is_infinity() || points[1].is_infinity()) return failed(Fault::negligible);
  const auto first_bytes = points[0].encode();
  const auto second_bytes = points[1].encode();
  std::copy(first_bytes.begin(), first_bytes.end(), pair.pub.begin());
  std::copy(second_bytes.begin(), second_bytes.end(), pair.pub.begin() + 33);
  return pair;
}

Outcome<AggNonce> nonce_agg(std::span<const PubNonce> pubnonces) {
  const std::size_t count = pubnonces.size();
  std::vector<crypto::PointBytes> encoded(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(pubnonces[i].begin(), 33, encoded[i].begin());
    std::copy_n(pubnonces[i].begin() + 33, 33, encoded[count + i].begin());
  }
  std::vector<Point> points(2 * count);
  if (!crypto::parse_each_var(encoded, points)) {
    const auto bad = std::ranges::find_if(points, &Point::is_infinity) - points.begin();
    return failed(Fault::bad_pubnonce,
                  static_cast<std::uint32_t>(static_cast<std::size_t>(bad) % count));
  }
  const auto first = Point::sum(std::span(points).first(count)).encode();
  const auto second = Point::sum(std::span(points).last(count)).encode();
  AggNonce sum{};
  std::ranges::copy(first, sum.begin());
  std::ranges::copy(second, sum.begin() + 33);
  return sum;
}

}  // namespace tally::mpc
