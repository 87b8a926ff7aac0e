#include "mpc/nonce.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"
#include "crypto/sha256.hpp"

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

  const Point first = Point::mul_generator(pair.secret.first());
  const Point second = Point::mul_generator(pair.secret.second());
  if (first.is_infinity() || second.is_infinity()) return failed(Fault::negligible);
  const auto first_bytes = first.encode();
  const auto second_bytes = second.encode();
  std::copy(first_bytes.begin(), first_bytes.end(), pair.pub.begin());
  std::copy(second_bytes.begin(), second_bytes.end(), pair.pub.begin() + 33);
  return pair;
}

Outcome<AggNonce> nonce_agg(std::span<const PubNonce> pubnonces) {
  AggNonce sum{};
  std::vector<Point> points(pubnonces.size());
  for (const std::size_t half : {std::size_t{0}, std::size_t{33}}) {
    for (std::uint32_t i = 0; i < pubnonces.size(); ++i) {
      const auto point = Point::parse(ByteView(pubnonces[i]).subspan(half, 33));
      if (!point) return failed(Fault::bad_pubnonce, i);
      points[i] = *point;
    }
    const auto bytes = Point::sum(points).encode();
    std::copy(bytes.begin(), bytes.end(), sum.begin() + static_cast<std::ptrdiff_t>(half));
  }
  return sum;
}

}  // namespace tally::mpc
