#include "mpc/dkg_messages.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "mpc/group.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::PointBytes;
using crypto::Scalar;

constexpr std::size_t kPointBytes = 33;
constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
// What each participant adds to recovery data: host key, nonce, sealed sum, signature.
constexpr std::size_t kRecoveryEntryBytes = 2 * kPointBytes + kScalarBytes + kSignatureBytes;

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void append(Bytes& out, std::span<const Point> points) {
  for (const Point& point : points) append(out, point.encode());
}
void append(Bytes& out, std::span<const Scalar> scalars) {
  for (const Scalar& scalar : scalars) append(out, scalar.encode());
}
template <std::size_t N>
void append_all(Bytes& out, const std::vector<ByteArray<N>>& list) {
  for (const auto& entry : list) append(out, entry);
}

// Takes fields from the front of a message whose length was checked before.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}

  ByteView take(std::size_t size) {
    const ByteView front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
  }
  template <std::size_t N>
  std::vector<ByteArray<N>> arrays(std::size_t count) {
    std::vector<ByteArray<N>> out(count);
    for (auto& entry : out) std::copy_n(take(N).begin(), N, entry.begin());
    return out;
  }
  std::vector<Point> points(std::size_t count) {
    std::vector<Point> out(count);
    for (Point& point : out) {
      const auto parsed = Point::parse_with_infinity(take(kPointBytes));
      good_ = good_ && parsed;
      if (parsed) point = *parsed;
    }
    return out;
  }
  std::vector<Scalar> scalars(std::size_t count) {
    std::vector<Scalar> out(count);
    for (Scalar& scalar : out) {
      const auto parsed = Scalar::parse(take(kScalarBytes));
      good_ = good_ && parsed;
      if (parsed) scalar = *parsed;
    }
    return out;
  }
  [[nodiscard]] ByteView rest() const { return rest_; }

  // `message` if all its fields were good.
  template <typename T>
  Decoded<T> checked(T message) {
    if (!good_) return core::unexpected(Malformed::field);
    return message;
  }

 private:
  ByteView rest_;
  bool good_ = true;
};

}  // namespace

std::size_t contribution_bytes(std::uint32_t t, std::uint32_t n) {
  return kPointBytes * (t + 1) + kSignatureBytes + kScalarBytes * n;
}

std::size_t collection_bytes(std::uint32_t t, std::uint32_t n) {
  return (2 * kPointBytes + kSignatureBytes + kScalarBytes) * n + kPointBytes * (t - 1);
}

Bytes encode(const Contribution& message) {
  Bytes out;
  append(out, message.commitments);
  append(out, message.proof);
  append(out, message.nonce);
  append(out, message.sealed);
  return out;
}

Bytes encode(const Collection& message) {
  Bytes out;
  append(out, message.first_commitments);
  append(out, message.other_sums);
  append_all(out, message.proofs);
  append_all(out, message.nonces);
  append(out, message.sealed_sums);
  return out;
}

Bytes encode(const Investigation& message) {
  Bytes out;
  append(out, message.sealed);
  append(out, message.partial_pubshares);
  return out;
}

Bytes encode(const Agreement& agreement) {
  Bytes out(4);
  core::store_be(out.data(), agreement.params.t);
  append(out, agreement.sum_commitments);
  append_all(out, agreement.params.host_keys);
  append_all(out, agreement.nonces);
  append(out, agreement.sealed_sums);
  return out;
}

Decoded<Contribution> decode_contribution(ByteView bytes, std::uint32_t t, std::uint32_t n) {
  if (bytes.size() != contribution_bytes(t, n)) return core::unexpected(Malformed::length);
  Fields fields(bytes);
  Contribution message;
  message.commitments = fields.points(t);
  message.proof = fields.arrays<kSignatureBytes>(1)[0];
  message.nonce = fields.arrays<kPointBytes>(1)[0];
  message.sealed = fields.scalars(n);
  return fields.checked(std::move(message));
}

Decoded<Collection> decode_collection(ByteView bytes, std::uint32_t t, std::uint32_t n) {
  if (bytes.size() != collection_bytes(t, n)) return core::unexpected(Malformed::length);
  Fields fields(bytes);
  Collection message;
  message.first_commitments = fields.points(n);
  message.other_sums = fields.points(t - 1);
  message.proofs = fields.arrays<kSignatureBytes>(n);
  message.nonces = fields.arrays<kPointBytes>(n);
  message.sealed_sums = fields.scalars(n);
  return fields.checked(std::move(message));
}

Decoded<Investigation> decode_investigation(ByteView bytes, std::uint32_t n) {
  if (bytes.size() != (kScalarBytes + kPointBytes) * n) return core::unexpected(Malformed::length);
  Fields fields(bytes);
  Investigation message;
  message.sealed = fields.scalars(n);
  message.partial_pubshares = fields.points(n);
  return fields.checked(std::move(message));
}

Decoded<RecoveryParts> decode_recovery(ByteView bytes) {
  if (bytes.size() < 4) return core::unexpected(Malformed::length);
  const std::size_t t = core::load_be<std::uint32_t>(bytes.data());
  if (t < 1 || t > kMostParties || bytes.size() < 4 + kPointBytes * t) {
    return core::unexpected(Malformed::length);
  }
  const std::size_t lists = bytes.size() - 4 - kPointBytes * t;
  const std::size_t n = lists / kRecoveryEntryBytes;
  if (lists % kRecoveryEntryBytes != 0 || n < t || n > kMostParties) {
    return core::unexpected(Malformed::length);
  }
  Fields fields(bytes.subspan(4));
  RecoveryParts parts;
  parts.agreement.params.t = static_cast<std::uint32_t>(t);
  parts.agreement.sum_commitments = fields.points(t);
  parts.agreement.params.host_keys = fields.arrays<kPointBytes>(n);
  parts.agreement.nonces = fields.arrays<kPointBytes>(n);
  parts.agreement.sealed_sums = fields.scalars(n);
  parts.certificate = fields.rest();
  parts.agreed = bytes.first(bytes.size() - parts.certificate.size());
  return fields.checked(std::move(parts));
}

}  // namespace tally::mpc
